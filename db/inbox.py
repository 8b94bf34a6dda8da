"""Events of platforms, each handled once; the second delivery gets the first one's answer."""

from typing import Any

from db.pool import Executor


async def claim(conn: Executor, platform: str, event_id: str) -> bool:
    """Whether this event is new. Inside a transaction: waits for a first delivery that is still being handled."""
    tag: str = await conn.execute(
        "insert into inbox (platform, event_id) values ($1, $2) on conflict do nothing", platform, event_id
    )
    return tag.endswith(" 1")


async def answer(conn: Executor, platform: str, event_id: str, reply: dict[str, Any]) -> None:
    """Keep what the first delivery was told."""
    await conn.execute("update inbox set reply = $3 where platform = $1 and event_id = $2", platform, event_id, reply)


async def answered(conn: Executor, platform: str, event_id: str) -> dict[str, Any] | None:
    """What the first delivery was told."""
    found: dict[str, Any] | None = await conn.fetchval(
        "select reply from inbox where platform = $1 and event_id = $2", platform, event_id
    )
    return found


async def forget(conn: Executor, platform: str, event_id: str) -> None:
    """Let the next delivery be handled as if it were the first: this one could not be."""
    await conn.execute("delete from inbox where platform = $1 and event_id = $2", platform, event_id)
