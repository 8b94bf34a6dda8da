"""Twitch's own clips and markers of what is on air."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiohttp
import twitchio
from loguru import logger

from bot.adapters.twitch.client import Client
from bot.adapters.twitch.keeping import Keeper
from clipnet.clock import Clock

CLIPS: Final = "clips:edit"
MARKERS: Final = "channel:manage:broadcast"
GIVE_UP_S: Final = 60.0
ANOTHER_S: Final = 15.0
"""A stream's first clip may fail without a word; when none is there after this long, a second one is asked for."""
LOOK_S: Final = 2.0
_FAILURES = (twitchio.HTTPException, aiohttp.ClientError, TimeoutError)


class OwnClips:
    """Asks Twitch to clip what is on air."""

    def __init__(self, client: Client, keeper: Keeper, clock: Clock, *, look_s: float = LOOK_S) -> None:
        self._client = client
        self._keeper = keeper
        self._clock = clock
        self._look_s = look_s

    async def make(
        self, channel_id: str, made: Callable[[str], Awaitable[None]], *, clip_id: str = "", waited_s: float = 0.0
    ) -> str | None:
        """Where the clip is, once it is there; None where Twitch makes none within a minute, or nobody consented.

        Its length is left to Twitch.

        Args:
            made: told the clip's id as soon as it has one.
            clip_id: of a clip that was asked for already.
            waited_s: how much of the minute is over.
        """
        account = self._who(channel_id)
        if account is None:
            return None
        began_s = self._clock.monotonic_s() - waited_s
        asked = [clip_id] if clip_id else []
        while (passed_s := self._clock.monotonic_s() - began_s) < GIVE_UP_S:
            if len(asked) < (1 if passed_s < ANOTHER_S else 2):
                another = await self._ask(channel_id, account)
                if another is None and not asked:
                    return None
                asked.append(another or asked[0])
                await made(asked[-1])
            if (url := await self._find(asked)) is not None:
                return url
            await self._clock.sleep(self._look_s)
        return None

    async def mark(self, channel_id: str, note: str) -> bool:
        """Set a marker in the stream, where its broadcaster allows that; `note` has at most 140 characters."""
        if not self._keeper.has(channel_id, MARKERS):
            return False
        try:
            channel = self._client.create_partialuser(channel_id)
            await channel.create_stream_marker(token_for=channel_id, description=note[:140])
        except _FAILURES as error:
            logger.info("Twitch sets no marker", channel=channel_id, error=type(error).__name__)
            return False
        return True

    def _who(self, channel_id: str) -> str | None:
        """The account that clips: the bot, so that the clip is credited to it, or else the broadcaster."""
        bot_id = self._client.bot_id or ""
        return next((account for account in (bot_id, channel_id) if self._keeper.has(account, CLIPS)), None)

    async def _ask(self, channel_id: str, account: str) -> str | None:
        try:
            made = await self._client.create_partialuser(channel_id).create_clip(token_for=account)
        except _FAILURES as error:
            logger.info("Twitch makes no clip", channel=channel_id, error=type(error).__name__)
            return None
        return str(made.id)

    async def _find(self, clip_ids: list[str]) -> str | None:
        try:
            async for clip in self._client.fetch_clips(clip_ids=list(dict.fromkeys(clip_ids))):
                return str(clip.url)
        except _FAILURES as error:
            logger.info("Twitch doesn't list clips", error=type(error).__name__)
        return None
