"""What Helix and the socket have to refuse; see `bad` for how to read it."""

from typing import Any

from tests.fakes.twitch.bad import APP, BARE, BOT, STREAMER, Bad


def _send(name: str, status: int, message: str, /, *, token: str = BOT, wrong: bool = True, **change: Any) -> Bad:
    body = {"broadcaster_id": "{channel}", "sender_id": "{bot}", "message": "hello"} | change
    body = {key: value for key, value in body.items() if value is not None}
    return Bad(f"send: {name}", "POST", "/helix/chat/messages", status, message, wrong, token, json=body)


def _gate(name: str, status: int, message: str, headers: dict[str, str], *, wrong: bool = True) -> Bad:
    return Bad(f"gate: {name}", "GET", "/helix/users", status, message, wrong, query={"id": "{bot}"}, headers=headers)


GATE_AND_CHAT = [
    _gate("no token", 401, "OAuth token is missing", {"Client-Id": "{client}"}),
    _gate("other scheme", 401, "OAuth token is missing", {"Client-Id": "{client}", "Authorization": "OAuth {app}"}),
    _gate("no client id", 401, "Client ID is missing", {"Authorization": "Bearer {app}"}),
    _gate(
        "other client id", 401, "Client ID and OAuth token do not", {"Client-Id": "x", "Authorization": "Bearer {app}"}
    ),
    _gate(
        "unknown token", 401, "Invalid OAuth token", {"Client-Id": "{client}", "Authorization": "Bearer x"}, wrong=False
    ),
    _gate(
        "old token", 401, "Invalid OAuth token", {"Client-Id": "{client}", "Authorization": "Bearer {old}"}, wrong=False
    ),
    Bad("gate: unknown route", "GET", "/helix/nothing", 404, "404: Not Found", token=APP),
    Bad("send: form body", "POST", "/helix/chat/messages", 400, "Content-Type", token=BOT, form={"message": "x"}),
    Bad(
        "send: broken JSON",
        "POST",
        "/helix/chat/messages",
        400,
        "not a JSON object",
        token=BOT,
        raw=b"{",
        headers={"Content-Type": "application/json"},
    ),
    Bad("send: a list", "POST", "/helix/chat/messages", 400, "not a JSON object", token=BOT, json=[]),
    _send("no channel", 400, 'Missing required parameter "broadcaster_id"', broadcaster_id=None),
    _send("no sender", 400, 'Missing required parameter "sender_id"', sender_id=None),
    _send("no message", 400, 'Missing required parameter "message"', message=None),
    _send("blank", 400, "must not be blank", message="   "),
    _send("number as channel", 400, "must be a string", broadcaster_id=12826),
    _send("login as channel", 400, "was malformed", broadcaster_id="streamer"),
    _send("unknown channel", 400, "does not identify a user", wrong=False, broadcaster_id="999"),
    _send("501 characters", 422, "The message is too large", message="x" * 501),
    _send("as somebody else", 401, "must match the user ID in the access token", sender_id="{fan}"),
    _send("without the scope", 401, "Missing scope: user:write:chat", token=BARE),
    _send("source only by a person", 400, "for_source_only may only be set", for_source_only=True),
    _send("reply to no id", 400, "is not a message ID", reply_parent_message_id="last"),
    _send(
        "reply to nothing",
        400,
        "does not identify a message",
        wrong=False,
        reply_parent_message_id="142f46b8-a159-4c58-a5b0-30a13142dddc",
    ),
    _send("app, sender consented to nothing", 401, "user:bot scopes", token=APP, wrong=False, sender_id="{fan}"),
    _send("app, sender unknown", 400, "does not identify a user", token=APP, wrong=False, sender_id="999"),
    _send("app, no channel:bot", 401, "channel:bot scope", token=APP, wrong=False, broadcaster_id="{stranger}"),
    _send("banned", 403, "not permitted to send", wrong=False, broadcaster_id="{closed}"),
]

MODERATING = {"broadcaster_id": "{channel}", "moderator_id": "{bot}"}


def _ban(name: str, status: int, message: str, data: Any, *, token: str = BOT, wrong: bool = True, **query: str) -> Bad:
    body = {"data": data} if data is not None else {}
    asked = MODERATING | query
    return Bad(f"ban: {name}", "POST", "/helix/moderation/bans", status, message, wrong, token, asked, json=body)


