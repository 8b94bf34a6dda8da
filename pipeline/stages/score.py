"""`ml:score`: measure the signals, choose the moments, and ask for a clip of each."""

import asyncio
from collections.abc import Sequence
from typing import Any

import asyncpg

from clipnet.errors import Unavailable
from clipnet.texts import text
from db import blocks, clip_work, request_work, scores, segments
from pipeline.highlights import score as scoring
from pipeline.highlights import signals as measuring
from pipeline.highlights.material import Material
from pipeline.highlights.select import Moment, select
from pipeline.jobs import NewJob, OfRequest
from pipeline.media.analysis import Analysis
from pipeline.model import Span, Word
from pipeline.options import ClipOptions
from pipeline.queue.making import end_with_clips
from pipeline.stages.given import Given, analysis_of, heard_before, load, looked_before
from pipeline.stages.live import chat_counts, markers_s
from pipeline.stages.plan import inputs_hash
from pipeline.stages.tools import StageTools
from pipeline.steps import polish_job
from pipeline.worker.handler import Done, JobContext

VERSION = f"{measuring.VERSION}.{scoring.VERSION}"
MODEL = "signals"


async def score(tools: StageTools, ctx: JobContext, payload: OfRequest) -> Done:
    """Chooses at least one moment. Without a transcript it goes by picture and sound alone.

    Raises:
        BadInput: the phrase isn't said, the time lies beyond the end, or what is asked for was taken down.
    """
    ctx.progress("score", 0.0)
    given = await load(ctx.pool, payload.request_id)
    plan = given.plan(tools)
    looked = await looked_before(ctx.pool, tools, plan)
    if looked is None:
        raise Unavailable(text("The analysis of the video is gone."), hint=text("Ask for the clip again."))
    transcript = await heard_before(ctx.pool, plan)
    words = transcript.words if transcript else ()
    analysis = await analysis_of(tools, looked, ctx.scratch)
    avoid, asked = await _taken_down(ctx, given), await markers_s(ctx.pool, given.source)
    chat = await chat_counts(ctx.pool, given.source)
    moments = await asyncio.to_thread(choose, analysis, words, given.options, avoid, asked, chat)
    ctx.progress("score", 1.0, f"{len(moments)} moments")
    inputs = inputs_hash(
        "score",
        VERSION,
        analysis=looked.look.analysis_hash,
        words=len(words),
        options=given.options.stored(),
        markers=[round(each, 1) for each in asked],
        chat=chat,
    )
    then: list[NewJob[Any]] = []

    async def write(conn: asyncpg.Connection) -> None:
        await request_work.begin(conn, given.request.id)
        await segments.forget(conn, given.request.id)
        for rank, moment in enumerate(moments, 1):
            await _put(conn, given, rank, moment, inputs)
        for clip_id, revision in await clip_work.queued(conn, given.request.id):
            # The worker enqueues `then` after this, in the same transaction.
            then.append(polish_job(given.request.id, clip_id, revision))
        if not then:
            # The moments were chosen in an earlier life, and their clips have ended.
            then.extend(await end_with_clips(conn, given.request.id))

    return Done(result={"moments": len(moments)}, then=then, write=write)


def choose(
    analysis: Analysis,
    words: tuple[Word, ...],
    options: ClipOptions,
    avoid: Sequence[Span] = (),
    markers_s: tuple[float, ...] = (),
    chat: tuple[tuple[float, float], ...] = (),
) -> list[Moment]:
    """The moments of an analysed source; `markers_s` are seconds at which somebody asked, `chat` how much was written.

    Raises BadInput as `select` does.
    """
    material = Material.of(analysis, words, markers_s=markers_s, chat_counts=chat)
    return select(material, measuring.measure(material), options, avoid=avoid)


async def _taken_down(ctx: JobContext, given: Given) -> list[Span]:
    """What of this content may not be shown where it was asked for, from whichever link it was taken."""
    assert given.source.content_hash is not None
    found = await blocks.spans(ctx.pool, given.source.content_hash, given.request.community_id)
    return [Span(start_s, end_s) for start_s, end_s in found]


async def _put(conn: asyncpg.Connection, given: Given, rank: int, moment: Moment, inputs: str) -> None:
    span, verdict = moment.span, moment.verdict
    segment_id = await segments.put(
        conn,
        segments.NewSegment(
            given.request.id, given.source.id, span.start_s, span.end_s, verdict.score, moment.reason, chosen=True
        ),
    )
    await scores.put(
        conn,
        segment_id,
        [scores.Score(signal, MODEL, VERSION, value, inputs) for signal, value in sorted(verdict.values.items())],
    )
    clip = clip_work.NewClip(
        given.request.id, given.source.id, segment_id, rank, span.start_s, span.end_s, verdict.score, moment.reason
    )
    await clip_work.put(conn, clip)
