"""Streams: what is live where, what of it is recorded, and which stretches are kept."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from db.pool import AnyExecutor, Executor


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream that is or was live.

    Attributes:
        delay_s: seconds from what happens to what viewers see.
        recording: what the recorder said it holds; see `pipeline.live.follow.summary`.
    """

    id: int
    platform: str
    channel_id: str
    community_id: int | None
    remote_id: str
    title: str
    url: str
    state: str
    delay_s: float
    record: bool
    recording: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None


_COLUMNS = """
id, platform, channel_id, community_id, remote_id, title, url, state, delay_s, record, recording, started_at, ended_at
"""
_ORDER = "select pg_advisory_xact_lock(hashtextextended($1 || ':' || $2, 11))"
"""News of one channel are written one after another: online and offline may come at once, and in the wrong order."""
_OVERTAKEN = """
update streams set state = 'ended', ended_at = greatest(started_at, $4)
where platform = $1 and channel_id = $2 and remote_id <> $3 and state = 'live' and started_at <= $4
"""
_START = """
insert into streams
  (platform, channel_id, remote_id, url, title, community_id, delay_s, record, started_at, state, ended_at)
select $1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, case when later then 'ended' else 'live' end,
  case when later then $9::timestamptz end
from (select exists (select from streams where platform = $1 and channel_id = $2 and remote_id <> $3
  and state = 'live') as later) as seen
on conflict (platform, remote_id) do update set url = excluded.url, title = excluded.title,
  community_id = excluded.community_id, delay_s = excluded.delay_s, record = excluded.record
returning id
"""


async def start(
    conn: Executor,
    platform: str,
    channel_id: str,
    remote_id: str,
    url: str,
    title: str = "",
    community_id: int | None = None,
    delay_s: float = 0.0,
    record: bool = True,
    *,
    started_at: datetime,
) -> int:
    """Write down that a stream is live, and return its id. Telling it again brings its fields up to date.

    A stream whose end is known already stays ended; an older one that still counts as live in the channel ends, and one
    that is older than what is live there is written down as ended. `url` is an HLS playlist or the page of the stream.
    """
    async with conn.transaction():
        await conn.execute(_ORDER, platform, channel_id)
        await conn.execute(_OVERTAKEN, platform, channel_id, remote_id, started_at)
        found: int = await conn.fetchval(
            _START, platform, channel_id, remote_id, url, title, community_id, delay_s, record, started_at
        )
    return found


async def end(
    conn: Executor, platform: str, channel_id: str, remote_id: str | None = None, *, ended_at: datetime
) -> None:
    """Write down that a stream has ended, also when its start wasn't told yet; without `remote_id`, whichever is live.

    A stream that started after `ended_at` goes on.
    """
    async with conn.transaction():
        await conn.execute(_ORDER, platform, channel_id)
        if remote_id is None:
            await conn.execute(
                """
                update streams set state = 'ended', ended_at = $3
                where platform = $1 and channel_id = $2 and state = 'live' and started_at <= $3
                """,
                platform,
                channel_id,
                ended_at,
            )
            return
        await conn.execute(
            """
            insert into streams (platform, channel_id, remote_id, url, state, started_at, ended_at)
            values ($1, $2, $3, '', 'ended', $4, $4)
            on conflict (platform, remote_id) do update set state = 'ended',
              ended_at = coalesce(streams.ended_at, excluded.ended_at)
            """,
            platform,
            channel_id,
            remote_id,
            ended_at,
        )


async def get(conn: AnyExecutor, stream_id: int) -> Stream | None:
    """One stream."""
    return _one(await conn.fetchrow(f"select {_COLUMNS} from streams where id = $1", stream_id))  # noqa: S608 - our own text


async def live_at(conn: AnyExecutor, platform: str, channel_id: str) -> Stream | None:
    """What is live in a channel now."""
    return _one(
        await conn.fetchrow(
            f"select {_COLUMNS} from streams where platform = $1 and channel_id = $2 and state = 'live'",  # noqa: S608
            platform,
            channel_id,
        )
    )


