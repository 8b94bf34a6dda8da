"""Messages of ours that show a clip, wherever they are."""

from dataclasses import dataclass
from typing import Any, Literal

from asyncpg import Pool

from db.pool import Executor

Reader = Executor | Pool
CopyKind = Literal["answer", "announcement", "post"]


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that shows a clip; `remote_id` is the platform's id of it."""

    id: int
    clip_id: int
    kind: CopyKind
    platform: str
    place: dict[str, Any]
    remote_id: str
    url: str | None
    state: str


_COLUMNS = "id, clip_id, kind, platform, place, remote_id, url, state"


async def put(
    conn: Executor, clip_id: int, kind: CopyKind, *, place: dict[str, Any], remote_id: str, url: str | None
) -> None:
    """Write down that a message shows a clip; nothing happens when that is known, but where it is now."""
    await conn.execute(
        """
        insert into copies (clip_id, kind, platform, place, remote_id, url) values ($1, $2, $3, $4, $5, $6)
        on conflict (clip_id, platform, remote_id) do update set place = excluded.place, url = excluded.url
        """,
        clip_id,
        kind,
        str(place["platform"]),
        place,
        remote_id,
        url,
    )


async def of_clip(conn: Reader, clip_id: int) -> list[Copy]:
    """Where a clip can be seen, oldest first."""
    rows = await conn.fetch(
        f"select {_COLUMNS} from copies where clip_id = $1 and state = 'there' order by id",  # noqa: S608
        clip_id,
    )
    return [Copy(*row) for row in rows]


async def latest_in(conn: Reader, platform: str, place_id: str) -> str | None:
    """Public id of the clip that was shown last in a place and is still there."""
    found: str | None = await conn.fetchval(
        """
        select k.public_id from copies c join clips k on k.id = c.clip_id
        where c.platform = $1 and c.place ->> 'id' = $2 and c.state = 'there' and k.state <> 'deleted'
        order by c.id desc limit 1
        """,
        platform,
        place_id,
    )
    return found


async def shown_by(conn: Reader, platform: str, remote_id: str) -> str | None:
    """Public id of the clip that a message of ours shows; of several the first."""
    found: str | None = await conn.fetchval(
        """
        select k.public_id from copies c join clips k on k.id = c.clip_id
        where c.platform = $1 and c.remote_id = $2 and c.state = 'there' and k.state <> 'deleted'
        order by c.id limit 1
        """,
        platform,
        remote_id,
    )
    return found


async def gone(conn: Executor, copy_id: int) -> None:
    """The message is no longer there."""
    await conn.execute(
        "update copies set state = 'deleted', ended_at = now() where id = $1 and state = 'there'", copy_id
    )
