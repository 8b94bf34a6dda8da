"""`link`: one person on two platforms.

A code is given privately to one account, repeated by the other, which proves that one, and confirmed by the first, who
sees who repeated it: so neither a code that somebody overheard nor one that somebody was talked into repeating links
strangers.
"""

import hashlib
import secrets

from pydantic import BaseModel

from bot import voting
from bot.command import Command, Limit, Param
from bot.context import Context
from bot.params import FLAG, TEXT
from bot.vocabulary import PUBLIC_SURFACES, Action, Reply
from clipnet.errors import BadInput, Conflict, NotAllowed, NotFound
from clipnet.texts import text
from db import links, users, votes

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 8


class Linked(BaseModel):
    """A code to repeat with the other account within `expires_in_s` seconds, or where the linking stands."""

    state: str
    code: str | None = None
    expires_in_s: int | None = None
    other: str | None = None


async def _link(ctx: Context, *, code: str | None, yes: bool, no: bool) -> Reply:
    if code is not None:
        return await _repeat(ctx, code)
    claim = await links.claim_of(ctx.conn, ctx.user.id)
    if no:
        await links.forget(ctx.conn, ctx.user.id)
        return Reply(text("Nothing was linked."), private=True, data=Linked(state="none"))
    if claim is None:
        if yes:
            raise NotFound(text("Nobody has repeated your code."), hint=text("`link` alone gives a new one."))
        return await _give(ctx)
    if not yes:
        return _question(claim)
    await _merge(ctx, claim.user_id)
    await links.forget(ctx.conn, ctx.user.id)
    told = text("Linked: you and {name} ({platform}) are one person now.", name=claim.name, platform=claim.platform)
    return Reply(told, private=True, data=Linked(state="linked", other=claim.name))


async def _merge(ctx: Context, other: int) -> None:
    """Make them one, and see how the votes stand on which they voted apart, or may vote no more."""
    await users.hold_all(ctx.conn, ctx.user.id, other)
    open_polls = await votes.hold_open(ctx.conn, [ctx.user.id, other])
    stays = await links.merge(ctx.conn, ctx.user.id, other)
    await votes.withdraw_of_banned(ctx.conn, open_polls, stays)
    await voting.recount(ctx, open_polls)


async def _give(ctx: Context) -> Reply:
    if ctx.invocation.surface in PUBLIC_SURFACES and not ctx.invocation.place.private:
        raise NotAllowed(
            text("A code can't be given where others read along."),
            hint=text("Say link on Discord, and repeat its code here."),
        )
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    await links.put(ctx.conn, ctx.user.id, _hash(code))
    told = text(
        "Say “link {code}” with your other account within {n} minutes, then link here once more.",
        code=code,
        n=links.VALID_S // 60,
    )
    return Reply(told, private=True, data=Linked(state="waiting", code=code, expires_in_s=links.VALID_S))


async def _repeat(ctx: Context, code: str) -> Reply:
    owner = await links.look(ctx.conn, _hash(code))
    if owner is None:
        raise NotFound(text("That code is wrong, or it has expired."), hint=text("`link` alone gives a new one."))
    if owner == ctx.user.id:
        raise Conflict(text("That is your own code."), hint=text("Repeat it with your other account."))
    if await links.has_roles(ctx.conn, ctx.user.id):
        raise NotAllowed(
            text("An account with a role must not repeat a code."),
            hint=text("Get the code with this account and repeat it with the other one."),
        )
    actor = ctx.invocation.actor
    await links.claim(ctx.conn, _hash(code), ctx.user.id, actor.platform, ctx.user.display_name)
    told = text("Now say link again where you got the code.")
    return Reply(told, private=True, data=Linked(state="repeated"), aside=True)


def _question(claim: links.Claim) -> Reply:
    return Reply(
        text(
            "{name} ({platform}) repeated your code. Is that you? Then you two become one person.",
            name=claim.name,
            platform=claim.platform,
        ),
        actions=(Action(text("Yes, that's me"), "link", {"yes": True}), Action(text("No"), "link", {"no": True})),
        private=True,
        data=Linked(state="repeated", other=claim.name),
    )


def _hash(code: str) -> str:
    clean = code.strip().upper().replace("-", "").replace(" ", "")
    if len(clean) != LENGTH or not (clean.isalnum() and clean.isascii()):
        raise BadInput(text("That isn't a code."), hint=text("`link` alone gives one."))
    return hashlib.sha256(f"link:{clean}".encode()).hexdigest()


LINK = Command(
    name="link",
    help="Make your accounts on two platforms one person",
    handler=_link,
    data=Linked,
    params=(
        Param("code", TEXT, "the code of your other account; one is given when left out", positional=True),
        Param("yes", FLAG, "the account that repeated your code is yours", default=False),
        Param("no", FLAG, "it isn't yours; the code is forgotten", default=False),
    ),
    changes="merges the votes, requests and roles of two accounts; unlink takes them apart, but for these",
    limit=Limit(10, 600),
    alone=True,
    private=True,
    surfaces=("discord", "twitch", "x", "console"),
    examples=("link", "link 7K3QX9AB", "link --yes"),
)
