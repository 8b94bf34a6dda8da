"""Requests that X refuses, with what it says, and whether a correct client could ever send them."""

# A table of one row a request reads best unbroken.
# ruff: noqa: E501

import base64
import io
from typing import Any, NamedTuple

import aiohttp

CLEAN = ""


class Bad(NamedTuple):
    """One bad request. `{names}` in path, query and body stand for what the test has set up.

    `says` is part of the answer's title, detail or errors. `noted` is part of the violation that it leaves; CLEAN
    where the world changed under a correct client.
    """

    name: str
    method: str
    path: str
    status: int
    says: str
    noted: str
    body: dict[str, Any] | None = None
    token: str | None = None


def _json(value: Any) -> dict[str, Any]:
    return {"json": value}


def _form(**fields: str) -> dict[str, Any]:
    return {"data": fields}


def _auth(value: str) -> dict[str, Any]:
    return {"headers": {"Authorization": value}}


def _parts(**fields: str | bytes) -> dict[str, Any]:
    return {"parts": fields}


def _basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


INVALID = "Invalid Request"
POSTS, INIT = "/2/tweets", "/2/media/upload/initialize"
VIDEO = {"media_type": "video/mp4", "media_category": "tweet_video"}
TOKEN, BASIC = "/2/oauth2/token", {"headers": {"Authorization": _basic("client-id", "client-secret")}}
BOT = "/2/users/{bot}/mentions"


def _media(*ids: str) -> dict[str, Any]:
    return _json({"text": "look", "media": {"media_ids": list(ids)}})


def _redeem(**changed: str) -> dict[str, Any]:
    right = {
        "grant_type": "authorization_code",
        "code": "{code}",
        "redirect_uri": "https://clipnet.example/callback",
        "code_verifier": "{verifier}",
    }
    return BASIC | _form(**{name: value for name, value in (right | changed).items() if value})


CREDENTIALS = [
    Bad("no credentials", "GET", "/2/users/me", 401, "Unauthorized", "no Authorization header", token=""),
    Bad("a strange scheme", "GET", "/2/users/me", 401, "Unauthorized", "scheme Digest", _auth("Digest x")),
    Bad("an unknown token", "GET", "/2/users/me", 401, "Unauthorized", CLEAN, token="nobody-issued-this"),
    Bad("app only: me", "GET", "/2/users/me", 403, "Application-Only is forbidden", "Application-Only", token="{bearer}"),
    Bad("app only: post", "POST", POSTS, 403, "Unsupported Authentication", "Application-Only", _json({"text": "a"}), "{bearer}"),
    Bad("app only: upload", "POST", INIT, 403, "Unsupported Authentication", "Application-Only", token="{bearer}"),
    Bad("user: webhooks", "POST", "/2/webhooks", 403, "Unsupported Authentication", "OAuth 2.0 User Context"),
    Bad("no tweet.write", "POST", POSTS, 403, "Forbidden", "lacks tweet.write", _json({"text": "a"}), "{reader}"),
    Bad("no media.write", "POST", INIT, 403, "Forbidden", "lacks media.write", token="{reader}"),
    Bad("no users.read", "GET", BOT, 403, "Forbidden", "lacks users.read", token="{blind}"),
    Bad("OAuth 1 in pieces", "GET", "/2/users/me", 401, "Unauthorized", "header lacks token", _auth('OAuth oauth_consumer_key="consumer-key"')),
    Bad("OAuth 1 malformed", "GET", "/2/users/me", 401, "Unauthorized", "malformed", _auth("OAuth nonsense")),
]  # fmt: skip