async def live_of_community(conn: AnyExecutor, community_id: int) -> Stream | None:
    """What is live in a community now; of several the one that began last."""
    return _one(
        await conn.fetchrow(
            f"""
            select {_COLUMNS} from streams where community_id = $1 and state = 'live' order by started_at desc limit 1
            """,  # noqa: S608
            community_id,
        )
    )


async def just_over(
    conn: AnyExecutor, platform: str, channel_id: str, community_id: int | None, since: datetime
) -> Stream | None:
    """What ended after `since` in a channel, or else in a community."""
    return _one(
        await conn.fetchrow(
            f"""
            select {_COLUMNS} from streams
            where (platform = $1 and channel_id = $2 or community_id = $3) and ended_at > $4 and url <> ''
            order by (platform = $1 and channel_id = $2) desc, ended_at desc limit 1
            """,  # noqa: S608
            platform,
            channel_id,
            community_id,
            since,
        )
    )


async def seen_at(conn: AnyExecutor, platform: str, channel_id: str, at: datetime) -> Stream | None:
    """What viewers of a channel saw at `at`: the newest stream that had begun by then."""
    return _one(
        await conn.fetchrow(
            f"""
            select {_COLUMNS} from streams where platform = $1 and channel_id = $2 and started_at <= $3 and url <> ''
            order by started_at desc limit 1
            """,  # noqa: S608
            platform,
            channel_id,
            at,
        )
    )


async def with_recap(conn: AnyExecutor, over_since: datetime) -> list[Stream]:
    """Streams that are live, or ended after `over_since`, and recorded, of communities that want a recap."""
    rows = await conn.fetch(
        f"""
        select {_COLUMNS} from streams s where (state = 'live' or ended_at > $1) and record and url <> '' and exists (
          select from communities c where c.id = s.community_id and (c.settings ->> 'recap')::boolean)
        order by id
        """,  # noqa: S608 - our own text
        over_since,
    )
    return [Stream(*row) for row in rows]


async def keep(
    conn: Executor, stream_id: int, span: tuple[datetime, datetime], *, room_s: float = 0.0, until: datetime
) -> bool:
    """Keep a stretch of a recording, and `room_s` around it, beyond the ring; False when a kept one holds it already.

    It stays until `until` and as far as the disk cap allows. Times are those at which viewers saw it; the channel's
    delay is taken off by the recorder.
    """
    tag: str = await conn.execute(
        """
        insert into kept_spans (stream_id, from_at, to_at, until)
        select $1, $2::timestamptz - make_interval(secs => $4), $3::timestamptz + make_interval(secs => $4), $5
        where not exists (select from kept_spans where stream_id = $1 and from_at <= $2 and to_at >= $3)
        """,
        stream_id,
        *span,
        room_s,
        until,
    )
    return tag.endswith(" 1")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the recorder is to do: streams to record (oldest first) with their addresses, and stretches to keep.

    `kept` are stream, from and to in Unix seconds by the stream's own clock.
    """

    streams: tuple[tuple[int, str], ...]
    kept: tuple[tuple[int, float, float], ...]


async def wanted(conn: AnyExecutor) -> Wanted:
    """What is to be recorded and kept now."""
    streams = await conn.fetch(
        "select id, url from streams where state = 'live' and record and url <> '' order by started_at, id"
    )
    kept = await conn.fetch(
        """
        select k.stream_id, extract(epoch from k.from_at)::float8 - s.delay_s,
               extract(epoch from k.to_at)::float8 - s.delay_s
        from kept_spans k join streams s on s.id = k.stream_id where k.until > now() order by k.id
        """
    )
    return Wanted(tuple((row[0], row[1]) for row in streams), tuple((row[0], row[1], row[2]) for row in kept))


async def recorded(conn: AnyExecutor, found: dict[int, dict[str, Any]]) -> None:
    """Write down what the recorder holds, by stream."""
    await conn.execute(
        """
        update streams s set recording = f.recording from unnest($1::bigint[], $2::jsonb[]) as f (id, recording)
        where s.id = f.id and s.recording <> f.recording
        """,
        list(found),
        list(found.values()),
    )


def _one(row: Any) -> Stream | None:
    return Stream(*row) if row else None
