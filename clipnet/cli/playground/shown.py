"""What the page shows, as plain data: one item a message or post, and one a platform."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from clipnet.cli.playground.broadcast import Broadcast
from clipnet.cli.playground.cast import PEOPLE, Cast
from clipnet.cli.playground.platforms import Platforms
from tests.fakes.discord import Message
from tests.fakes.twitch import Message as Line
from tests.fakes.x import Post

Item = dict[str, Any]
_MENTION = re.compile(r"<@!?(\d+)>")
POLLS_WITHIN = timedelta(seconds=20)
"""On X, ClipBOT is there while it looks for mentions that often."""
SLASH = 1
PICTURE = ".jpg"
LATEST = 200
"""Messages of each platform that are shown."""


class Shown:
    """Reads the platforms' ledgers. `places` are the addresses whose files the page may show, by name."""

    def __init__(self, platforms: Platforms, cast: Cast, broadcast: Broadcast, places: dict[str, str]) -> None:
        self._platforms = platforms
        self._cast = cast
        self._broadcast = broadcast
        self.places = places

    def items(self) -> dict[str, Item]:
        """Every item by its key, in the order in which the page lists them."""
        found = [*self._discord(), *self._twitch(), *self._x(), *self._states()]
        return {item["key"]: item for item in found}

    def link(self, url: str) -> str | None:
        """Where the page finds a file of one of our places; None for any other address."""
        for name, base in self.places.items():
            if url.startswith(f"{base}/"):
                return f"/media/{name}{url.removeprefix(base)}"
        return None

    def _discord(self) -> Iterator[Item]:
        for name, channel in self._cast.channels.items():
            kept = self._platforms.discord.ledger.in_channel(channel, ephemeral=True)
            yield from (self._message(name, one) for one in kept[-LATEST:])

    def _message(self, channel: str, message: Message) -> Item:
        now = message.now
        text, links = self._without_links(now.content)
        return {
            "key": f"discord:{message.id}",
            "column": "discord",
            "channel": channel,
            "id": message.id,
            "author": message.author.name,
            "bot": message.author.bot,
            "at": message.sent_at.isoformat(),
            "text": self._named(text),
            "loading": message.loading,
            "edited": message.edited,
            "only": _name_of(self._cast, message.seen_by),
            "answers": self._answered(message.answers) if message.answers else "",
            "asked": self._asked(message),
            "banned": message.author.id in self._cast.guild.banned,
            "embeds": [_embed(one, self._named) for one in now.embeds],
            "rows": [[_button(one) for one in row.get("components") or []] for row in now.components],
            "videos": [
                *(self.link(one["url"]) for one in now.attachments if _is_video(one)),
                *_without(links, PICTURE),
            ],
            "images": [one for one in links if one.endswith(PICTURE)],
            "files": [one["filename"] for one in now.attachments],
            "reactions": {emoji: len(people) for emoji, people in message.reactions.items() if people},
        }

    def _asked(self, message: Message) -> str:
        """Who used which command, where the message answers one."""
        about = message.interaction or {}
        who = _name_of(self._cast, (about.get("user") or {}).get("id"))
        slash = "/" if about.get("command_type") == SLASH else ""
        return f"{who} used {slash}{about['name']}" if who and about.get("name") else ""

    def _answered(self, message: Message) -> str:
        words, links = self._without_links(message.text)
        return _shortly(message.author.name, self._named(words) or ("a video" if links else ""))

    def _without_links(self, content: str) -> tuple[str, list[str]]:
        """A text without the links below which a client shows a player, and where the page finds what they lead to."""
        lines = [[(word, self.link(word)) for word in line.split(" ")] for line in content.split("\n")]
        text = "\n".join(" ".join(word for word, found in line if found is None) for line in lines)
        return text.strip(), [found for line in lines for _, found in line if found is not None]

    def _named(self, text: str) -> str:
        bot = self._platforms.discord.bot
        names = {bot.id: bot.name, **{member.id: name for name, member in self._cast.members.items()}}
        return _MENTION.sub(lambda found: f"@{names.get(found[1], 'somebody')}", text)

    def _twitch(self) -> Iterator[Item]:
        for line in self._platforms.twitch.chat_log(self._cast.stage)[-LATEST:]:
            yield self._line(line)

    def _line(self, line: Line) -> Item:
        links = {word: found for word in line.text.split() if (found := self.link(word)) is not None}
        return {
            "key": f"twitch:{line.id}",
            "column": "twitch",
            "id": line.id,
            "author": line.user.name,
            "bot": line.bot,
            "at": line.at.isoformat(),
            "text": line.text,
            "gone": line.deleted,
            "badges": self._badges(line.user.id),
            "answers": _shortly(line.reply_to.user.name, line.reply_to.text) if line.reply_to else "",
            "links": links,
            "videos": list(links.values()),
        }

    def _badges(self, user_id: str) -> list[str]:
        if user_id == self._cast.stage.id:
            return ["broadcaster"]
        return ["moderator"] if user_id in self._cast.stage.moderators else []

    def _x(self) -> Iterator[Item]:
        yield from (self._post(post) for post in self._platforms.x.posts[-LATEST:] if post.visible)

    def _post(self, post: Post) -> Item:
        return {
            "key": f"x:{post.id}",
            "column": "x",
            "id": post.id,
            "author": post.author.name,
            "handle": f"@{post.author.username}",
            "bot": post.automated,
            "at": post.created_at.isoformat(),
            "text": post.text,
            "answers": _shortly(f"@{post.reply_to.author.username}", post.reply_to.text) if post.reply_to else "",
            "depth": _depth(post),
            "thread": post.conversation_id,
            "videos": [f"/media/x/video/{one.id}/720x1280/{one.id}.mp4" for one in post.media if one.kind == "video"],
        }

    def _states(self) -> Iterator[Item]:
        discord, twitch, x = self._platforms.discord, self._platforms.twitch, self._platforms.x
        listening = {
            "discord": discord.gateway.connected,
            "twitch": any(one.live for one in twitch.bus.subscriptions),
            "x": any(x.clock.now() - call.at < POLLS_WITHIN for call in x.calls("GET /2/users/{id}/mentions")[-1:]),
        }
        for name, fake in self._platforms.all.items():
            item: Item = {"key": f"state:{name}", "column": name, "kind": "state", "listening": listening[name]}
            item["violations"] = fake.violations[-5:]
            if name == "discord":
                item["commands"] = list(discord.ledger.commands.get(None, {}).values())
            if name == "twitch":
                item["live"] = self._broadcast.started_at
            yield item


