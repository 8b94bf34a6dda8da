"""A router on real servers, people to speak to it, and a ledger to look into."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bot.answer import Answer
from bot.commands import COMMANDS
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from bot.vocabulary import Actor, Invocation, Place, Surface
from clipnet.settings import Settings, load_settings
from db import communities, markers, users
from db.pool import open_pool
from ops_commands import COMMANDS as OPERATORS
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from tests.conftest import Database

LINK = "https://example.org/talk.mp4"
_TABLES = (
    "requests",
    "sources",
    "clips",
    "jobs",
    "notices",
    "effects",
    "reports",
    "bans",
    "banned_words",
    "blocked_moments",
    "community_sources",
    "clip_edits",
    "deliveries",
    "polls",
    "votes",
    "communities",
    "recap_moments",
    "feedback",
    "link_codes",
    "user_roles",
    "setups",
)
_numbers = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody on a surface, in a place."""

    router: Router
    id: str
    surface: Surface = "console"
    place: str = "here"
    local: bool = False

    def invocation(self, text: str | None = None, *, event: str | None = None, **parts: Any) -> Invocation:
        """What an adapter would hand over."""
        return Invocation(
            event_id=event or f"event-{next(_numbers)}",
            surface=self.surface,
            actor=Actor(self.surface, self.id, self.id.title()),
            place=Place(self.surface, self.place),
            text=text,
            local=self.local,
            **parts,
        )

    async def say(self, text: str | None = None, **parts: Any) -> Answer:
        """Say something that is for us, and hear the answer."""
        answer = await self.router.handle(self.invocation(text, **parts))
        assert answer is not None
        return answer

    async def user_id(self) -> int:
        """Their row; made if they never spoke."""
        async with self.router.services.queue.pool.acquire() as conn, conn.transaction():
            return (await users.of_identity(conn, self.surface, self.id, self.id)).id


@dataclass
class Ledger:
    """The database seen by its owner: what stands in it, and how to put things there that a worker would."""

    conn: asyncpg.Connection
    made: list[str] = field(default_factory=list)

    async def value(self, sql: str, *args: Any) -> Any:
        """One value."""
        return await self.conn.fetchval(sql, *args)

    async def contents(self) -> dict[str, str]:
        """Everything that a command may change, as text by table."""
        return {
            table: json.dumps([str(dict(row)) for row in await self.conn.fetch(f"select * from {table} order by 1")])
            for table in _TABLES
        }

    async def audit(self) -> list[tuple[str, str]]:
        """Command and outcome of every audited action."""
        return [(r["command"], r["outcome"]) for r in await self.conn.fetch("select * from audit order by id")]

    async def clip(self, request: str, state: str = "ready") -> str:
        """A clip of a request, as the worker leaves it, with its polish job; returns its public id."""
        row = await self.conn.fetchrow(
            """
            with seg as (
              insert into segments (request_id, source_id, start_s, end_s, score, reason, chosen)
              select id, source_id, 80, 110, 0.8, 'a loud cheer', true from requests where public_id = $1
              returning id, request_id, source_id),
            sc as (insert into scores (segment_id, signal, model, version, value, inputs_hash)
                   select id, s, 'm', '1', v, 'h' from seg, (values ('loudness', 0.9), ('motion', 0.4)) x (s, v))
            insert into clips (request_id, source_id, segment_id, rank, state, start_s, end_s, score, reason,
                               width, height, duration_s, error)
            select request_id, source_id, id,
                   1 + (select count(*) from clips c where c.request_id = seg.request_id), $2,
                   80, 110, 0.8, 'a loud cheer', 1080, 1920, 30,
                   case when $2 = 'failed' then '{"sentence": "No."}'::jsonb end
            from seg returning id, public_id, request_id
            """,
            request,
            state,
        )
        assert row is not None
        await self.job("ffmpeg:polish", "dead" if state == "failed" else "ready", row["request_id"], row["id"])
        return str(row["public_id"])

    async def community(self, *places: str, surface: str = "console") -> int:
        """The community of these places; made when they belong to none."""
        found: int | None = await self.conn.fetchval(
            "select community_id from community_places where platform = $1 and platform_place_id = $2",
            surface,
            places[0],
        )
        return found or await communities.create(self.conn, "c", [(surface, place) for place in places])

    async def job(self, kind: str, state: str, request_id: int | None = None, clip_id: int | None = None) -> int:
        """A job in a state."""
        found: int = await self.conn.fetchval(
            """
            insert into jobs (kind, payload, lane, request_id, clip_id, state, max_attempts, run_timeout_s, trace_id,
                              error, ended_at, created_by)
            values ($1, '{"note": ""}', 'io', $3, $4, $2, 3, 60, gen_random_uuid(),
                    case when $2 = 'dead' then '{"sentence": "It broke.", "hint": "Mend it."}'::jsonb end,
                    case when $2 in ('dead', 'done', 'cancelled') then now() end, 'test') returning id
            """,
            kind,
            state,
            request_id,
            clip_id,
        )
        return found

    async def end(self, request: str, state: str) -> None:
        """End a request and all its jobs as a worker would."""
        job_state = {"failed": "dead", "done": "done", "cancelled": "cancelled"}[state]
        await self.conn.execute("set session_replication_role = replica")  # past the edges that a worker would walk
        await self.conn.execute(
            """
            update jobs set state = $2, ended_at = now(),
                   error = case when $2 = 'dead' then '{"sentence": "It broke."}'::jsonb end
            where request_id = (select id from requests where public_id = $1)
            """,
            request,
            job_state,
        )
        await self.conn.execute(
            """
            update requests set state = $2, ended_at = now(),
                   error = case when $2 = 'failed' then '{"sentence": "It broke."}'::jsonb end
            where public_id = $1
            """,
            request,
            state,
        )
        await self.conn.execute("set session_replication_role = default")