READING = [
    Bad("unknown parameter", "GET", f"{BOT}?count=5", 400, "The query parameter [count] is not one of", "[count]"),
    Bad("parameter twice", "GET", f"{BOT}?max_results=5&max_results=6", 400, "more than once", "[max_results]"),
    Bad("too few", "GET", f"{BOT}?max_results=4", 400, "is not between 5 and 100", "value [4]"),
    Bad("too many", "GET", f"{BOT}?max_results=101", 400, "is not between 5 and 100", "value [101]"),
    Bad("not a number", "GET", f"{BOT}?max_results=ten", 400, "is not between 5 and 100", "value [ten]"),
    Bad("unknown field", "GET", f"{BOT}?tweet.fields=author", 400, "`tweet.fields` query parameter value [author]", "[author]"),
    Bad("one of two fields", "GET", f"{BOT}?media.fields=variants,bitrate", 400, "value [bitrate]", "[bitrate]"),
    Bad("a field of another kind", "GET", f"{BOT}?user.fields=variants", 400, "value [variants]", "[variants]"),
    Bad("unknown expansion", "GET", f"{BOT}?expansions=author", 400, "`expansions` query parameter value [author]", "[author]"),
    Bad("a post's expansion of a user", "GET", "/2/users/me?expansions=author_id", 400, "value [author_id]", "[author_id]"),
    Bad("since_id is a word", "GET", f"{BOT}?since_id=latest", 400, "`since_id` query parameter value [latest]", "since_id"),
    Bad("since_id is negative", "GET", f"{BOT}?since_id=-1", 400, "value [-1] is not valid", "since_id"),
    Bad("start_time without zone", "GET", f"{BOT}?start_time=2026-01-01T00:00:00", 400, "RFC 3339", "start_time"),
    Bad("start_time is a word", "GET", f"{BOT}?start_time=today", 400, "RFC 3339", "start_time"),
    Bad("a made-up page", "GET", f"{BOT}?pagination_token=abc", 400, "`pagination_token` query parameter", "pagination_token"),
    Bad("an empty page", "GET", f"{BOT}?pagination_token=", 400, "can not be empty", "pagination_token"),
    Bad("a handle for an id", "GET", "/2/users/clipnet/mentions", 400, "value [clipnet] is not valid", "[clipnet]"),
    Bad("an impossible handle", "GET", "/2/users/by/username/far-too-long-a-name", 400, "`username`", "username"),
    Bad("no ids", "GET", "/2/tweets", 400, "`ids` query parameter can not be empty", "ids"),
    Bad("101 ids", "GET", "/2/tweets?ids=" + ",".join("1" * 101), 400, "between 1 and 100", "ids"),
    Bad("a word among ids", "GET", "/2/tweets?ids=1,two", 400, "value [two] is not valid", "[two]"),
    Bad("exclude on mentions", "GET", f"{BOT}?exclude=replies", 400, "[exclude] is not one of", "[exclude]"),
    Bad("exclude nothing known", "GET", "/2/users/{bot}/tweets?exclude=quotes", 400, "value [quotes]", "[quotes]"),
    Bad("search for nothing", "GET", "/2/tweets/search/recent", 400, "`query` query parameter can not be empty", "query"),
    Bad("search for few", "GET", "/2/tweets/search/recent?query=a&max_results=5", 400, "between 10 and 100", "[5]"),
    Bad("a made-up route", "GET", "/2/tweets/mentions/of/me", 404, "Not Found", "nothing answers GET"),
    Bad("the old upload", "POST", "/1.1/media/upload.json", 404, "Not Found", "nothing answers POST"),
]  # fmt: skip

