"""Cuts a window out of a ring: which pieces it takes, and one file made of them by stream copy."""

import asyncio
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from clipnet.errors import BadInput, ClipNetError
from clipnet.texts import text
from pipeline.live.clock import Laid
from pipeline.live.frames import Frames, frames_of
from pipeline.live.index import Entry
from pipeline.media.command import ffmpeg_command, silence, source
from pipeline.media.probe import look
from pipeline.media.runner import run
from pipeline.media.tools import Limits, Tools
from pipeline.model import Span

JOINS_WITHIN_S = 0.5
SHORTEST_S = 0.2
JOINED_FROM_S = 10.0
"""Where joined time stamps begin: none is below zero, which would move the first run against the others."""
CARRIED = frozenset({"h264", "hevc", "aac", "mp3", "mp3float"})
"""Codecs that a transport stream carries, through which runs are joined."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Pieces that follow each other without a break."""

    entries: tuple[Entry, ...]

    @property
    def at(self) -> float:
        return self.entries[0].at

    @property
    def ends_at(self) -> float:
        return self.entries[-1].ends_at


def covering(entries: Sequence[Entry], from_at: float, to_at: float) -> list[Stretch]:
    """The pieces between two times (Unix seconds by the stream's clock), as stretches in order; none twice."""
    stretches: list[list[Entry]] = []
    for entry in entries:
        if entry.ends_at <= from_at or entry.at >= to_at:
            continue
        last = stretches[-1][-1] if stretches else None
        if last is not None and entry.at < last.at + last.length_s / 2:
            continue
        joins = last is not None and (last.run, last.init, last.n + 1) == (entry.run, entry.init, entry.n)
        if last is not None and joins and abs(entry.at - last.ends_at) < JOINS_WITHIN_S:
            stretches[-1].append(entry)
        else:
            stretches.append([entry])
    return [Stretch(tuple(each)) for each in stretches]


async def cut(
    folder: Path, entries: Sequence[Entry], from_at: float, to_at: float, into: Path, tools: Tools, limits: Limits
) -> list[Laid]:
    """Makes the file `into` (MP4) of a ring's pieces between two times; says where its seconds lie in time.

    Nothing is encoded anew unless the format changes within the window. What can't be decoded is left out.

    Raises:
        BadInput: nothing of that time can be used.
        DiskFull, MediaFailed, Unavailable: see `run`.
    """
    scratch = into.parent
    runs: list[_Run] = []
    for number, stretch in enumerate(covering(entries, from_at, to_at)):
        path = scratch / f"run-{number}{Path(stretch.entries[0].file).suffix}"
        await asyncio.to_thread(_concatenate, folder, stretch.entries, path)
        try:
            seen = await look(path, tools, limits)
        except ClipNetError as error:
            if not isinstance(error, BadInput):
                raise
            continue
        if seen.get("duration_s", 0.0) >= SHORTEST_S:
            runs.append(await _indexed(path, seen, stretch.at, tools, limits))
    if any(made.seen["video"] for made in runs):
        runs = [made for made in runs if made.seen["video"]]
    if not runs:
        raise BadInput(
            text("The recording of that time can't be used."),
            hint=text("Ask again about a later moment of the stream."),
        )
    if len(runs) > 1 and not _alike(runs):
        laid = await _encode(runs, from_at, to_at, into, tools, limits)
    else:
        laid = await _copy(runs, from_at, to_at, into, tools, limits)
    for path in scratch.glob("run-*"):
        path.unlink()
    return laid


