"""`unlink`: take apart what `link` made one."""

from pydantic import BaseModel

from bot.command import Command, Limit, Param, Plan, Suggestion
from bot.context import Context
from bot.params import TEXT
from bot.vocabulary import Reply
from clipnet.errors import BadInput, Conflict, NotFound
from clipnet.texts import text
from db import unlinking, users, votes
from db.unlinking import Account


class Unlinked(BaseModel):
    """The account that is a person of its own again."""

    platform: str
    account: str


async def _plan(ctx: Context, *, account: str | None) -> Plan:
    found = await _find(ctx, account)
    said = text(
        "Your account on {platform} becomes a person of its own again. Requests, votes and roles stay with the others, "
        "except roles that it brought along; a ban holds for both.",
        platform=found.platform,
    )
    return Plan(said, {"person": ctx.user.id, "platform": found.platform, "account": found.platform_user_id})


async def _unlink(ctx: Context, *, account: str | None) -> Reply:
    found = await _find(ctx, account)
    await users.hold_all(ctx.conn, ctx.user.id, found.joined_from)
    await votes.hold_open(ctx.conn, [ctx.user.id])
    await unlinking.part(ctx.conn, ctx.user.id, found)
    return Reply(
        text("Your account on {platform} is a person of its own now.", platform=found.platform),
        private=True,
        data=Unlinked(platform=found.platform, account=found.platform_user_id),
    )


async def _find(ctx: Context, named: str | None) -> Account:
    """The account to take off: the named one, else the one that speaks, else the only one that was linked.

    Raises:
        Conflict: it is the only one, the others were linked to it, or a token of it is sealed to the person.
        NotFound, BadInput: none or several are meant.
    """
    known = await unlinking.accounts(ctx.conn, ctx.user.id)
    if len(known) < 2:
        raise Conflict(text("This is your only account."), hint=text("`link` adds another one."))
    found = _named(known, named) if named else _meant(ctx, known)
    if found.joined_from is None:
        raise Conflict(
            text("Your other accounts were linked to that one."),
            hint=text("Take those off: `unlink` with their platform."),
        )
    if found.connected:
        raise Conflict(text("That account is connected to ClipNet."), hint=text("`disconnect` it first."))
    return found


def _named(known: list[Account], named: str) -> Account:
    platform, _, name = named.strip().lower().partition(":")
    name = name.removeprefix("@")
    found = [
        one for one in known if one.platform == platform and name in ("", one.platform_user_id, one.handle.lower())
    ]
    if not found:
        raise NotFound(
            text("None of your accounts is “{account}”.", account=named),
            hint=text("`export-me` lists them."),
        )
    return _only(found)


def _meant(ctx: Context, known: list[Account]) -> Account:
    actor = ctx.invocation.actor
    speaks = (actor.platform, actor.platform_user_id)
    linked = [one for one in known if one.joined_from is not None]
    return _only([one for one in linked if (one.platform, one.platform_user_id) == speaks] or linked or known)


def _only(found: list[Account]) -> Account:
    if len(found) > 1:
        raise BadInput(text("Several of your accounts may be meant."), hint=text("Name one, like twitch:123456."))
    return found[0]


async def _theirs(ctx: Context, typed: str) -> list[str]:
    known = await unlinking.accounts(ctx.conn, ctx.user.id)
    offered = [
        Suggestion(f"{one.platform}:{one.platform_user_id}", f"{one.platform}: {one.handle or one.platform_user_id}")
        for one in known
        if one.joined_from is not None
    ]
    return [one for one in offered if typed.strip().lower() in one.label.lower() or one.startswith(typed.strip())]


UNLINK = Command(
    name="unlink",
    help="Make an account that you linked a person of its own again",
    handler=_unlink,
    data=Unlinked,
    params=(
        Param("account", TEXT, "its platform, or like twitch:123456; the one you speak with when left out",
              positional=True, complete=_theirs),
    ),
    changes="takes an account off you; your requests and votes stay with the others, and count once",
    plan=_plan,
    limit=Limit(10, 600),
    alone=True,
    private=True,
    surfaces=("discord", "twitch", "x", "console"),
    examples=("unlink", "unlink twitch"),
)  # fmt: skip
