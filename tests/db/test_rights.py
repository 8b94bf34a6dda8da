"""Least privilege: what each role may do to each table, cell by cell, from the database's own answer."""

import asyncpg
import pytest

from tests.conftest import Database

ROLES = ("api", "worker", "read")


def _names(words: str) -> set[str]:
    return set(words.split())


API_WRITES = _names(
    "users identities communities community_places user_roles oauth_tokens sources requests clips "
    "votes jobs effects requester_turns schedule_fires inbox notices cursors confirmations feedback "
    "request_askers streams kept_spans chat_counts stream_marks recap_moments polls copies reports bans banned_words "
    "blocked_moments community_sources deliveries setups clip_edits link_codes"
)
WORKER_WRITES = _names(
    "sources requests segments scores transcripts clips assets stage_results jobs effects "
    "requester_turns notices cursors votes oauth_tokens request_askers streams kept_spans stream_marks "
    "recap_moments polls copies"
)
EXPECTED = {
    ("api", "INSERT"): API_WRITES | {"audit", "outcasts", "waiting_consents", "spent_votes"},
    ("api", "UPDATE"): API_WRITES | {"lanes", "waiting_consents"},
    ("api", "DELETE"): _names(
        "identities user_roles community_places oauth_tokens votes inbox confirmations feedback requester_turns "
        "request_askers kept_spans chat_counts stream_marks bans banned_words blocked_moments community_sources "
        "deliveries setups users notices link_codes polls outcasts waiting_consents "
        "spent_votes"
    ),
    ("worker", "INSERT"): WORKER_WRITES | {"audit"},
    ("worker", "UPDATE"): WORKER_WRITES | {"worker_lease", "lanes"},
    ("worker", "DELETE"): _names(
        "segments scores assets stage_results transcripts inbox requester_turns job_events schedule_fires "
        "request_askers kept_spans chat_counts stream_marks recap_moments deliveries cursors"
    ),
    ("read", "INSERT"): set(),
    ("read", "UPDATE"): set(),
    ("read", "DELETE"): set(),
}


@pytest.mark.req("R-116", "positive")
async def test_each_role_may_do_exactly_what_it_needs(database: Database) -> None:
    conn = await asyncpg.connect(database.url("owner"))
    tables = [row[0] for row in await conn.fetch("select tablename from pg_tables where schemaname = 'public'")]
    granted = "select has_table_privilege($1, $2, $3)"
    for (role, right), expected in EXPECTED.items():
        allowed = {t for t in tables if await conn.fetchval(granted, f"clipnet_{role}", t, right)}
        assert allowed == expected, (role, right)
    for role in ROLES:
        readable = {t for t in tables if await conn.fetchval(granted, f"clipnet_{role}", t, "SELECT")}
        unreadable = {"oauth_tokens", "waiting_consents"} if role == "read" else set()
        assert set(tables) - readable - {"alembic_version"} == unreadable
        assert not any([await conn.fetchval(granted, f"clipnet_{role}", t, "TRUNCATE") for t in tables])
    await conn.close()


@pytest.mark.req("R-116", "negative")
@pytest.mark.parametrize(
    "statement",
    [
        "drop table jobs",
        "update audit set actor = 'nobody'",
        "delete from job_events",
        "update worker_lease set epoch = 99",
        "create table mine (id int)",
        "alter table jobs disable trigger user",
    ],
)
async def test_the_api_role_is_refused(database: Database, statement: str) -> None:
    conn = await asyncpg.connect(database.url("api"))
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await conn.execute(statement)
    await conn.close()


@pytest.mark.req("R-078", "negative")
async def test_an_illegal_change_of_state_is_refused_by_the_database(database: Database) -> None:
    conn = await asyncpg.connect(database.url("owner"))
    await conn.execute(
        "insert into jobs (kind, payload, lane, max_attempts, run_timeout_s, trace_id) "
        "values ('ops:prune', '{}', 'io', 1, 1, gen_random_uuid())"
    )
    with pytest.raises(asyncpg.CheckViolationError, match="cannot go from ready to done"):
        await conn.execute("update jobs set state = 'done', ended_at = now()")
    await conn.close()
