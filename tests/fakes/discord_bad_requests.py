"""Requests that Discord refuses and no correct client sends; test_discord_bad_requests.py sends each of them."""

from dataclasses import dataclass, field
from typing import Any

MESSAGES = "/channels/{channel}/messages"
OWN = MESSAGES + "/{own}"
COMMANDS = "/applications/{app}/commands"
CALLBACK = "/interactions/{slash_id}/{slash}/callback"
BUTTON = "/interactions/{button_id}/{button}/callback"
TYPING = "/interactions/{typing_id}/{typing}/callback"
DONE_CALLBACK = "/interactions/{done_id}/{done}/callback"
WEBHOOK = "/webhooks/{app}/{done}"


@dataclass(frozen=True, slots=True)
class Bad:
    """One request and its refusal.

    Attributes:
        place: where in the body's `errors` the fault is named, with dots; empty for codes without a tree.
        raw: sent instead of `body`, as `kind`.
        files: bytes that the files of a form have, by their number, sent with `body` as payload_json.
        auth: overrides the Authorization header; empty sends none.
    """

    name: str
    method: str
    path: str
    body: Any = None
    place: str = ""
    status: int = 400
    code: int = 50035
    raw: bytes | None = None
    kind: str = "application/json"
    files: dict[int, int] = field(default_factory=dict)
    auth: str | None = None


def _row(*buttons: dict[str, Any]) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": list(buttons)}]}


def _button(**more: Any) -> dict[str, Any]:
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | more


def _option(**more: Any) -> dict[str, Any]:
    return {"type": 3, "name": "source", "description": "Link"} | more


def _command(*options: dict[str, Any], **more: Any) -> list[dict[str, Any]]:
    return [{"name": "clip", "description": "Make a clip", "options": list(options)} | more]


