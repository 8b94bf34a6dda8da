"""What is looked at for which wish, and under which hash it is kept."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.inference.local import SpeechModel
from pipeline.model import Span, Word
from pipeline.options import ClipOptions
from pipeline.stages.captions_file import subtitle_file
from pipeline.stages.plan import AROUND_S, Plan, inputs_hash, plan_for


def _plan(
    *, content: str = "c", duration_s: float = 600.0, sound: bool = True, model: str = "/m", **wishes: Any
) -> Plan:
    return plan_for(
        ClipOptions(**wishes),
        content_hash=content,
        duration_s=duration_s,
        has_sound=sound,
        speech=SpeechModel(model),
        language=None,
    )


def test_without_a_time_all_is_looked_at() -> None:
    assert [look.span for look in _plan().looks] == [Span(0, 600)]
    assert [look.span for look in _plan(find="x").looks] == [Span(0, 600)]


def test_with_a_time_only_its_surroundings_are_unless_all_is_known() -> None:
    near = 30 + AROUND_S
    assert [look.span for look in _plan(at_s=300).looks] == [Span(0, 600), Span(300 - near, 300 + near)]
    assert [look.span for look in _plan(at_s=300, duration_s=310).looks] == [Span(0, 310), Span(180, 310)]
    assert len(_plan(start_s=20, end_s=40, duration_s=100).looks) == 1
    assert len(_plan(at_s=900).looks) == 1


def test_hashes_change_with_what_they_are_made_of() -> None:
    (base,) = _plan().looks
    (same,) = _plan(count=2, aspect="1:1").looks
    assert same == base
    (other_content,) = _plan(content="d").looks
    assert other_content.analysis_hash != base.analysis_hash
    (other_model,) = _plan(model="/n").looks
    assert other_model.analysis_hash == base.analysis_hash
    assert other_model.transcript_hash != base.transcript_hash
    (given,) = _plan(transcript_key="k").looks
    assert given.transcript_hash not in (base.transcript_hash, other_model.transcript_hash)


@pytest.mark.parametrize(
    ("wishes", "wanted"),
    [
        ({}, True),
        ({"sound": False}, False),
        ({"captions": False}, True),
        ({"captions": False, "at_s": 3}, False),
        ({"sound": False, "transcript_key": "k"}, True),
    ],
)
def test_speech_is_wanted_where_it_is_of_use(wishes: dict[str, Any], wanted: bool) -> None:
    assert _plan(**wishes).wants_speech is wanted


def test_a_hash_refuses_what_has_no_one_spelling() -> None:
    assert inputs_hash("s", "1", a=1, b=2) == inputs_hash("s", "1", b=2, a=1)
    with pytest.raises(ValueError, match="JSON"):
        inputs_hash("s", "1", a=float("nan"))


def test_a_clips_subtitles_start_at_its_own_zero(tmp_path: Path) -> None:
    words = [Word(9.0, 9.4, "before"), Word(10.1, 10.5, "hello"), Word(10.6, 11.0, "there"), Word(14.0, 14.4, "again")]
    path = tmp_path / "clip.srt"
    path.write_text(subtitle_file(words, Span(10, 15)))
    assert path.read_text().split("\n\n")[:2] == [
        "1\n00:00:00,100 --> 00:00:01,300\nhello there",
        "2\n00:00:04,000 --> 00:00:04,700\nagain",
    ]
    assert subtitle_file(words, Span(20, 30)) == ""
