"""A contact sheet: several moments of several clips in one picture."""

import shutil
from collections.abc import Sequence
from pathlib import Path

import ffmpeg

from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import run
from pipeline.media.tools import Limits, Tools

CELL_HEIGHT = 384
GAP = 6


async def contact_sheet(
    clips: Sequence[tuple[Path, float]], out: Path, tools: Tools, limits: Limits, *, scratch: Path, moments: int = 6
) -> None:
    """Writes `out` (.png or .jpg): one row per clip, given as path and length in seconds, `moments` pictures in each.

    Only key frames are decoded, so the moments are near, not at, their even distances. All clips have one shape.
    """
    rows = []
    for path, length_s in clips:
        frames = source(path, limits, skip_frame="nokey").video
        held = frames.filter("tpad", stop_mode="clone", stop_duration=length_s)
        even = held.filter("fps", fps=f"{moments}/{length_s:.3f}", start_time=0).filter("trim", end=length_s)
        small = even.filter("scale", -2, CELL_HEIGHT, out_range="pc").filter("format", "yuvj444p")
        rows.append(small.filter("tile", f"{moments}x1", padding=GAP, margin=GAP, color="white"))
    sheet = rows[0] if len(rows) == 1 else ffmpeg.filter(rows, "vstack", inputs=len(rows))
    made = scratch / f"sheet{out.suffix}"
    output = ffmpeg.output(sheet, url(made), vframes=1, update=1, **{"q:v": 3})
    reads = [path for path, _ in clips]
    try:
        await run(ffmpeg_command(tools, [output], reads=reads, scratch=scratch), limits=limits)
        shutil.move(made, out)
    finally:
        made.unlink(missing_ok=True)
