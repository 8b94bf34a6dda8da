"""Which picture stands for a clip."""

from collections.abc import Sequence

import numpy as np

from pipeline.media.analysis import Analysis
from pipeline.media.faces import Face
from pipeline.model import Span

STEP_S = 0.25
AWAY_FROM_CUT_S = 0.3
DARK = 30.0
FACE_BONUS = 1.5
NEAR_FACE_S = 0.6


def best_still_s(analysis: Analysis, span: Span, faces: Sequence[Face]) -> float:
    """A sharp, lit picture with a face if there is one, not on a cut; seconds of the source."""
    if not analysis.has_picture:
        return span.start_s
    times = np.arange(span.start_s + STEP_S, max(span.end_s - STEP_S, span.start_s + 2 * STEP_S), STEP_S)
    frames = np.array([analysis.frame_index(float(at_s)) for at_s in times])
    sharpness = analysis.sharpness[frames]
    score = (sharpness - sharpness.mean()) / (float(sharpness.std()) + 1e-6)
    score -= 5.0 * (analysis.brightness[frames] < DARK)
    if len(analysis.cuts_s):
        score -= 5.0 * (np.abs(times[:, None] - analysis.cuts_s[None, :]).min(axis=1) < AWAY_FROM_CUT_S)
    for face in faces:
        score += FACE_BONUS * face.confidence * (np.abs(times - face.at_s) < NEAR_FACE_S)
    return float(times[int(np.argmax(score))])


def moves(analysis: Analysis, span: Span) -> bool:
    """Whether the picture surely moves in `span`."""
    part = _part(analysis, span, analysis.motion)
    return len(part) > 0 and float(part.mean()) > 0.5


def is_lit(analysis: Analysis, span: Span) -> bool:
    """Whether the picture is surely not black in `span`."""
    part = _part(analysis, span, analysis.brightness)
    return len(part) > 0 and float(part.mean()) > 2 * DARK


def _part(
    analysis: Analysis, span: Span, values: np.ndarray[tuple[int], np.dtype[np.float32]]
) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    return values[analysis.frame_index(span.start_s) : analysis.frame_index(span.end_s) + 1]
