"""What the media functions cost beside bare ffmpeg on the same footage, and how exact the cuts are."""

import json
from pathlib import Path

import numpy as np

from bench.context import Bench, BenchContext
from bench.measure import Paired, command, paired
from bench.rows import Row
from clipnet import carriers
from pipeline.media.analyse import analyse
from pipeline.media.analysis import Analysis
from pipeline.media.crop import plan_crop
from pipeline.media.faces import FaceFinder
from pipeline.media.graph import Shape
from pipeline.media.probe import probe
from pipeline.media.render import Rendered, RenderJob, Version, render
from pipeline.media.thumbnail import choose_thumbnail
from pipeline.media.tools import Limits, Tools
from pipeline.model import Probe, Span, Word

PROGRAMME = "programme-10min-1080p-composed.mp4"
SPANS = (Span(20, 50), Span(110, 140), Span(320, 350), Span(440, 470))
WORDS = tuple(Word(at * 0.5, at * 0.5 + 0.4, f"word{at}") for at in range(1200))
LIMITS = Limits()


def _tools() -> Tools:
    return Tools(carriers.ffmpeg(), carriers.font_dir(), carriers.face_model())


async def _decode(path: Path, span: Span | None = None) -> None:
    part = ("-t", span.end_s) if span else ()
    await command(carriers.ffmpeg(), "-nostdin", "-v", "error", *map(str, part), "-i", path, "-f", "null", "-")


async def _bare(path: Path, span: Span, out: Path) -> None:
    await command(
        carriers.ffmpeg(),
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-ss",
        str(span.start_s),
        "-i",
        path,
        "-t",
        str(span.length_s),
        "-vf",
        "crop=608:1080,scale=1080:1920",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "20",
        "-c:a",
        "aac",
        out,
    )


def _rows(bench: str, what: str, found: Paired, goal: str) -> list[Row]:
    return [
        Row(bench, f"{what}, CPU", found.cpu_s, "s", found.floor_cpu_s, goal, found.cpu_ratio),
        Row(bench, f"{what}, wall", found.wall_s, "s", found.floor_wall_s, goal, found.wall_ratio),
    ]


async def _clip(
    path: Path, seen: Probe, looked: Analysis, finder: FaceFinder, span: Span, scratch: Path, name: str
) -> Rendered:
    """All that polishing one clip takes: faces, camera, levels, encode, check."""
    assert seen.video is not None
    faces = await finder.find(path, seen, span)
    version = Version(Shape.VERTICAL, scratch / name, plan_crop(seen.video, span, looked, faces))
    job = RenderJob(
        path,
        seen,
        span,
        (version,),
        words=WORDS,
        title="What happened next",
        thumbnail=scratch / f"{name}.jpg",
        thumbnail_at_s=choose_thumbnail(looked, span, faces),
        moving=looked.moves(span),
        lit=looked.is_lit(span),
    )
    (done,) = await render(job, _tools(), LIMITS, scratch=scratch)
    return done


async def analysis(context: BenchContext) -> list[Row]:
    """One-pass analysis against a bare decode of the same minutes, and the joins it finds."""
    path, tools = context.footage(PROGRAMME), _tools()
    seen = await probe(path, tools, LIMITS)
    span = Span(0, 120) if context.quick else Span(0, seen.duration_s)
    found: list[Analysis] = []

    async def ours() -> None:
        found.append(await analyse(path, seen, tools, LIMITS, pcm=context.scratch / "sound.pcm", span=span))

    rows = _rows(
        "analysis",
        "one pass against decode only",
        await paired(ours, lambda: _decode(path, span), rounds=1 if context.quick else 3, warm_up=False),
        "<= 1.15",
    )
    labels = json.loads(context.footage("programme-segments.json").read_text())
    joins = [part["start"] for part in labels["video_joins_are_hard_cuts"] if 0 < part["start"] < span.end_s]
    near = sum(bool(np.abs(found[0].cuts_s - join).min() <= 2 / 24 + 0.001) for join in joins)
    rows.append(Row("analysis", "hard cuts found within 2 frames", near, "cuts", len(joins), ">= 1.0"))
    return rows


async def clip(context: BenchContext) -> list[Row]:
    """One 30 s clip with faces, camera, captions, levels, thumbnail and check, against the pinned bare encode."""
    path, tools = context.footage(PROGRAMME), _tools()
    seen = await probe(path, tools, LIMITS)
    span = Span(60, 70) if context.quick else Span(60, 90)
    looked = await analyse(path, seen, tools, LIMITS, pcm=context.scratch / "sound.pcm", span=span)
    async with FaceFinder(tools, LIMITS) as finder:
        await finder.warm()

        async def ours() -> None:
            await _clip(path, seen, looked, finder, span, context.scratch, "ours.mp4")

        found = await paired(
            ours,
            lambda: _bare(path, span, context.scratch / "bare.mp4"),
            rounds=1 if context.quick else 3,
            warm_up=False,
        )
    return _rows("clip", "finished 30 s clip against bare encode", found, "<= 1.15")


async def media_job(context: BenchContext) -> list[Row]:
    """Probe, analysis and four clips of 30 s, against decode plus the bare encode of the same cuts; no queue."""
    path, tools = context.footage(PROGRAMME), _tools()
    spans = SPANS[:1] if context.quick else SPANS

    async def ours() -> None:
        async with FaceFinder(tools, LIMITS) as finder:
            seen = await probe(path, tools, LIMITS)
            looked = await analyse(path, seen, tools, LIMITS, pcm=context.scratch / "sound.pcm")
            for index, span in enumerate(spans):
                await _clip(path, seen, looked, finder, span, context.scratch, f"{index}.mp4")

    async def floor() -> None:
        await _decode(path)
        for span in spans:
            await _bare(path, span, context.scratch / "bare.mp4")

    found = await paired(ours, floor, rounds=1 if context.quick else 2, warm_up=False)
    return _rows("media_job", "ten minutes into four clips against decode + bare encodes", found, "<= 1.15")


BENCHES: dict[str, Bench] = {"analysis": analysis, "clip": clip, "media_job": media_job}
