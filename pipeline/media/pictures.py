"""Stills: moments of a finished clip as pictures."""

from pathlib import Path

import ffmpeg

from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import run
from pipeline.media.tools import Limits, Tools
from pipeline.model import Span


async def stills(
    path: Path, length_s: float, count: int, height_px: int, tools: Tools, limits: Limits, *, scratch: Path
) -> list[Path]:
    """Writes `count` JPEGs of a video of `length_s` seconds to `scratch`, from the middles of as many equal parts.

    Raises:
        MediaFailed: it can't be decoded.
    """
    part_s = length_s / count
    made = [scratch / f"still-{number}.jpg" for number in range(count)]
    outputs = []
    for number, still in enumerate(made):
        at_s = (number + 0.5) * part_s
        picture = source(path, limits, span=Span(at_s, length_s)).video.filter("scale", -2, height_px, flags="lanczos")
        full = picture.filter("scale", out_range="pc").filter("format", "yuvj444p")
        outputs.append(ffmpeg.output(full, url(still), vframes=1, update=1, **{"q:v": 2}))
    await run(ffmpeg_command(tools, outputs, reads=[path], scratch=scratch), limits=limits)
    return made
