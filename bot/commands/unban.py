"""`unban`: let somebody take part again."""

from bot import people
from bot.command import Command, Param
from bot.commands.ban import Banned, community
from bot.context import Context
from bot.params import FLAG, USER
from bot.vocabulary import Reply
from clipnet.errors import Conflict, NotAllowed
from clipnet.texts import text
from db import bans


async def _unban(ctx: Context, *, user: str, everywhere: bool) -> Reply:
    if everywhere and not ctx.may("operator"):
        raise NotAllowed(text("Only operators end a ban everywhere."))
    found = await people.person(ctx, user)
    if everywhere:
        ended = await bans.set_everywhere(ctx.conn, found.user_id, False)
    else:
        ended = await bans.lift(ctx.conn, community(ctx), found.user_id)
    if not ended:
        raise Conflict(text("{name} isn't banned.", name=found.name))
    return Reply(
        text("{name} may take part again.", name=found.name),
        private=True,
        data=Banned(name=found.name, everywhere=everywhere),
    )


UNBAN = Command(
    name="unban",
    help="Let somebody take part again",
    handler=_unban,
    data=Banned,
    params=(
        Param("user", USER, "whom: a mention, a name or an id", required=True, positional=True),
        Param("everywhere", FLAG, "in the whole installation, for operators", default=False),
    ),
    role="moderator",
    changes="ends a ban",
    private=True,
    examples=("unban @robin",),
)
