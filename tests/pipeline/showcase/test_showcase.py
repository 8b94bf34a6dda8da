"""The demonstration: its speech is known and heard, its clips hold lively moments, its pictures can be looked at."""

from pathlib import Path

import pytest
from PIL import Image

from clipnet import carriers
from pipeline.media.tools import Limits, Tools
from pipeline.showcase.demo_source import LENGTH_S, LINES, build_demo
from pipeline.showcase.of_request import picture_clips, picture_score, words_of
from pipeline.showcase.speech import Line, speak
from pipeline.showcase.wer import word_error_rate
from tests.pipeline.conftest import Stage


@pytest.fixture
def tools() -> Tools:
    return Tools(carriers.ffmpeg(), carriers.font_dir(), carriers.face_model())


async def test_lines_are_said_at_their_times(tools: Tools, tmp_path: Path) -> None:
    spoken = await speak(
        [Line(1.0, "Hello there."), Line(1.2, "Look at this!")], 6.0, tools, Limits(), scratch=tmp_path
    )
    assert [word.text for word in spoken.words] == ["Hello", "there.", "Look", "at", "this!"]
    assert spoken.words[0].start_s == 1.0
    edges = [edge for word in spoken.words for edge in (word.start_s, word.end_s)]
    assert edges == sorted(edges)
    assert spoken.pcm.stat().st_size == 6 * spoken.rate_hz * 2


@pytest.mark.parametrize(
    ("said", "heard", "rate"),
    [
        ("a b c d", "a b c d", 0.0),
        ("a b c d", "A, b x d!", 0.25),
        ("a b", "", 1.0),
        ("a b", "a x b", 0.5),
        ("", "", 0.0),
    ],
)
def test_errors_per_word(said: str, heard: str, rate: float) -> None:
    assert word_error_rate(said.split(), heard.split()) == rate


async def test_the_demonstration_checks_its_own_captions(stage: Stage, tools: Tools, tmp_path: Path) -> None:
    scratch = tmp_path / "demo"
    scratch.mkdir()
    demo = await build_demo(tmp_path / "demo.mp4", tools, Limits(), scratch=scratch)
    assert demo.length_s == LENGTH_S >= 60
    assert demo.text == " ".join(line.text for line in LINES)
    request_id = await stage.ask(demo.path, length_s=5, count=1)
    heard = await words_of(stage.tools, stage.pool, request_id)
    assert word_error_rate(demo.text.split(), [word.text for word in heard]) < 0.15
    assert abs(demo.words[0].start_s - heard[0].start_s) < 0.4
    for name, picture in (("curve", picture_score), ("sheet", picture_clips)):
        out = tmp_path / f"{name}.png"
        await picture(stage.tools, stage.pool, request_id, out, scratch=scratch)
        with Image.open(out) as image:
            image.verify()
