"""Captions: which words are shown when, and that strangers' text stays text."""

import itertools
import re
from pathlib import Path
from typing import get_args

import ffmpeg
import numpy as np
import pysubs2
import pytest
from numpy.typing import NDArray

from clipnet.errors import BadInput
from pipeline.media.captions import CaptionLook, caption_document, plain
from pipeline.media.command import ffmpeg_command, source, url
from pipeline.media.runner import run
from pipeline.media.subtitles import parse_subtitles
from pipeline.media.tools import Limits, Tools
from pipeline.model import Span, Word
from pipeline.options import Template
from tests.pipeline.media.conftest import Make, frames, picture

LOOK = CaptionLook(1080, 1920)
SPOKEN = [
    Word(10.0, 10.4, "Ask"),
    Word(10.4, 10.8, "not"),
    Word(10.8, 11.0, "what"),
    Word(11.0, 11.4, "your"),
    Word(11.4, 12.0, "country"),
    Word(14.0, 14.5, "Now."),
    Word(14.5, 15.0, "Then"),
]


def test_each_word_is_lit_while_it_is_spoken() -> None:
    shown = pysubs2.SSAFile.from_string(caption_document(SPOKEN, Span(10, 16), LOOK))
    events = [event for event in shown if event.style == "Caption"]
    assert [(event.start, event.end) for event in events[:5]] == [
        (0, 400),
        (400, 800),
        (800, 1000),
        (1000, 1400),
        (1400, 2300),
    ]
    assert events[1].plaintext == "Ask not what your"
    assert events[1].text == r"Ask {\1c&H1FD7FF&\3c&H1FD7FF&}not{\1c&HFFFFFF&\3c&HFFFFFF&} what your"
    assert [event.plaintext for event in events[5:]] == ["Now.", "Then"]
    below = [(event.start, event.end, event.plaintext) for event in shown if event.style == "Shade"]
    assert below[0] == (0, 1400, "Ask not what your")


def test_karaoke_fills_each_word_for_as_long_as_it_is_spoken() -> None:
    look = CaptionLook(1080, 1920, "karaoke")
    first, *_ = pysubs2.SSAFile.from_string(caption_document(SPOKEN, Span(10.2, 16), look))
    assert first.text == r"{\kf20}Ask {\kf40}not {\kf20}what {\kf40}your {\kf90}country"
    assert (first.start, first.end) == (0, 2100)


def test_clean_shows_whole_phrases_without_a_code() -> None:
    shown = pysubs2.SSAFile.from_string(caption_document(SPOKEN, Span(10, 16), CaptionLook(1080, 1920, "clean")))
    assert [event.text for event in shown] == ["Ask not what your country", "Now.", "Then"]


def test_words_outside_the_span_are_left_out() -> None:
    events = list(pysubs2.SSAFile.from_string(caption_document(SPOKEN, Span(10.9, 11.2), LOOK)))
    assert {event.plaintext for event in events} == {"what your"}
    assert (events[0].start, events[-1].end) == (0, 300)


def test_captions_lie_clear_of_the_platforms_buttons() -> None:
    style = pysubs2.SSAFile.from_string(caption_document(SPOKEN, Span(10, 16), LOOK)).styles["Caption"]
    assert style.marginv >= 480
    assert min(style.marginl, style.marginr) >= 110


@pytest.mark.parametrize(
    "text",
    [r"{\p1}m 0 0 l 900 0 900 900", r"a\Nb", r"{\pos(0,0)}x", "a\nb\r\tc", "\\{\\fs300}", "x\u202ey\x07z"],
)
def test_codes_render_as_what_they_are(text: str) -> None:
    shown = pysubs2.SSAEvent(text=plain(text, 90))
    assert "{\\" not in shown.text.replace("\\{", "")
    assert "\n" not in shown.text
    assert not re.search("\\\\(?![\u2060{}])", shown.text), "no backslash stands before what it could act on"
    assert all(ch.isprintable() or ch == "\u2060" for ch in shown.text)


async def burnt(
    text: str, tools: Tools, limits: Limits, scratch: Path, grey: Path, *, title: str = "", look: CaptionLook = LOOK
) -> NDArray[np.int16]:
    """How much each pixel of a grey picture changed by a caption of `text`."""
    document = scratch / "c.ass"
    document.write_text(caption_document([Word(0, 1, text)], Span(0, 1), look, title=title))
    out = scratch / "out.png"
    drawn = source(grey, limits).video.filter("ass", filename=str(document), fontsdir=str(tools.font_dir))
    output = ffmpeg.output(drawn.filter("select", "eq(n,5)"), url(out), vframes=1, update=1)
    await run(ffmpeg_command(tools, [output], reads=[grey], scratch=scratch), limits=limits)
    pixels = np.frombuffer(frames(tools, out, size=(270, 480)), np.uint8).reshape(480, 270, 3).astype(np.int16)
    return np.asarray(np.abs(pixels - pixels[0, 0]).max(axis=2))