MODERATION = [
    _ban("no data", 400, 'Missing required parameter "data"', None),
    _ban("nobody", 400, 'Missing required parameter "user_id"', {}),
    _ban("no scope", 401, "Missing scope: moderator:manage:banned_users", {"user_id": "{fan}"}, token=BARE),
    _ban("by app", 401, "requires a user access token", {"user_id": "{fan}"}, token=APP),
    _ban("as another moderator", 401, "must match the user ID", {"user_id": "{fan}"}, moderator_id="{channel}"),
    _ban("no moderator there", 403, "not one of", {"user_id": "{fan}"}, wrong=False, broadcaster_id="{stranger}"),
    _ban("too long", 400, "duration field is not valid", {"user_id": "{fan}", "duration": 1_209_601}),
    _ban("reason too long", 400, "reason field is too long", {"user_id": "{fan}", "reason": "x" * 501}),
    _ban("the broadcaster", 400, "may not be banned", {"user_id": "{channel}"}),
    _ban("somebody unknown", 400, "does not identify a user", {"user_id": "999"}, wrong=False),
    Bad(
        "unban: not banned",
        "DELETE",
        "/helix/moderation/bans",
        400,
        "is not banned",
        wrong=False,
        token=BOT,
        query={**MODERATING, "user_id": "{fan}"},
    ),
    Bad(
        "delete: unknown message",
        "DELETE",
        "/helix/moderation/chat",
        404,
        "was not found",
        wrong=False,
        token=BOT,
        query={**MODERATING, "message_id": "x"},
    ),
    Bad(
        "moderators: of another",
        "GET",
        "/helix/moderation/moderators",
        401,
        "must match the user ID",
        token=BOT,
        query={"broadcaster_id": "{channel}"},
    ),
    Bad(
        "moderated: of another",
        "GET",
        "/helix/moderation/channels",
        401,
        "must match the user ID",
        token=BOT,
        query={"user_id": "{fan}"},
    ),
]


def _clip(name: str, status: int, message: str, *, token: str = BOT, wrong: bool = True, **query: str) -> Bad:
    asked = {"broadcaster_id": "{channel}"} | query
    asked = {key: value for key, value in asked.items() if value}
    return Bad(f"clip: {name}", "POST", "/helix/clips", status, message, wrong, token, asked)


def _get(path: str, name: str, message: str, *, token: str = APP, **query: str) -> Bad:
    return Bad(f"{path}: {name}", "GET", f"/helix/{path}", 400, message, token=token, query=query)


def _mark(name: str, status: int, message: str, body: Any, *, token: str = STREAMER, wrong: bool = True) -> Bad:
    return Bad(f"marker: {name}", "POST", "/helix/streams/markers", status, message, wrong, token, json=body)


CHANNELS = [
    _get("users", "nobody, by app", "is required with an app access token"),
    _get("users", "malformed id", "Invalid login names", id="abc"),
    _get("channels", "none", 'Missing required parameter "broadcaster_id"'),
    _get("streams", "101 at once", 'The parameter "first" must be', first="101"),
    _get("streams", "first is a word", 'The parameter "first" must be', first="all"),
    _get("clips", "nothing asked", "Exactly one of id, broadcaster_id"),
    _get("clips", "two filters", "Exactly one of id, broadcaster_id", id="x", broadcaster_id="{channel}"),
    _clip("by app", 401, "requires a user access token", token=APP),
    _clip("no scope", 401, "Missing scope: clips:edit", token=BARE),
    _clip("no channel", 400, 'Missing required parameter "broadcaster_id"', broadcaster_id=""),
    _clip("offline", 404, "offline channel", wrong=False, broadcaster_id="{offline}"),
    _clip("not allowed there", 403, "permissions to Clip", wrong=False, broadcaster_id="{closed}"),
    _clip("4 seconds", 400, "between 5 and 60 seconds", duration="4"),
    _clip("61 seconds", 400, "between 5 and 60 seconds", duration="61"),
    _clip("duration in words", 400, "between 5 and 60 seconds", duration="short"),
    _clip("title of 141", 400, "between 1 and 140 characters", title="x" * 141),
    _mark("no user", 400, 'Missing required parameter "user_id"', {}),
    _mark("by app", 401, "requires a user access token", {"user_id": "{channel}"}, token=APP),
    _mark("description of 141", 400, "must not exceed 140", {"user_id": "{channel}", "description": "x" * 141}),
    _mark("in another's stream", 403, "neither the broadcaster nor", {"user_id": "{closed}"}, wrong=False),
    _mark("of nobody", 404, "was not found", {"user_id": "999"}, wrong=False),
]

