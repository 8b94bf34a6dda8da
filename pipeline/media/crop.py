"""Where the camera looks: a crop plan that follows faces, else motion, and moves as little as it can."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.media.analysis import COLUMN_RATE_HZ, Analysis
from pipeline.media.camera import Hold, follow
from pipeline.media.faces import Face
from pipeline.media.subject import Subject, find_subject
from pipeline.model import Span, VideoStream

WIDE_ASPECT = 2.1
STILL_MOTION = 0.12
LEAST_LIT = 0.5
"""A lit part smaller than this share of the picture's width or height is a dark scene, not a picture within bars."""


class Framing(StrEnum):
    """How a picture gets into the frame."""

    WHOLE = "whole"
    """It fits as it is."""
    CROP = "crop"
    """A part of it is shown, and the part may move."""
    FIT = "fit"
    """All of it is shown over a blurred copy of itself."""


@dataclass(frozen=True, slots=True)
class Move:
    """From `start_s` to `end_s` (seconds from the start of the clip) the crop's left edge goes `from_px` to `to_px`.

    A jump has `start_s` == `end_s`. Between moves the camera stands still.
    """

    start_s: float
    end_s: float
    from_px: int
    to_px: int


@dataclass(frozen=True, slots=True)
class CropPlan:
    """A crop of `width` x `height` source pixels (display size), its left edge at `left_px` until the first move."""

    framing: Framing
    width: int
    height: int
    left_px: int = 0
    top_px: int = 0
    moves: tuple[Move, ...] = ()

    def left_at(self, at_s: float) -> float:
        """The crop's left edge in pixels at `at_s` seconds from the start of the clip."""
        left = float(self.left_px)
        for move in self.moves:
            if at_s < move.start_s:
                break
            if at_s >= move.end_s:
                left = float(move.to_px)
            else:
                share = (at_s - move.start_s) / (move.end_s - move.start_s)
                left = move.from_px + (move.to_px - move.from_px) * float(1 - np.cos(np.pi * share)) / 2
        return left

    def expression(self) -> str:
        """The left edge as an ffmpeg expression of `t`, nested as a balanced tree so that its depth stays small."""
        pieces: list[tuple[float, str]] = [(float("-inf"), str(self.left_px))]
        for move in self.moves:
            if move.end_s > move.start_s:
                length = move.end_s - move.start_s
                swing = f"(1-cos(PI*(t-{move.start_s:.3f})/{length:.3f}))/2"
                pieces.append((move.start_s, f"{move.from_px}+{move.to_px - move.from_px}*{swing}"))
            pieces.append((move.end_s, str(move.to_px)))
        return _tree(pieces)

    def reversals_per_s(self, length_s: float) -> float:
        """How often the camera turns round while it pans; jumps at cuts don't count."""
        pans = [np.sign(move.to_px - move.from_px) for move in self.moves if move.end_s > move.start_s]
        return sum(bool(a != b) for a, b in itertools.pairwise(pans)) / length_s


def plan_crop(
    video: VideoStream, span: Span, analysis: Analysis, faces: Sequence[Face], *, aspect: float = 9 / 16
) -> CropPlan:
    """Plans the camera for `span` and a target of `aspect` (width over height).

    Faces win over motion, the middle is the last resort; a cut resets the camera; black bars stay outside where
    they can. A picture that barely moves and shows no face (a screen, a slide), and one much wider than usual, is
    shown whole over a blurred copy.
    """
    top, bottom = _rows(analysis, span)
    height = round((bottom - top) * video.height)
    shape = video.width / height
    if abs(video.width / video.height / aspect - 1) < 0.02:
        return CropPlan(Framing.WHOLE, video.width, video.height)
    if shape < aspect:
        return _crop_height(video, aspect)
    if video.width / video.height > WIDE_ASPECT or (not faces and _still(analysis, span)):
        return CropPlan(Framing.FIT, video.width, video.height)
    width = min(round(height * aspect), video.width)
    holds: list[tuple[Span, list[Hold]]] = []
    for shot in shots(span, analysis.cuts_s):
        subject = find_subject(shot, analysis, faces)
        left, right = _sides(analysis, shot)
        pixels = Subject(subject.centres * video.width, subject.sure)
        bounds = (left * video.width, max(right * video.width - width, left * video.width))
        holds.append((shot, follow(pixels, width, bounds)))
    first, moves = _moves(holds, span.start_s, width)
    return CropPlan(Framing.CROP, width, height, first, round(top * video.height), moves)


def shots(span: Span, cuts_s: NDArray[np.float64]) -> list[Span]:
    """`span` divided at the cuts inside it."""
    inside = [float(cut) for cut in cuts_s if span.start_s + 0.1 < cut < span.end_s - 0.1]
    edges = [span.start_s, *inside, span.end_s]
    return [Span(a, b) for a, b in itertools.pairwise(edges)]


def _moves(holds: list[tuple[Span, list[Hold]]], start_s: float, width: int) -> tuple[int, tuple[Move, ...]]:
    """Jumps between shots and pans within them, in time from the start of the clip."""
    first = holds[0][1][0].left_px
    moves: list[Move] = []
    at_px = first
    for shot, places in holds:
        offset_s = shot.start_s - start_s
        if places[0].left_px != at_px:
            moves.append(Move(offset_s, offset_s, at_px, places[0].left_px))
        at_px = places[0].left_px
        for place in places[1:]:
            begin_s, end_s = place.pan_s(abs(place.left_px - at_px) / width)
            moves.append(Move(offset_s + begin_s, offset_s + end_s, at_px, place.left_px))
            at_px = place.left_px
    return first, tuple(moves)


def _tree(pieces: list[tuple[float, str]]) -> str:
    if len(pieces) == 1:
        return pieces[0][1]
    half = len(pieces) // 2
    return f"if(lt(t,{pieces[half][0]:.3f}),{_tree(pieces[:half])},{_tree(pieces[half:])})"


def _crop_height(video: VideoStream, aspect: float) -> CropPlan:
    """For a picture taller than the target: cut a little above and below, or show it whole."""
    height = round(video.width / aspect)
    if height < 0.75 * video.height:
        return CropPlan(Framing.FIT, video.width, video.height)
    return CropPlan(Framing.CROP, video.width, height, 0, (video.height - height) // 3)


def _still(analysis: Analysis, span: Span) -> bool:
    part = analysis.columns[_rows_of(analysis, span)]
    return len(part) > 0 and float(np.median(part.mean(axis=1))) < STILL_MOTION


def _rows_of(analysis: Analysis, span: Span) -> slice:
    first = max(round((span.start_s - analysis.span.start_s) * COLUMN_RATE_HZ), 0)
    return slice(first, first + max(round(span.length_s * COLUMN_RATE_HZ), 1))


def _rows(analysis: Analysis, span: Span) -> tuple[float, float]:
    """Top and bottom of the picture without bars, as shares; bars count only when they stay all through."""
    lit = analysis.lit[_rows_of(analysis, span)]
    top, bottom = (float(lit[:, 1].min()), float(lit[:, 3].max())) if len(lit) else (0.0, 1.0)
    return (top, bottom) if bottom - top >= LEAST_LIT else (0.0, 1.0)


def _sides(analysis: Analysis, shot: Span) -> tuple[float, float]:
    lit = analysis.lit[_rows_of(analysis, Span(shot.start_s + 0.2, max(shot.end_s - 0.2, shot.start_s + 0.3)))]
    left, right = (float(lit[:, 0].min()), float(lit[:, 2].max())) if len(lit) else (0.0, 1.0)
    return (left, right) if right - left >= LEAST_LIT else (0.0, 1.0)
