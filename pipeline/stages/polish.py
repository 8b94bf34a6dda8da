"""`ffmpeg:polish`: make one clip, check it, keep it, and say that it is there."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg

from clipnet.ending import together
from clipnet.errors import NotFound, Unavailable
from clipnet.texts import text
from clipnet.wordlist import COVER, WordList
from db import assets, clip_work, request_work, stage_results, words
from db.assets import Asset
from db.clip_work import ClipWork, Finished
from pipeline.jobs import NewJob, OfClip
from pipeline.media.analysis import Analysis
from pipeline.media.crop import CropPlan, plan_crop
from pipeline.media.faces import Face
from pipeline.media.graph import Shape
from pipeline.media.loudness import plan_levelling
from pipeline.media.render import RenderJob, Version, render
from pipeline.media.thumbnail import choose_thumbnail
from pipeline.metadata import Metadata, describe
from pipeline.model import Probe, Span, Word
from pipeline.options import ClipOptions
from pipeline.queue.making import end_with_clips
from pipeline.stages.captions_file import subtitle_file
from pipeline.stages.given import Given, analysis_of, heard_before, load, looked_before
from pipeline.stages.plan import inputs_hash
from pipeline.stages.shelf import Put, all_or_none
from pipeline.stages.tools import StageTools
from pipeline.steps import notify_job, prune_job
from pipeline.storage import Kind
from pipeline.worker.handler import Done, JobContext

VERSION = "2"
AIMED, RENDERED = 0.05, 0.9
"""Shares of the stage that are done when the camera is planned, and when the encoder has ended."""


@dataclass(frozen=True, slots=True)
class _Order:
    """What a clip is made of."""

    clip: ClipWork
    given: Given
    options: ClipOptions
    span: Span
    words: tuple[Word, ...]
    everything: tuple[Word, ...]
    banned: WordList

    @property
    def captions(self) -> tuple[Word, ...]:
        return self.words if self.options.captions else ()

    def inputs(self) -> str:
        """The hash of all that the encode depends on; the title is not among it."""
        return inputs_hash(
            "polish",
            VERSION,
            content=self.given.source.content_hash,
            span=[self.span.start_s, self.span.end_s],
            size=self.options.size_px,
            template=self.options.template,
            words=[[word.start_s, word.end_s, word.text] for word in self.captions],
        )


async def polish(tools: StageTools, ctx: JobContext, payload: OfClip) -> Done:
    """Makes one revision of a clip; one that was changed, cancelled or deleted meanwhile is left alone.

    Raises:
        BadInput, DiskFull, MediaFailed, Unavailable: see `render`.
    """
    clip = await clip_work.get(ctx.pool, payload.clip_id)
    if clip is None:
        raise NotFound(text("There is no clip {id}.", id=payload.clip_id))
    if clip.revision != payload.revision or clip.state not in ("queued", "rendering"):
        return Done(result={"skipped": clip.state}, write=partial(end_with_clips, request_id=clip.request_id))
    ctx.progress("polish", 0.0, f"clip {clip.rank}")
    order = await _order(tools, ctx, clip)
    inputs = order.inputs()
    made = await _made_before(tools, ctx, inputs) or await _make(tools, ctx, order)
    video = next(asset for asset in made if asset.kind == "video")
    metadata = _metadata(order)
    finished = Finished(video.width or 0, video.height or 0, video.duration_s or 0.0, metadata.title, metadata.stored())
    then: list[NewJob[Any]] = []

    async def write(conn: asyncpg.Connection) -> None:
        await stage_results.put(conn, inputs, "polish", VERSION, {"assets": [asdict(asset) for asset in made]})
        await request_work.begin(conn, clip.request_id)
        ready = await clip_work.finish(conn, clip.id, clip.revision, finished)
        if not ready and not await clip_work.is_deleted(conn, clip.id):
            return
        for asset in made:
            await assets.put(conn, clip.id, clip.revision, asset)
        if not ready:
            then.append(prune_job(clip.id))
            return
        # The worker enqueues `then` after this, in the same transaction.
        then.append(notify_job(clip.request_id, clip.id))
        then.extend(await end_with_clips(conn, clip.request_id))

    return Done(result={"video": video.store_key}, then=then, write=write)


async def _order(tools: StageTools, ctx: JobContext, clip: ClipWork) -> _Order:
    given = await load(ctx.pool, clip.request_id)
    options = ClipOptions.model_validate({**given.options.stored(), **clip.options})
    transcript = await heard_before(ctx.pool, given.plan(tools))
    span = Span(clip.start_s, clip.end_s)
    banned = WordList(await words.of_community(ctx.pool, given.request.community_id))
    everything = covered(transcript.words if transcript else (), banned)
    said = tuple(word for word in everything if _inside(word, span))
    return _Order(clip, given, options, span, said, everything, banned)


def covered(said: Sequence[Word], banned: WordList) -> tuple[Word, ...]:
    """What is said, with the words covered that the community doesn't want to read."""
    hits = banned.hits([word.text for word in said]) if banned else set()
    return tuple(replace(word, text=COVER) if at in hits else word for at, word in enumerate(said))


