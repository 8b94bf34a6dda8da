"""Small helpers of the routes."""

import json
from typing import Any

from aiohttp import web

from tests.fakes.discord.errors import form_error, refused
from tests.fakes.discord.forms import Form, check_object, check_sizes, read_form, unknown_keys
from tests.fakes.discord.message_rules import check_files, check_message, is_empty
from tests.fakes.discord.messages import Message
from tests.fakes.discord.people import Channel, Wire
from tests.fakes.discord.permissions import Permission
from tests.fakes.discord.platform import Platform
from tests.fakes.server import Call

EXTRA_KEYS = frozenset({"sticker_ids", "poll", "tts", "flags", "thread_name", "applied_tags"})


def answer(body: Any, status: int = 200) -> web.Response:
    """JSON with exactly the content type that clients compare."""
    return web.Response(status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json"})


def nothing() -> web.Response:
    """204."""
    return web.Response(status=204)


def may(channel: Channel, *needed: Permission) -> None:
    """Does the bot see this channel, and may it do that there?

    Raises:
        Refusal: 50001 when it doesn't see it, 50013 when it lacks a permission.
    """
    if channel.guild is None:
        return
    rights = channel.guild.me.permissions(channel)
    if not rights & Permission.VIEW_CHANNEL:
        raise refused(403, 50001)
    if any(not rights & one for one in needed):
        raise refused(403, 50013)


async def message_form(
    platform: Platform, call: Call, schema_name: str, channel: Channel, editing: Message | None = None
) -> Form:
    """A message that is sent or edited, checked.

    Raises:
        Refusal: with everything that is wrong with it.
    """
    form = await read_form(call)
    errors = check_object(form, schema_name)
    check_message(form.body, errors)
    check_files(form.body, sorted(form.files), {one.id for one in editing.attachments} if editing else set(), errors)
    errors.refuse()
    check_sizes(call, form.files, channel)
    if unknown := unknown_keys(form.body, schema_name, EXTRA_KEYS):
        platform.violation(f"{call.method} {call.path}: unknown fields {unknown}")
    if is_empty(_shown(editing) | form.body, len(form.files)):
        raise refused(400, 50006, violation="an empty message")
    return form


def _shown(message: Message | None) -> Wire:
    if message is None:
        return {}
    now = message.now
    return {"content": now.content, "embeds": now.embeds, "components": now.components, "attachments": now.attachments}


def number(call: Call, key: str, low: int, high: int, default: int) -> int:
    """A number of the query.

    Raises:
        Refusal: 50035 when it is none or out of range.
    """
    text = call.query.get(key)
    if text is None:
        return default
    if not text.isdigit():
        raise form_error([key], "NUMBER_TYPE_COERCE", f'Value "{text}" is not int.')
    if not low <= int(text) <= high:
        code, message = ("MIN", f"greater than or equal to {low}") if int(text) < low else ("MAX", f"at most {high}")
        raise form_error([key], f"NUMBER_TYPE_{code}", f"int value should be {message}.")
    return int(text)


def snowflake(call: Call, key: str) -> str:
    """An id of the path.

    Raises:
        Refusal: 50035 when it isn't one.
    """
    text = call.args[key]
    if not text.isdigit():
        raise form_error([f"{key}_id"], "NUMBER_TYPE_COERCE", f'Value "{text}" is not snowflake.')
    return text
