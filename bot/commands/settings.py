"""`settings show|set|reset`: what a community has decided for itself."""

import json
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticUndefined

from bot.command import HOUSE_SURFACES, Command, Limit, Param
from bot.community import CommunitySettings, Spot
from bot.context import Context
from bot.params import CHOICE, TEXT, read_flag
from bot.vocabulary import SURFACES, Field, Reply
from clipnet.errors import BadInput, Conflict, NotAllowed
from clipnet.texts import text
from db import communities

OWNERS = frozenset({"roles", "record", "recap"})
"""Settings that only owners change; the rest is for moderators too."""
NAMES = tuple(CommunitySettings.model_fields)
SPOTS = frozenset({"clip_channel", "ops_channel"})
NONE = ("none", "off", "-")


class Decided(BaseModel):
    """Every setting with what holds, and the names of those that were set here."""

    settings: dict[str, Any]
    set_here: list[str]


async def _show(ctx: Context, *, name: str | None) -> Reply:
    community = _community(ctx)
    decided = _decided(ctx.settings, community.settings)
    names = [name] if name else NAMES
    fields = tuple(Field(n, _shown(decided.settings[n])) for n in names)
    return Reply(text("The settings of {name}.", name=community.name), fields=fields, private=True, data=decided)


async def _set(ctx: Context, *, name: str, value: str) -> Reply:
    community = _allowed(ctx, name)
    typed = _read(ctx, name, value)
    return await _change(ctx, community.id, name, typed)


async def _reset(ctx: Context, *, name: str) -> Reply:
    return await _change(ctx, _allowed(ctx, name).id, name, None)


async def _change(ctx: Context, community_id: int, name: str, value: Any) -> Reply:
    await communities.change(ctx.conn, community_id, {name: value})
    community = await communities.get(ctx.conn, community_id)
    assert community is not None
    ctx.community = community
    now = CommunitySettings.model_validate(community.settings)
    decided = _decided(now, community.settings)
    told = text("{name} is {value} now.", name=name, value=_shown(decided.settings[name]))
    return Reply(told, private=True, data=decided)


def _community(ctx: Context) -> communities.Community:
    if ctx.community is None:
        raise Conflict(text("This place belongs to no community yet."), hint=text("`setup` makes it one."))
    return ctx.community


def _allowed(ctx: Context, name: str) -> communities.Community:
    if name in OWNERS and not ctx.may("owner"):
        raise NotAllowed(text("Only the owner changes {name}.", name=name))
    return _community(ctx)


def _read(ctx: Context, name: str, value: str) -> Any:
    """The typed value of a setting, as it is stored.

    Raises:
        BadInput: it doesn't fit; says what would.
    """
    if name == "roles":
        return _roles(ctx, value)
    given: Any = value
    if name in SPOTS:
        given = _spot(ctx, value)
    elif CommunitySettings.model_fields[name].annotation is bool:
        given = read_flag(value)
    elif value.lower() in NONE and CommunitySettings.model_fields[name].default is None:
        return None
    try:
        checked = CommunitySettings.model_validate({name: given})
    except ValidationError as error:
        raise BadInput(
            text("{name}: “{value}” doesn't fit.", name=name, value=value), hint=_fits(name, error)
        ) from None
    return checked.model_dump(mode="json")[name]


def _spot(ctx: Context, value: str) -> dict[str, str] | None:
    """`here`, or `discord:123`, or nothing."""
    if value.lower() in NONE:
        return None
    place = ctx.invocation.place
    if value.lower() == "here":
        return Spot(platform=place.platform, id=place.id).model_dump()
    platform, _, place_id = value.partition(":")
    if platform.lower() not in SURFACES or not place_id:
        raise BadInput(text("“{value}” isn't a place.", value=value), hint=text("Say here, or like discord:123456."))
    return Spot(platform=platform.lower(), id=place_id.strip()).model_dump()


def _roles(ctx: Context, value: str) -> dict[str, str]:
    """The map of roles with one entry changed: `discord:123=moderator`, or without a role to forget it."""
    theirs, equals, ours = (part.strip() for part in value.partition("="))
    if not equals or ":" not in theirs or ours not in ("", "none", "moderator", "owner"):
        raise BadInput(
            text("“{value}” doesn't map a role.", value=value),
            hint=text("Write it like discord:123=moderator, or discord:123=none to forget it."),
        )
    kept: dict[str, str] = {key: role for key, role in ctx.settings.roles.items() if key != theirs}
    return kept | ({theirs: ours} if ours in ("moderator", "owner") else {})


def _fits(name: str, error: ValidationError) -> str:
    found = error.errors()[0]
    bounds = found.get("ctx", {})
    if found["type"] == "literal_error":
        return text("One of: {choices}.", choices=str(bounds["expected"]).replace("'", ""))
    if "ge" in bounds or "le" in bounds or found["type"].endswith("_parsing"):
        least, most = _bounds(name)
        return text("A number from {least} to {most}.", least=least, most=most)
    if name == "quiet_hours":
        return text("Hours in UTC, like 22-7.")
    return str(found["msg"])


def _bounds(name: str) -> tuple[str, str]:
    marks = CommunitySettings.model_fields[name].metadata
    least = next((m.ge for m in marks if hasattr(m, "ge")), 0)
    most = next((m.le for m in marks if hasattr(m, "le")), 0)
    return f"{least:.0f}", f"{most:.0f}"


def _decided(settings: CommunitySettings, stored: dict[str, Any]) -> Decided:
    return Decided(settings=settings.model_dump(mode="json"), set_here=[name for name in NAMES if name in stored])


def _shown(value: Any) -> str:
    if value is None or value is PydanticUndefined or value == {}:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return f"{value['platform']}:{value['id']}" if "platform" in value else json.dumps(value)
    return str(value)


_NAME = Param("name", CHOICE, "which setting", required=True, positional=True, choices=NAMES)

SETTINGS_SHOW = Command(
    name="settings show",
    help="Show what this community has decided",
    handler=_show,
    data=Decided,
    params=(Param("name", CHOICE, "one setting alone", positional=True, choices=NAMES),),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    private=True,
    examples=("settings show", "settings show quorum"),
)

SETTINGS_SET = Command(
    name="settings set",
    help="Decide something for this community",
    handler=_set,
    data=Decided,
    params=(_NAME, Param("value", TEXT, "the new value; “here” means this channel", required=True, positional=True)),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="changes one of the community's settings; roles, record and recap are for its owner",
    limit=Limit(30, 60),
    private=True,
    examples=("settings set quorum 5", "settings set clip_channel here", "settings set quiet_hours 22-7"),
)

SETTINGS_RESET = Command(
    name="settings reset",
    help="Go back to the default of a setting",
    handler=_reset,
    data=Decided,
    params=(_NAME,),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="forgets one of the community's settings; roles, record and recap are for its owner",
    limit=Limit(30, 60),
    private=True,
    examples=("settings reset quorum",),
)
