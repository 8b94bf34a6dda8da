"""Speaks the lines of standard input with eSpeak NG: `python speak_child.py LIBRARY DATA OUT`.

A process of its own, because the library is loaded into it. Writes 16-bit mono samples of all lines, one after
another, to OUT, and prints one JSON object: the rate, and for each line its samples and, for the words that the voice
tells of, their place in the text and their first sample.
"""

import ctypes
import json
import sys
from pathlib import Path
from typing import Any

SYNCHRONOUS = 2
UTF8 = 1
END_PAUSE = 0x1000
EVENT_END, EVENT_WORD = 0, 1
RATE_PARAMETER, WORDS_PER_MINUTE = 1, 150


class Event(ctypes.Structure):
    """`espeak_EVENT` of speak_lib.h."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position_ms", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", ctypes.c_uint64),
    )


Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(Event))


class Voice:
    """The library, and what it has said so far in the current line."""

    def __init__(self, library: str, data: str) -> None:
        self.samples = bytearray()
        self.word_samples: list[tuple[int, int]] = []
        self._lib: Any = ctypes.CDLL(library)
        self.rate: int = self._lib.espeak_Initialize(SYNCHRONOUS, 200, str(Path(data).parent).encode(), 0)
        if self.rate <= 0:
            raise RuntimeError("the voice could not be started")
        self._callback = Callback(self._heard)
        self._lib.espeak_SetSynthCallback(self._callback)
        self._lib.espeak_SetVoiceByName(b"en-us")
        self._lib.espeak_SetParameter(RATE_PARAMETER, WORDS_PER_MINUTE, 0)

    def say(self, text: str) -> tuple[bytes, list[tuple[int, int]]]:
        """Samples of one line, and (place in the text, first sample) of its words."""
        self.samples, self.word_samples = bytearray(), []
        data = text.encode() + b"\0"
        self._lib.espeak_Synth(data, len(data), 0, 1, 0, UTF8, None, None)
        self._lib.espeak_Synchronize()
        return bytes(self.samples), self.word_samples

    def _heard(self, wave: Any, count: int, events: Any) -> int:
        index = 0
        while events[index].type != EVENT_END:
            if events[index].type == EVENT_WORD:
                first = events[index].audio_position_ms * self.rate // 1000
                self.word_samples.append((events[index].text_position - 1, first))
            index += 1
        if wave and count > 0:
            self.samples += ctypes.string_at(wave, count * 2)
        return 0


def main(library: str, data: str, out: str) -> None:
    """Says every line of standard input."""
    voice = Voice(library, data)
    lines = []
    with Path(out).open("wb") as file:
        for line in sys.stdin.read().splitlines():
            samples, word_samples = voice.say(line)
            file.write(samples)
            lines.append({"samples": len(samples) // 2, "words": word_samples})
    sys.stdout.write(json.dumps({"rate": voice.rate, "lines": lines}) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
