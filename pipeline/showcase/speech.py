"""Speech of a known text, with the time of every word."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from clipnet import carriers
from pipeline.media.command import python_command
from pipeline.media.runner import started
from pipeline.media.tools import Limits, Tools
from pipeline.model import Word

CHILD = Path(__file__).with_name("speak_child.py")
SAMPLE_BYTES = 2


@dataclass(frozen=True, slots=True)
class Line:
    """Something to be said from `at_s` on."""

    at_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Spoken:
    """A sound track: 16-bit mono samples at `rate_hz`, and the words in it."""

    pcm: Path
    rate_hz: int
    words: tuple[Word, ...]


async def speak(lines: Sequence[Line], length_s: float, tools: Tools, limits: Limits, *, scratch: Path) -> Spoken:
    """Says the lines at their times in a track of `length_s` in `scratch`; a line that comes too early waits.

    Raises:
        Misconfigured: there is no voice.
        MediaFailed: the voice failed.
    """
    said = scratch / "said.pcm"
    library, data = carriers.espeak_library(), carriers.espeak_data()
    command = python_command(tools, CHILD, [library, data, said], reads=[library.parent, data], scratch=scratch)
    answer = b""
    async with started(command, limits, feed=True) as running:
        assert running.stdin is not None
        running.stdin.write("\n".join(line.text for line in lines).encode())
        running.stdin.close()
        while piece := await running.read():
            answer += piece
        await running.finish()
    found = json.loads(answer)
    said_lines = [_Said(one["samples"], [tuple(pair) for pair in one["words"]]) for one in found["lines"]]
    return _placed(lines, said_lines, found["rate"], length_s, said, scratch / "speech.pcm")


@dataclass(frozen=True, slots=True)
class _Said:
    """A line as it was said: its samples, and (place in the text, first sample) of words."""

    samples: int
    words: list[tuple[int, int]]

    def starts(self, text: str) -> list[int]:
        """The first sample of every word; the voice runs some together, those are spread between their neighbours."""
        places = [0, *(match.end() for match in re.finditer(r"\s+", text))]
        known = [*self.words, (len(text), self.samples)]
        return [round(at) for at in np.interp(places, [place for place, _ in known], [first for _, first in known])]


def _placed(lines: Sequence[Line], said: Sequence[_Said], rate: int, length_s: float, pcm: Path, out: Path) -> Spoken:
    """The lines at their times in one track, with silence between."""
    track = bytearray(SAMPLE_BYTES * round(length_s * rate))
    words: list[Word] = []
    samples, taken, free_s = pcm.read_bytes(), 0, 0.0
    for line, one in zip(lines, said, strict=True):
        start = round(max(line.at_s, free_s) * rate)
        piece = samples[SAMPLE_BYTES * taken : SAMPLE_BYTES * (taken + one.samples)]
        track[SAMPLE_BYTES * start : SAMPLE_BYTES * start + len(piece)] = piece
        starts = one.starts(line.text)
        words += [
            Word((start + first) / rate, (start + last) / rate, text)
            for text, first, last in zip(line.text.split(), starts, [*starts[1:], one.samples], strict=True)
        ]
        taken, free_s = taken + one.samples, (start + one.samples) / rate
    out.write_bytes(track[: SAMPLE_BYTES * round(length_s * rate)])
    return Spoken(out, rate, tuple(words))