POSTING = [
    Bad("no body", "POST", POSTS, 400, INVALID, "content type"),
    Bad("not JSON", "POST", POSTS, 400, "not valid JSON", "not valid JSON", {"data": "{", "headers": {"Content-Type": "application/json"}}),
    Bad("a form", "POST", POSTS, 400, INVALID, "application/x-www-form-urlencoded", _form(text="hello")),
    Bad("nothing to say", "POST", POSTS, 400, "a post needs a text or media", "needs a text", _json({})),
    Bad("only blanks", "POST", POSTS, 400, "a post needs a text or media", "needs a text", _json({"text": " \n"})),
    Bad("an unknown key", "POST", POSTS, 400, "$.status", "$.status", _json({"text": "a", "status": "a"})),
    Bad("a number for a text", "POST", POSTS, 400, "$.text", "$.text", _json({"text": 5})),
    Bad("281 characters", "POST", POSTS, 403, "too long", "weighted length 281", _json({"text": "a" * 281})),
    Bad("141 wide characters", "POST", POSTS, 403, "too long", "weighted length 282", _json({"text": "字" * 141})),
    Bad("a link too many", "POST", POSTS, 403, "too long", "weighted length 281", _json({"text": "a" * 257 + " https://t.co/a"})),
    Bad("the same again", "POST", POSTS, 403, "duplicate content", CLEAN, _json({"text": "said before"})),
    Bad("v1 reply key", "POST", POSTS, 400, "$.in_reply_to_status_id", "in_reply_to_status_id", _json({"text": "a", "in_reply_to_status_id": "1"})),
    Bad("a reply to a number", "POST", POSTS, 400, "$.reply.in_reply_to_tweet_id", "in_reply_to_tweet_id", _json({"text": "a", "reply": {"in_reply_to_tweet_id": 5}})),
    Bad("a reply to nothing", "POST", POSTS, 400, "$.reply.in_reply_to_tweet_id", "in_reply_to_tweet_id", _json({"text": "a", "reply": {}})),
    Bad("a reply to the unknown", "POST", POSTS, 403, "deleted or not visible", CLEAN, _json({"text": "a", "reply": {"in_reply_to_tweet_id": "5"}})),
    Bad("a reply to the deleted", "POST", POSTS, 403, "deleted or not visible", CLEAN, _json({"text": "a", "reply": {"in_reply_to_tweet_id": "{deleted}"}})),
    Bad("a reply to the suspended", "POST", POSTS, 403, "deleted or not visible", CLEAN, _json({"text": "a", "reply": {"in_reply_to_tweet_id": "{gone}"}})),
    Bad("a quote of the deleted", "POST", POSTS, 403, "attempted to quote", CLEAN, _json({"text": "a", "quote_tweet_id": "{deleted}"})),
    Bad("unknown reply settings", "POST", POSTS, 400, "$.reply_settings", "reply_settings", _json({"text": "a", "reply_settings": "nobody"})),
    Bad("no media ids", "POST", POSTS, 400, "$.media.media_ids", "media_ids", _media()),
    Bad("five photos", "POST", POSTS, 400, "$.media.media_ids", "media_ids", _media("1", "2", "3", "4", "5")),
    Bad("an integer media id", "POST", POSTS, 400, "$.media.media_ids[0]", "media_ids", _json({"media": {"media_ids": [5]}})),
    Bad("a media key", "POST", POSTS, 400, "$.media.media_ids[0]", "media_ids", _media("13_{photo}")),
    Bad("unknown media", "POST", POSTS, 400, "Your media IDs are invalid.", "not ready, expired, or not", _media("5")),
    Bad("media of another", "POST", POSTS, 400, "Your media IDs are invalid.", "not the poster's own", _media("{anns_photo}")),
    Bad("unfinished media", "POST", POSTS, 400, "Your media IDs are invalid.", "not ready", _media("{begun}")),
    Bad("media in processing", "POST", POSTS, 400, "Your media IDs are invalid.", "not ready", _media("{processing}")),
    Bad("media that failed", "POST", POSTS, 400, "Your media IDs are invalid.", "not ready", _media("{failed}")),
    Bad("one photo twice", "POST", POSTS, 400, "Your media IDs are invalid.", "given twice", _media("{photo}", "{photo}")),
    Bad("photo and video", "POST", POSTS, 400, "Your media IDs are invalid.", "a video among photos", _media("{photo}", "{video}")),
    Bad("delete another's", "DELETE", "/2/tweets/{seen}", 403, "not authorized to delete", "of somebody else"),
    Bad("delete the deleted", "DELETE", "/2/tweets/{deleted}", 404, "Could not find tweet", CLEAN),
    Bad("delete a word", "DELETE", "/2/tweets/last", 400, "value [last] is not valid", "[last]"),
]  # fmt: skip

