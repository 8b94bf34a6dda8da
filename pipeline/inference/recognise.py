"""Speech recognition with faster-whisper, inside the child: voice activity, windows, batches, second looks.

Plain faster-whisper reads a recording window by window. Here the speech found in all the items is cut into windows
at pauses, and several windows go through the model at once, which is about twice as fast on two cores. A batch has
no second thoughts of its own, so speech that yielded no words and windows that came out as a loop are read again.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import Segment
from faster_whisper.vad import VadOptions, get_speech_timestamps
from numpy.typing import NDArray

from pipeline.inference.protocol import PCM_RATE_HZ
from pipeline.inference.tighten import tightened
from pipeline.inference.wire import Heard, Item
from pipeline.inference.words import repaired
from pipeline.model import Span, Word

LONGEST_WINDOW_S = 28.0
WINDOW_S = 22.0
PAUSE_S = 1.0
"""A longer pause ends a window: the model tends to stop at it."""
BATCH = 8
BEAM = 2
VAD_BLOCK_S = 600.0
MISSED_S = 1.2
"""Speech without words that is worth a second look."""
JOINED, JOIN_S = ("-", "'"), 0.5
"""How the second part of a word begins that was taken apart ("self", "-love")."""
LOOPING = 2.4
"""Text that compresses this well repeats itself."""

_VAD = VadOptions(max_speech_duration_s=LONGEST_WINDOW_S, min_silence_duration_ms=160, speech_pad_ms=200)
_log = logging.getLogger(__name__)

Samples = NDArray[np.int16]
Sound = NDArray[np.float32]
Told = Callable[[float], None]


@dataclass(slots=True)
class _Work:
    """One item on its way: its samples, and what has come of it. Spans count from the first sample."""

    item: Item
    samples: Samples
    speech: list[Span] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)
    error: str | None = None

    def heard(self, language: str) -> Heard:
        if self.error is not None:
            return Heard(error=self.error)
        ordered = sorted(self.words, key=lambda word: word.start_s)
        words = repaired(map(self._placed, ordered), Span(self.item.start_s, self.item.end_s))
        return Heard(language=language, words=tuple((w.start_s, w.end_s, w.text, w.probability) for w in words))

    def _placed(self, word: Word) -> Word:
        start_s, end_s = tightened(word.start_s, word.end_s, self.samples)
        return Word(self.item.start_s + start_s, self.item.start_s + end_s, word.text, word.probability)


@dataclass(frozen=True, slots=True)
class _Window:
    """A stretch of one item's sound that fits the model's 30 seconds."""

    work: _Work
    span: Span


class Recogniser:
    """A loaded model."""

    def __init__(self, model: str, *, compute_type: str, threads: int) -> None:
        """Loads `model` (a folder, or a name that is in the local cache). Raises whatever the library raises."""
        self._model = WhisperModel(
            model, device="cpu", compute_type=compute_type, cpu_threads=threads, local_files_only=True
        )
        self._batched = BatchedInferencePipeline(self._model)

    def recognise(self, items: Sequence[Item], told: Told) -> list[Heard]:
        """What was said in each item, in their order; `told` hears the share done."""
        works = [_opened(item) for item in items]
        for work in works:
            work.speech = list(_speech(work.samples))
        windows = [_Window(work, span) for work in works for span in packed(work.speech)]
        language = self._language(works, windows)
        for done in self._read(windows, language):
            told(0.95 * done)
        missed = [_Window(work, span) for work in works for span in missing(work.speech, work.words)]
        for _ in self._read(missed, language):
            pass
        told(1.0)
        return [work.heard(language) for work in works]

    def _language(self, works: Sequence[_Work], windows: Sequence[_Window]) -> str:
        asked = next((work.item.language for work in works if work.item.language), None)
        if not self._model.model.is_multilingual:
            return "en"
        if asked or not windows:
            return asked or "en"
        found, _, _ = self._model.detect_language(audio=_sound(windows[0]))
        return str(found)

    def _read(self, windows: Sequence[_Window], language: str) -> Iterator[float]:
        """Puts the words of `windows` into their works; yields the share of windows read."""
        for first in range(0, len(windows), BATCH):
            batch = windows[first : first + BATCH]
            try:
                self._read_batch(batch, language)
            except Exception:
                _log.exception("a batch failed, its windows are read one by one")
                for window in batch:
                    self._read_alone(window, language)
            yield (first + len(batch)) / len(windows)

    def _read_batch(self, batch: Sequence[_Window], language: str) -> None:
        sounds = [_sound(window) for window in batch]
        ends = np.cumsum([len(sound) for sound in sounds]) / PCM_RATE_HZ
        starts = np.concatenate(([0.0], ends[:-1]))
        clips = [{"start": float(a), "end": float(b)} for a, b in zip(starts, ends, strict=True)]
        segments, _ = self._batched.transcribe(
            np.concatenate(sounds),
            language=language,
            word_timestamps=True,
            clip_timestamps=clips,
            batch_size=BATCH,
            beam_size=BEAM,
            without_timestamps=True,
        )
        found: list[list[Segment]] = [[] for _ in batch]
        for segment in segments:
            middle = (segment.start + segment.end) / 2
            found[min(int(np.searchsorted(ends, middle, side="right")), len(batch) - 1)].append(segment)
        for window, start, own in zip(batch, starts, found, strict=True):
            if any(segment.compression_ratio > LOOPING for segment in own):
                self._read_alone(window, language)
            else:
                _keep(window, own, float(start))

    def _read_alone(self, window: _Window, language: str) -> None:
        """Reads one window with all of the library's fallbacks; an error is the item's alone."""
        try:
            segments, _ = self._model.transcribe(
                _sound(window), language=language, word_timestamps=True, condition_on_previous_text=False
            )
            _keep(window, list(segments), 0.0)
        except Exception as error:
            window.work.error = f"the speech could not be recognised ({type(error).__name__})"
            _log.exception("a window failed")


def _keep(window: _Window, segments: Sequence[Segment], start_s: float) -> None:
    shift_s = window.span.start_s - start_s
    words = window.work.words
    for segment in segments:
        for word in segment.words or ():
            start_s, end_s = float(word.start) + shift_s, float(word.end) + shift_s
            if words and word.word.startswith(JOINED) and start_s - words[-1].end_s < JOIN_S:
                words[-1] = replace(words[-1], end_s=end_s, text=words[-1].text + word.word)
            else:
                words.append(Word(start_s, end_s, word.word, float(word.probability)))


def _opened(item: Item) -> _Work:
    work = _Work(item, np.zeros(0, np.int16))
    try:
        samples = np.memmap(Path(item.pcm), np.int16, "r")
        first = round((item.start_s - item.pcm_start_s) * PCM_RATE_HZ)
        last = round((item.end_s - item.pcm_start_s) * PCM_RATE_HZ)
        if first < 0 or first >= len(samples) or last <= first:
            work.error = "the asked span lies outside the sound"
        else:
            work.samples = samples[first:last]
    except (OSError, ValueError) as error:
        work.error = f"the sound could not be read ({type(error).__name__})"
    return work


def _sound(window: _Window) -> Sound:
    first, last = round(window.span.start_s * PCM_RATE_HZ), round(window.span.end_s * PCM_RATE_HZ)
    return window.work.samples[first:last].astype(np.float32) / 32768.0


def _speech(samples: Samples) -> Iterator[Span]:
    """Where somebody speaks; long recordings are looked at in blocks so that memory stays flat."""
    size = int(VAD_BLOCK_S * PCM_RATE_HZ)
    for first in range(0, len(samples), size):
        block = samples[first : first + size].astype(np.float32) / 32768.0
        for chunk in get_speech_timestamps(block, _VAD):
            yield Span((first + chunk["start"]) / PCM_RATE_HZ, (first + chunk["end"]) / PCM_RATE_HZ)


def packed(speech: Sequence[Span]) -> list[Span]:
    """Neighbouring stretches joined into windows: at most `WINDOW_S` long, with no pause over `PAUSE_S` inside."""
    windows: list[Span] = []
    for span in speech:
        if windows and span.end_s - windows[-1].start_s <= WINDOW_S and span.start_s - windows[-1].end_s <= PAUSE_S:
            windows[-1] = Span(windows[-1].start_s, span.end_s)
        else:
            windows.append(span)
    return windows


def missing(speech: Sequence[Span], words: Sequence[Word]) -> list[Span]:
    """Stretches of speech, `MISSED_S` or longer, for which there is no word."""
    spans: list[Span] = []
    ordered = sorted(words, key=lambda word: word.start_s)
    for stretch in speech:
        at_s = stretch.start_s
        inside = [word for word in ordered if word.end_s > stretch.start_s and word.start_s < stretch.end_s]
        for start_s, end_s in [*((word.start_s, word.end_s) for word in inside), (stretch.end_s, stretch.end_s)]:
            if start_s - at_s >= MISSED_S:
                spans.append(Span(at_s, start_s))
            at_s = max(at_s, end_s)
    return spans
