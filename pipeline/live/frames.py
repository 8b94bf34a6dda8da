"""When the pictures of a file come, by its packets, so that a cut lies between two of them and never beside one."""

from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import ffmpeg

from pipeline.media.command import ffmpeg_command, source
from pipeline.media.runner import started
from pipeline.media.tools import Limits, Tools


@dataclass(frozen=True, slots=True)
class Frames:
    """Pictures in the order of decoding: when each is shown and when it is decoded, in seconds of the file."""

    shown_s: tuple[float, ...]
    decoded_s: tuple[float, ...]

    def nearest_s(self, second: float, length_s: float) -> float:
        """The start of the picture that is nearest, or the file's start or end (`length_s`).

        Playlists give times in milliseconds and files in ticks, so a time that means a picture is a little beside it.
        """
        return min((0.0, *self.shown_s, length_s), key=lambda shown: abs(shown - second))

    def stop_s(self, end_s: float) -> float | None:
        """Where to stop reading so that all that is shown before `end_s` is there, and what is there has no holes.

        Pictures that refer to later ones are decoded after these. None: not before the end of the file.
        """
        latest = tuple(accumulate(self.shown_s, max))
        soonest = tuple(accumulate(reversed(self.shown_s), min))[::-1]
        for index in range(1, len(self.shown_s)):
            before, after = self.decoded_s[index - 1 : index + 1]
            if (before + after) / 2 >= end_s - (after - before) and latest[index - 1] < soonest[index] >= end_s:
                return (before + after) / 2
        return None


async def frames_of(path: Path, tools: Tools, limits: Limits) -> Frames:
    """The pictures of a file's first stream.

    Raises:
        MediaFailed, Unavailable: see `run`.
    """
    out = ffmpeg.output(source(path, limits)["0"], "pipe:1", c="copy", f="framecrc")
    data = b""
    async with started(ffmpeg_command(tools, [out], reads=[path], scratch=None), limits) as running:
        while chunk := await running.read():
            data += chunk
        await running.finish()
    return _parsed(data.decode("ascii"))


def _parsed(listing: str) -> Frames:
    """Of what ffmpeg lists: a header with the length of a tick, then stream, decoding, showing and more per packet."""
    tick_s, shown, decoded = 1.0, [], []
    for line in listing.splitlines():
        if line.startswith("#tb 0:"):
            count, _, per_s = line.removeprefix("#tb 0:").partition("/")
            tick_s = int(count) / int(per_s)
        elif not line.startswith("#"):
            _, decodes, shows, *_ = line.split(",")
            decoded.append(int(decodes) * tick_s)
            shown.append(int(shows) * tick_s)
    return Frames(tuple(shown), tuple(decoded))
