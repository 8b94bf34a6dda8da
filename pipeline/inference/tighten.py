"""Cuts the pause off words that a recogniser stretched over it, by looking at the sound itself."""

import numpy as np
from numpy.typing import NDArray

from pipeline.inference.protocol import PCM_RATE_HZ

FRAME_S = 0.02
STRETCHED_S = 0.7
"""Words are rarely longer; only such ones are looked at."""
LOUD = 0.1
"""Share of the word's loudest frame from which sound counts as part of it (-20 dB)."""
JOIN_S = 0.16
PAD_S = 0.03


def tightened(start_s: float, end_s: float, samples: NDArray[np.int16]) -> tuple[float, float]:
    """The part of a stretched word, in seconds from the first sample, that carries most of its sound."""
    first, last = round(start_s * PCM_RATE_HZ), round(end_s * PCM_RATE_HZ)
    size = round(FRAME_S * PCM_RATE_HZ)
    frames = samples[max(first, 0) : last].astype(np.float32)
    count = len(frames) // size
    if end_s - start_s <= STRETCHED_S or count == 0:
        return start_s, end_s
    level = np.sqrt(np.mean(frames[: count * size].reshape(count, size) ** 2, axis=1))
    loud = np.flatnonzero(level > LOUD * level.max()) if level.max() > 0 else np.zeros(0, np.int64)
    if not len(loud):
        return start_s, end_s
    islands = np.split(loud, np.flatnonzero(np.diff(loud) > round(JOIN_S / FRAME_S)) + 1)
    heaviest = max(islands, key=lambda island: float(np.square(level[island]).sum()))
    begin_s = start_s + float(heaviest[0]) * FRAME_S - PAD_S
    finish_s = start_s + float(heaviest[-1] + 1) * FRAME_S + PAD_S
    return max(begin_s, start_s), min(finish_s, end_s)
