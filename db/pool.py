"""Connections to the ledger: typed JSON, time limits, and the environment's mark checked on each new one."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from clipnet.errors import Unavailable
from db import markers

Executor = asyncpg.Connection | asyncpg.pool.PoolConnectionProxy
"""A connection, as functions that need more than one statement take it first."""

AnyExecutor = Executor | asyncpg.Pool
"""What functions of one statement take first; with a pool, the statement is a transaction of its own."""

DATABASE_ERRORS = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)
"""What a statement may raise when the database, or the way to it, fails."""

STATEMENT_TIMEOUT_S = 30.0
IDLE_IN_TRANSACTION_S = 10.0
CONNECT_TIMEOUT_S = 10.0


def session_settings(
    *,
    application_name: str,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
    idle_in_transaction_s: float = IDLE_IN_TRANSACTION_S,
    idle_session_s: float = 0.0,
    durable: bool = True,
) -> dict[str, str]:
    """PostgreSQL's settings of one session; a limit of 0 is none.

    A frozen client loses its transaction, then its session. `durable=False` doesn't wait for the disk at a commit; what
    is committed durably later makes it durable too.
    """
    return {
        "application_name": application_name,
        "statement_timeout": _ms(statement_timeout_s),
        "idle_in_transaction_session_timeout": _ms(idle_in_transaction_s),
        "idle_session_timeout": _ms(idle_session_s),
        "timezone": "UTC",
        "synchronous_commit": "on" if durable else "off",
        "jit": "off",
        # Few statements, run often: a plan is made once, and must still be right when the table has grown.
        "plan_cache_mode": "force_generic_plan",
        "enable_seqscan": "off",
    }


async def connect(url: str, *, env: str, **limits: Any) -> asyncpg.Connection:
    """One direct connection, its marker checked; `limits` are those of `session_settings`.

    Raises:
        Misconfigured: the database belongs to another environment.
        Unavailable: no connection can be had.
    """
    try:
        conn: asyncpg.Connection = await asyncpg.connect(
            url, timeout=CONNECT_TIMEOUT_S, server_settings=session_settings(**limits)
        )
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Unavailable("The database can't be reached.", hint=_reason(error)) from error
    try:
        await _prepare(conn, env)
    except BaseException:
        conn.terminate()
        raise
    return conn


async def open_pool(
    url: str,
    *,
    env: str,
    application_name: str = "clipnet",
    min_size: int = 1,
    max_size: int = 8,
    statement_timeout_s: float = STATEMENT_TIMEOUT_S,
    durable: bool = True,
) -> asyncpg.Pool:
    """A pool for one process; close it with `await pool.close()`. `durable` as in `session_settings`.

    Nothing of ours changes a session outside `set local`, so a connection goes back without a reset query; a
    transaction left open is still rolled back.

    Raises:
        Misconfigured: the database belongs to another environment.
        Unavailable: no connection can be had.
    """

    async def init(conn: asyncpg.Connection) -> None:
        await _prepare(conn, env)

    async def reset(_: asyncpg.Connection) -> None:
        return

    pool: asyncpg.Pool = asyncpg.create_pool(
        url,
        min_size=min_size,
        max_size=max_size,
        init=init,
        reset=reset,
        timeout=CONNECT_TIMEOUT_S,
        server_settings=session_settings(
            application_name=application_name, statement_timeout_s=statement_timeout_s, durable=durable
        ),
    )
    try:
        return await pool
    except (OSError, TimeoutError, asyncpg.PostgresError) as error:
        raise Unavailable("The database can't be reached.", hint=_reason(error)) from error


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A connection of the pool with a transaction open: committed at the end, rolled back by an exception."""
    async with pool.acquire() as conn, conn.transaction():
        yield conn  # type: ignore[misc]  # a pool's proxy does all that a connection does


async def _prepare(conn: asyncpg.Connection, env: str) -> None:
    await conn.set_type_codec("jsonb", schema="pg_catalog", encoder=_encode, decoder=json.loads)
    await markers.check(conn, env)


def _encode(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _ms(seconds: float) -> str:
    return str(round(seconds * 1000))


def _reason(error: Exception) -> str:
    return f"PostgreSQL says: {type(error).__name__}."
