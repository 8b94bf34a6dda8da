"""Scores: what each signal said about a segment."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg


@dataclass(frozen=True, slots=True)
class Score:
    """`value` is 0 to 1; `model` and `version` say what made it, `inputs_hash` from what."""

    signal: str
    model: str
    version: str
    value: float
    inputs_hash: str


async def put(conn: asyncpg.Connection, segment_id: int, scores: Sequence[Score]) -> None:
    """Write the scores of a new segment."""
    await conn.executemany(
        "insert into scores (segment_id, signal, model, version, value, inputs_hash) values ($1, $2, $3, $4, $5, $6)",
        [(segment_id, s.signal, s.model, s.version, s.value, s.inputs_hash) for s in scores],
    )