SOCKET = {"method": "websocket", "session_id": "{session}"}
HOOK = {"method": "webhook", "callback": "https://clipnet.example/twitch", "secret": "0123456789"}
CHAT = {"broadcaster_user_id": "{channel}", "user_id": "{bot}"}


def _subscribe(
    name: str,
    status: int,
    message: str,
    *,
    token: str = BOT,
    wrong: bool = True,
    before: int = 0,
    without: str = "",
    **change: Any,
) -> Bad:
    body = {"type": "channel.chat.message", "version": "1", "condition": CHAT, "transport": SOCKET} | change
    body.pop(without, None)
    path = "/helix/eventsub/subscriptions"
    return Bad(f"subscribe: {name}", "POST", path, status, message, wrong, token, json=body, before=before)


def _hook(name: str, status: int, message: str, *, token: str = APP, wrong: bool = True, **change: Any) -> Bad:
    transport = {key: value for key, value in (HOOK | change).items() if value is not None}
    return _subscribe(f"webhook, {name}", status, message, token=token, wrong=wrong, transport=transport)


SUBSCRIBING = [
    _subscribe("no type", 400, 'Missing required parameter "type"', without="type"),
    _subscribe("unknown type", 400, "combination of values in the type and version", type="channel.chat"),
    _subscribe("other version", 400, "combination of values in the type and version", version="2"),
    _subscribe("version as number", 400, "must be a string", version=1),
    _subscribe("no condition", 400, "The condition field is required", without="condition"),
    _subscribe("half a condition", 400, "missing one or more", condition={"broadcaster_user_id": "{channel}"}),
    _subscribe("too much condition", 400, "does not know", condition={**CHAT, "moderator_user_id": "{bot}"}),
    _subscribe("unknown user", 400, "does not exist", wrong=False, condition={**CHAT, "broadcaster_user_id": "9"}),
    _subscribe("no transport", 400, "The transport field is required", without="transport"),
    _subscribe("unknown transport", 400, "method field is not valid", transport={"method": "pigeon"}),
    _subscribe("no session", 400, "session_id field is required", transport={"method": "websocket"}),
    _subscribe(
        "gone session",
        400,
        "websocket transport session does not exist",
        wrong=False,
        transport={**SOCKET, "session_id": "x"},
    ),
    _subscribe("socket by app", 400, "invalid transport and auth combination", token=APP),
    _subscribe("without the scope", 403, "subscription missing proper authorization", token=BARE, wrong=False),
    _subscribe("as another reader", 403, "subscription missing proper authorization", token=STREAMER, wrong=False),
    _subscribe("twice", 409, "subscription already exists", wrong=False, before=1),
    _subscribe(
        "bans of another's channel",
        403,
        "subscription missing proper authorization",
        wrong=False,
        type="channel.ban",
        condition={"broadcaster_user_id": "{channel}"},
    ),
    _hook("by a person", 400, "invalid transport and auth combination", token=BOT),
    _hook("no callback", 400, "callback field is required", callback=None),
    _hook("plain http", 400, "must use the HTTPS protocol", callback="http://clipnet.example/twitch"),
    _hook("other port", 400, "must use the HTTPS protocol", callback="https://clipnet.example:8443/twitch"),
    _hook("no secret", 400, "length of the string in the secret", secret=None),
    _hook("secret of 9", 400, "length of the string in the secret", secret="x" * 9),
    _hook("secret of 101", 400, "length of the string in the secret", secret="x" * 101),
    Bad(
        "list: two filters",
        "GET",
        "/helix/eventsub/subscriptions",
        400,
        "mutually exclusive",
        token=APP,
        query={"status": "enabled", "type": "stream.online"},
    ),
    Bad("unsubscribe: no id", "DELETE", "/helix/eventsub/subscriptions", 400, "Missing required", token=APP),
    Bad(
        "unsubscribe: unknown",
        "DELETE",
        "/helix/eventsub/subscriptions",
        404,
        "subscription not found",
        wrong=False,
        token=APP,
        query={"id": "x"},
    ),
    Bad("socket: keepalive in words", "GET", "/ws", 400, "must be a number", query={"keepalive_timeout_seconds": "x"}),
]
