"""The first response to an interaction: what may be answered to what, and what comes of it."""

import time
from typing import Any

from tests.fakes.discord import posting, schema
from tests.fakes.discord.command_rules import check_choices
from tests.fakes.discord.errors import FormErrors, form_error, refused
from tests.fakes.discord.forms import Form, check_sizes
from tests.fakes.discord.handles import AUTOCOMPLETE, COMMAND, COMPONENT, MODAL, InteractionHandle
from tests.fakes.discord.message_rules import check_files, check_message, is_empty
from tests.fakes.discord.messages import EPHEMERAL, LOADING, Message, Upload
from tests.fakes.discord.modal_rules import check_modal
from tests.fakes.discord.people import Wire
from tests.fakes.discord.platform import Platform
from tests.fakes.server import Call

PONG, MESSAGE, DEFER, DEFER_UPDATE, UPDATE, CHOICES, POPUP = 1, 4, 5, 6, 7, 8, 9

_SCHEMAS = {
    PONG: "PongInteractionCallbackRequest",
    MESSAGE: "CreateMessageInteractionCallbackRequest",
    DEFER: "CreateMessageInteractionCallbackRequest",
    DEFER_UPDATE: "UpdateMessageInteractionCallbackRequest",
    UPDATE: "UpdateMessageInteractionCallbackRequest",
    CHOICES: "ApplicationCommandAutocompleteCallbackRequest",
    POPUP: "ModalInteractionCallbackRequest",
}

_ALLOWED = {
    COMMAND: {MESSAGE, DEFER, POPUP},
    COMPONENT: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE, POPUP},
    AUTOCOMPLETE: {CHOICES},
    MODAL: {MESSAGE, DEFER, DEFER_UPDATE, UPDATE},
}

REPLY_TO_COMMAND, REPLY_TO_MENU = 20, 23


def respond(platform: Platform, handle: InteractionHandle, form: Form, call: Call | None) -> Message | None:
    """Check the first response and carry it out; the message that it made or changed.

    Raises:
        Refusal: too late (10062), answered before (40060), or a body that can't be (50035).
    """
    if handle.expired(platform.now()):
        raise refused(404, 10062)
    if handle.callback is not None:
        raise refused(400, 40060, violation="a second first response")
    kind = _check(platform, handle, form)
    if call is not None:
        check_sizes(call, form.files, handle.channel)
    data: Wire = form.body.get("data") or {}
    handle.callback, handle.callback_data = kind, data
    handle.real_latency_s = time.monotonic() - handle.created_s
    handle.latency_s = (platform.now() - handle.created_at).total_seconds()
    message = _carry_out(platform, handle, kind, data, form.files)
    platform.pulse.beat()
    return message


def _check(platform: Platform, handle: InteractionHandle, form: Form) -> int:
    body = form.body
    kind = body.get("type") if isinstance(body, dict) else None
    if not isinstance(kind, int) or kind not in _SCHEMAS:
        raise form_error(["type"], "BASE_TYPE_CHOICES", "Value must be one of {1, 4, 5, 6, 7, 8, 9}.")
    errors = FormErrors()
    schema.check(_SCHEMAS[kind], body, errors)
    errors.refuse()
    allowed = _ALLOWED[handle.kind] - ({DEFER_UPDATE, UPDATE} if handle.source is None else set())
    if kind not in allowed:
        raise form_error(["type"], "INTERACTION_CALLBACK_TYPE_INVALID", f"{kind} answers no interaction of this kind.")
    data: Wire = body.get("data") or {}
    if kind in (MESSAGE, UPDATE):
        _check_text(platform, handle, kind, data, form, errors)
    elif kind == DEFER:
        if data.get("flags", 0) & ~EPHEMERAL or (
            set(data) - {"flags"} and any(data[key] for key in set(data) - {"flags"})
        ):
            errors.add(["data", "flags"], "MESSAGE_FLAGS_INVALID", "Only EPHEMERAL can be set on a deferred answer.")
    elif kind == CHOICES:
        check_choices(data.get("choices") or [], _focused(handle), errors, ["data", "choices"])
    elif kind == POPUP:
        check_modal(data, errors, ["data"])
    errors.refuse()
    return kind


def _check_text(
    platform: Platform, handle: InteractionHandle, kind: int, data: Wire, form: Form, errors: FormErrors
) -> None:
    check_message(data, errors, ["data"])
    kept = {one.id for one in handle.source.attachments} if kind == UPDATE and handle.source else set()
    check_files(data, sorted(form.files), kept, errors, ["data"] if "attachments" in data else [])
    known = schema.known_keys("IncomingWebhookInteractionRequest")
    if unknown := sorted(set(data) - known):
        platform.violation(f"callback {kind}: unknown fields {unknown}")
    errors.refuse()
    if kind == MESSAGE and is_empty(data, len(form.files)):
        raise refused(400, 50006, violation="an empty answer")


def _focused(handle: InteractionHandle) -> int:
    def find(options: list[Wire]) -> int:
        for option in options:
            if option.get("focused"):
                return int(option["type"])
            if found := find(option.get("options") or []):
                return found
        return 0

    return find(handle.payload["data"].get("options") or []) or 3


def _carry_out(
    platform: Platform, handle: InteractionHandle, kind: int, data: Wire, files: dict[int, Upload]
) -> Message | None:
    if kind == CHOICES:
        handle.choices = list(data.get("choices") or [])
    elif kind == POPUP:
        handle.modal = data
    elif kind in (MESSAGE, DEFER):
        flags = (data.get("flags") or 0) | (LOADING if kind == DEFER else 0)
        handle.original = answer_in_channel(platform, handle, data | {"flags": flags}, files)
    elif kind in (DEFER_UPDATE, UPDATE):
        handle.original = handle.source
        if kind == UPDATE and handle.source is not None:
            posting.edit(platform, handle.source, data, files)
            handle.messages.append(handle.source)
    return handle.original


def answer_in_channel(platform: Platform, handle: InteractionHandle, body: Wire, files: dict[int, Upload]) -> Message:
    """A message that answers the interaction."""
    about: Wire = {"id": handle.id, "type": handle.kind, "user": handle.user.wire()}
    about["authorizing_integration_owners"] = handle.payload["authorizing_integration_owners"]
    if handle.kind == COMMAND:
        about |= {"name": handle.payload["data"]["name"], "command_type": handle.payload["data"]["type"]}
    kind = REPLY_TO_COMMAND if handle.kind == COMMAND and handle.payload["data"]["type"] == 1 else 0
    kind = REPLY_TO_MENU if handle.kind == COMMAND and handle.payload["data"]["type"] == 3 else kind
    channel, answers = handle.channel, handle.source
    message = posting.send(
        platform,
        channel,
        platform.bot,
        body,
        files,
        kind=kind,
        seen_by=handle.user.id,
        interaction=about,
        answers=answers,
    )
    handle.messages.append(message)
    return message


def callback_answer(handle: InteractionHandle, message: Message | None) -> Wire:
    """What `with_response=true` is answered with."""
    about: Wire = {"id": handle.id, "type": handle.kind, "channel_id": handle.channel.id}
    if handle.channel.guild:
        about["guild_id"] = handle.channel.guild.id
    if message is not None:
        about |= {"response_message_id": message.id, "response_message_loading": message.loading}
        about["response_message_ephemeral"] = message.ephemeral
    answer: Wire = {"interaction": about}
    resource: dict[str, Any] = {"type": handle.callback}
    if message is not None and handle.callback in (MESSAGE, UPDATE):
        resource["message"] = message.wire()
    if handle.callback not in (PONG, CHOICES):
        answer["resource"] = resource
    return answer
