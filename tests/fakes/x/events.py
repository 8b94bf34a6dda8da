"""What X tells webhooks about a post, in both of its shapes."""

from typing import Any

from tests.fakes.x import text
from tests.fakes.x.query import Query
from tests.fakes.x.render import Renderer, stamp, whole_user
from tests.fakes.x.world import Media, Post, User, World

CLASSIC_LENGTH = 140
_NOTHING_ASKED = Query({}, 0, {}, {}, {})


def account_activity(post: Post, user: User, world: World, url: str) -> dict[str, Any]:
    """The older shape: a post event of a subscribed account, with numbers as ids beside strings and long texts cut."""
    return {
        "for_user_id": user.id,
        "user_has_blocked": False,
        "tweet_create_events": [_classic_post(post, world, url)],
    }


def activity(post: Post, user: User, event_type: str, tag: str | None, world: World, url: str) -> dict[str, Any]:
    """The newer shape: one event in an envelope with its filter."""
    whole = Renderer(world, url, _NOTHING_ASKED).whole_post(post)
    data = {
        "event_uuid": world.new_id(),
        "filter": {"user_id": user.id},
        "event_type": event_type,
        "payload": whole,
        "includes": {"users": [whole_user(post.author), whole_user(user)]},
    }
    return {"data": data | ({"tag": tag} if tag else {})}


def _classic_post(post: Post, world: World, url: str) -> dict[str, Any]:
    replied, quoted = post.reply_to, post.quoting
    shown = [len(post.text) - len(post.typed), len(post.text)]
    body: dict[str, Any] = {
        "created_at": post.created_at.strftime("%a %b %d %H:%M:%S +0000 %Y"),
        "id": int(post.id),
        "id_str": post.id,
        "text": post.text,
        "truncated": False,
        "in_reply_to_status_id": int(replied.id) if replied else None,
        "in_reply_to_status_id_str": replied.id if replied else None,
        "in_reply_to_user_id": int(replied.author.id) if replied else None,
        "in_reply_to_user_id_str": replied.author.id if replied else None,
        "in_reply_to_screen_name": replied.author.username if replied else None,
        "user": _classic_user(post.author),
        "is_quote_status": quoted is not None,
        "entities": _classic_entities(post.text, world),
        "display_text_range": shown,
        "lang": "en",
        "timestamp_ms": str(int(post.created_at.timestamp() * 1000)),
    }
    if post.media:
        body["extended_entities"] = {"media": [_classic_media(one, world, url) for one in post.media]}
    if quoted is not None and quoted.visible:
        body |= {"quoted_status_id_str": quoted.id, "quoted_status": _classic_post(quoted, world, url)}
    if len(post.text) > CLASSIC_LENGTH:
        body |= {
            "text": post.text[: CLASSIC_LENGTH - 1] + "…",
            "truncated": True,
            "extended_tweet": {
                "full_text": post.text,
                "display_text_range": shown,
                "entities": body["entities"],
            },
        }
    return body


def _classic_user(user: User) -> dict[str, Any]:
    return {
        "id": int(user.id),
        "id_str": user.id,
        "name": user.name,
        "screen_name": user.username,
        "protected": user.protected,
        "created_at": stamp(user.created_at),
    }


def _classic_entities(content: str, world: World) -> dict[str, Any]:
    found = text.entities(content, world.ids_by_name())
    return {
        "hashtags": [{"text": one["tag"], "indices": [one["start"], one["end"]]} for one in found.get("hashtags", [])],
        "urls": [
            {"url": one["url"], "expanded_url": one["expanded_url"], "indices": [one["start"], one["end"]]}
            for one in found.get("urls", [])
        ],
        "user_mentions": [
            {
                "screen_name": one["username"],
                "id": int(one["id"]),
                "id_str": one["id"],
                "indices": [one["start"], one["end"]],
            }
            for one in found.get("mentions", [])
        ],
    }


def _classic_media(media: Media, world: World, url: str) -> dict[str, Any]:
    whole = Renderer(world, url, _NOTHING_ASKED).whole_media(media)
    body = {"id": int(media.id), "id_str": media.id, "type": media.kind}
    if media.kind == "photo":
        return body | {"media_url_https": whole["url"]}
    variants = [
        {"bitrate" if name == "bit_rate" else name: value for name, value in one.items()} for one in whole["variants"]
    ]
    return body | {"video_info": {"duration_millis": media.duration_ms, "variants": variants}}
