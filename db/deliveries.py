"""Events that platforms sent by HTTP: written down before they are acknowledged, handled in order within a lane."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass

from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class Arrived:
    """A delivery to be written down; `body` is JSON text."""

    platform: str
    event_id: str
    lane: str
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """A delivery that was not handled yet. `tries` were made so far; it is due in `due_in_s`, and `age_s` old."""

    id: int
    event_id: str
    lane: str
    kind: str
    body: str
    tries: int
    due_in_s: float
    age_s: float


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A delivery that could not be handled."""

    id: int
    platform: str
    kind: str
    tries: int
    error: str
    age_s: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many wait, for how long the oldest one does, and how many were given up within a day."""

    waiting: int
    oldest_s: float
    given_up: int


_WRITE = """
insert into deliveries (platform, event_id, lane, kind, body)
select platform, event_id, lane, kind, body
from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::json[])
  with ordinality as t (platform, event_id, lane, kind, body, ord)
order by ord
on conflict (platform, event_id) do nothing
"""
_TAKE = """
select id, event_id, lane, kind, body, tries,
  extract(epoch from due_at - now())::float8, extract(epoch from now() - received_at)::float8
from deliveries
where platform = $1 and done_at is null and given_up_at is null and not lane = any($2::text[])
order by id limit $3
"""
_FINISH = """
update deliveries set done_at = now(), tries = tries + 1, error = null, body = '{}' where id = any($1::bigint[])
"""
_FAIL = """
update deliveries set
  tries = tries + 1, error = $2, due_at = now() + make_interval(secs => coalesce($3::float8, 0)),
  given_up_at = case when $3::float8 is null then now() end
where id = $1
"""
_BACKLOG = """
select
  (select count(*) from deliveries where done_at is null and given_up_at is null),
  (select coalesce(extract(epoch from now() - min(received_at)), 0)::float8
   from deliveries where done_at is null and given_up_at is null),
  (select count(*) from deliveries where given_up_at > now() - interval '1 day')
"""
_GIVEN_UP = """
select id, platform, kind, tries, coalesce(error, ''), extract(epoch from now() - given_up_at)::float8
from deliveries where given_up_at is not null order by given_up_at desc limit $1
"""
_RETRY = """
update deliveries set given_up_at = null, tries = 0, due_at = now(), received_at = now()
where given_up_at is not null and ($1::bigint is null or id = $1)
"""


async def write(conn: AnyExecutor, arrived: Sequence[Arrived]) -> int:
    """Write down those that are new, in one statement; returns how many were."""
    columns = zip(*map(astuple, arrived), strict=True)
    return _count(await conn.execute(_WRITE, *map(list, columns)))


async def try_lock(conn: AnyExecutor, platform: str) -> bool:
    """Become the one who handles a platform's deliveries, as long as this connection lives."""
    return bool(await conn.fetchval("select pg_try_advisory_lock(hashtextextended('deliveries:' || $1, 0))", platform))


async def ping(conn: AnyExecutor) -> None:
    """Keep the session, and with it the lock, from being taken for idle."""
    await conn.fetchval("select 1")


async def take(conn: AnyExecutor, platform: str, *, without: Sequence[str], limit: int) -> list[Waiting]:
    """The oldest ones that wait, in order, leaving out some lanes."""
    return [Waiting(*row) for row in await conn.fetch(_TAKE, platform, list(without), limit)]


async def finish(conn: AnyExecutor, ids: Sequence[int]) -> None:
    """These were handled; what people wrote is no longer needed."""
    await conn.execute(_FINISH, list(ids))


async def fail(conn: AnyExecutor, delivery_id: int, error: str, *, again_in_s: float | None) -> None:
    """A try failed; None: it was the last one."""
    await conn.execute(_FAIL, delivery_id, error, again_in_s)


async def backlog(conn: AnyExecutor) -> Backlog:
    """How much waits and how much was given up, of all platforms."""
    row = await conn.fetchrow(_BACKLOG)
    assert row is not None
    return Backlog(*row)


async def given_up(conn: AnyExecutor, limit: int) -> list[GivenUp]:
    """The last ones that were given up, newest first."""
    return [GivenUp(*row) for row in await conn.fetch(_GIVEN_UP, limit)]


async def retry(conn: AnyExecutor, delivery_id: int | None) -> int:
    """Let one that was given up, or all (None), be tried anew; returns how many there were."""
    return _count(await conn.execute(_RETRY, delivery_id))


def _count(status: str) -> int:
    return int(status.rsplit(" ", 1)[-1])