UPLOADING = [
    Bad("no size", "POST", INIT, 400, "$.total_bytes", "total_bytes", _json(VIDEO)),
    Bad("a size in words", "POST", INIT, 400, "$.total_bytes", "total_bytes", _json(VIDEO | {"total_bytes": "9"})),
    Bad("nothing", "POST", INIT, 400, "$.total_bytes", "total_bytes", _json(VIDEO | {"total_bytes": 0})),
    Bad("over 512 MiB", "POST", INIT, 400, "at most 536870912 bytes", "at most", _json(VIDEO | {"total_bytes": 536870913})),
    Bad("an unknown type", "POST", INIT, 400, "$.media_type", "media_type", _json(VIDEO | {"total_bytes": 9, "media_type": "video/x-matroska"})),
    Bad("an unknown category", "POST", INIT, 400, "$.media_category", "media_category", _json(VIDEO | {"total_bytes": 9, "media_category": "video"})),
    Bad("a video as image", "POST", INIT, 400, "is no tweet_image", "is no tweet_image", _json(VIDEO | {"total_bytes": 9, "media_category": "tweet_image"})),
    Bad("the old command", "POST", INIT, 400, "$.command", "$.command", _json(VIDEO | {"total_bytes": 9, "command": "INIT"})),
    Bad("a segment as JSON", "POST", "/2/media/upload/{begun}/append", 400, "not multipart/form-data", "multipart", _json({"segment_index": 0})),
    Bad("no segment index", "POST", "/2/media/upload/{begun}/append", 400, "$.segment_index", "segment_index", _parts(media=b"a")),
    Bad("no media", "POST", "/2/media/upload/{begun}/append", 400, "$.media", "$.media", _parts(segment_index="0")),
    Bad("segment 1000", "POST", "/2/media/upload/{begun}/append", 400, "between 0 and 999", "segment_index", _parts(segment_index="1000", media=b"a")),
    Bad("segment -1", "POST", "/2/media/upload/{begun}/append", 400, "between 0 and 999", "segment_index", _parts(segment_index="-1", media=b"a")),
    Bad("an empty segment", "POST", "/2/media/upload/{begun}/append", 400, "a segment has 1 to", "a segment has", _parts(segment_index="0", media=b"")),
    Bad("a segment over 5 MiB", "POST", "/2/media/upload/{begun}/append", 400, "a segment has 1 to", "a segment has", _parts(segment_index="0", media=bytes(5 * 2**20 + 1))),
    Bad("a part too many", "POST", "/2/media/upload/{begun}/append", 400, "$.media_id", "$.media_id", _parts(segment_index="0", media=b"a", media_id="1")),
    Bad("append when finalized", "POST", "/2/media/upload/{photo}/append", 400, "is finalized", "is finalized", _parts(segment_index="1", media=b"a")),
    Bad("append to another's", "POST", "/2/media/upload/{anns_photo}/append", 404, "Could not find media", CLEAN, _parts(segment_index="0", media=b"a")),
    Bad("append to nothing", "POST", "/2/media/upload/5/append", 404, "Could not find media", CLEAN, _parts(segment_index="0", media=b"a")),
    Bad("finalize without segments", "POST", "/2/media/upload/{begun}/finalize", 400, "not contiguous", "not contiguous"),
    Bad("finalize with a gap", "POST", "/2/media/upload/{gapped}/finalize", 400, "not contiguous", "not contiguous"),
    Bad("finalize too short", "POST", "/2/media/upload/{short}/finalize", 400, "2 of 9 bytes came", "2 of 9 bytes"),
    Bad("status before finalize", "GET", "/2/media/upload?command=STATUS&media_id={begun}", 400, "not finalized", "not finalized"),
    Bad("status without command", "GET", "/2/media/upload?media_id={photo}", 400, "`command`", "command"),
    Bad("status of what", "GET", "/2/media/upload?command=STATUS", 400, "is not valid", "is not valid"),
    Bad("status of the unknown", "GET", "/2/media/upload?command=STATUS&media_id=5", 404, "Could not find media", CLEAN),
    Bad("status by another name", "GET", "/2/media/upload?command=STATUS&id={photo}", 400, "[id] is not one of", "[id]"),
]  # fmt: skip

