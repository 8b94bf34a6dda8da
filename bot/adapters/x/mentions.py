"""What somebody says to the bot on X: read from X's answer, and what of it is for us."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from loguru import logger

from bot.adapters.x.client import Account
from bot.hooks import UNREADABLE

_HANDLE = re.compile(r"(?<![\w@/])[@\uff20](\w{1,15})(?!\w|@)")
_OWN_LINK = re.compile(r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/\w+/status/(\d+)", re.IGNORECASE)
_ID = re.compile(r"[0-9]{1,19}")
MP4: Final = "video/mp4"


@dataclass(frozen=True, slots=True)
class Mention:
    """A post that reached the bot.

    Attributes:
        first: id of the post before it was edited; its own where it never was.
        said: what its author typed: without the handles that X puts before an answer, and without the bot's own.
        explicit: its author typed the bot's handle; otherwise X alone put it there.
        video: address of the best file of the video that it carries, answers to or quotes.
        answers: id of the post that it answers to.
        unresolved: id of a post that may show the video, of which X has not told yet.
        others: ids of the accounts, besides author and bot, whom an answer would name.
    """

    id: str
    first: str
    author: Account
    author_since: datetime | None
    conversation: str
    at: datetime
    said: str
    explicit: bool
    video: str | None
    answers: str | None
    unresolved: str | None
    others: tuple[str, ...]


def read(body: Mapping[str, Any], bot: Account) -> Iterator[Mention]:
    """The mentions of a page, oldest first, without what nobody may answer: the bot's own, retweets, protected ones.

    One that can't be read is left out: nothing of it would be another time, and those behind it would wait for it.
    """
    page = _Page(body)
    posts = [post for post in _those_of(body.get("data"), "id") if _ID.fullmatch(str(post["id"]))]
    for post in sorted(posts, key=lambda one: int(one["id"])):
        try:
            mention = page.told(post, bot)
        except UNREADABLE as error:
            logger.warning("a post of X can't be read", post=str(post["id"]), error=type(error).__name__)
            continue
        if mention is not None:
            yield mention


class _Page:
    """An answer of X with its includes by id."""

    def __init__(self, body: Mapping[str, Any]) -> None:
        found = body.get("includes")
        includes = found if isinstance(found, Mapping) else {}
        self.users = {str(one["id"]): one for one in _those_of(includes.get("users"), "id")}
        self.posts = {str(one["id"]): one for one in _those_of(includes.get("tweets"), "id")}
        self.media = {str(one["media_key"]): one for one in _those_of(includes.get("media"), "media_key")}

    def told(self, post: Mapping[str, Any], bot: Account) -> Mention | None:
        """One of them; None for what nobody may answer."""
        author = self.users.get(str(post.get("author_id")))
        if author is None or author["id"] == bot.id or author.get("protected"):
            return None
        if any(kind == "retweeted" for kind, _ in _references(post)):
            return None
        return self._mention(post, author, bot)

    def _mention(self, post: Mapping[str, Any], author: Mapping[str, Any], bot: Account) -> Mention:
        typed = _typed(post)
        video, unresolved = self._video(post)
        named = {str(one["id"]) for one in (post.get("entities") or {}).get("mentions") or [] if one.get("id")}
        named |= {str(post["in_reply_to_user_id"])} if post.get("in_reply_to_user_id") else set()
        return Mention(
            id=str(post["id"]),
            first=str(next(iter(post.get("edit_history_tweet_ids") or []), post["id"])),
            author=Account(str(author["id"]), str(author["username"])),
            author_since=_time(author.get("created_at")),
            conversation=str(post.get("conversation_id") or post["id"]),
            at=_time(post.get("created_at")) or datetime.fromtimestamp(0).astimezone(),
            said=_said(typed, post, video is not None),
            explicit=any(found[1].lower() == bot.username.lower() for found in _HANDLE.finditer(typed)),
            video=video,
            answers=next((other for kind, other in _references(post) if kind == "replied_to"), None),
            unresolved=unresolved,
            others=tuple(sorted(named - {str(author["id"]), bot.id})),
        )

    def _video(self, post: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The video of a post or of one that it points to, else the post that has to be asked for."""
        if found := self._own_video(post):
            return found, None
        unresolved: str | None = None
        for kind in ("quoted", "replied_to"):
            for _, other in (one for one in _references(post) if one[0] == kind):
                near = self.posts.get(other)
                if near is None:
                    continue
                if found := self._own_video(near):
                    return found, None
                further = [far for what, far in _references(near) if what == "quoted"]
                unresolved = unresolved or next(iter(further), None)
        return None, unresolved

    def _own_video(self, post: Mapping[str, Any]) -> str | None:
        keys = (post.get("attachments") or {}).get("media_keys") or []
        return next((url for key in keys if (url := best(self.media.get(str(key)) or {}))), None)


def best(media: Mapping[str, Any]) -> str | None:
    """Address of the finest file of a video; playlists and what loops without sound are left out."""
    if media.get("type") != "video":
        return None
    files = [one for one in media.get("variants") or [] if one.get("content_type") == MP4 and one.get("url")]
    finest = max(files, key=lambda one: int(one.get("bit_rate") or 0), default=None)
    return str(finest["url"]) if finest else None


def video_of(body: Mapping[str, Any]) -> str | None:
    """The video of the first post of an answer that has one."""
    page = _Page(body)
    return next((url for post in body.get("data") or [] if (url := page._own_video(post))), None)  # noqa: SLF001


def _those_of(found: object, name: str) -> list[Mapping[str, Any]]:
    """The objects of a list that have such a field."""
    return [one for one in found if isinstance(one, Mapping) and name in one] if isinstance(found, list) else []


def _references(post: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    return [(str(one["type"]), str(one["id"])) for one in post.get("referenced_tweets") or []]


def _typed(post: Mapping[str, Any]) -> str:
    """The text without the handles that X put in front."""
    whole = str(post.get("text") or "")
    start, end = post.get("display_text_range") or (0, len(whole))
    return whole[int(start) : int(end)]


def _said(typed: str, post: Mapping[str, Any], has_video: bool) -> str:
    """The words alone: short links written out, handles and the link to the video itself left out."""
    for link in (post.get("entities") or {}).get("urls") or []:
        target = str(link.get("unwound_url") or link.get("expanded_url") or link["url"])
        itself = has_video and _OWN_LINK.match(target)
        typed = typed.replace(str(link["url"]), "" if itself else target)
    return " ".join(html.unescape(_HANDLE.sub(" ", typed)).split())


def _time(stamp: object) -> datetime | None:
    return datetime.fromisoformat(stamp) if isinstance(stamp, str) else None
