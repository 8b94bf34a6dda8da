"""Motion, cuts and light from a stream of small grey frames, a batch at a time."""

import numpy as np
from numpy.typing import NDArray

from pipeline.media.analysis import COLUMN_RATE_HZ, Floats

CUT_RATIO = 3.0
CUT_LEAST = 6.0
CUT_WINDOW = 6
CUT_GAP_S = 0.3
SAME = 1e-6
BAR_LEVEL = 30


class PictureMeter:
    """Takes frames as they come and keeps only what was measured. `width` and `height` are pixels of a small frame."""

    def __init__(self, width: int, height: int, rate_hz: float) -> None:
        self.width, self.height, self.rate_hz = width, height, rate_hz
        self.frames = 0
        self._rest = b""
        self._before: NDArray[np.int16] | None = None
        self._numbers: list[NDArray[np.float64]] = []
        self._column_sum = np.zeros(width)
        self._column_count = 0
        self._columns: list[NDArray[np.float32]] = []
        self._brightest = np.zeros((width,), np.uint8), np.zeros((height,), np.uint8)
        self._lit: list[tuple[float, float, float, float]] = []

    def feed(self, data: bytes) -> None:
        """Measures the whole frames in `data`, and keeps a part frame for the next call."""
        data = self._rest + data
        size = self.width * self.height
        count = len(data) // size
        self._rest = data[count * size :]
        if count:
            grey = np.frombuffer(data, np.uint8, count * size).reshape(count, self.height, self.width)
            self._measure(grey)

    def result(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        """Motion, brightness, sharpness, columns, lit: see `Analysis`."""
        if self._column_count:
            self._close_columns()
        numbers = np.concatenate(self._numbers) if self._numbers else np.zeros((0, 3))
        motion, brightness, sharpness = numbers.astype(np.float32).T
        columns = np.array(self._columns, np.float32).reshape(-1, self.width)
        return motion, brightness, sharpness, columns, np.array(self._lit, np.float32).reshape(-1, 4)

    def _measure(self, grey: NDArray[np.uint8]) -> None:
        frames = grey.astype(np.int16)
        by_side = grey.max(axis=1), grey.max(axis=2)
        first = frames[:1] if self._before is None else self._before
        change = np.abs(np.diff(np.concatenate((first, frames)), axis=0))
        self._before = frames[-1:].copy()
        by_column = change.mean(axis=1, dtype=np.float32)
        sharpness = np.abs(np.diff(frames, axis=2)).mean(axis=(1, 2), dtype=np.float32)
        brightness = frames.mean(axis=(1, 2), dtype=np.float32)
        self._numbers.append(np.column_stack((by_column.mean(axis=1), brightness, sharpness)))
        for index, row in enumerate(by_column):
            self._column_sum += row
            for brightest, frame in zip(self._brightest, by_side, strict=True):
                np.maximum(brightest, frame[index], out=brightest)
            self._column_count += 1
            self.frames += 1
            if self.frames * COLUMN_RATE_HZ >= (len(self._columns) + 1) * self.rate_hz:
                self._close_columns()

    def _close_columns(self) -> None:
        self._columns.append((self._column_sum / max(self._column_count, 1)).astype(np.float32))
        self._column_sum[:] = 0
        self._column_count = 0
        across, down = (_ends(brightest) for brightest in self._brightest)
        self._lit.append((across[0], down[0], across[1], down[1]))
        for brightest in self._brightest:
            brightest[:] = 0


def _ends(brightest: NDArray[np.uint8]) -> tuple[float, float]:
    """Where the first and the last lit line stand, as shares; (1, 0) when none is."""
    lit = np.flatnonzero(brightest > BAR_LEVEL)
    return (lit[0] / len(brightest), (lit[-1] + 1) / len(brightest)) if len(lit) else (1.0, 0.0)


def find_cuts(motion: Floats, rate_hz: float) -> tuple[Floats, NDArray[np.float64]]:
    """The cut score of each frame (a cut is ≥ 1) and the times of the hard cuts in seconds from the first frame.

    A change counts when it is `CUT_RATIO` times the mean of its neighbours: steady motion, however strong, is none.
    Repeated frames (a decoder that skips, a source of variable rate) have no change and are left out of the mean.
    """
    score = np.zeros(len(motion), np.float32)
    real = np.flatnonzero(motion > SAME)
    if len(real) == 0:
        return score, np.zeros(0)
    change = motion[real].astype(np.float64)
    padded = np.pad(change, CUT_WINDOW, mode="reflect" if len(change) > CUT_WINDOW else "edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * CUT_WINDOW + 1)
    around = (windows.sum(axis=1) - change) / (2 * CUT_WINDOW)
    score[real] = np.minimum(change / CUT_LEAST, change / np.maximum(around, 0.5) / CUT_RATIO)
    cuts: list[int] = []
    for index in np.flatnonzero(score >= 1):
        if cuts and index - cuts[-1] < CUT_GAP_S * rate_hz:
            if score[index] > score[cuts[-1]]:
                cuts[-1] = int(index)
        elif index > 0:
            cuts.append(int(index))
    return score, np.array(cuts, np.float64) / rate_hz
