"""People as others name them: by a mention, by the platform's id, or by their name there."""

import re

from bot.context import Context
from bot.vocabulary import SURFACES
from clipnet.errors import BadInput, NotFound
from clipnet.texts import text
from db import identities, users
from db.identities import Known

_MENTION = re.compile(r"^<@!?(\d{1,32})>$")
_ELSEWHERE = re.compile(rf"^({'|'.join(SURFACES)}):@?(\S{{1,64}})$")


async def person(ctx: Context, typed: str) -> Known:
    """Whom the person means, on the platform they speak on, or on another one where they say so (`twitch:123`).

    They are held: neither erased nor linked with another until the transaction ends, and they begin nothing before.
    A mention, or an id with its platform, may name somebody who never spoke to us; a name has to be known.

    Raises:
        NotFound: nobody is known by that name here.
        BadInput: several are.
    """
    found = await _look(ctx, typed)
    while not await users.hold(ctx.conn, found.user_id):
        found = await _look(ctx, typed)
    ctx.named |= {typed: found.user_id, found.name: found.user_id}
    return found


async def _look(ctx: Context, typed: str) -> Known:
    platform = ctx.invocation.actor.platform
    mention, elsewhere = _MENTION.match(typed.strip()), _ELSEWHERE.match(typed.strip())
    name = mention[1] if mention else typed.strip().lstrip("@")
    if elsewhere:
        platform, name = elsewhere[1], elsewhere[2]
    found = await identities.by_platform_id(ctx.conn, platform, name)
    if found is None and (mention or (elsewhere and name.isdecimal())):
        found = await identities.meet(ctx.conn, platform, name)
    return found or await _by_handle(ctx, platform, name)


async def _by_handle(ctx: Context, platform: str, name: str) -> Known:
    known = await identities.by_handle(ctx.conn, platform, name)
    if not known:
        raise NotFound(text("Nobody of that name is known here."), hint=text("Mention them, or give their id."))
    if len({one.user_id for one in known}) > 1:
        raise BadInput(
            text("Several people have that name here."),
            hint=text("Give the id: {ids}", ids=", ".join(one.platform_user_id for one in known[:5])),
        )
    return known[0]
