"""`setup …`: makes a place a community, step by step, by whoever runs it; each step may be taken again."""

from pydantic import BaseModel

from bot.aim import Aim
from bot.command import HOUSE_SURFACES, Command, Limit, Param
from bot.commands.clip import ask
from bot.commands.connect import SURFACES, Connections, consent_of
from bot.community import Spot
from bot.context import Context
from bot.params import CHOICE, SOURCE, TEXT, Source
from bot.rooms import Room
from bot.setting_up import begun, checklist, decide, one_of, rooms_here
from bot.views import Accepted
from bot.vocabulary import Action, Field, Reply
from clipnet import carriers
from clipnet.errors import BadInput, NotAllowed
from clipnet.texts import text
from db import setups
from db.setups import Setup
from pipeline.options import ClipOptions

HERE = "here"
FOOTAGE = "bikes"
TEST_S = 5.0
BADGES = {"twitch:moderator": "moderator", "twitch:broadcaster": "owner"}
"""Twitch's own roles as ours."""
LANGUAGES = ("en", "de", "es")
RIGHTS = ("moderator", "owner", "nobody")
_SUGGESTED = 24


class Step(BaseModel):
    """One step of the setup."""

    name: str
    done: bool
    note: str


class Steps(BaseModel):
    """How far the setup of a community is."""

    community: str
    steps: list[Step]


async def _show(ctx: Context) -> Reply:
    if ctx.invocation.surface == "twitch":
        said = text("Set ClipNet up where not everybody looks on: /setup in your Discord server, or clipnet setup.")
        return Reply(said, data=Steps(community=ctx.community.name if ctx.community else "", steps=[]))
    return await _told(ctx)


async def _told(ctx: Context) -> Reply:
    """The checklist, with what is left as buttons."""
    community, setup = await begun(ctx)
    items = await checklist(ctx, community, setup)
    left = [item for item in items if not item.done]
    return Reply(
        text("{n} step is left.", "{n} steps are left.", n=len(left)) if left else text("All is set up."),
        tuple(Field(text("{title} ✓", title=item.title) if item.done else item.title, item.note) for item in items),
        actions=(*(item.action for item in left if item.action), Action(text("Done"), "setup done")),
        data=Steps(
            community=community.name,
            steps=[Step(name=item.name, done=item.done, note=item.note) for item in items],
        ),
    )


async def _channel(ctx: Context, *, channel: str) -> Reply:
    _, setup = await begun(ctx)
    place = ctx.invocation.place
    if channel.lower() == HERE and place.platform not in ctx.services.rooms:
        found = Room(place.id, "")
    else:
        rooms = rooms_here(ctx)
        found = one_of(list(await rooms.channels(place.home)), place.id if channel.lower() == HERE else channel)
        if lacks := await rooms.lacking(place.home, found.id):
            raise NotAllowed(
                text("The bot may not show clips in {channel}.", channel=found.name),
                hint=text("Give its role there: {permissions}.", permissions=", ".join(lacks)),
            )
    spot = Spot(platform=place.platform, id=found.id, name=found.name.lstrip("#"))
    await decide(ctx, {"clip_channel": spot.model_dump()})
    await setups.note(ctx.conn, setup.id, "channel", {})
    return await _told(ctx)


async def _roles(ctx: Context, *, right: str, role: str) -> Reply:
    _, setup = await begun(ctx)
    place = ctx.invocation.place
    found = one_of(list(await rooms_here(ctx).roles(place.home)), role)
    theirs = f"{place.platform}:{found.id}"
    roles = {key: ours for key, ours in ctx.settings.roles.items() if key != theirs}
    await decide(ctx, {"roles": roles if right == "nobody" else {**roles, theirs: right}})
    await setups.note(ctx.conn, setup.id, "roles", {})
    return await _told(ctx)


async def _twitch(ctx: Context) -> Reply:
    community, setup = await begun(ctx)
    consent = consent_of(ctx, "twitch")
    asked = await consent.start(ctx.user.id, "broadcaster", community.id)
    await decide(ctx, {"roles": {**BADGES, **ctx.settings.roles}})
    await setups.note(ctx.conn, setup.id, "twitch", {})
    return Reply(
        text(
            "Open {url} and type {code} within {minutes:.0f} minutes, signed in as the broadcaster.",
            url=asked.url,
            code=asked.code,
            minutes=asked.expires_s / 60,
        ),
        tuple(Field(scope, why) for scope, why in consent.purposes["broadcaster"].scopes.items()),
        actions=(Action(text("Look again"), "setup show"),),
        data=Connections(url=asked.url, code=asked.code, expires_s=asked.expires_s),
    )


async def _language(ctx: Context, *, language: str) -> Reply:
    _, setup = await begun(ctx)
    await decide(ctx, {"language": language})
    await setups.note(ctx.conn, setup.id, "language", {})
    return await _told(ctx)