@dataclass(frozen=True, slots=True)
class _Run:
    """A stretch as a file with an index, picture before sound; its second 0 was at `at`. `frames` None: no picture."""

    path: Path
    seen: dict[str, Any]
    at: float
    frames: Frames | None

    @property
    def length_s(self) -> float:
        return float(self.seen["duration_s"])

    def within(self, from_at: float, to_at: float) -> Span:
        """Its part between two times, from the start of a picture to the start of another."""
        start_s, end_s = self._second(from_at), self._second(to_at)
        start_s = min(start_s, self.length_s - SHORTEST_S)
        return Span(start_s, max(end_s, start_s + SHORTEST_S))

    def _second(self, at: float) -> float:
        second = min(max(at - self.at, 0.0), self.length_s)
        return second if self.frames is None else self.frames.nearest_s(second, self.length_s)

    def stop_s(self, end_s: float) -> float:
        """Where to stop reading, so that all that is shown before `end_s` is there; may lie beyond the file's end."""
        return end_s if self.frames is None else self.frames.stop_s(end_s) or self.length_s + SHORTEST_S

    def streams(self) -> range:
        return range(sum(1 for kind in ("video", "audio") if self.seen[kind]))


def _concatenate(folder: Path, entries: Sequence[Entry], into: Path) -> None:
    """Pieces of one run, behind their initialisation section, are one file when they are put together."""
    with into.open("xb") as out:
        names = [entries[0].init] if entries[0].init else []
        for name in [*names, *(entry.file for entry in entries)]:
            try:
                with (folder / name).open("rb") as piece:
                    shutil.copyfileobj(piece, out, 1 << 20)
            except FileNotFoundError:
                # It was overtaken by the ring's end since the index was read.
                continue


def _format(made: _Run) -> tuple[object, ...]:
    video, audio = made.seen["video"], made.seen["audio"]
    picture = (
        [video[key] for key in ("codec", "pixel_format", "coded_width", "coded_height", "rotation")] if video else []
    )
    sound = [audio[key] for key in ("codec", "sample_rate_hz", "channels")] if audio else []
    return (*picture, None, *sound)


def _alike(runs: Sequence[_Run]) -> bool:
    codecs = {made.seen[kind]["codec"] for made in runs for kind in ("video", "audio") if made.seen[kind]}
    return codecs <= CARRIED and len({_format(made) for made in runs}) == 1


async def _copy(
    runs: Sequence[_Run], from_at: float, to_at: float, into: Path, tools: Tools, limits: Limits
) -> list[Laid]:
    spans = [made.within(from_at, to_at) for made in runs]
    starts_s = [sum(made.length_s for made in runs[:index]) for index in range(len(runs))]
    skip_s, stop_s = spans[0].start_s, starts_s[-1] + runs[-1].stop_s(spans[-1].end_s)
    path = runs[0].path if len(runs) == 1 else await _joined(runs, tools, limits)
    await _remuxed(path, runs[0].streams(), Span(skip_s, stop_s), into, tools, limits)
    return [
        Laid(start_s + span.start_s - skip_s, made.at + span.start_s, span.length_s)
        for made, span, start_s in zip(runs, spans, starts_s, strict=True)
    ]


async def _indexed(path: Path, seen: dict[str, Any], at: float, tools: Tools, limits: Limits) -> _Run:
    """The same as a file with an index: only there a start between key frames is found and kept.

    `at` is when its first picture was; sound may begin before that.
    """
    streams = [seen[kind]["index"] for kind in ("video", "audio") if seen[kind]]
    into = path.with_name(f"{path.stem}-indexed.mp4")
    await _remuxed(path, streams, None, into, tools, limits)
    frames = await frames_of(into, tools, limits) if seen["video"] else None
    return _Run(into, seen, at - frames.shown_s[0] if frames else at, frames)


async def _remuxed(
    path: Path, streams: Iterable[int], span: Span | None, into: Path, tools: Tools, limits: Limits
) -> None:
    """Those streams of a file as MP4, as they are."""
    taken = source(path, limits, span=span)
    out = ffmpeg.output(*[taken[str(i)] for i in streams], str(into), c="copy", f="mp4", movflags="+faststart")
    await run(ffmpeg_command(tools, [out], reads=[path], scratch=into.parent), limits=limits)


