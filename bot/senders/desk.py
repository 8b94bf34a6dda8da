"""What every sender works with: the speakers, the files of clips, and saying a thing exactly once."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from bot.languages import telling as languages
from bot.places import place_of
from bot.speaker import MediaFile, Speaker, Speakers, Spoken, Telling
from bot.vocabulary import Place
from clipnet.errors import NotFound
from clipnet.texts import text
from db import effects
from db.clips import Stored
from pipeline.worker.handler import JobContext

ROWS = frozenset({"console", "web"})
"""Platforms whose message is the notice's row itself: whoever follows the request reads it there."""
TEXT_ONLY = frozenset({"twitch"})
"""Platforms that take no files."""


class Shelf(Protocol):
    """Where finished clips lie; a store of the pipeline is one."""

    async def at_hand(self, key: str, scratch: Path) -> Path:
        """The file on this machine, fetched into `scratch` where it isn't. Raises NotFound."""

    async def url(self, key: str) -> str:
        """Where it can be read from."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The worker's way to speak.

    Attributes:
        shelf: None: clips are shown by link alone.
        base_url: the API's address as others see it, for links to clips of a store that has none of its own.
    """

    speakers: Speakers = field(default_factory=dict)
    shelf: Shelf | None = None
    base_url: str | None = None

    def speaker(self, platform: str) -> Speaker:
        """Who speaks there. Raises NotFound."""
        found = self.speakers.get(platform)
        if found is None:
            raise NotFound(
                text("Nobody here speaks on {platform}.", platform=platform or "?"),
                hint=text("Set its credentials and replay this."),
            )
        return found

    async def links(self, keys: Iterable[str]) -> dict[str, str]:
        """Where clips can be watched, by key; without those that can't be from elsewhere."""
        return {key: link for key in keys if (link := await self._link(key))}

    async def files(self, ctx: JobContext, platform: str, videos: Mapping[str, Stored]) -> dict[str, MediaFile]:
        """Clips as files on this machine, by key, where the platform takes any; `videos` by public id of the clip."""
        if self.shelf is None or platform in TEXT_ONLY or platform in ROWS:
            return {}
        found: dict[str, MediaFile] = {}
        for public_id, video in videos.items():
            path = await self.shelf.at_hand(video.store_key, ctx.scratch)
            suffix = Path(video.store_key).suffix or ".mp4"
            found[video.store_key] = MediaFile(str(path), f"clip-{public_id}{suffix}", video.bytes, video.mime)
        return found

    async def say(self, ctx: JobContext, effect: str, place: Place, telling: Telling) -> Spoken:
        """Say something once: an interruption is followed by a look whether it was said. Raises as `Speaker.say`."""
        speaker, telling = self.speaker(place.platform), _told(telling, place)

        async def act() -> str:
            return packed(await speaker.say(place, telling))

        async def lookup() -> str | None:
            spoken = await speaker.find(place, telling.key)
            return packed(spoken) if spoken else None

        return unpacked(await ctx.effect(effect, act, lookup))

    async def said(self, ctx: JobContext, effect: str, place: Place, key: str) -> Spoken | None:
        """What an earlier try has said of what isn't to be said any more. Raises as `Speaker.find`."""
        before = await effects.get(ctx.pool, effect)
        if before is None or before.state == "failed":
            return None
        if before.remote_id is not None:
            return unpacked(before.remote_id)
        return await self.speaker(place.platform).find(place, key)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken | None:
        """Change a message, which does no harm when done twice; None when it is no longer there, or can't be changed.

        Raises as `Speaker.edit`, but for NotFound.
        """
        speaker = self.speaker(spoken.place.platform)
        if not speaker.can_edit:
            return None
        try:
            return await speaker.edit(spoken, _told(telling, spoken.place))
        except NotFound:
            return None

    async def _link(self, key: str) -> str | None:
        if self.shelf is not None:
            url = await self.shelf.url(key)
            if url.startswith(("https://", "http://")):
                return url
        return f"{self.base_url.rstrip('/')}/api/v1/media/{key}" if self.base_url else None


def _told(telling: Telling, place: Place) -> Telling:
    """In the words of its language and place."""
    return replace(telling, reply=languages.tell(telling.reply, telling.language, place.platform))


def packed(spoken: Spoken) -> str:
    """A message as an effect remembers it."""
    return json.dumps({"id": spoken.id, "place": spoken.place.stored(), "url": spoken.url})


def unpacked(remembered: str) -> Spoken:
    """The message that `packed` wrote."""
    found: dict[str, Any] = json.loads(remembered)
    return Spoken(found["id"], place_of(found["place"]), found["url"])
