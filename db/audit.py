"""The record of privileged actions: append-only, each row sealed with the hash of the one before it."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from asyncpg import Record

from db.pool import Executor

Outcome = Literal["allowed", "refused", "failed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One privileged action. `actor` is platform and platform's id; `args` never hold a secret."""

    actor: str
    roles: tuple[str, ...]
    platform: str
    place: str
    command: str
    args: dict[str, Any]
    outcome: Outcome
    detail: str
    trace_id: UUID


async def append(conn: Executor, entry: Entry) -> str:
    """Write an entry and return its hash. Entries are written one after another, by a lock until the commit."""
    await conn.execute("select pg_advisory_xact_lock(hashtextextended('audit', 7))")
    previous = await conn.fetchval("select hash from audit order by id desc limit 1") or ""
    at = await conn.fetchval("select to_char(clock_timestamp() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US')")
    sealed = _seal(at, entry, previous)
    await conn.execute(
        """
        insert into audit
          (at, actor, roles, platform, place, command, args, outcome, detail, trace_id, previous_hash, hash)
        values ($1::text::timestamp at time zone 'utc', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        """,
        at,
        entry.actor,
        list(entry.roles),
        entry.platform,
        entry.place,
        entry.command,
        entry.args,
        entry.outcome,
        entry.detail,
        entry.trace_id,
        previous,
        sealed,
    )
    return sealed


async def first_broken(conn: Executor) -> int | None:
    """The id of the first row that doesn't fit its hash or the row before it; None when the chain is whole."""
    previous = ""
    async with conn.transaction():
        async for row in conn.cursor(
            "select *, to_char(at at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') as at_text from audit order by id"
        ):
            if row["previous_hash"] != previous or row["hash"] != _seal(row["at_text"], _entry(row), previous):
                found: int = row["id"]
                return found
            previous = row["hash"]
    return None


def _entry(row: Record) -> Entry:
    names = ("platform", "place", "command", "args", "outcome", "detail", "trace_id")
    return Entry(actor=row["actor"], roles=tuple(row["roles"]), **{name: row[name] for name in names})


def _seal(at: str, entry: Entry, previous: str) -> str:
    body = [
        at,
        entry.actor,
        list(entry.roles),
        entry.platform,
        entry.place,
        entry.command,
        entry.args,
        entry.outcome,
        entry.detail,
        str(entry.trace_id),
        previous,
    ]
    return hashlib.sha256(json.dumps(body, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
