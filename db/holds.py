"""Clips on hold: nobody but their owner and moderators sees them, and they get neither approved nor posted."""

from asyncpg import Pool

from db.pool import Executor


async def hold(conn: Executor, clip_id: int, reason: str) -> bool:
    """Hold a clip; False when it is held already."""
    tag: str = await conn.execute(
        """
        update clips set held_at = now(), hold_reason = $2, updated_at = now()
        where id = $1 and held_at is null and state <> 'deleted'
        """,
        clip_id,
        reason,
    )
    return tag.endswith(" 1")


async def release(conn: Executor, clip_id: int) -> bool:
    """Let a clip go on; False when it wasn't held."""
    tag: str = await conn.execute(
        "update clips set held_at = null, hold_reason = null, updated_at = now() where id = $1 and held_at is not null",
        clip_id,
    )
    return tag.endswith(" 1")


async def is_held(conn: Executor | Pool, clip_id: int) -> bool:
    """Whether a moderator has yet to decide; whoever posts asks right before."""
    return bool(await conn.fetchval("select held_at is not null from clips where id = $1", clip_id))
