"""Messages that Discord refuses and no correct client sends; test_discord_bad_requests.py sends each of them."""

from dataclasses import dataclass, field
from typing import Any

MESSAGES = "/channels/{channel}/messages"
OWN = MESSAGES + "/{own}"


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


def row(*buttons: dict[str, Any]) -> dict[str, Any]:
    """A message of one row of components."""
    return {"components": [{"type": 1, "components": list(buttons)}]}


def button(**more: Any) -> dict[str, Any]:
    """A good button, changed by `more`."""
    return {"type": 2, "style": 1, "label": "Go", "custom_id": "go"} | more


def _select(**more: Any) -> dict[str, Any]:
    return {"type": 3, "custom_id": "pick", "options": [{"label": "a", "value": "a"}]} | more


def _embed(**more: Any) -> dict[str, Any]:
    return {"embeds": [{"title": "t"} | more]}


_FIELD = {"name": "n", "value": "v"}
_COUNTED = [button(custom_id=str(number)) for number in range(26)]
_ROWS = [{"type": 1, "components": [button(custom_id=str(number))]} for number in range(6)]

SENT = (
    Bad("content of 2001", "POST", MESSAGES, {"content": "x" * 2001}, "content"),
    Bad("content that is a number", "POST", MESSAGES, {"content": 5}, "content"),
    Bad("an empty message", "POST", MESSAGES, {}, code=50006),
    Bad("an empty text", "POST", MESSAGES, {"content": ""}, code=50006),
    Bad("a text of blanks", "POST", MESSAGES, {"content": "  "}, code=50006),
    Bad("an edit to nothing", "PATCH", OWN, {"content": "", "components": []}, code=50006),
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
    Bad("six buttons in a row", "POST", MESSAGES, row(*_COUNTED[:6]), "components.0.components"),
    Bad("an empty row", "POST", MESSAGES, row(), "components.0.components"),
    Bad("a button outside of a row", "POST", MESSAGES, {"components": [button()]}, "components.0"),
    Bad(
        "a custom_id of 101",
        "POST",
        MESSAGES,
        row(button(custom_id="x" * 101)),
        "components.0.components.0.custom_id",
    ),
    Bad("an empty custom_id", "POST", MESSAGES, row(button(custom_id="")), "components.0.components.0.custom_id"),
    Bad(
        "no custom_id",
        "POST",
        MESSAGES,
        row({"type": 2, "style": 1, "label": "a"}),
        "components.0.components.0.custom_id",
    ),
    Bad("a custom_id twice", "POST", MESSAGES, row(button(), button()), "components.0.components.1.custom_id"),
    Bad("a label of 81", "POST", MESSAGES, row(button(label="x" * 81)), "components.0.components.0.label"),
    Bad("a button of nothing", "POST", MESSAGES, row(button(label="")), "components.0.components.0"),
    Bad("an unknown style", "POST", MESSAGES, row(button(style=9)), "components.0.components.0.style"),
    Bad(
        "a link with custom_id",
        "POST",
        MESSAGES,
        row(button(style=5, url="https://a.b")),
        "components.0.components.0.custom_id",
    ),
    Bad(
        "a link without a url",
        "POST",
        MESSAGES,
        row({"type": 2, "style": 5, "label": "a"}),
        "components.0.components.0.url",
    ),
    Bad(
        "a link of 513",
        "POST",
        MESSAGES,
        row({"type": 2, "style": 5, "label": "a", "url": "https://a.b/" + "x" * 501}),
        "components.0.components.0.url",
    ),
    Bad(
        "a link to javascript",
        "POST",
        MESSAGES,
        row({"type": 2, "style": 5, "label": "a", "url": "javascript:1"}),
        "components.0.components.0.url",
    ),
    Bad(
        "a menu of 26",
        "POST",
        MESSAGES,
        row(_select(options=[{"label": str(n), "value": str(n)} for n in range(26)])),
        "components.0.components.0.options",
    ),
    Bad(
        "a menu with a value twice",
        "POST",
        MESSAGES,
        row(_select(options=[{"label": "a", "value": "a"}] * 2)),
        "components.0.components.0.options",
    ),
    Bad("a menu beside a button", "POST", MESSAGES, row(_select(), button()), "components.0.components"),
    Bad(
        "a placeholder of 151",
        "POST",
        MESSAGES,
        row(_select(placeholder="x" * 151)),
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
