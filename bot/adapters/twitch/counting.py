"""Counts what is written in chats, in memory, and writes it down once a second."""

import math
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from loguru import logger

from clipnet.clock import Clock
from clipnet.metrics import counter
from db.chat_counts import CHAT_BUCKET_S, Count
from db.pool import DATABASE_ERRORS

Write = Callable[[Sequence[Count]], Awaitable[None]]
FLUSH_S: Final = 1.0
KEEP_S: Final = 120.0
"""How late a message may come and still be counted; buckets stay in memory for as long."""
EARLY_S: Final = 30.0
EXACT: Final = 48
"""People of a bucket who are counted one by one; beyond them by marks, which is off by two in a hundred."""
MARKS: Final = 8192
MOST_BUCKETS: Final = 20_000
AT_ONCE: Final = 2_000

LOST = counter("chat_messages_uncounted", "Messages that came too late, or early, to be counted.", ())


class _Bucket:
    __slots__ = ("dirty", "emotes", "few", "marks", "messages")

    def __init__(self) -> None:
        self.messages = 0
        self.emotes = 0
        self.few: set[str] | None = set()
        self.marks: bytearray | None = None
        self.dirty = True

    def crowd(self) -> bytearray:
        """Go over from names to marks."""
        self.marks = bytearray(MARKS)
        for name in self.few or ():
            self.marks[hash(name) % MARKS] = 1
        self.few = None
        return self.marks

    @property
    def chatters(self) -> int:
        if self.few is not None:
            return len(self.few)
        assert self.marks is not None
        return round(-MARKS * math.log(max(1, self.marks.count(0)) / MARKS))


class ChatCounter:
    """Messages, people and emotes per channel and bucket."""

    def __init__(self, platform: str, write: Write, clock: Clock) -> None:
        self._platform = platform
        self._write = write
        self._clock = clock
        self._buckets: dict[tuple[str, int], _Bucket] = {}
        self._newest_s = clock.now().timestamp()

    def count(self, channel_id: str, at_s: float, chatter_id: str, emotes: int) -> None:
        """Count one message, written at `at_s` (Unix seconds by the platform's clock)."""
        bucket = self._buckets.get((channel_id, int(at_s) // CHAT_BUCKET_S))
        if bucket is None:
            bucket = self._open(channel_id, at_s)
            if bucket is None:
                return
        bucket.dirty = True
        bucket.messages += 1
        bucket.emotes += emotes
        few = bucket.few
        if few is not None:
            few.add(chatter_id)
            if len(few) > EXACT:
                bucket.crowd()
        else:
            bucket.marks[hash(chatter_id) % MARKS] = 1  # type: ignore[index]  # there are marks where there is no set

    def _open(self, channel_id: str, at_s: float) -> _Bucket | None:
        now_s = self._clock.now().timestamp()
        if not now_s - KEEP_S <= at_s <= now_s + EARLY_S or len(self._buckets) >= MOST_BUCKETS:
            LOST.inc()
            return None
        bucket = self._buckets[(channel_id, int(at_s) // CHAT_BUCKET_S)] = _Bucket()
        return bucket

    async def run(self) -> None:
        """Write down what changed, every second, until cancelled; what can't be written is tried again."""
        try:
            while True:
                await self._clock.sleep(FLUSH_S)
                await self._try()
        finally:
            await self._try()

    async def _try(self) -> None:
        try:
            await self.flush()
        except DATABASE_ERRORS as error:
            logger.warning("chat counts wait", error=type(error).__name__)

    async def flush(self) -> int:
        """Write what changed since the last time; returns how many buckets. Raises what `write` raises."""
        changed = [(key, bucket) for key, bucket in self._buckets.items() if bucket.dirty]
        for start in range(0, len(changed), AT_ONCE):
            part = changed[start : start + AT_ONCE]
            for _, bucket in part:
                bucket.dirty = False
            try:
                await self._write([self._row(key, bucket) for key, bucket in part])
            except BaseException:
                for _, bucket in part:
                    bucket.dirty = True
                raise
        self._forget()
        return len(changed)

    def _row(self, key: tuple[str, int], bucket: _Bucket) -> Count:
        channel_id, slot = key
        at_s = float(slot * CHAT_BUCKET_S)
        return Count(self._platform, channel_id, at_s, bucket.messages, bucket.chatters, bucket.emotes)

    def _forget(self) -> None:
        oldest = int(self._clock.now().timestamp() - KEEP_S) // CHAT_BUCKET_S
        for key in [key for key, bucket in self._buckets.items() if key[1] < oldest and not bucket.dirty]:
            del self._buckets[key]
