"""Faces in real footage, and a detector that is started once."""

import asyncio
import sys

import pytest

from clipnet import carriers
from pipeline.media.faces import FaceFinder, find_faces
from pipeline.media.probe import probe
from pipeline.media.tools import Limits, Tools
from pipeline.model import Span
from tests.pipeline.media.conftest import LeftBehind, Make, tone


async def test_a_real_face_is_found_by_one_warm_child(tools: Tools, limits: Limits, left_behind: LeftBehind) -> None:
    footage = carriers.demo_footage()
    if "carphone_pristine" not in footage:
        pytest.skip("no carried footage")
    path = footage["carphone_pristine"]
    seen = await probe(path, tools, limits)
    async with FaceFinder(tools, limits) as finder:
        first = await finder.find(path, seen, Span(1, 3))
        (child,) = left_behind()
        second = await finder.find(path, seen, Span(1, 3))
        assert [process.pid for process in left_behind()] == [child.pid]
    assert first == second
    assert {face.at_s for face in first} == {1.0, 1.5, 2.0, 2.5}
    assert all(0.3 < face.centre_x < 0.6 and face.confidence > 0.8 for face in first)
    assert left_behind() == []
    assert "cv2" not in sys.modules


async def test_no_picture_no_model_no_faces(tools: Tools, limits: Limits, make: Make) -> None:
    sound = make("sound.mp3", *tone(2))
    assert await find_faces(sound, await probe(sound, tools, limits), Span(0, 1), tools, limits) == []


async def test_cancelling_a_look_leaves_no_child(tools: Tools, limits: Limits, left_behind: LeftBehind) -> None:
    footage = carriers.demo_footage()
    if "bikes" not in footage:
        pytest.skip("no carried footage")
    seen = await probe(footage["bikes"], tools, limits)
    async with FaceFinder(tools, limits) as finder:
        await finder.warm()
        task = asyncio.create_task(finder.find(footage["bikes"], seen, Span(0, 8)))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert left_behind() == []
