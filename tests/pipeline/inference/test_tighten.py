"""A word stretched over a pause shrinks to its sound."""

import numpy as np

from pipeline.inference.protocol import PCM_RATE_HZ
from pipeline.inference.tighten import tightened


def _sound(*loud: tuple[float, float], length_s: float = 3.0) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    at_s = np.arange(int(length_s * PCM_RATE_HZ)) / PCM_RATE_HZ
    tone = np.zeros(len(at_s))
    for start_s, end_s in loud:
        inside = (at_s >= start_s) & (at_s < end_s)
        tone[inside] = 8000 * np.sin(2 * np.pi * 220 * at_s[inside])
    return tone.astype(np.int16)


def test_the_pause_before_a_word_is_cut_off() -> None:
    start_s, end_s = tightened(0.2, 1.9, _sound((0.0, 0.26), (1.4, 1.8)))
    assert 1.34 <= start_s <= 1.4
    assert 1.8 <= end_s <= 1.86


def test_short_words_and_silence_are_left_alone() -> None:
    assert tightened(0.2, 0.8, _sound((0.5, 0.7))) == (0.2, 0.8)
    assert tightened(0.2, 1.9, _sound()) == (0.2, 1.9)
    assert tightened(5.0, 6.0, _sound()) == (5.0, 6.0)
