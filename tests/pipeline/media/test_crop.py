"""The camera: in frame, calm, reset at cuts, and out of the way where a crop would hurt."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.media.analysis import COLUMN_RATE_HZ, Analysis
from pipeline.media.crop import CropPlan, Framing, Move, plan_crop
from pipeline.media.faces import Face
from pipeline.media.thumbnail import choose_thumbnail
from pipeline.model import Span, VideoStream

HD = VideoStream(0, "h264", "yuv420p", 1920, 1080, 1920, 1080, 0, 1.0, 25.0, 8)
SPAN = Span(0, 30)


def analysis(motion_at: np.ndarray | None = None, cuts: tuple[float, ...] = (), *, noise: float = 1.0) -> Analysis:
    """Thirty seconds in which the motion sits around shares `motion_at` of the width, one per 200 ms."""
    rows = round(30 * COLUMN_RATE_HZ)
    rng = np.random.default_rng(7)
    columns = rng.random((rows, 96)) * 0.5 * noise
    if motion_at is not None:
        places = (np.arange(96) + 0.5) / 96
        columns += 20 * np.exp(-(((places[None, :] - motion_at[:, None]) / 0.05) ** 2))
    none, still = np.zeros(0, np.float32), np.full(750, 100, np.float32)
    lit = np.tile(np.array([0, 0, 1, 1], np.float32), (rows, 1))
    return Analysis(
        SPAN, 25.0, still, still, still, still, columns.astype(np.float32), lit, np.array(cuts), none, none, none, none
    )


def in_frame(plan: CropPlan, centres: np.ndarray) -> float:
    """Share of the time in which a subject at `centres` (pixels) is inside the crop."""
    times = (np.arange(len(centres)) + 0.5) * 30 / len(centres)
    lefts = np.array([plan.left_at(t) for t in times])
    return float(np.mean((centres >= lefts) & (centres <= lefts + plan.width)))


def seen(centres: np.ndarray) -> list[Face]:
    """A face twice a second at `centres`, shares of the width, one per 200 ms."""
    return [
        Face(t, float(np.interp(t * COLUMN_RATE_HZ, np.arange(len(centres)), centres)) - 0.05, 0.3, 0.1, 0.2, 0.9)
        for t in np.arange(0, 30, 0.5)
    ]


WALK = np.linspace(0.15, 0.85, 150)
PACE = 0.5 + 0.3 * np.sin(np.linspace(0, 4 * np.pi, 150))
NOD = 0.5 + 0.05 * np.sin(np.linspace(0, 60 * np.pi, 150))


@pytest.mark.parametrize("centres", [WALK, PACE, NOD], ids=["walk", "pace", "nod"])
@pytest.mark.parametrize("by", ["face", "motion"])
def test_a_moving_subject_stays_in_frame_and_the_camera_stays_calm(centres: np.ndarray, by: str) -> None:
    faces = seen(centres) if by == "face" else []
    plan = plan_crop(HD, SPAN, analysis(None if faces else centres), faces)
    assert plan.framing is Framing.CROP
    assert in_frame(plan, centres * 1920) >= 0.95
    assert plan.reversals_per_s(30) <= 0.15


def test_a_subject_that_stays_gets_a_camera_that_stands() -> None:
    plan = plan_crop(HD, SPAN, analysis(), seen(NOD))
    assert plan.moves == ()
    assert plan.left_px == pytest.approx(960 - 304, abs=60)


def test_a_false_detection_does_not_move_the_camera() -> None:
    faces = seen(np.full(150, 0.3))
    faces[20] = replace(faces[20], left=0.9)
    assert plan_crop(HD, SPAN, analysis(), faces).moves == ()


def test_a_cut_resets_the_camera_at_once() -> None:
    centres = np.where(np.arange(150) < 75, 0.2, 0.8)
    plan = plan_crop(HD, SPAN, analysis(cuts=(15.0,)), seen(centres))
    (move,) = plan.moves
    assert move.start_s == move.end_s == 15.0
    assert in_frame(plan, centres * 1920) == 1.0


def test_the_larger_face_wins_and_is_kept() -> None:
    two = [
        face
        for pair in zip(seen(np.full(150, 0.2)), seen(np.full(150, 0.8)), strict=True)
        for face in (pair[0], replace(pair[1], height=0.22))
    ]
    plan = plan_crop(HD, SPAN, analysis(), two)
    assert plan.moves == ()
    assert plan.left_px > 960


def test_still_screens_and_very_wide_pictures_are_shown_whole() -> None:
    assert plan_crop(HD, SPAN, analysis(noise=0.05), []).framing is Framing.FIT
    assert plan_crop(HD, SPAN, analysis(noise=0.05), seen(NOD)).framing is Framing.CROP
    wide = replace(HD, width=3026, height=1386)
    assert plan_crop(wide, SPAN, analysis(WALK), []).framing is Framing.FIT


def test_upright_sources_are_not_cropped() -> None:
    assert plan_crop(replace(HD, width=720, height=1280), SPAN, analysis(), []).framing is Framing.WHOLE
    taller = plan_crop(replace(HD, width=720, height=1440), SPAN, analysis(), [])
    assert (taller.framing, taller.width, taller.height) == (Framing.CROP, 720, 1280)
    assert plan_crop(HD, SPAN, analysis(), [], aspect=16 / 9).framing is Framing.WHOLE


def test_black_bars_stay_outside() -> None:
    barred = analysis(np.full(150, 0.1))
    barred.lit[:] = (0.125, 0, 0.875, 1)
    assert plan_crop(HD, SPAN, barred, []).left_px >= 240
    boxed = analysis(np.full(150, 0.5))
    boxed.lit[:] = (0, 0.125, 1, 0.875)
    plan = plan_crop(HD, SPAN, boxed, [])
    assert (plan.top_px, plan.height, plan.width) == (135, 810, 456)


def test_the_expression_says_what_the_plan_says() -> None:
    plan = CropPlan(Framing.CROP, 608, 1080, 10, 0, (Move(1, 2, 10, 110), Move(3, 3, 110, 400), Move(4, 6, 400, 0)))
    names = {"PI": np.pi, "cos": np.cos, "lt": lambda a, b: a < b}
    text = plan.expression().replace("if(", "pick(")
    for t in (0.0, 1.0, 1.3, 2.0, 2.9, 3.0, 3.5, 4.0, 5.2, 6.0, 9.0):
        value = eval(text, {"pick": lambda c, a, b: a if c else b, "t": t, **names})
        assert value == pytest.approx(plan.left_at(t), abs=0.01), t


def test_the_thumbnail_is_sharp_lit_and_off_the_cuts() -> None:
    base = analysis(cuts=(10.0,))
    sharp = np.full(750, 1.0, np.float32)
    sharp[250:255] = 3.0
    sharp[500:503] = 2.0
    bright = np.full(750, 100, np.float32)
    bright[:100] = 3
    picture = replace(base, motion=np.zeros(750, np.float32), sharpness=sharp, brightness=bright)
    assert choose_thumbnail(picture, SPAN, []) == pytest.approx(20.0, abs=0.2)
    face = Face(15.0, 0.4, 0.2, 0.2, 0.4, 0.95)
    assert choose_thumbnail(picture, SPAN, [face]) == pytest.approx(15.0, abs=0.3)
