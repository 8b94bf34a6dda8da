"""Answers that wait for Twitch's own clip, kept in Redis for as long, so that another process can give them.

Each is given by whoever claims it first; without Redis they are lost with their process, and the vertical clip still
comes.
"""

import json
from dataclasses import asdict, dataclass
from typing import Final

import redis.asyncio
from redis.exceptions import RedisError

KEEP_S: Final = 600
_AWAY = (RedisError, OSError, TimeoutError)


@dataclass(slots=True)
class Promise:
    """What is to be said, to which message of which channel, since when (Unix seconds); `clip_id` once there is one."""

    request: str
    channel_id: str
    message_id: str
    words: str
    since_s: float
    clip_id: str = ""


class Promises:
    """Every promise that was not kept yet, of all processes."""

    def __init__(self, connection: redis.asyncio.Redis, prefix: str) -> None:
        self._redis = connection
        self._key = f"{prefix}twitch:promises"

    async def put(self, promise: Promise) -> None:
        """Remember one, or what became of it."""
        try:
            async with self._redis.pipeline() as pipe:
                pipe.hset(self._key, promise.request, json.dumps(asdict(promise)))
                pipe.expire(self._key, KEEP_S)
                await pipe.execute()
        except _AWAY:
            return

    async def drop(self, promise: Promise) -> None:
        """It is kept, or nobody waits for it any more."""
        try:
            await self._redis.hdel(self._key, promise.request)
        except _AWAY:
            return

    async def all(self) -> list[Promise]:
        """What was promised and not kept, by processes that are gone or by others that are still at it."""
        try:
            found = await self._redis.hvals(self._key)
        except _AWAY:
            return []
        return [Promise(**json.loads(each)) for each in found]