SIGN_IN = [
    Bad("redeem as JSON", "POST", TOKEN, 400, "invalid_request", "not form-encoded", BASIC | _json({"grant_type": "refresh_token"})),
    Bad("redeem without Basic", "POST", TOKEN, 401, "Missing valid authorization header", "no Basic", _form(grant_type="refresh_token"), ""),
    Bad("another grant type", "POST", TOKEN, 400, "unsupported_grant_type", "grant_type password", _redeem(grant_type="password")),
    Bad("no code", "POST", TOKEN, 400, "Missing required parameter [code]", "no code", _redeem(code="")),
    Bad("an unknown code", "POST", TOKEN, 400, "authorization code was invalid", CLEAN, _redeem(code="guess")),
    Bad("no verifier", "POST", TOKEN, 400, "[code_verifier]", "no code_verifier", _redeem(code_verifier="")),
    Bad("another verifier", "POST", TOKEN, 400, "did not match the code challenge", "does not match", _redeem(code_verifier="b" * 43)),
    Bad("another redirect", "POST", TOKEN, 400, "redirect uri did not match", "another redirect_uri", _redeem(redirect_uri="https://clipnet.example/")),
    Bad("no refresh token", "POST", TOKEN, 400, "[refresh_token]", "no refresh_token", BASIC | _form(grant_type="refresh_token")),
    Bad("an unknown refresh token", "POST", TOKEN, 400, "token was invalid", CLEAN, BASIC | _form(grant_type="refresh_token", refresh_token="x")),
    Bad("revoke nothing", "POST", "/2/oauth2/revoke", 400, "[token]", "no token", BASIC | _form(token_type_hint="access_token")),
    Bad("app token: wrong secret", "POST", "/oauth2/token", 403, "Unable to verify", "credentials are wrong", _auth(_basic("consumer-key", "x")) | _form(grant_type="client_credentials")),
    Bad("app token: wrong grant", "POST", "/oauth2/token", 403, "grant_type", "client_credentials", _auth(_basic("consumer-key", "consumer-secret")) | _form(grant_type="password")),
    Bad("authorize without PKCE", "GET", "/i/oauth2/authorize?{authorize}&code_challenge=", 400, "code_challenge is missing", "code_challenge"),
    Bad("authorize in plain", "GET", "/i/oauth2/authorize?{authorize}&code_challenge_method=plain", 400, "code_challenge_method", "code_challenge_method"),
    Bad("authorize without state", "GET", "/i/oauth2/authorize?{authorize}&state=", 400, "state is missing", "state"),
    Bad("authorize an unknown scope", "GET", "/i/oauth2/authorize?{authorize}&scope=tweets.write", 400, "scope is not valid", "scope"),
    Bad("authorize another app", "GET", "/i/oauth2/authorize?{authorize}&client_id=other", 400, "client_id is not valid", "client_id"),
    Bad("authorize a token", "GET", "/i/oauth2/authorize?{authorize}&response_type=token", 400, "response_type is not valid", "response_type"),
]  # fmt: skip

HOOKS = [
    Bad("webhook over http", "POST", "/2/webhooks", 400, "UrlValidationFailed", "not https", _json({"url": "http://clipnet.example/x"}), "{bearer}"),
    Bad("webhook with a port", "POST", "/2/webhooks", 400, "UrlValidationFailed", "without a port", _json({"url": "https://clipnet.example:8443/x"}), "{bearer}"),
    Bad("webhook without url", "POST", "/2/webhooks", 400, "$.url", "$.url", _json({}), "{bearer}"),
    Bad("webhook of 201 characters", "POST", "/2/webhooks", 400, "$.url", "$.url", _json({"url": "https://clipnet.example/" + "x" * 177}), "{bearer}"),
    Bad("an unknown webhook", "PUT", "/2/webhooks/5", 404, "Could not find webhook", CLEAN, token="{bearer}"),
    Bad("an unknown event", "POST", "/2/activity/subscriptions", 400, "$.event_type", "event_type", _json({"event_type": "mention", "filter": {"user_id": "1"}})),
]  # fmt: skip

ALL = [*CREDENTIALS, *READING, *POSTING, *UPLOADING, *SIGN_IN, *HOOKS]


def filled(value: Any, names: dict[str, str]) -> Any:
    """`value` with every `{name}` in it replaced."""
    match value:
        case str():
            for name, word in names.items():
                value = value.replace("{" + name + "}", word)
            return value
        case dict():
            return {key: filled(one, names) for key, one in value.items()}
        case list():
            return [filled(one, names) for one in value]
    return value


def request_of(bad: Bad, names: dict[str, str]) -> dict[str, Any]:
    """What `Stage.ask` takes besides method and path."""
    more: dict[str, Any] = filled(bad.body or {}, names)
    if parts := more.pop("parts", None):
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in parts.items():
            if isinstance(value, bytes):
                form.add_field(name, io.BytesIO(value), filename="file")
            else:
                form.add_field(name, value)
        more["data"] = form
    if bad.token is not None:
        more["token"] = filled(bad.token, names)
    return more
