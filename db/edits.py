"""What people change of a clip that was made, and how to go back."""

from dataclasses import dataclass
from typing import Any, Literal

from asyncpg import Pool

from db.pool import Executor

EditKind = Literal["title", "trim", "captions", "template", "reframe"]


@dataclass(frozen=True, slots=True)
class Material:
    """What a clip can be cut from. `duration_s` of the source; `options` as asked for, `own` as changed since."""

    duration_s: float | None
    content_hash: str | None
    community_id: int | None
    asked: dict[str, Any]
    own: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Edit:
    """A change that can be undone."""

    id: int
    kind: EditKind
    before: dict[str, Any]


async def material(conn: Executor | Pool, clip_id: int) -> Material:
    """What a clip is cut from."""
    row = await conn.fetchrow(
        """
        select s.duration_s, s.content_hash, r.community_id, r.options, c.options
        from clips c join requests r on r.id = c.request_id join sources s on s.id = c.source_id where c.id = $1
        """,
        clip_id,
    )
    assert row is not None
    return Material(*row)


async def remember(conn: Executor, clip_id: int, kind: EditKind, by: int) -> None:
    """Keep what a clip is, before it is changed; the caller holds it."""
    await conn.execute(
        """
        insert into clip_edits (clip_id, revision, kind, edited_by, before)
        select id, revision, $2, $3, jsonb_build_object(
          'start_s', start_s, 'end_s', end_s, 'options', options, 'title', title)
        from clips where id = $1
        """,
        clip_id,
        kind,
        by,
    )


async def remake(conn: Executor, clip_id: int, *, start_s: float, end_s: float, options: dict[str, Any]) -> int:
    """Queue the clip again as something else; returns its new revision."""
    found: int = await conn.fetchval(
        """
        update clips set state = 'queued', start_s = $2, end_s = $3, options = $4, revision = revision + 1,
          error = null, updated_at = now()
        where id = $1 returning revision
        """,
        clip_id,
        start_s,
        end_s,
        options,
    )
    return found


async def retitle(conn: Executor, clip_id: int, title: str, *, approved: bool) -> None:
    """Give a clip another title; without `approved` an approved one waits for its approval again."""
    await conn.execute(
        """
        update clips set title = $2, updated_at = now(),
          state = case when state = 'approved' and not $3 then 'ready' else state end
        where id = $1
        """,
        clip_id,
        title,
        approved,
    )


async def last(conn: Executor, clip_id: int) -> Edit | None:
    """The newest change that was not undone."""
    row = await conn.fetchrow(
        "select id, kind, before from clip_edits where clip_id = $1 and undone_at is null order by id desc limit 1",
        clip_id,
    )
    return Edit(**dict(row)) if row else None


async def undone(conn: Executor, edit_id: int) -> None:
    """The change was taken back."""
    await conn.execute("update clip_edits set undone_at = now() where id = $1", edit_id)