def _select(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a"}]} | more


def _modal(*inputs: dict[str, Any], **more: Any) -> dict[str, Any]:
    rows = [{"type": 1, "components": [one]} for one in inputs]
    return {"type": 9, "data": {"title": "Cut", "custom_id": "cut", "components": rows} | more}


def _input(**more: Any) -> dict[str, Any]:
    return {"type": 4, "custom_id": "start", "style": 1, "label": "Start"} | more


def _embed(**more: Any) -> dict[str, Any]:
    return {"embeds": [{"title": "t"} | more]}


_FIELD = {"name": "n", "value": "v"}
_COUNTED = [_button(custom_id=str(number)) for number in range(26)]
_ROWS = [{"type": 1, "components": [_button(custom_id=str(number))]} for number in range(6)]

SENT = (
    Bad("content of 2001", "POST", MESSAGES, {"content": "x" * 2001}, "content"),
    Bad("content that is a number", "POST", MESSAGES, {"content": 5}, "content"),
    Bad("an empty message", "POST", MESSAGES, {}, code=50006),
    Bad("an empty text", "POST", MESSAGES, {"content": ""}, code=50006),
    Bad("a list as body", "POST", MESSAGES, [], "_errors"),
    Bad("no JSON", "POST", MESSAGES, raw=b"{content", code=50109),
    Bad("a text as content type", "POST", MESSAGES, raw=b"{}", kind="text/plain", place="_content_type"),
    Bad("eleven embeds", "POST", MESSAGES, {"embeds": [{"title": "t"}] * 11}, "embeds"),
    Bad("an embed title of 257", "POST", MESSAGES, _embed(title="x" * 257), "embeds.0.title"),
    Bad("an embed description of 4097", "POST", MESSAGES, _embed(description="x" * 4097), "embeds.0.description"),
    Bad("26 embed fields", "POST", MESSAGES, _embed(fields=[_FIELD] * 26), "embeds.0.fields"),
    Bad(
        "a field name of 257", "POST", MESSAGES, _embed(fields=[_FIELD | {"name": "x" * 257}]), "embeds.0.fields.0.name"
    ),
    Bad(
        "a field value of 1025",
        "POST",
        MESSAGES,
        _embed(fields=[_FIELD | {"value": "x" * 1025}]),
        "embeds.0.fields.0.value",
    ),
    Bad("an empty field value", "POST", MESSAGES, _embed(fields=[_FIELD | {"value": " "}]), "embeds.0.fields.0.value"),
    Bad("a field without a value", "POST", MESSAGES, _embed(fields=[{"name": "n"}]), "embeds.0.fields.0.value"),
    Bad("a footer of 2049", "POST", MESSAGES, _embed(footer={"text": "x" * 2049}), "embeds.0.footer.text"),
    Bad("an author of 257", "POST", MESSAGES, _embed(author={"name": "x" * 257}), "embeds.0.author.name"),
    Bad("a colour out of range", "POST", MESSAGES, _embed(color=2**24), "embeds.0.color"),
    Bad(
        "embeds of 6001 together",
        "POST",
        MESSAGES,
        {"embeds": [{"description": "x" * 3001}, {"description": "x" * 3000}]},
        "embeds",
    ),
    Bad("an embed of nothing", "POST", MESSAGES, {"embeds": [{"color": 1}]}, "embeds.0.description"),
    Bad("an embed linking to a file", "POST", MESSAGES, _embed(url="file:///etc/passwd"), "embeds.0.url"),
    Bad("a relative picture", "POST", MESSAGES, _embed(image={"url": "/thumb.png"}), "embeds.0.image.url"),
    Bad("six rows", "POST", MESSAGES, {"content": "x", "components": _ROWS}, "components"),
    Bad("six buttons in a row", "POST", MESSAGES, _row(*_COUNTED[:6]), "components.0.components"),
    Bad("an empty row", "POST", MESSAGES, _row(), "components.0.components"),
    Bad("a button outside of a row", "POST", MESSAGES, {"components": [_button()]}, "components.0"),
    Bad(
        "a custom_id of 101",
        "POST",
        MESSAGES,
        _row(_button(custom_id="x" * 101)),
        "components.0.components.0.custom_id",
    ),
    Bad("an empty custom_id", "POST", MESSAGES, _row(_button(custom_id="")), "components.0.components.0.custom_id"),
    Bad(
        "no custom_id",
        "POST",
        MESSAGES,
        _row({"type": 2, "style": 1, "label": "a"}),
        "components.0.components.0.custom_id",
    ),
    Bad("a custom_id twice", "POST", MESSAGES, _row(_button(), _button()), "components.0.components.1.custom_id"),
    Bad("a label of 81", "POST", MESSAGES, _row(_button(label="x" * 81)), "components.0.components.0.label"),
    Bad("a button of nothing", "POST", MESSAGES, _row(_button(label="")), "components.0.components.0"),
    Bad("an unknown style", "POST", MESSAGES, _row(_button(style=9)), "components.0.components.0.style"),
    Bad(
        "a link with custom_id",
        "POST",
        MESSAGES,
        _row(_button(style=5, url="https://a.b")),
        "components.0.components.0.custom_id",
    ),
    Bad(
        "a link without a url",
        "POST",
        MESSAGES,
        _row({"type": 2, "style": 5, "label": "a"}),
        "components.0.components.0.url",
    ),
    Bad(
        "a link of 513",
        "POST",
        MESSAGES,
        _row({"type": 2, "style": 5, "label": "a", "url": "https://a.b/" + "x" * 501}),
        "components.0.components.0.url",
    ),
    Bad(
        "a link to javascript",
        "POST",
        MESSAGES,
        _row({"type": 2, "style": 5, "label": "a", "url": "javascript:1"}),
        "components.0.components.0.url",
    ),
    Bad(
        "a menu of 26",
        "POST",
        MESSAGES,
        _row(_select(options=[{"label": str(n), "value": str(n)} for n in range(26)])),
        "components.0.components.0.options",
    ),
    Bad(
        "a menu with a value twice",
        "POST",
        MESSAGES,
        _row(_select(options=[{"label": "a", "value": "a"}] * 2)),
        "components.0.components.0.options",
    ),
    Bad("a menu beside a button", "POST", MESSAGES, _row(_select(), _button()), "components.0.components"),
    Bad(
        "a placeholder of 151",
        "POST",
        MESSAGES,
        _row(_select(placeholder="x" * 151)),
        "components.0.components.0.placeholder",
    ),
    Bad("a nonce of 26", "POST", MESSAGES, {"content": "x", "nonce": "n" * 26}, "nonce"),
    Bad("flags of the platform's own", "POST", MESSAGES, {"content": "x", "flags": 1 << 7}, "flags"),
    Bad("an ephemeral channel message", "POST", MESSAGES, {"content": "x", "flags": 64}, "flags"),
    Bad(
        "mentions parsed and listed",
        "POST",
        MESSAGES,
        {"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}},
        "allowed_mentions",
    ),
    Bad(
        "mentions of an unknown kind",
        "POST",
        MESSAGES,
        {"content": "x", "allowed_mentions": {"parse": ["all"]}},
        "allowed_mentions.parse.0",
    ),
    Bad(
        "a mention that is a name",
        "POST",
        MESSAGES,
        {"content": "x", "allowed_mentions": {"users": ["ann"]}},
        "allowed_mentions.users.0",
    ),
    Bad(
        "a reply to no id", "POST", MESSAGES, {"content": "x", "message_reference": {}}, "message_reference.message_id"
    ),
    Bad(
        "an attachment without a file",
        "POST",
        MESSAGES,
        {"content": "x", "attachments": [{"id": 0}]},
        "attachments.0.id",
    ),
    Bad("a file without an attachment", "POST", MESSAGES, {"attachments": []}, "attachments", files={0: 1}),
    Bad("a file too large", "POST", MESSAGES, {}, status=413, code=40005, files={0: 10 * 1024**2 + 1}),
    Bad("a channel id that is a name", "POST", "/channels/clips/messages", {"content": "x"}, "channel_id"),
    Bad("no token", "POST", MESSAGES, {"content": "x"}, status=401, code=0, auth=""),
    Bad("a bearer token", "POST", MESSAGES, {"content": "x"}, status=401, code=0, auth="Bearer abc"),
    Bad("an edit to 2001", "PATCH", OWN, {"content": "x" * 2001}, "content"),
    Bad("an edit of somebody else's", "PATCH", MESSAGES + "/{theirs}", {"content": "x"}, status=403, code=50005),
    Bad("101 messages at once", "GET", MESSAGES + "?limit=101", place="limit"),
    Bad("no messages at once", "GET", MESSAGES + "?limit=0", place="limit"),
    Bad("a word as reaction", "PUT", OWN + "/reactions/thumbsup/@me", code=10014),
    Bad("a direct message to nobody", "POST", "/users/@me/channels", {}, "recipient_id"),
    Bad(
        "an endpoint without https",
        "PATCH",
        "/applications/@me",
        {"interactions_endpoint_url": "http://a.b"},
        "interactions_endpoint_url",
    ),
)

REGISTERED = (
    Bad("an upper-case command", "PUT", COMMANDS, _command(name="Clip"), "0.name"),
    Bad("a command with a blank", "PUT", COMMANDS, _command(name="clip that"), "0.name"),
    Bad("a command name of 33", "PUT", COMMANDS, _command(name="x" * 33), "0.name"),
    Bad("no description", "PUT", COMMANDS, [{"name": "clip"}], "0.description"),
    Bad("a description of 101", "PUT", COMMANDS, _command(description="x" * 101), "0.description"),
    Bad("26 options", "PUT", COMMANDS, _command(*[_option(name=f"o{n}") for n in range(26)]), "0.options"),
    Bad("an option twice", "PUT", COMMANDS, _command(_option(), _option()), "0.options.1.name"),
    Bad(
        "an option without description", "PUT", COMMANDS, _command({"type": 3, "name": "a"}), "0.options.0.description"
    ),
    Bad("an option of an unknown type", "PUT", COMMANDS, _command(_option(type=12)), "0.options.0"),
    Bad(
        "required after optional", "PUT", COMMANDS, _command(_option(), _option(name="b", required=True)), "0.options.1"
    ),
    Bad(
        "26 choices",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": str(n), "value": str(n)} for n in range(26)])),
        "0.options.0.choices",
    ),
    Bad(
        "a choice of 101",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": "x" * 101, "value": "a"}])),
        "0.options.0.choices.0.name",
    ),
    Bad(
        "a choice twice",
        "PUT",
        COMMANDS,
        _command(_option(choices=[{"name": "a", "value": "a"}] * 2)),
        "0.options.0.choices",
    ),
    Bad(
        "choices and autocomplete",
        "PUT",
        COMMANDS,
        _command(_option(autocomplete=True, choices=[{"name": "a", "value": "a"}])),
        "0.options.0",
    ),
    Bad("a length above 6000", "PUT", COMMANDS, _command(_option(max_length=6001)), "0.options.0.max_length"),
    Bad(
        "the least above the greatest",
        "PUT",
        COMMANDS,
        _command(_option(type=4, min_value=5, max_value=1)),
        "0.options.0.min_value",
    ),
    Bad(
        "a command of 8000",
        "PUT",
        COMMANDS,
        _command(
            *[
                _option(name=f"o{n}", choices=[{"name": f"{m}" + "x" * 90, "value": f"{m}"} for m in range(5)])
                for n in range(20)
            ]
        ),
        "0",
    ),
    Bad("the same name twice", "PUT", COMMANDS, _command() * 2, "1"),
    Bad(
        "a subcommand beside an option",
        "PUT",
        COMMANDS,
        _command(_option(), {"type": 1, "name": "sub", "description": "d"}),
        "0.options.1",
    ),
    Bad(
        "a menu with a description",
        "PUT",
        COMMANDS,
        [{"name": "Clip this", "type": 3, "description": "d"}],
        "0.description",
    ),
    Bad(
        "a menu with options", "PUT", COMMANDS, [{"name": "Clip this", "type": 3, "options": [_option()]}], "0.options"
    ),
    Bad("101 commands", "PUT", COMMANDS, [{"name": f"c{n}", "description": "d"} for n in range(101)], code=30032),
    Bad("one command that is a list", "POST", COMMANDS, [], "_errors"),
    Bad("commands of another application", "PUT", "/applications/5/commands", [], status=403, code=20012),
)

ANSWERED = (
    Bad("a callback of no type", "POST", CALLBACK, {}, "type"),
    Bad("a callback of an unknown type", "POST", CALLBACK, {"type": 3}, "type"),
    Bad("an answer of 2001", "POST", CALLBACK, {"type": 4, "data": {"content": "x" * 2001}}, "data.content"),
    Bad("an answer of nothing", "POST", CALLBACK, {"type": 4, "data": {}}, code=50006),
    Bad("a deferral with a text", "POST", CALLBACK, {"type": 5, "data": {"content": "x"}}, "data.flags"),
    Bad("a deferral with other flags", "POST", CALLBACK, {"type": 5, "data": {"flags": 4}}, "data.flags"),
    Bad("an update of no message", "POST", CALLBACK, {"type": 7, "data": {"content": "x"}}, "type"),
    Bad("choices for a command", "POST", CALLBACK, {"type": 8, "data": {"choices": []}}, "type"),
    Bad("a second first answer", "POST", DONE_CALLBACK, {"type": 4, "data": {"content": "x"}}, code=40060),
    Bad("a custom_id twice in an update", "POST", BUTTON, {"type": 7, "data": _row(_button(), _button())}, "data.components.0.components.1.custom_id"),
    Bad("26 completions", "POST", TYPING, {"type": 8, "data": {"choices": [{"name": str(n), "value": str(n)} for n in range(26)]}}, "data.choices"),
    Bad("a completion of 101", "POST", TYPING, {"type": 8, "data": {"choices": [{"name": "x" * 101, "value": "x"}]}}, "data.choices.0.name"),
    Bad("a number as completion", "POST", TYPING, {"type": 8, "data": {"choices": [{"name": "a", "value": 1}]}}, "data.choices.0.value"),
    Bad("a completion deferred", "POST", TYPING, {"type": 5}, "type"),
    Bad("a form title of 46", "POST", CALLBACK, _modal(_input(), title="x" * 46), "data.title"),
    Bad("a form of nothing", "POST", CALLBACK, _modal(), "data.components"),
    Bad("a form of six", "POST", CALLBACK, _modal(*[_input(custom_id=str(n)) for n in range(6)]), "data.components"),
    Bad("a form field twice", "POST", CALLBACK, _modal(_input(), _input()), "data.components.1.custom_id"),
    Bad("a form label of 46", "POST", CALLBACK, _modal(_input(label="x" * 46)), "data.components.0.components.0.label"),
    Bad("a form field for 4001", "POST", CALLBACK, _modal(_input(max_length=4001)), "data.components.0.components.0.max_length"),
    Bad("a form button", "POST", CALLBACK, _modal(_button()), "data.components.0.components.0"),
    Bad("an edit before the first answer", "PATCH", "/webhooks/{app}/{slash}/messages/@original", {"content": "x"}, status=404, code=10015),
    Bad("a follow-up before the first answer", "POST", "/webhooks/{app}/{slash}", {"content": "x"}, status=404, code=10015),
    Bad("a follow-up of 2001", "POST", WEBHOOK, {"content": "x" * 2001}, "content"),
    Bad("an empty follow-up", "POST", WEBHOOK, {}, code=50006),
    Bad("an edit to eleven embeds", "PATCH", WEBHOOK + "/messages/@original", {"embeds": [{"title": "t"}] * 11}, "embeds"),
)  # fmt: skip
