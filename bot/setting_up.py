"""How far a community's setup is, by what really holds; and what its steps have in common."""

from dataclasses import dataclass
from typing import Any

from bot.context import Context
from bot.rooms import Room, Rooms, pick
from bot.vocabulary import Action
from clipnet.errors import BadInput, NotFound
from clipnet.texts import Text, text
from db import communities, requests, rights, setups
from db.communities import Community
from db.setups import Setup

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Item:
    """One step: whether it is done, how it stands, and the button that takes it."""

    name: str
    title: Text
    done: bool
    note: str
    action: Action | None = None


async def begun(ctx: Context) -> tuple[Community, Setup]:
    """The community of this place, made where there is none, and its setup. Raises `BadInput`, `Unavailable`."""
    place = ctx.invocation.place
    if ctx.community is None:
        if place.platform == "discord" and not place.within:
            raise BadInput(text("There is nothing here to set up."), hint=text("Say it in your server."))
        name = await _name(ctx)
        made = await communities.create(ctx.conn, name[:LONGEST_NAME], [(place.platform, place.home)])
        ctx.community = await communities.get(ctx.conn, made)
    assert ctx.community is not None
    return ctx.community, await setups.begin(ctx.conn, ctx.user.id, place.platform, place.home)


async def _name(ctx: Context) -> str:
    place = ctx.invocation.place
    rooms = ctx.services.rooms.get(place.platform)
    homes = await rooms.homes() if rooms is not None else ()
    return next((home.name for home in homes if home.id == place.home), f"{place.platform} {place.home}")


async def decide(ctx: Context, changes: dict[str, Any]) -> None:
    """Write settings of the community, and know them from here on."""
    assert ctx.community is not None
    await communities.change(ctx.conn, ctx.community.id, changes)
    ctx.community = await communities.get(ctx.conn, ctx.community.id)


def rooms_here(ctx: Context) -> Rooms:
    """What the place's platform can be asked. Raises `NotFound`."""
    found = ctx.services.rooms.get(ctx.invocation.place.platform)
    if found is None:
        raise NotFound(
            text("Channels and roles can't be looked up from here."),
            hint=text("Say it in your Discord server, or give ids: settings set clip_channel discord:123456."),
        )
    return found


def one_of(rooms: list[Room], typed: str) -> Room:
    """The room that was typed. Raises `BadInput` with some of the names."""
    found = pick(rooms, typed)
    if found is None:
        known = ", ".join(room.name for room in rooms[:8])
        raise BadInput(
            text("There is no “{typed}”, or there are several.", typed=typed[:40]),
            hint=text("Known: {known}", known=known or "–"),
        )
    return found


async def checklist(ctx: Context, community: Community, setup: Setup) -> list[Item]:
    """Every step, by what holds now."""
    settings = ctx.settings
    spot = settings.clip_channel
    twitch = [place for platform, place in await communities.places(ctx.conn, community.id) if platform == "twitch"]
    for channel in twitch:  # its broadcaster's own consent brought it here
        await rights.link(ctx.conn, community.id, "twitch", channel, "")
    given = [key for key in settings.roles if not key.startswith("twitch:")]
    tested = await _tested(ctx, setup)
    return [
        Item(
            "channel",
            text("Clip channel"),
            spot is not None,
            (f"#{spot.name}" if spot.name else spot.id)
            if spot
            else text("where finished clips appear: `setup channel`"),
            Action(text("Clips appear here"), "setup channel", {"channel": "here"}),
        ),
        Item(
            "roles",
            text("Roles"),
            bool(given),
            text("{n} role", "{n} roles", n=len(given))
            if given
            else text("who moderates: setup roles moderator @role"),
        ),
        Item(
            "twitch",
            text("Twitch"),
            bool(twitch),
            ", ".join(twitch) or text("the channel whose stream is clipped: setup twitch"),
            Action(text("Connect Twitch"), "setup twitch"),
        ),
        Item("language", text("Language"), True, settings.language),
        Item(
            "test",
            text("Test clip"),
            tested == "done",
            tested or text("see a clip arrive: `setup test`"),
            Action(text("Make a test clip"), "setup test"),
        ),
    ]


async def _tested(ctx: Context, setup: Setup) -> str:
    public_id = setup.found.get("request")
    request = await requests.by_public_id(ctx.conn, public_id) if public_id else None
    return request.state if request else ""