async def _test(ctx: Context, *, source: Source | None) -> Reply:
    _, setup = await begun(ctx)
    if ctx.settings.clip_channel is None:
        raise BadInput(text("There is no clip channel yet."), hint=text("Choose one first: setup channel."))
    return await _make_test_clip(ctx, setup, source)


async def _make_test_clip(ctx: Context, setup: Setup, source: Source | None) -> Reply:
    """Ask for a short clip of a link, or of footage that every installation carries. Raises `BadInput`."""
    if source is not None and source.kind == "url":
        aim = Aim("url", source.origin)
    else:
        footage = carriers.demo_footage().get(FOOTAGE)
        if footage is None:
            raise BadInput(
                text("There is no footage here."), hint=text("Give a link to a video: `setup test https://…`")
            )
        aim = Aim("file", str(footage))
    reply = await ask(ctx, aim, ClipOptions(length_s=TEST_S, captions=False, count=1), alone=True)
    assert isinstance(reply.data, Accepted)
    await setups.note(ctx.conn, setup.id, "test", {"request": reply.data.request})
    return reply


async def _done(ctx: Context) -> Reply:
    _, setup = await begun(ctx)
    told = await _told(ctx)
    await setups.end(ctx.conn, setup.id)
    said = text("That was the `setup`. `help` says what everybody can do; setup begins again.")
    return Reply(said, told.fields, data=told.data)


async def _channels(ctx: Context, typed: str) -> list[str]:
    rooms, place = ctx.services.rooms.get(ctx.invocation.place.platform), ctx.invocation.place
    found = await rooms.channels(place.home) if rooms and ctx.may("owner") else ()
    return [each for each in (HERE, *(room.name for room in found)) if _begins(each, typed)][:_SUGGESTED]


async def _role_names(ctx: Context, typed: str) -> list[str]:
    rooms, place = ctx.services.rooms.get(ctx.invocation.place.platform), ctx.invocation.place
    found = await rooms.roles(place.home) if rooms and ctx.may("owner") else ()
    return [room.name for room in found if _begins(room.name, typed)][:_SUGGESTED]


def _begins(name: str, typed: str) -> bool:
    return name.lstrip("#@").casefold().startswith(typed.lstrip("#@").casefold())


_LIMIT = Limit(30, 60)

SETUP = (
    Command(
        name="setup show",
        help="Set ClipNet up here: what is done, and what comes next",
        handler=_show,
        data=Steps,
        role="owner",
        changes="makes this place a community where it is none",
        limit=_LIMIT,
        private=True,
        surfaces=HOUSE_SURFACES,
        examples=("setup show",),
    ),
    Command(
        name="setup channel",
        help="Choose the channel where finished clips appear",
        handler=_channel,
        data=Steps,
        params=(
            Param("channel", TEXT, "its name, or here", required=True, positional=True, complete=_channels),
        ),
        role="owner",
        changes="finished clips are announced there",
        limit=_LIMIT,
        private=True,
        surfaces=SURFACES,
        examples=("setup channel here", "setup channel #clips"),
    ),
    Command(
        name="setup roles",
        help="Say which role of the server moderates or owns the community",
        handler=_roles,
        data=Steps,
        params=(
            Param("right", CHOICE, "what the role may", required=True, positional=True, choices=RIGHTS),
            Param("role", TEXT, "its name", required=True, positional=True, complete=_role_names),
        ),
        role="owner",
        changes="gives or takes the right of everybody with that role",
        limit=_LIMIT,
        private=True,
        surfaces=SURFACES,
        examples=("setup roles moderator @Mods", "setup roles nobody @Mods"),
    ),
    Command(
        name="setup twitch",
        help="Connect the channel on Twitch whose streams are clipped",
        handler=_twitch,
        data=Connections,
        role="owner",
        changes="once its broadcaster consents, the channel is this community's",
        limit=Limit(10, 600),
        private=True,
        surfaces=SURFACES,
        examples=("setup twitch",),
    ),
    Command(
        name="setup language",
        help="Choose the language that is spoken here",
        handler=_language,
        data=Steps,
        params=(
            Param("language", CHOICE, "two letters", required=True, positional=True, choices=LANGUAGES),
        ),
        role="owner",
        changes="everybody is answered in that language here",
        limit=_LIMIT,
        private=True,
        surfaces=SURFACES,
        examples=("setup language en", "setup language de"),
    ),
    Command(
        name="setup test",
        help="Make a test clip, and see it arrive in the clip channel",
        handler=_test,
        data=Accepted,
        params=(Param("source", SOURCE, "a link; footage of ours when left out", positional=True),),
        role="owner",
        changes="makes a short clip and announces it",
        limit=Limit(5, 600),
        private=True,
        starts_work=True,
        surfaces=SURFACES,
        examples=("setup test",),
    ),
    Command(
        name="setup done",
        help="End the setup",
        handler=_done,
        data=Steps,
        role="owner",
        changes="ends the setup; what was decided stays",
        limit=_LIMIT,
        private=True,
        surfaces=SURFACES,
        examples=("setup done",),
    ),
)  # fmt: skip
