"""`whisper:batch`: write down what is said, for several requests in one call."""

from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg

from clipnet.errors import ClipNetError
from db import transcripts
from pipeline.inference.protocol import Speech
from pipeline.inference.words import repaired
from pipeline.jobs import TranscribeSpans
from pipeline.model import Span, Transcript, Word
from pipeline.stages.given import Given, heard_before, load, looked_before, transcript_row
from pipeline.stages.plan import Look
from pipeline.stages.tools import StageTools
from pipeline.steps import score_job
from pipeline.worker.handler import Done, JobContext

Job = tuple[JobContext, TranscribeSpans]


@dataclass(frozen=True, slots=True)
class _Task:
    """One job that is to be recognised: its items in the call, and where the words go."""

    given: Given
    look: Look
    items: tuple[Speech, ...]


async def transcribe(tools: StageTools, jobs: Sequence[Job]) -> list[Done | Exception]:
    """What became of each job, in order; a job that fails spoils no other.

    Raises:
        Unavailable: recognition itself is away; all of them may be tried again.
    """
    for ctx, _ in jobs:
        ctx.progress("transcribe", 0.0)
    prepared = [await _prepared(tools, ctx, payload) for ctx, payload in jobs]
    items = [item for task in prepared if isinstance(task, _Task) for item in task.items]

    def told(share: float) -> None:
        for ctx, _ in jobs:
            ctx.progress("transcribe", share)

    heard = iter(await tools.inference.whisper(items, on_progress=told))
    results: list[Done | Exception] = []
    for task in prepared:
        results.append(_result(task, [next(heard) for _ in task.items]) if isinstance(task, _Task) else task)
    return results


async def _prepared(tools: StageTools, ctx: JobContext, payload: TranscribeSpans) -> _Task | Done | Exception:
    """A task for recognition, or the job's result where there is nothing to recognise."""
    try:
        given = await load(ctx.pool, payload.request_id)
        plan = given.plan(tools)
        looked = await looked_before(ctx.pool, tools, plan)
        if looked is None or await heard_before(ctx.pool, plan) is not None:
            return Done(then=[score_job(payload.request_id)])
        pcm = await tools.storage.at_hand(payload.audio_key, ctx.scratch)
        language = given.options.language or tools.settings.speech.language
        spans = [Span(*pair) for pair in payload.spans]
        return _Task(given, looked.look, tuple(Speech(pcm, payload.audio_start_s, span, language) for span in spans))
    except ClipNetError as error:
        return error


def _result(task: _Task, heard: Sequence[Transcript | ClipNetError]) -> Done | Exception:
    """The job's end: what could be recognised is kept; it fails when nothing could."""
    good = [outcome for outcome in heard if isinstance(outcome, Transcript)]
    if not good:
        return next(outcome for outcome in heard if isinstance(outcome, ClipNetError))
    words = sorted((word for transcript in good for word in transcript.words), key=_start)
    merged = Transcript(repaired(words, task.look.span), good[0].language, good[0].model)
    row = transcript_row(task.given, task.look, merged)

    async def write(conn: asyncpg.Connection) -> None:
        await transcripts.put(conn, row)

    return Done(result={"words": len(words)}, then=[score_job(task.given.request.id)], write=write)


def _start(word: Word) -> float:
    return word.start_s
