"""Segments: scored spans of a source."""

from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class NewSegment:
    """A span to be written, times in seconds of the source; `score` is 0 to 1."""

    request_id: int
    source_id: int
    start_s: float
    end_s: float
    score: float
    reason: str
    chosen: bool


async def put(conn: asyncpg.Connection, segment: NewSegment) -> int:
    """Write a segment and return its id."""
    segment_id: int = await conn.fetchval(
        """
        insert into segments (request_id, source_id, start_s, end_s, score, reason, chosen)
        values ($1, $2, $3, $4, $5, $6, $7) returning id
        """,
        segment.request_id,
        segment.source_id,
        segment.start_s,
        segment.end_s,
        segment.score,
        segment.reason,
        segment.chosen,
    )
    return segment_id


async def forget(conn: asyncpg.Connection, request_id: int) -> None:
    """Remove a request's segments that no clip was made of."""
    await conn.execute(
        "delete from segments s where request_id = $1 and not exists (select from clips c where c.segment_id = s.id)",
        request_id,
    )
