"""Chooses the moment of a clip that its thumbnail shows."""

from collections.abc import Sequence

import numpy as np

from pipeline.media.analysis import BLACK_LEVEL, Analysis, Floats
from pipeline.media.faces import Face
from pipeline.model import Span

NEAR_CUT_S = 0.4
NEAR_FACE_S = 0.3
EDGE_S = 0.5


def choose_thumbnail(analysis: Analysis, span: Span, faces: Sequence[Face]) -> float:
    """Seconds of the source: sharp, calm, lit, away from cuts, and with a face where there is one."""
    first, last = analysis.frame_index(span.start_s), analysis.frame_index(span.end_s)
    if last <= first:
        return (span.start_s + span.end_s) / 2
    times = analysis.span.start_s + np.arange(first, last) / analysis.frame_rate_hz
    sharp, motion = analysis.sharpness[first:last], analysis.motion[first:last]
    score = sharp / max(float(sharp.max()), 1e-6) - np.minimum(_widest(motion) / 10, 1.0)
    score = score - 2.0 * (analysis.brightness[first:last] < BLACK_LEVEL)
    for cut in analysis.cuts_s:
        score = score - 1.0 * (np.abs(times - cut) < NEAR_CUT_S)
    for face in faces:
        score = np.where(np.abs(times - face.at_s) < NEAR_FACE_S, score + face.confidence * (0.5 + face.area), score)
    edge_s = min(EDGE_S, span.length_s / 4)
    score = score - 0.5 * ((times < span.start_s + edge_s) | (times > span.end_s - edge_s))
    return float(times[int(np.argmax(score))])


def _widest(motion: Floats) -> Floats:
    """The largest of each value and its neighbours, since decoders that skip leave zeros between."""
    padded = np.pad(motion, 2, mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 5).max(axis=1))