async def _joined(runs: Sequence[_Run], tools: Tools, limits: Limits) -> Path:
    """The runs one after another in one file with an index, their time stamps continued through a transport stream."""
    joined, into = runs[0].path.with_name("run-joined.ts"), runs[0].path.with_name("run-joined.mp4")
    offset_s = JOINED_FROM_S
    with joined.open("xb") as out:
        for made in runs:
            timed = made.path.with_suffix(".timed")
            taken = source(made.path, limits)
            streams = [taken[str(index)] for index in made.streams()]
            node = ffmpeg.output(
                *streams, str(timed), c="copy", f="mpegts", output_ts_offset=f"{offset_s:.6f}", muxdelay=0, muxpreload=0
            )
            await run(ffmpeg_command(tools, [node], reads=[made.path], scratch=timed.parent), limits=limits)
            with timed.open("rb") as piece:
                await asyncio.to_thread(shutil.copyfileobj, piece, out, 1 << 20)
            timed.unlink()
            offset_s += made.length_s
    await _remuxed(joined, runs[0].streams(), None, into, tools, limits)
    return into


async def _encode(
    runs: Sequence[_Run], from_at: float, to_at: float, into: Path, tools: Tools, limits: Limits
) -> list[Laid]:
    """One picture size and one kind of sound for all: those of the longest run."""
    spans = [made.within(from_at, to_at) for made in runs]
    longest = max(zip(runs, spans, strict=True), key=lambda pair: (bool(pair[0].seen["video"]), pair[1].length_s))[0]
    video = longest.seen["video"]
    parts: list[Any] = []
    for made, span in zip(runs, spans, strict=True):
        taken = source(made.path, limits, span=span)
        if video:
            parts.append(_picture(taken, span, video))
        parts.append(_sound(taken, made, span))
    joined = ffmpeg.concat(*parts, n=len(runs), v=int(bool(video)), a=1, unsafe=1).node
    kinds = {"c:v": "libx264", "preset": "veryfast", "crf": 18, "pix_fmt": "yuv420p"} if video else {}
    streams = [joined[index] for index in range(2 if video else 1)]
    out = ffmpeg.output(*streams, str(into), f="mp4", movflags="+faststart", **{"c:a": "aac", "b:a": "160k"}, **kinds)
    command = ffmpeg_command(tools, [out], reads=[made.path for made in runs], scratch=into.parent)
    await run(command, limits=limits, length_s=sum(span.length_s for span in spans))
    starts_s = [sum(span.length_s for span in spans[:index]) for index in range(len(runs))]
    return [
        Laid(start_s, made.at + span.start_s, span.length_s)
        for made, span, start_s in zip(runs, spans, starts_s, strict=True)
    ]


def _picture(taken: Any, span: Span, like: dict[str, Any]) -> Any:
    width, height, rate = like["coded_width"] // 2 * 2, like["coded_height"] // 2 * 2, round(like["fps"], 3)
    return (
        taken.video.filter("scale", width, height, force_original_aspect_ratio="decrease")
        .filter("pad", width, height, "(ow-iw)/2", "(oh-ih)/2")
        .filter("setsar", 1)
        .filter("fps", rate)
        .filter("format", "yuv420p")
        .filter("tpad", stop_mode="clone", stop_duration=f"{span.length_s:.6f}")
        .filter("trim", end=f"{span.length_s:.6f}")
        .filter("setpts", "PTS-STARTPTS")
    )


def _sound(taken: Any, made: _Run, span: Span) -> Any:
    if not made.seen["audio"]:
        return silence(span.length_s).audio.filter("aformat", sample_fmts="fltp")
    return (
        taken.audio.filter("aresample", 48000, **{"async": 1, "first_pts": 0})
        .filter("aformat", sample_fmts="fltp", channel_layouts="stereo")
        .filter("apad", whole_dur=f"{span.length_s:.6f}")
        .filter("atrim", end=f"{span.length_s:.6f}")
        .filter("asetpts", "PTS-STARTPTS")
    )