def cast_of(cast: Cast) -> dict[str, Any]:
    """Who can be played, where, and with which videos."""
    return {"people": PEOPLE, "channels": list(cast.channels), "samples": list(cast.samples)}


def _without(links: list[str], ending: str) -> list[str]:
    return [one for one in links if not one.endswith(ending)]


def _is_video(attachment: dict[str, Any]) -> bool:
    return str(attachment.get("content_type")).startswith("video/") or attachment["filename"].endswith(".mp4")


def _embed(embed: dict[str, Any], named: Callable[[str], str]) -> Item:
    fields = [[str(one["name"]), named(str(one["value"]))] for one in embed.get("fields") or []]
    return {"title": embed.get("title") or "", "text": named(embed.get("description") or ""), "fields": fields}


def _button(one: dict[str, Any]) -> Item:
    shown = {"id": one.get("custom_id"), "label": one.get("label") or "", "style": one.get("style")}
    return shown | {"off": bool(one.get("disabled")), "url": one.get("url")}


def _name_of(cast: Cast, user_id: str | None) -> str | None:
    return next((name for name, member in cast.members.items() if member.id == user_id), None)


def _shortly(name: str, words: str) -> str:
    flat = " ".join(words.split())
    return f"{name}: {flat[:60]}{'…' if len(flat) > 60 else ''}"


def _depth(post: Post) -> int:
    return 0 if post.reply_to is None else min(3, _depth(post.reply_to) + 1)


def is_ours(host: str, port: int) -> bool:
    """Whether a Host or Origin header names this very page."""
    parts = urlsplit(host if "//" in host else f"//{host}")
    return parts.hostname in {"127.0.0.1", "localhost"} and parts.port == port
