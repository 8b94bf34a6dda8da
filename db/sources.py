"""Sources: the videos that clips are cut from."""

from dataclasses import dataclass, field
from typing import Any

import asyncpg

from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class Source:
    """A video, as far as it is known; `content_hash` and `store_key` are there once it was taken in.

    `channels`: whose it is, as its platform says it.
    `live`: where the seconds of one that was cut out of a live stream lie in time.
    """

    id: int
    kind: str
    origin: str
    title: str
    content_hash: str | None
    store_key: str | None
    bytes: int | None
    duration_s: float | None
    width: int | None
    height: int | None
    probe: dict[str, Any] | None
    channels: list[str] = field(default_factory=list)
    live: dict[str, Any] | None = None


_COLUMNS = """
s.id, s.kind, s.origin, s.title, s.content_hash, s.store_key, s.bytes, s.duration_s, s.width, s.height, s.probe,
s.channels, s.live
"""


async def get(conn: AnyExecutor, source_id: int) -> Source | None:
    """One source, or None."""
    row = await conn.fetchrow(f"select {_COLUMNS} from sources s where s.id = $1", source_id)  # noqa: S608 - our own text
    return Source(*row) if row else None


async def take_in(conn: asyncpg.Connection, source: Source) -> None:
    """Write down what was learned when the bytes came in; a title that is there already stays."""
    await conn.execute(
        """
        update sources set
          title = case when title = '' then $2 else title end, content_hash = $3, store_key = $4, bytes = $5,
          duration_s = $6, width = $7, height = $8, probe = $9, channels = $10, live = $11
        where id = $1
        """,
        source.id,
        source.title,
        source.content_hash,
        source.store_key,
        source.bytes,
        source.duration_s,
        source.width,
        source.height,
        source.probe,
        sorted({channel.lower() for channel in source.channels}),
        source.live,
    )
