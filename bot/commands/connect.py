"""`connect`: connect an account of a platform, by a code that is typed on the platform's own page."""

from datetime import datetime

from pydantic import BaseModel, Field

from bot.command import Command, Limit, Param
from bot.consent import Consent, Standing
from bot.context import Context
from bot.params import CHOICE
from bot.vocabulary import Field as Line
from bot.vocabulary import Reply, Surface
from bot.words import state
from clipnet.errors import BadInput, NotAllowed, NotFound
from clipnet.texts import joined, text

PLATFORMS = ("twitch",)
PURPOSES = ("broadcaster", "bot")
SURFACES: tuple[Surface, ...] = ("discord", "web", "console")
"""Where an answer can be private: whoever sees a code could type it."""


class Connection(BaseModel):
    """One account, connected or about to be."""

    platform: str
    purpose: str
    state: str
    account: str = Field(default="", description="the platform's id or name of the account")
    note: str = ""
    until: datetime | None = None


class Connections(BaseModel):
    """What a person connected; `url` and `code` when there is something to type, within `expires_s` seconds."""

    connections: list[Connection] = []
    url: str = ""
    code: str = ""
    expires_s: int = 0


async def _connect(ctx: Context, *, platform: str | None, **wishes: str) -> Reply:
    if platform is None:
        return await _list(ctx)
    consent, purpose = consent_of(ctx, platform), wishes["as"]
    if purpose not in consent.purposes:
        raise BadInput(
            text("{platform} accounts can't be connected for that: {purpose}.", platform=platform, purpose=purpose)
        )
    if purpose == "broadcaster" and ctx.community is not None and not ctx.may("owner"):
        raise NotAllowed(text("Only owners connect a channel to this community."))
    asked = await consent.start(ctx.user.id, purpose, ctx.community_id)
    told = text(
        "Open {url} and type {code} within {minutes:.0f} minutes, signed in as {who}.",
        url=asked.url,
        code=asked.code,
        minutes=asked.expires_s / 60,
        who=consent.purposes[purpose].help,
    )
    return Reply(
        told,
        tuple(Line(scope, why) for scope, why in consent.purposes[purpose].scopes.items()),
        data=Connections(url=asked.url, code=asked.code, expires_s=asked.expires_s),
    )


async def _list(ctx: Context) -> Reply:
    found = [
        (platform, standing)
        for platform, consent in sorted(ctx.services.consents.items())
        for standing in await consent.standing(ctx.user.id)
    ]
    lines = tuple(
        Line(f"{platform} {one.purpose}".rstrip(), joined([state(one.state), one.account, one.note]))
        for platform, one in found
    )
    told = text("You connected {n} account.", "You connected {n} accounts.", n=len(found))
    return Reply(told, lines, data=Connections(connections=[_connection(*one) for one in found]))


def _connection(platform: str, standing: Standing) -> Connection:
    return Connection(
        platform=platform,
        purpose=standing.purpose,
        state=standing.state,
        account=standing.account,
        note=standing.note,
        until=standing.until,
    )


def consent_of(ctx: Context, platform: str) -> Consent:
    """A platform's way to connect. Raises NotFound where it isn't set up."""
    found = ctx.services.consents.get(platform)
    if found is None:
        raise NotFound(
            text("{platform} isn't set up here.", platform=platform),
            hint=text("An operator sees what is missing: `health`."),
        )
    return found


CONNECT = Command(
    name="connect",
    help="Connect an account, or list the connected ones",
    handler=_connect,
    data=Connections,
    params=(
        Param(
            "platform",
            CHOICE,
            "the platform; left out, lists what is connected",
            positional=True,
            choices=PLATFORMS,
        ),
        Param(
            "as",
            CHOICE,
            "what it is for: a channel of yours, or the bot's own account",
            default=PURPOSES[0],
            choices=PURPOSES,
        ),
    ),
    changes="keeps the account's consent, and lets its channel join the community",
    limit=Limit(5, 60),
    private=True,
    surfaces=SURFACES,
    examples=("connect", "connect twitch", "connect twitch --as bot"),
)