@pytest.fixture(scope="session")
def grey(make: Make) -> Path:
    return make("grey.mkv", *picture("color=c=gray:s=1080x1920:r=10:d=1"), "-c:v", "ffv1")


async def test_an_injected_drawing_paints_nothing(tools: Tools, limits: Limits, scratch: Path, grey: Path) -> None:
    attack = r"{\p1}m 0 0 l 900 0 900 900{\p0}"
    harmless = await burnt("zzzzzzzz", tools, limits, scratch, grey)
    assert ((await burnt("{zzzzzzzz}", tools, limits, scratch, grey)) > 24).sum() > (harmless > 24).sum()
    attacked = await burnt(attack, tools, limits, scratch, grey)
    rows = np.flatnonzero(harmless.max(axis=1) > 24)
    assert len(rows) > 0
    inked = np.flatnonzero(attacked.max(axis=1) > 24)
    assert inked.min() > 240, "all ink is in the caption's place"
    assert inked.max() <= 360
    assert (attacked > 24).mean() < 0.06, "glyphs, not areas"
    raw = scratch / "raw.ass"
    raw.write_text(caption_document([Word(0, 1, "x")], Span(0, 1), LOOK).replace("x{", attack + "{"))
    drawn = source(grey, limits).video.filter("ass", filename=str(raw), fontsdir=str(tools.font_dir))
    output = ffmpeg.output(drawn, url(scratch / "raw.png"), vframes=1, update=1)
    await run(ffmpeg_command(tools, [output], reads=[grey], scratch=scratch), limits=limits)
    unescaped = np.frombuffer(frames(tools, scratch / "raw.png", size=(270, 480)), np.uint8).reshape(480, 270, 3)
    assert (np.abs(unescaped.astype(np.int16) - unescaped[0, 0]).max(axis=2) > 24).mean() > 0.06, "the attack is real"


async def test_a_title_stands_at_the_top_and_a_long_word_fits(
    tools: Tools, limits: Limits, scratch: Path, grey: Path
) -> None:
    ink = await burnt("W" * 60, tools, limits, scratch, grey, title="../../etc/passwd {x} " * 3)
    columns = np.flatnonzero(ink.max(axis=0) > 24)
    assert columns.min() >= 20
    assert columns.max() <= 250
    assert np.flatnonzero(ink.max(axis=1) > 24).min() >= 40
    assert (ink[:180] > 24).any()


async def test_each_template_paints_another_picture_in_the_same_place(
    tools: Tools, limits: Limits, scratch: Path, grey: Path
) -> None:
    ink = {
        template: await burnt("zzzzzzzz", tools, limits, scratch, grey, look=CaptionLook(1080, 1920, template))
        for template in get_args(Template)
    }
    assert set(ink) == {"bold", "clean", "karaoke"}
    for one, other in itertools.combinations(ink.values(), 2):
        assert (np.abs(one - other) > 24).mean() > 0.003
    for painted in ink.values():
        rows = np.flatnonzero(painted.max(axis=1) > 24)
        assert rows.min() > 300
        assert rows.max() <= 360


def test_a_given_transcript_becomes_words() -> None:
    text = "1\n00:00:01,000 --> 00:00:02,000\n<i>Hello</i> big\nworld\n\n2\n00:00:01,500 --> 00:00:03,000\nagain\n"
    words = parse_subtitles(text.encode()).words
    assert [word.text for word in words] == ["Hello", "big", "world", "again"]
    assert words[0].start_s == 1.0
    assert all(a.end_s <= b.start_s + 1e-9 for a, b in itertools.pairwise(words))
    assert all(word.end_s > word.start_s for word in words)
    web = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello you\n"
    assert [word.text for word in parse_subtitles(web.encode()).words] == ["Hello", "you"]


@pytest.mark.parametrize(
    "data", [b"", b"just text", b"\xff\xfe\x00-->", b"1\n00:00:01,000 --> 00:00:01,000\nx\n", b"-->" * 9]
)
def test_what_is_no_transcript(data: bytes) -> None:
    with pytest.raises(BadInput) as caught:
        parse_subtitles(data)
    assert caught.value.hint


def test_a_real_transcript(media: Path) -> None:
    words = parse_subtitles((media / "popeye-p1.srt").read_bytes()).words
    assert len(words) > 80
    assert words[3].start_s == 13.0