@pytest.fixture
def api_settings(environ: dict[str, str], database: Database, tmp_path: Path) -> Settings:
    """Settings of the api role."""
    return load_settings(environ | {"CLIPNET_ROLE": "api", "DATABASE_URL": database.url("api")}, folder=tmp_path)


@pytest.fixture
async def services(api_settings: Settings, database: Database) -> AsyncIterator[Services]:
    """Pool and Redis of an api process, on a database marked for tests."""
    owner = await asyncpg.connect(database.url("owner"))
    await markers.write(owner, "test")
    await owner.close()
    pool = await open_pool(api_settings.database.url, env="test", max_size=6)
    redis = open_redis(api_settings.redis.url)
    yield Services(api_settings, Queue(pool, redis, prefix=api_settings.redis.prefix))
    await redis.aclose()
    await pool.close()


@pytest.fixture
def router(services: Services) -> Router:
    """The router with every command; it is patient, since many may ask at once on a machine that has other work."""
    return Router(services, Registry((*COMMANDS, *OPERATORS)), open_s=30)


@pytest.fixture
async def ledger(database: Database) -> AsyncIterator[Ledger]:
    """A look into the ledger past every right."""
    conn = await asyncpg.connect(database.superuser_url)
    yield Ledger(conn)
    await conn.close()


@pytest.fixture
def ann(router: Router) -> Person:
    """Somebody without any role."""
    return Person(router, "ann")


Grant = Callable[[str, str], Awaitable[Person]]


@pytest.fixture
def grant(router: Router, ledger: Ledger) -> Grant:
    """Somebody with a role that holds everywhere."""

    async def give(name: str, role: str) -> Person:
        person = Person(router, name)
        await ledger.conn.execute(
            "insert into user_roles (user_id, role) values ($1, $2) on conflict do nothing",
            await person.user_id(),
            role,
        )
        return person

    return give
