"""`clip:process`: take the source in, look at it once, and decide what comes next."""

import asyncio
from dataclasses import asdict, replace
from pathlib import Path

import asyncpg

from clipnet.errors import BadInput
from clipnet.texts import text
from db import request_work, sources, stage_results, transcripts
from db.sources import Source
from pipeline.ingest import ingest
from pipeline.jobs import OfRequest
from pipeline.live.clock import in_source_time
from pipeline.media.analyse import analyse
from pipeline.media.probe import probe
from pipeline.media.subtitles import parse_subtitles
from pipeline.options import ClipOptions
from pipeline.stages.given import Given, Looked, heard_before, load, looked_before, transcript_row
from pipeline.stages.live import cut_live
from pipeline.stages.plan import ANALYSE_VERSION, Look
from pipeline.stages.tools import StageTools
from pipeline.steps import score_job, transcribe_job
from pipeline.worker.handler import Done, JobContext


async def process(tools: StageTools, ctx: JobContext, payload: OfRequest) -> Done:
    """Runs one request's first step.

    Raises:
        BadInput: the source can't be used, or the time lies beyond its end.
        DiskFull, Unavailable: see `ingest` and `cut_live`.
    """
    given = await load(ctx.pool, payload.request_id)
    given, path = await _taken_in(tools, ctx, given)
    plan = given.plan(tools)
    _check_times(given.options, given.probe().duration_s)
    looked = await looked_before(ctx.pool, tools, plan)
    if looked is None:
        looked = await _look(tools, ctx, given, plan.looks[-1], path)
    told = await _given_words(tools, given, looked.look)
    heard = await heard_before(ctx.pool, plan) if plan.wants_speech else None
    if plan.wants_speech and heard is None and told is None and looked.audio_key:
        follow = transcribe_job(given.request.id, looked.audio_key, looked.look.span)
    else:
        follow = score_job(given.request.id)

    async def write(conn: asyncpg.Connection) -> None:
        await request_work.begin(conn, given.request.id)
        await sources.take_in(conn, given.source)
        await stage_results.put(conn, looked.look.analysis_hash, "analyse", ANALYSE_VERSION, looked.kept())
        if told is not None:
            await transcripts.put(conn, told)

    return Done(result=looked.kept(), then=[follow], write=write)


async def _taken_in(tools: StageTools, ctx: JobContext, given: Given) -> tuple[Given, Path]:
    """The source on this machine, stored and probed; a source that lies in the store isn't fetched again."""
    source = given.source
    if source.store_key and source.probe and await tools.storage.size(source.store_key) is not None:
        return given, await tools.storage.at_hand(source.store_key, ctx.scratch)
    ctx.progress("ingest", 0.0)
    live = None
    if source.kind == "live":
        found, live = await cut_live(tools, ctx, given)
    else:
        found = await ingest(
            source.origin,
            ctx.scratch,
            tools.media,
            tools.limits,
            net_allow=tools.settings.media.net_allow,
            local=source.kind == "file",
            progress=lambda share: ctx.progress("ingest", 0.9 * share),
        )
    seen = await probe(found.path, tools.media, tools.limits)
    # Before it is stored: what is refused leaves nothing behind.
    _check_times(given.options, seen.duration_s)
    stored = await tools.storage.put(found.path, "sources", "", sha256=found.sha256, move=True)
    ctx.progress("ingest", 1.0)
    known = Source(
        id=source.id,
        kind=source.kind,
        origin=source.origin,
        title=source.title or found.origin_name,
        content_hash=found.sha256,
        store_key=stored.key,
        bytes=found.bytes,
        duration_s=seen.duration_s,
        width=seen.video.width if seen.video else None,
        height=seen.video.height if seen.video else None,
        probe=asdict(seen),
        channels=list(found.channels),
        live=live,
    )
    given = replace(given, source=known, options=in_source_time(given.options, live))
    return given, await tools.storage.at_hand(stored.key, ctx.scratch)


def _check_times(options: ClipOptions, end_s: float) -> None:
    """Says at once that a time lies beyond the end, before anything costly is done."""
    start_s = options.start_s if options.start_s is not None else options.at_s
    if start_s is not None and start_s >= end_s:
        raise BadInput(
            text("That time lies beyond the end: the video lasts {seconds:.0f} seconds.", seconds=end_s),
            hint=text("Give an earlier time."),
        )


async def _look(tools: StageTools, ctx: JobContext, given: Given, look: Look, path: Path) -> Looked:
    """Analyses a span and keeps what was found."""
    ctx.progress("analyse", 0.0)
    await tools.inference.warm()
    pcm = ctx.scratch / "sound.pcm"
    analysis = await analyse(
        path,
        given.probe(),
        tools.media,
        tools.limits,
        pcm=pcm,
        span=look.span,
        progress=lambda share: ctx.progress("analyse", share),
    )
    arrays = ctx.scratch / "analysis.npz"
    await asyncio.to_thread(analysis.save, arrays)
    stored = await tools.storage.put(arrays, "analysis", ".npz", move=True)
    heard = await tools.storage.put(pcm, "audio", ".pcm", move=True) if given.probe().audio else None
    return Looked(look, stored.key, heard.key if heard else None)


async def _given_words(tools: StageTools, given: Given, look: Look) -> transcripts.TranscriptRow | None:
    """The row of a transcript that the person brought along. Raises BadInput when it is none."""
    key = given.options.transcript_key
    if key is None:
        return None
    data = b"".join([piece async for piece in tools.storage.open(key)])
    return transcript_row(given, look, parse_subtitles(data, language=given.options.language or "en"))
