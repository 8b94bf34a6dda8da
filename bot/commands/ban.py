"""`ban` and `bans`: keep somebody out of a community."""

from datetime import datetime

from pydantic import BaseModel

from bot import people, voting
from bot.command import COMMUNITY_ROLES, OPERATOR_ROLES, Command, Param
from bot.context import Context, holds
from bot.params import FLAG, INTEGER, TEXT, USER
from bot.vocabulary import Action, Field, Reply
from bot.withdraw import leave_all
from clipnet.errors import Conflict, NotAllowed, NotFound
from clipnet.texts import text
from db import bans
from db.identities import Known


class Banned(BaseModel):
    """Somebody who was banned, or whose ban ended. `everywhere`: from this installation."""

    name: str
    everywhere: bool
    until: datetime | None = None
    cancelled: int = 0
    votes: int = 0


class Bans(BaseModel):
    """Who is banned in a community."""

    items: list[Banned]


async def _ban(ctx: Context, *, user: str, reason: str | None, days: int | None, everywhere: bool) -> Reply:
    found = await people.person(ctx, user)
    community_id = None if everywhere else community(ctx)
    await may_ban(ctx, found, everywhere=everywhere)
    if everywhere:
        if not await bans.set_everywhere(ctx.conn, found.user_id, True):
            raise Conflict(text("{name} is banned already.", name=found.name))
    elif community_id is not None:
        await bans.put(ctx.conn, community_id, found.user_id, reason=reason or "", by=ctx.user.id, days=days)
    votes = await voting.withdraw(ctx, found.user_id, community_id)
    note = f"left by user {ctx.user.id}"
    cancelled, changed = await leave_all(ctx.tx, found.user_id, community_id, note=note)
    ctx.changed += changed
    return Reply(
        text("{name} is banned. Requests cancelled: {cancelled}.", name=found.name, cancelled=cancelled),
        actions=(Action(text("Unban"), "unban", {"user": found.platform_user_id}),),
        private=True,
        data=Banned(name=found.name, everywhere=everywhere, cancelled=cancelled, votes=votes),
    )


async def _bans(ctx: Context) -> Reply:
    found = await bans.of_community(ctx.conn, community(ctx))
    return Reply(
        text("{n} banned.", n=len(found)),
        tuple(Field(ban.name, ban.reason or "–") for ban in found),
        private=True,
        data=Bans(items=[Banned(name=ban.name, everywhere=False, until=ban.until) for ban in found]),
    )


def community(ctx: Context) -> int:
    """The community that this place belongs to. Raises NotFound where there is none."""
    if ctx.community_id is None:
        raise NotFound(text("This place belongs to no community."), hint=text("Say it where the community talks."))
    return ctx.community_id


async def may_ban(ctx: Context, found: Known, *, everywhere: bool) -> None:
    """Let through who stands above the other: moderators above everybody, owners above moderators, operators above all.

    Raises:
        NotAllowed: the other one moderates too, or it is oneself.
    """
    if everywhere and not ctx.may("operator"):
        raise NotAllowed(
            text("Only operators ban people everywhere."), hint=text("Without --everywhere it holds here only.")
        )
    if found.user_id == ctx.user.id:
        raise NotAllowed(text("You can't ban yourself."))
    theirs = await bans.roles_of(ctx.conn, found.user_id, ctx.community_id)
    above = holds(theirs, "operator") or holds(theirs, "owner") if not ctx.may("admin") else False
    same = not theirs.isdisjoint({*COMMUNITY_ROLES, *OPERATOR_ROLES[1:]}) and not ctx.may("owner")
    if above or same:
        raise NotAllowed(text("{name} moderates too.", name=found.name), hint=text("An owner can take the role first."))


_USER = Param("user", USER, "whom: a mention, a name or an id", required=True, positional=True)

BAN = Command(
    name="ban",
    help="Keep somebody out of this community",
    handler=_ban,
    data=Banned,
    params=(
        _USER,
        Param("reason", TEXT, "why", positional=True),
        Param("days", INTEGER, "for how many days; for good when left out", minimum=1, maximum=3650),
        Param("everywhere", FLAG, "from the whole installation, for operators", default=False),
    ),
    role="moderator",
    changes="nothing they say is heard; their open requests are cancelled and their votes in open polls removed",
    private=True,
    examples=("ban @robin", 'ban @robin "spams" --days 7'),
)
BANS = Command(
    name="bans",
    help="List who is banned in this community",
    handler=_bans,
    data=Bans,
    role="moderator",
    private=True,
    examples=("bans",),
)
