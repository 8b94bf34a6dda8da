"""What is on air in the channels that are listened to, by what Twitch tells and by looking; kept in the ledger."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, Final

import aiohttp
import twitchio
from asyncpg import Pool
from loguru import logger

from bot.adapters.twitch.client import Client
from bot.adapters.twitch.keeping import Keeper
from bot.community import read_settings
from clipnet.clock import Clock
from db import communities, streams
from db.pool import transaction
from pipeline.queue.facade import Queue
from pipeline.steps import recap_job

PLATFORM: Final = "twitch"
A_LOOK: Final = 100
MISSED: Final = 2
"""Looks in a row that don't show a stream until it counts as over: what Twitch lists lags behind what it tells."""
RECAP_AFTER_S: Final = 180.0
"""A chat still reacts for a while when the stream is over."""


class Air:
    """The streams of one process's channels."""

    def __init__(self, client: Client, keeper: Keeper, queue: Queue, clock: Clock, *, site: str) -> None:
        self._client = client
        self._keeper = keeper
        self._queue = queue
        self._pool: Pool = queue.pool
        self._clock = clock
        self._site = site.rstrip("/")
        self._live: dict[str, str] = {}
        self._over: dict[str, str] = {}
        self._missed: dict[str, int] = {}

    def is_live(self, channel_id: str) -> bool:
        """Whether a stream goes on there."""
        return channel_id in self._live

    async def began(self, channel_id: str, stream_id: str, started_at: datetime) -> None:
        """Twitch tells of a start; title and more come with the next look."""
        await self._start(channel_id, stream_id, started_at, title="", login="")

    async def ended(self, channel_id: str, at: datetime, stream_id: str | None = None) -> None:
        """A stream is over: the one of that id, or else the one that is known."""
        over = self._live.pop(channel_id, None) or stream_id
        if over is not None:
            self._over[channel_id] = over
        await self._end(channel_id, over, at)

    async def look(self, channels: Collection[str]) -> None:
        """Ask Twitch what is on air, and bring the ledger up to date. What can't be asked stays as it is.

        What goes on in channels that are none of ours any more is over for us.
        """
        for channel_id in self._live.keys() - set(channels):
            await self.ended(channel_id, self._clock.now())
        self._over = {channel_id: over for channel_id, over in self._over.items() if channel_id in channels}
        found: dict[str, Any] = {}
        try:
            for some in _parts(sorted(channels)):
                async for stream in self._client.fetch_streams(user_ids=list(some), first=A_LOOK):
                    found[stream.user.id] = stream
        except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            logger.info("Twitch doesn't list streams", error=type(error).__name__)
            return
        for channel_id, stream in found.items():
            if self._over.get(channel_id) != stream.id:
                self._missed.pop(channel_id, None)
                await self._start(
                    channel_id, stream.id, stream.started_at, title=stream.title, login=stream.user.name or ""
                )
        for channel_id in set(channels) - set(found):
            await self._miss(channel_id)

    async def _miss(self, channel_id: str) -> None:
        stream_id = self._live.get(channel_id)
        if stream_id is None:
            row = await streams.live_at(self._pool, PLATFORM, channel_id)
            if row is None:
                return
            self._live[channel_id] = row.remote_id
        self._missed[channel_id] = self._missed.get(channel_id, 0) + 1
        if self._missed[channel_id] >= MISSED:
            await self.ended(channel_id, self._clock.now())

    async def _start(self, channel_id: str, stream_id: str, started_at: datetime, *, title: str, login: str) -> None:
        community = await communities.at_place(self._pool, PLATFORM, channel_id)
        settings = read_settings(community.settings if community else {})
        known = await streams.live_at(self._pool, PLATFORM, channel_id)
        if known is not None and known.remote_id == stream_id:
            title = title or known.title
        name = login or await self._login(channel_id)
        async with transaction(self._pool) as conn:
            await streams.start(
                conn,
                PLATFORM,
                channel_id,
                stream_id,
                f"{self._site}/{name}",
                title,
                community.id if community else None,
                await self._delay_s(channel_id, settings.chat_delay_s),
                settings.record,
                started_at=started_at,
            )
        self._live[channel_id] = stream_id

    async def _end(self, channel_id: str, stream_id: str | None, at: datetime) -> None:
        self._missed.pop(channel_id, None)
        row = await streams.live_at(self._pool, PLATFORM, channel_id)
        async with self._queue.transaction(created_by="stream ended") as tx:
            await streams.end(tx.conn, PLATFORM, channel_id, stream_id, ended_at=at)
            if row is not None and row.community_id is not None:
                await tx.enqueue(recap_job(row.id, delay_s=RECAP_AFTER_S))

    async def _login(self, channel_id: str) -> str:
        try:
            for user in await self._client.fetch_users(ids=[channel_id]):
                return user.name or channel_id
        except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            logger.info("Twitch doesn't name a channel", channel=channel_id, error=type(error).__name__)
        return channel_id

    async def _delay_s(self, channel_id: str, usual_s: float) -> float:
        """What the broadcaster set, which only they may know, and what every viewer waits; 0 when it isn't known."""
        if not self._keeper.consented(channel_id):
            return 0.0
        try:
            found = await self._client.fetch_channel(channel_id, token_for=channel_id)
        except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError):
            return 0.0
        return min(900.0, found.delay + usual_s) if found is not None and found.delay else 0.0


def _parts(ids: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), A_LOOK):
        yield ids[start : start + A_LOOK]
