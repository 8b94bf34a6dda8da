"""How often a person may use a command in a place: one bucket of tokens each, kept in Redis."""

import math
import time
from dataclasses import dataclass

import redis.asyncio
from redis.exceptions import RedisError

from bot.command import Limit

# GCRA: one number per bucket, the time at which it will be full again.
# ARGV: seconds that a token takes, tolerance in seconds.
# Returns seconds to wait as text ("0" when allowed) and whether this is the first refusal of this wait.
_TAKE = """
local now = redis.call('TIME')
now = now[1] + now[2] / 1e6
local token, tolerance = tonumber(ARGV[1]), tonumber(ARGV[2])
local full_at = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
local wait = full_at - tolerance - now
if wait > 1e-6 then
  local first = redis.call('SET', KEYS[1] .. ':told', 1, 'NX', 'PX', math.ceil(wait * 1000))
  return {tostring(wait), first and 1 or 0}
end
redis.call('SET', KEYS[1], string.format('%.6f', full_at + token), 'PX', math.ceil((full_at + token - now) * 1000))
return {'0', 0}
"""


@dataclass(frozen=True, slots=True)
class Wait:
    """A refusal: whole seconds to wait, and whether it was said already."""

    seconds: float
    said: bool


class Limiter:
    """Takes tokens. While Redis is away each process counts for itself, so that a limit never stops the service."""

    def __init__(self, connection: redis.asyncio.Redis, prefix: str) -> None:
        self._redis = connection
        self._take = connection.register_script(_TAKE)
        self._prefix = prefix
        self._here: dict[str, float] = {}

    async def take(self, bucket: str, limit: Limit) -> Wait | None:
        """Take a token from the bucket, or say how long to wait for one."""
        token_s = limit.per_s / limit.times
        tolerance_s = limit.per_s - token_s
        try:
            wait, first = await self._take(keys=[f"{self._prefix}limit:{bucket}"], args=[token_s, tolerance_s])
        except (RedisError, OSError, TimeoutError):
            return self._take_here(bucket, token_s, tolerance_s)
        seconds = float(wait)
        return Wait(math.ceil(seconds), said=not int(first)) if seconds > 0 else None

    async def forget(self, user_id: int) -> None:
        """Forget a person's buckets; while Redis is away they end by themselves, when they are full again."""
        self._here = {b: at for b, at in self._here.items() if not b.startswith(f"{user_id}:")}
        try:
            async for key in self._redis.scan_iter(match=f"{self._prefix}limit:{user_id}:*", count=1000):
                await self._redis.unlink(key)
        except (RedisError, OSError, TimeoutError):
            return

    def _take_here(self, bucket: str, token_s: float, tolerance_s: float) -> Wait | None:
        now = time.monotonic()
        self._here = {b: at for b, at in self._here.items() if at > now}
        full_at = max(self._here.get(bucket, now), now)
        wait_s = full_at - tolerance_s - now
        if wait_s > 1e-6:
            return Wait(math.ceil(wait_s), said=False)
        self._here[bucket] = full_at + token_s
        return None
