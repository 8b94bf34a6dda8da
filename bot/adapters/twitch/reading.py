"""What people write in a Twitch chat, as the router understands it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any, Final

from bot.params import THIS
from bot.vocabulary import Actor, Invocation, Live, Place, Subject

PLATFORM: Final = "twitch"
_LINK: Final = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_UNSEEN: Final = str.maketrans("", "", "\u034f\u180e\u200b\u2060\ufeff\U000e0000")
"""What chat programs put behind a message that was written before, so that Twitch takes it once more."""
_ASKED: Final = re.compile(r"!\s*clip\s+(.+)", re.IGNORECASE | re.DOTALL)
_TIME: Final = re.compile(r"\d[\dhms:.,-]*", re.IGNORECASE)
_NOT_TALK: Final = re.compile(r"://|[=\"“]|(^|\s)[-–—]")
_CLIP_ID: Final = re.compile(r"(?<![0-9A-Za-z/_-])#?([0-9A-HJKMNP-TV-Z]{6})(?![0-9A-Za-z])")


@dataclass(frozen=True, slots=True)
class Said:
    """A chat message.

    Attributes:
        text: without the name that a reply starts with.
        roles: the badges worn in this channel, by Twitch's names (`moderator`, `subscriber`).
        parent: the message that it answers to, and whether that one is our own.
    """

    id: str
    channel_id: str
    chatter_id: str
    chatter: str
    text: str
    at: datetime
    emotes: int
    roles: frozenset[str]
    parent: str | None = None
    parent_is_ours: bool = False

    @property
    def asks(self) -> bool:
        """Whether it may be a command."""
        return self.text.startswith("!") and len(self.text) > 1


def read(message: Any, at: datetime, *, bot_id: str) -> Said:
    """A `ChatMessage` of the library, heard at `at`."""
    text, parent, ours = message.text.translate(_UNSEEN).strip(), None, False
    if message.reply is not None:
        parent = str(message.reply.parent_message_body)
        ours = message.reply.parent_user.id == bot_id
        if text.startswith("@"):
            text = text.partition(" ")[2].lstrip()
    return Said(
        str(message.id),
        str(message.broadcaster.id),
        str(message.chatter.id),
        str(message.chatter.display_name or message.chatter.name or message.chatter.id),
        text,
        at,
        emotes_of(message),
        frozenset(badge.set_id for badge in message.badges),
        parent,
        ours,
    )


def emotes_of(message: Any) -> int:
    """How many emotes a message holds."""
    return sum(1 for fragment in message.fragments if fragment.type == "emote")


def invocation(said: Said, *, live: bool, clip: str | None = None) -> Invocation:
    """A message for the router. The message's id is the event's too: delivered twice, it is still one message.

    Args:
        live: whether a stream goes on in the channel.
        clip: public id of the clip that the message answers to.
    """
    video = None
    if said.parent and clip is None and not said.parent_is_ours:
        video = link_in(said.parent)
    on_air = Live(PLATFORM, said.channel_id, said.at) if live else None
    return Invocation(
        said.id,
        "twitch",
        Actor(PLATFORM, said.chatter_id, said.chatter),
        Place(PLATFORM, said.channel_id),
        text=_without_talk(said.text) if live else said.text,
        subject=Subject(video, clip, on_air),
        message_id=said.id,
        place_roles=said.roles,
    )


def _without_talk(text: str) -> str:
    """`!clip what a save` on air: who watches means now, and writes the rest for the chat."""
    found = _ASKED.fullmatch(text)
    if found is None or _NOT_TALK.search(found[1]):
        return text
    words = (word for word in found[1].split() if word.lower().strip("!.,") not in THIS)
    return " ".join(["!clip", *takewhile(_TIME.fullmatch, words)])


def link_in(text: str) -> str | None:
    """The first link of a text."""
    found = _LINK.search(text)
    return found[0].rstrip(".,;:!?)]}'") if found else None


def clip_ids(text: str) -> Sequence[str]:
    """What in a message of ours may be the public id of a clip or of a request."""
    return list(dict.fromkeys(_CLIP_ID.findall(_LINK.sub(" ", text))))
