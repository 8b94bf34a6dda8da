"""Assets: what lies in the store for a clip."""

from dataclasses import dataclass
from typing import Literal

import asyncpg

from db.pool import AnyExecutor

Kind = Literal["video", "thumbnail", "poster", "captions", "transcript", "crop", "raw"]


@dataclass(frozen=True, slots=True)
class Asset:
    """A file of one revision of a clip."""

    kind: Kind
    store_key: str
    sha256: str
    bytes: int
    mime: str
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None


async def put(conn: asyncpg.Connection, clip_id: int, revision: int, asset: Asset) -> None:
    """Write an asset; one of the same kind and revision is replaced."""
    await conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime, width, height, duration_s)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        on conflict (clip_id, kind, revision) do update set
          store_key = excluded.store_key, sha256 = excluded.sha256, bytes = excluded.bytes, mime = excluded.mime,
          width = excluded.width, height = excluded.height, duration_s = excluded.duration_s
        """,
        clip_id,
        asset.kind,
        revision,
        asset.store_key,
        asset.sha256,
        asset.bytes,
        asset.mime,
        asset.width,
        asset.height,
        asset.duration_s,
    )


async def of_clip(conn: AnyExecutor, clip_id: int, revision: int) -> list[Asset]:
    """The assets of one revision of a clip."""
    rows = await conn.fetch(
        """
        select kind, store_key, sha256, bytes, mime, width, height, duration_s from assets
        where clip_id = $1 and revision = $2 order by kind
        """,
        clip_id,
        revision,
    )
    return [Asset(*row) for row in rows]
