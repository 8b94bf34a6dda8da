"""Makes a finished clip: `render()`."""

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.media.captions import CaptionLook, caption_document
from pipeline.media.command import ffmpeg_command
from pipeline.media.crop import CropPlan
from pipeline.media.graph import Cut, Shape, clip_outputs, output_fps, sound_again
from pipeline.media.loudness import Levelling, plan_levelling
from pipeline.media.runner import Progress, run
from pipeline.media.tools import Limits, Tools
from pipeline.media.verify import Expected, TooLoud, Verified, verify
from pipeline.model import Probe, Span, Word
from pipeline.options import Template

LEAST_S = 0.3
REPAIRS = 2
"""How often the sound alone is made again when its peaks came out too high."""


@dataclass(frozen=True, slots=True)
class Version:
    """One file that is wanted: its shape, where it goes, and the camera (None: all of the picture is shown)."""

    shape: Shape
    out: Path
    crop: CropPlan | None = None


@dataclass(frozen=True, slots=True)
class RenderJob:
    """A clip to be made of `span` of `source`; `words` and `span` are in source time.

    `thumbnail` (a .jpg path) is taken at `thumbnail_at_s` seconds of the source. `moving` and `lit` say whether the
    source moves and is not black there, so that the check of the result knows what to expect.
    """

    source: Path
    probe: Probe
    span: Span
    versions: tuple[Version, ...]
    words: tuple[Word, ...] = ()
    title: str = ""
    template: Template = "bold"
    thumbnail: Path | None = None
    thumbnail_at_s: float = 0.0
    moving: bool = True
    lit: bool = True


@dataclass(frozen=True, slots=True)
class Rendered:
    """A finished and verified file; `fps` is its constant rate, `verified` what was measured in it."""

    shape: Shape
    path: Path
    duration_s: float
    fps: float
    bytes: int
    verified: Verified


async def render(
    job: RenderJob,
    tools: Tools,
    limits: Limits,
    *,
    scratch: Path,
    progress: Progress | None = None,
    levelling: Levelling | None = None,
) -> list[Rendered]:
    """Makes every version of a clip in one process, verifies each, then moves it to its place.

    Works in `scratch` (a folder of this job alone; what it writes there it removes). `levelling` may be planned
    ahead with `plan_levelling`. Raises BadInput, DiskFull, MediaFailed or Unavailable; nothing is left behind then.
    """
    span = _inside(job)
    folder = scratch / "render"
    folder.mkdir()
    try:
        if levelling is None:
            levelling = await plan_levelling(job.source, job.probe, span, tools, limits)
        cuts = [_cut(version, job, span, folder, index) for index, version in enumerate(job.versions)]
        still = folder / "thumbnail.jpg" if job.thumbnail is not None else None
        outputs = clip_outputs(
            job.source,
            job.probe,
            span,
            cuts,
            levelling,
            tools,
            limits,
            thumbnail=still,
            thumbnail_at_s=_clamp(job.thumbnail_at_s - span.start_s, span.length_s - 0.1),
        )
        command = ffmpeg_command(tools, outputs, reads=[job.source], scratch=folder)
        bounded = replace(limits, file_bytes=min(limits.file_bytes, round(8e6 + span.length_s * 8e6)))
        await run(command, limits=bounded, progress=progress, length_s=span.length_s)
        done = [await _checked(cut, job, span, levelling, tools, limits) for cut in cuts]
        if still is not None and job.thumbnail is not None:
            _place(still, job.thumbnail)
        for cut, version in zip(cuts, job.versions, strict=True):
            _place(cut.out, version.out)
        return [replace(one, path=version.out) for one, version in zip(done, job.versions, strict=True)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _inside(job: RenderJob) -> Span:
    end_s = min(job.span.end_s, job.probe.duration_s)
    if job.span.start_s < 0 or job.span.start_s >= job.probe.duration_s - LEAST_S or end_s <= job.span.start_s:
        raise BadInput(
            text("The time lies beyond the end of the video."),
            hint=text("The video is {length:.1f} seconds long; choose a time inside it.", length=job.probe.duration_s),
        )
    return Span(job.span.start_s, end_s)


def _cut(version: Version, job: RenderJob, span: Span, folder: Path, index: int) -> Cut:
    captions = None
    if job.words or job.title.strip():
        look = CaptionLook(version.shape.width, version.shape.height, job.template)
        captions = folder / f"{index}.ass"
        captions.write_text(caption_document(job.words, span, look, title=job.title), encoding="utf-8")
    return Cut(version.shape, version.crop, captions, folder / f"{index}.mp4")


async def _checked(
    cut: Cut, job: RenderJob, span: Span, levelling: Levelling, tools: Tools, limits: Limits
) -> Rendered:
    fps = output_fps(job.probe.video)[1]
    expected = Expected(
        cut.shape.width, cut.shape.height, span.length_s, fps, levelling.expected_lufs, moving=job.moving, lit=job.lit
    )
    for repairs_left in reversed(range(REPAIRS + 1)):
        try:
            verified = await verify(cut.out, expected, tools, limits)
            break
        except TooLoud as fault:
            if repairs_left == 0:
                raise
            levelling = levelling.lowered(fault.by_db + 0.3)
        output = sound_again(job.source, job.probe, span, cut, levelling, limits)
        await run(ffmpeg_command(tools, [output], reads=[job.source], scratch=cut.out.parent), limits=limits)
        cut.out.with_suffix(".again.mp4").replace(cut.out)
    return Rendered(cut.shape, cut.out, verified.duration_s, fps, cut.out.stat().st_size, verified)


def _place(made: Path, out: Path) -> None:
    """Moves a file so that `out` is either absent or whole, also from another file system."""
    part = out.with_name(out.name + ".part")
    try:
        shutil.move(made, part)
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _clamp(value: float, most: float) -> float:
    return max(0.0, min(value, most))