def _inside(word: Word, span: Span) -> bool:
    return word.end_s > span.start_s and word.start_s < span.end_s


def _metadata(order: _Order) -> Metadata:
    title = order.given.source.title or order.given.request.source_title
    return describe(
        order.words,
        order.everything,
        source_title=title,
        reason=order.clip.reason,
        rank=order.clip.rank,
        banned=order.banned,
    )


async def _made_before(tools: StageTools, ctx: JobContext, inputs: str) -> list[Asset] | None:
    """The files of an earlier encode of the very same, if all of them are still there."""
    kept = await stage_results.get(ctx.pool, inputs)
    if kept is None:
        return None
    made = [Asset(**asset) for asset in kept["assets"]]
    there = [await tools.storage.size(asset.store_key) is not None for asset in made]
    return made if all(there) else None


async def _make(tools: StageTools, ctx: JobContext, order: _Order) -> list[Asset]:
    source = order.given.source
    assert source.store_key is not None
    path = await tools.storage.at_hand(source.store_key, ctx.scratch)
    probe = order.given.probe()
    looked = await looked_before(ctx.pool, tools, order.given.plan(tools))
    if looked is None:
        raise Unavailable(text("The analysis of the video is gone."), hint=text("Ask for the clip again."))
    async with together() as group:
        loading = group.create_task(analysis_of(tools, looked, ctx.scratch))
        finding = group.create_task(tools.faces.find(path, probe, order.span))
        listening = group.create_task(plan_levelling(path, probe, order.span, tools.media, tools.limits))
    analysis, faces, levelling = loading.result(), finding.result(), listening.result()
    ctx.progress("polish", AIMED, f"clip {order.clip.rank}")
    shape = Shape(order.options.size_px)
    crop = plan_crop(probe.video, order.span, analysis, faces, aspect=shape.aspect) if probe.video else None
    job = _render_job(order, path, probe, crop, analysis, faces, ctx.scratch)
    (video,) = await render(
        job,
        tools.media,
        tools.limits,
        scratch=ctx.scratch,
        levelling=levelling,
        progress=lambda share: ctx.progress("polish", AIMED + (RENDERED - AIMED) * share, f"clip {order.clip.rank}"),
    )
    ctx.progress("store", 0.0, f"clip {order.clip.rank}")
    async with all_or_none(tools.storage, ctx.pool) as put:
        made = [await _stored(put, video.path, "clips", "video/mp4", "video", shape, video.duration_s)]
        if job.thumbnail is not None and await asyncio.to_thread(job.thumbnail.exists):
            made.append(await _stored(put, job.thumbnail, "thumbnails", "image/jpeg", "thumbnail", shape))
        made += await _texts(put, ctx.scratch, order, crop)
    ctx.progress("store", 1.0, f"clip {order.clip.rank}")
    return made


def _render_job(
    order: _Order,
    path: Path,
    probe: Probe,
    crop: CropPlan | None,
    analysis: Analysis,
    faces: Sequence[Face],
    scratch: Path,
) -> RenderJob:
    return RenderJob(
        source=path,
        probe=probe,
        span=order.span,
        versions=(Version(Shape(order.options.size_px), scratch / "clip.mp4", crop),),
        words=order.captions,
        template=order.options.template,
        thumbnail=scratch / "thumbnail.jpg",
        thumbnail_at_s=choose_thumbnail(analysis, order.span, faces),
        moving=analysis.moves(order.span),
        lit=analysis.is_lit(order.span),
    )


async def _texts(put: Put, scratch: Path, order: _Order, crop: CropPlan | None) -> list[Asset]:
    """The files without pictures: captions, and what the camera did."""
    made: list[Asset] = []
    captions = scratch / "captions.srt"
    if text := subtitle_file(order.words, order.span):
        await asyncio.to_thread(captions.write_text, text, encoding="utf-8")
        made.append(await _stored(put, captions, "captions", "application/x-subrip", "captions"))
    if crop is not None:
        track = scratch / "crop.json"
        await asyncio.to_thread(track.write_text, json.dumps(asdict(crop), sort_keys=True))
        made.append(await _stored(put, track, "crops", "application/json", "crop"))
    return made


async def _stored(
    put: Put,
    path: Path,
    folder: Kind,
    mime: str,
    kind: assets.Kind,
    shape: Shape | None = None,
    duration_s: float | None = None,
) -> Asset:
    stored = await put(path, folder)
    width, height = (shape.width, shape.height) if shape else (None, None)
    return Asset(kind, stored.key, stored.sha256, stored.bytes, mime, width, height, duration_s)
