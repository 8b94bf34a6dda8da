"""Guard 2 for Redis: each connection asks, before anything else, whose Redis it has reached."""

from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal

from redis.asyncio import Redis
from redis.exceptions import NoPermissionError

from clipnet.errors import Misconfigured

MARKER: Final = "clipnet:env"
"""Key that names the environment a Redis belongs to. The same in all, so that a foreign one is seen."""

Outcome = Literal["known", "claimed"]
_Call = Callable[..., Awaitable[Any]]


def guarded_connect(env: str) -> Callable[[Any], Awaitable[None]]:
    """For `redis_connect_func` of a client: every new connection that isn't to `env`'s Redis raises `Misconfigured`."""

    async def connect(connection: Any) -> None:
        await connection.on_connect()
        await _check(_raw(connection), env, int(getattr(connection, "db", 0) or 0))

    return connect


async def check_redis(client: Redis, env: str) -> Outcome:
    """Is it ours? Raises `Misconfigured` (exit 78) when it is not, or can't be told."""
    pool: Any = client.connection_pool
    connection = await pool.get_connection()
    try:
        return await _check(_raw(connection), env, int(getattr(connection, "db", 0) or 0))
    finally:
        await pool.release(connection)


def _raw(connection: Any) -> _Call:
    async def call(*words: str) -> Any:
        await connection.send_command(*words)
        return await connection.read_response()

    return call


async def _check(call: _Call, env: str, index: int) -> Outcome:
    """One without a marker is claimed when all it holds is ours, for Redis may lose everything and the marker with it.

    It is not claimed when another database index of the server is in use.
    """
    outcome: Outcome = "known"
    try:
        owner = await call("GET", MARKER)
        if owner is None and await _only_ours(call, env, index):
            outcome = "claimed"
            await call("SET", MARKER, env, "NX")
            owner = await call("GET", MARKER)
    except NoPermissionError:
        raise Misconfigured(
            "REDIS_URL: its account may not read whose this Redis is.", hint=f"Allow it `%R~{MARKER}`."
        ) from None
    if owner is not None and _text(owner) == env:
        return outcome
    whose = f"marked {_text(owner)}" if owner is not None else "in use by others"
    raise Misconfigured(
        f"REDIS_URL leads to a Redis that is {whose}, not {env}'s.", hint=f"Give {env} a Redis of its own."
    )


async def _only_ours(call: _Call, env: str, index: int) -> bool:
    info = _text(await call("INFO", "keyspace"))
    in_use = {line.partition(":")[0] for line in info.splitlines() if line.startswith("db")}
    if in_use - {f"db{index}"}:
        return False
    cursor = "0"
    while True:
        cursor_bytes, keys = await call("SCAN", cursor, "COUNT", "1000")
        if not all(_text(key).startswith((f"clipnet:{env}:", MARKER)) for key in keys):
            return False
        cursor = _text(cursor_bytes)
        if cursor == "0":
            return True


def _text(answer: Any) -> str:
    return answer.decode(errors="replace") if isinstance(answer, bytes) else str(answer)
