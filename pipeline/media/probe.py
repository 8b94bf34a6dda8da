"""What a file really holds, and whether it can be used: `probe()`."""

import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

from clipnet.errors import BadInput
from clipnet.texts import text
from pipeline.media.command import guards, python_command
from pipeline.media.runner import started
from pipeline.media.tools import Limits, Tools
from pipeline.model import AudioStream, Probe, VideoStream

CHILD = Path(__file__).with_name("probe_child.py")
SHORTEST_S = 0.1
PROBE_S = 120.0


async def probe(path: Path, tools: Tools, limits: Limits) -> Probe:
    """Looks at a local file in a sandboxed process; the streams of the answer have each decoded a frame.

    The duration is that of the packets which are really there, so a truncated file yields its usable part.
    Raises BadInput for whatever can't be used, with a sentence that says which.
    """
    size = _size(path, limits)
    seen = await look(path, tools, limits)
    if "error" in seen:
        raise _unreadable(str(seen["error"]), limits)
    video = VideoStream(**seen["video"]) if seen["video"] else None
    audio = AudioStream(**seen["audio"]) if seen["audio"] else None
    if video is None and audio is None:
        raise BadInput(
            text("There is no picture and no sound in this file."), hint=text("It may be damaged; export it again.")
        )
    _check(seen["duration_s"], video, limits)
    return Probe(seen["container"], float(seen["duration_s"]), size, video, audio)


async def look(path: Path, tools: Tools, limits: Limits) -> dict[str, Any]:
    """What the sandboxed process says of a file, unjudged; see `probe_child` for its keys."""
    options = {name: str(value) for name, value in guards(limits).items()}
    settings = json.dumps({"options": options, "max_pixels": limits.max_pixels})
    command = python_command(tools, CHILD, [path, settings], reads=[path], scratch=None)
    answer = b""
    async with started(command, limits, total_s=PROBE_S) as running:
        while chunk := await running.read():
            answer += chunk
        await running.finish()
    seen: dict[str, Any] = json.loads(answer)
    return seen


def _size(path: Path, limits: Limits) -> int:
    try:
        status = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput(text("There is no such file."), hint=text("Check the path and the spelling.")) from None
    except PermissionError:
        raise BadInput(
            text("This file may not be read."), hint=text("Change its permissions, or copy it elsewhere.")
        ) from None
    if not stat.S_ISREG(status.st_mode):
        raise BadInput(text("This is not a file."), hint=text("Give the path of one video file."))
    if status.st_size == 0:
        raise BadInput(text("The file is empty."), hint=text("Upload or export it again."))
    if status.st_size > limits.max_bytes:
        raise BadInput(
            text(
                "The file is too large: {mb:.0f} MB, the limit is {most:.0f} MB.",
                mb=status.st_size / 1e6,
                most=limits.max_bytes / 1e6,
            ),
            hint=text("Cut it, or export it with a lower bit rate."),
        )
    return status.st_size


def _unreadable(error: str, limits: Limits) -> BadInput:
    if "too many pixels" in error:
        return _too_many_pixels(limits)
    if "moov" in error or "Invalid" in error or "EOF" in error or "End of file" in error:
        return BadInput(
            text("This is not a video that can be read, or it is damaged."),
            hint=text(
                "Use an MP4, MOV, MKV, WebM, AVI, TS, FLV, OGG, WAV, MP3, FLAC or AAC file, and check that it plays."
            ),
        )
    return BadInput(
        text("The file could not be read as a video."), hint=text("Check that it plays, then export it again.")
    )


def _too_many_pixels(limits: Limits) -> BadInput:
    return BadInput(
        text("The picture is too large: more than {millions:.0f} million pixels.", millions=limits.max_pixels / 1e6),
        hint=text("Export it at 8K or smaller."),
    )


def _check(duration_s: float, video: VideoStream | None, limits: Limits) -> None:
    if video is not None and video.coded_width * video.coded_height > limits.max_pixels:
        raise _too_many_pixels(limits)
    if duration_s < SHORTEST_S:
        raise BadInput(
            text("The video is too short to clip."), hint=text("Use one of at least {least:g} s.", least=SHORTEST_S)
        )
    if duration_s > limits.max_duration_s:
        raise BadInput(
            text(
                "The video is too long: {length}, the limit is {most}.",
                length=_clock(duration_s),
                most=_clock(limits.max_duration_s),
            ),
            hint=text("Cut out the part that you want first."),
        )


def _clock(seconds: float) -> str:
    """Hours, minutes and seconds, h:mm:ss."""
    return str(timedelta(seconds=round(seconds)))
