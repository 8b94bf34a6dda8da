"""Posts, accounts and media as X writes them: only the fields asked for, includes only for expansions."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from tests.fakes.x import text
from tests.fakes.x.problems import missing_resource
from tests.fakes.x.query import Query
from tests.fakes.x.world import Media, Post, User, World

_EXPANDED_FIELD = {
    "author_id": "author_id",
    "attachments.media_keys": "attachments",
    "referenced_tweets.id": "referenced_tweets",
    "referenced_tweets.id.author_id": "referenced_tweets",
    "referenced_tweets.id.attachments.media_keys": "referenced_tweets",
    "in_reply_to_user_id": "in_reply_to_user_id",
    "entities.mentions.username": "entities",
}
BIT_RATES = {"320x568": 632_000, "480x852": 950_000, "720x1280": 2_176_000}


def stamp(at: datetime) -> str:
    """A time as X writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Renderer:
    """Writes one answer; `url` is where the media are served."""

    def __init__(self, world: World, url: str, query: Query) -> None:
        self._world = world
        self._url = url
        self._query = query
        self._expansions = query.lists.get("expansions", frozenset())

    def posts(self, posts: list[Post]) -> tuple[list[dict[str, Any]], dict[str, Any], list[dict[str, Any]]]:
        """The posts, the includes, and the partial errors about posts that they name and nobody can see."""
        users: dict[str, User] = {}
        media: dict[str, Media] = {}
        others: dict[str, Post] = {}
        errors: dict[str, dict[str, Any]] = {}
        for post in posts:
            if "author_id" in self._expansions:
                users[post.author.id] = post.author
            if "in_reply_to_user_id" in self._expansions and post.reply_to:
                users[post.reply_to.author.id] = post.reply_to.author
            if "entities.mentions.username" in self._expansions:
                users |= {user.id: user for user in self._mentioned(post)}
            if "attachments.media_keys" in self._expansions:
                media |= {one.key: one for one in post.media}
            for other in _referenced(post):
                self._refer(other, users, media, others, errors)
        includes = {
            "users": [self.user(user) for user in users.values()],
            "tweets": [self.post(post) for post in others.values()],
            "media": [self.media(one) for one in media.values()],
        }
        return [self.post(post) for post in posts], {k: v for k, v in includes.items() if v}, list(errors.values())

    def _refer(
        self,
        other: Post,
        users: dict[str, User],
        media: dict[str, Media],
        others: dict[str, Post],
        errors: dict[str, dict[str, Any]],
    ) -> None:
        if not any(name.startswith("referenced_tweets.id") for name in self._expansions):
            return
        if not other.visible:
            errors[other.id] = missing_resource("tweet", other.id, "referenced_tweets.id")
            return
        others[other.id] = other
        if "referenced_tweets.id.author_id" in self._expansions:
            users[other.author.id] = other.author
        if "referenced_tweets.id.attachments.media_keys" in self._expansions:
            media |= {one.key: one for one in other.media}

    def _mentioned(self, post: Post) -> Iterable[User]:
        named = (self._world.named(one.name) for one in text.mentions_in(post.text))
        return [user for user in named if user is not None]

    def post(self, post: Post) -> dict[str, Any]:
        """One post with the fields asked for."""
        asked = set(self._query.lists.get("tweet.fields", ()))
        asked |= {_EXPANDED_FIELD[name] for name in self._expansions if name in _EXPANDED_FIELD}
        always = {"id": post.id, "text": post.text, "edit_history_tweet_ids": [*post.versions, post.id]}
        return always | {name: value for name, value in self.whole_post(post).items() if name in asked}

    def whole_post(self, post: Post) -> dict[str, Any]:
        """One post with everything that the fake knows of it; what it has not (no media, no reply) is absent."""
        references = [{"type": "replied_to", "id": post.reply_to.id}] if post.reply_to else []
        references += [{"type": "quoted", "id": post.quoting.id}] if post.quoting else []
        references += [{"type": "retweeted", "id": post.retweeting.id}] if post.retweeting else []
        whole = {
            "id": post.id,
            "text": post.text,
            "edit_history_tweet_ids": [*post.versions, post.id],
            "author_id": post.author.id,
            "conversation_id": post.conversation_id,
            "created_at": stamp(post.created_at),
            "display_text_range": [len(post.text) - len(post.typed), len(post.text)],
            "entities": text.entities(post.text, self._world.ids_by_name()),
            "in_reply_to_user_id": post.reply_to.author.id if post.reply_to else None,
            "lang": "en",
            "possibly_sensitive": False,
            "public_metrics": self._metrics(post),
            "referenced_tweets": references,
            "reply_settings": "everyone",
            "attachments": {"media_keys": [one.key for one in post.media]} if post.media else None,
        }
        return {name: value for name, value in whole.items() if value not in (None, [], {})}

    def _metrics(self, post: Post) -> dict[str, int]:
        return {
            "retweet_count": 0,
            "reply_count": len(self._world.replies_to(post)),
            "like_count": 0,
            "quote_count": sum(one.quoting is post for one in self._world.posts.values()),
            "bookmark_count": 0,
            "impression_count": 0,
        }

    def user(self, user: User) -> dict[str, Any]:
        """One account with the fields asked for."""
        asked = self._query.lists.get("user.fields", frozenset())
        return {name: value for name, value in whole_user(user).items() if name in asked | {"id", "name", "username"}}

    def media(self, media: Media) -> dict[str, Any]:
        """One picture or video with the fields asked for."""
        asked = self._query.lists.get("media.fields", frozenset())
        return {name: value for name, value in self.whole_media(media).items() if name in asked | {"media_key", "type"}}

    def whole_media(self, media: Media) -> dict[str, Any]:
        """One picture or video with everything that the fake knows of it."""
        whole: dict[str, Any] = {
            "media_key": media.key,
            "type": media.kind,
            "width": media.width,
            "height": media.height,
        }
        if media.kind == "photo":
            return whole | {"url": f"{self._url}/media/{media.id}.jpg"}
        if media.duration_ms is not None:
            whole["duration_ms"] = media.duration_ms
        return whole | {
            "preview_image_url": f"{self._url}/media/{media.id}.jpg",
            "public_metrics": {"view_count": 0},
            "variants": self._variants(media),
        }

    def _variants(self, media: Media) -> list[dict[str, Any]]:
        """As X lists them: in no useful order, with a playlist that has no bit rate."""
        base = f"{self._url}/video/{media.id}"
        files = [
            {"bit_rate": rate, "content_type": "video/mp4", "url": f"{base}/{size}/clip.mp4"}
            for size, rate in BIT_RATES.items()
        ]
        return [files[1], {"content_type": "application/x-mpegURL", "url": f"{base}/pl/list.m3u8"}, files[2], files[0]]


def _referenced(post: Post) -> list[Post]:
    return [one for one in (post.reply_to, post.quoting, post.retweeting) if one is not None]


def whole_user(user: User) -> dict[str, Any]:
    """An account with everything that the fake knows of it."""
    return {
        "id": user.id,
        "name": user.name,
        "username": user.username,
        "created_at": stamp(user.created_at),
        "description": "",
        "protected": user.protected,
        "public_metrics": {"followers_count": 0, "following_count": 0, "tweet_count": 0, "listed_count": 0},
        "verified": False,
        "verified_type": "none",
    }
