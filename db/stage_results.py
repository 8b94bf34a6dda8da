"""Results of stages by the hash of their inputs, so that nothing costly is done twice."""

from typing import Any

import asyncpg

from db.pool import AnyExecutor


async def get(conn: AnyExecutor, inputs_hash: str) -> dict[str, Any] | None:
    """What a stage made from these inputs, or None."""
    found: dict[str, Any] | None = await conn.fetchval(
        "select result from stage_results where inputs_hash = $1", inputs_hash
    )
    return found


async def put(conn: asyncpg.Connection, inputs_hash: str, stage: str, version: str, result: dict[str, Any]) -> None:
    """Keep a result, or note that it was used again."""
    await conn.execute(
        """
        insert into stage_results (inputs_hash, stage, version, result) values ($1, $2, $3, $4)
        on conflict (inputs_hash) do update set result = excluded.result, used_at = now()
        """,
        inputs_hash,
        stage,
        version,
        result,
    )
