"""Transcripts: who said what and when, kept under the hash of what they were made from."""

from dataclasses import dataclass

import asyncpg

from db.pool import AnyExecutor


@dataclass(frozen=True, slots=True)
class TranscriptRow:
    """A transcript of `start_s` to `end_s` of a source; `words` are (start_s, end_s, text, probability) in order."""

    source_id: int
    inputs_hash: str
    language: str
    model: str
    start_s: float
    end_s: float
    words: list[list[float | str]]


async def by_hash(conn: AnyExecutor, inputs_hash: str) -> TranscriptRow | None:
    """The transcript made from these inputs, or None."""
    row = await conn.fetchrow(
        """
        select source_id, inputs_hash, language, model, start_s, end_s, words from transcripts where inputs_hash = $1
        """,
        inputs_hash,
    )
    return TranscriptRow(*row) if row else None


async def put(conn: asyncpg.Connection, transcript: TranscriptRow) -> None:
    """Keep a transcript; one that is there already stays."""
    await conn.execute(
        """
        insert into transcripts (source_id, inputs_hash, language, model, start_s, end_s, words)
        values ($1, $2, $3, $4, $5, $6, $7) on conflict (inputs_hash) do nothing
        """,
        transcript.source_id,
        transcript.inputs_hash,
        transcript.language,
        transcript.model,
        transcript.start_s,
        transcript.end_s,
        transcript.words,
    )
