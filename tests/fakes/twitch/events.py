"""What EventSub tells about things that happened, in the shape of each subscription type.

Source: dev.twitch.tv "EventSub Reference" (event objects).
"""

import re
from collections.abc import Sequence
from typing import Any

from tests.fakes.twitch.world import Ban, Channel, Message, User, stamp


def person(user: User, prefix: str = "") -> dict[str, str]:
    """An account in three fields, `broadcaster_user_id` and so on by prefix."""
    return {f"{prefix}user_id": user.id, f"{prefix}user_login": user.login, f"{prefix}user_name": user.name}


def place(channel: Channel) -> dict[str, str]:
    """The broadcaster's three fields."""
    return person(channel.user, "broadcaster_")


def badges(channel: Channel, user: User, worn: Sequence[str]) -> list[dict[str, str]]:
    """What stands before a name in this channel: what the person is there, and what else is worn."""
    role = ["broadcaster"] if user.id == channel.id else ["moderator"] if user.id in channel.moderators else []
    return [{"set_id": name, "id": "1", "info": ""} for name in (*role, *worn)]


def fragments(text: str, emotes: dict[str, str]) -> list[dict[str, Any]]:
    """A text split at the names of its emotes (name to emote id)."""
    parts = re.split(rf"(?<!\S)({'|'.join(map(re.escape, emotes))})(?!\S)", text) if emotes else [text]
    return [
        {
            "type": "emote" if part in emotes else "text",
            "text": part,
            "cheermote": None,
            "emote": _emote(emotes[part]) if part in emotes else None,
            "mention": None,
        }
        for part in parts
        if part
    ]


def _emote(emote_id: str) -> dict[str, Any]:
    return {"id": emote_id, "emote_set_id": "0", "owner_id": "0", "format": ["static"]}


def chat_message(message: Message, parts: list[dict[str, Any]], worn: Sequence[str] = ()) -> dict[str, Any]:
    """`channel.chat.message`; the source fields are null unless it came from another channel of a shared chat."""
    source = message.source
    return {
        **place(message.channel),
        **(person(source.channel.user, "source_broadcaster_") if source else _nobody("source_broadcaster_")),
        **person(message.user, "chatter_"),
        "message_id": message.id,
        "source_message_id": source.id if source else None,
        "is_source_only": False if source else None,
        "message": {"text": message.text, "fragments": parts},
        "color": message.user.color,
        "badges": badges(message.channel, message.user, worn),
        "source_badges": badges(source.channel, message.user, worn) if source else None,
        "message_type": "text",
        "cheer": None,
        "reply": _reply(message.reply_to) if message.reply_to else None,
        "channel_points_custom_reward_id": None,
        "channel_points_animation_id": None,
    }


def _nobody(prefix: str) -> dict[str, None]:
    return {f"{prefix}user_id": None, f"{prefix}user_login": None, f"{prefix}user_name": None}


def _reply(parent: Message) -> dict[str, str]:
    thread = parent
    while thread.reply_to is not None:
        thread = thread.reply_to
    return {
        "parent_message_id": parent.id,
        "parent_message_body": parent.text,
        **person(parent.user, "parent_"),
        "thread_message_id": thread.id,
        **person(thread.user, "thread_"),
    }


def message_delete(message: Message) -> dict[str, Any]:
    """`channel.chat.message_delete`."""
    return {**place(message.channel), **person(message.user, "target_"), "message_id": message.id}


def clear_user_messages(channel: Channel, user: User) -> dict[str, Any]:
    """`channel.chat.clear_user_messages`."""
    return {**place(channel), **person(user, "target_")}


def ban(channel: Channel, entry: Ban) -> dict[str, Any]:
    """`channel.ban`."""
    return {
        **person(entry.user),
        **place(channel),
        **person(entry.moderator, "moderator_"),
        "reason": entry.reason,
        "banned_at": stamp(entry.at),
        "ends_at": stamp(entry.ends_at) if entry.ends_at else None,
        "is_permanent": entry.ends_at is None,
    }


def unban(channel: Channel, user: User, moderator: User) -> dict[str, Any]:
    """`channel.unban`."""
    return {**person(user), **place(channel), **person(moderator, "moderator_")}


def stream_online(channel: Channel) -> dict[str, Any]:
    """`stream.online`."""
    assert channel.stream is not None
    return {
        "id": channel.stream.id,
        **place(channel),
        "type": "live",
        "started_at": stamp(channel.stream.started_at),
    }


def channel_update(channel: Channel) -> dict[str, Any]:
    """`channel.update`, version 2."""
    return {
        **place(channel),
        "title": channel.title,
        "language": "en",
        "category_id": channel.game_id,
        "category_name": channel.game,
        "content_classification_labels": [],
    }
