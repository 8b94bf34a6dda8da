"""`disconnect`: take back what `connect` gave."""

from pydantic import BaseModel

from bot.command import Command, Limit, Param
from bot.commands.connect import PLATFORMS, PURPOSES, SURFACES, consent_of
from bot.context import Context
from bot.params import CHOICE
from bot.vocabulary import Reply
from clipnet.errors import NotFound
from clipnet.texts import text


class Disconnected(BaseModel):
    """How many accounts were disconnected."""

    count: int


async def _disconnect(ctx: Context, *, platform: str, **wishes: str | None) -> Reply:
    count = await consent_of(ctx, platform).end(ctx.user.id, wishes["as"])
    if count == 0:
        raise NotFound(text("You haven't connected such an account."), hint=text("See which ones you did: `connect`."))
    told = text(
        "Disconnected {n} account; its token is thrown away.",
        "Disconnected {n} accounts; their tokens are thrown away.",
        n=count,
    )
    return Reply(told, data=Disconnected(count=count))


DISCONNECT = Command(
    name="disconnect",
    help="Disconnect accounts of yours from ClipNet",
    handler=_disconnect,
    data=Disconnected,
    params=(
        Param("platform", CHOICE, "where the account is", required=True, positional=True, choices=PLATFORMS),
        Param("as", CHOICE, "what it was for; left out, everything", choices=PURPOSES),
    ),
    changes="throws the account's token away and takes the consent back; a channel leaves its community",
    limit=Limit(5, 60),
    private=True,
    surfaces=SURFACES,
    examples=("disconnect twitch",),
)
