"""Text to command: a command, an answer now, or not for us."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.commands import COMMANDS
from bot.grammar import AnswerNow, NotForUs, Parsed, parse_named, parse_text, split
from bot.params import Moment, Source
from bot.registry import Registry
from ops_commands import COMMANDS as OPERATORS

REGISTRY = Registry((*COMMANDS, *OPERATORS))


def parsed(text: str) -> tuple[str, dict[str, Any]]:
    outcome = parse_text(REGISTRY, "console", text)
    assert isinstance(outcome, Parsed), outcome
    return outcome.command.name, {name: value for name, value in outcome.args.items() if value not in (None, False)}


def answered(text: str) -> tuple[str, str]:
    outcome = parse_text(REGISTRY, "console", text)
    assert isinstance(outcome, AnswerNow), outcome
    return outcome.error.sentence, outcome.error.hint


@pytest.mark.parametrize(
    "text",
    [
        'clip https://e.org/a.mp4 --at 1:20 --length 30 --find "what a goal"',
        "/clip https://e.org/a.mp4 --at=1:20 --length=30s --find='what a goal'",
        "!CLIP https://e.org/a.mp4 \u2014at 1:20 \u2013length 30 \u2014find \u201cwhat a goal\u201d",
        'clip source=https://e.org/a.mp4 at=1:20 length=30 find="what a goal"',
    ],
)
def test_however_it_is_typed_it_means_the_same(text: str) -> None:
    name, args = parsed(text)
    assert name == "clip"
    assert args == {"source": Source("url", "https://e.org/a.mp4"), "at": 80.0, "length": 30.0, "find": "what a goal"}


def test_two_words_name_a_sub_command_and_the_rest_are_its_arguments() -> None:
    assert parsed("jobs retry 42") == ("jobs retry", {"job": 42})
    assert parsed("dead-letter discard 7 --noop") == ("dead-letter discard", {"job": 7, "noop": True})
    assert parsed("clip a.mp4 1:20-1:50") == ("clip", {"source": Source("file", "a.mp4"), "range": Moment(80, 110)})
    assert parsed("help jobs retry") == ("help", {"command": "jobs retry"})


def test_slips_are_answered_with_what_was_probably_meant() -> None:
    assert answered("clop https://e.org")[1].startswith("Did you mean clip?")
    assert "Did you mean --length?" in answered("clip a.mp4 --lenght 3")[1]
    assert "jobs stuck" in answered("jobs")[1]
    assert answered("jobs retyr 4")[1].startswith("Did you mean jobs retry?")
    assert answered("show")[1] == "Usage: show ID"
    assert "at most 180" in answered("clip a.mp4 --length 10m")[0]
    assert "given twice" in answered("clip a.mp4 --at 1 --at 2")[0]
    assert "a value is missing" in answered("clip a.mp4 --at --count 2")[0]
    assert "more than why takes" in answered("why 7K3QX9 now")[0]
    assert "one of the choices" in answered("clip a.mp4 --aspect 4:3")[0]


def test_in_a_chat_only_what_starts_with_the_prefix_is_for_us() -> None:
    for text in ("clip that was great", "", "!", "!unknown thing", "!jobs retry 4"):
        assert isinstance(parse_text(REGISTRY, "twitch", text, prefix="!"), NotForUs), text
    assert isinstance(parse_text(REGISTRY, "twitch", "!clip https://e.org/a.mp4", prefix="!"), Parsed)


def test_arguments_by_name_follow_the_same_rules() -> None:
    outcome = parse_named(REGISTRY, "web", "clip", {"source": "https://e.org/a", "at": 80, "no-captions": True})
    assert isinstance(outcome, Parsed)
    assert outcome.args["at"] == 80.0
    assert outcome.args["no-captions"] is True
    for args in ({"source": ["a"]}, {"source": "https://e.org", "at": {}}, {"sauce": "x"}, {"source": True}):
        assert isinstance(parse_named(REGISTRY, "web", "clip", args), AnswerNow), args
    assert isinstance(parse_named(REGISTRY, "web", "show", {}), AnswerNow)


@given(st.text(max_size=200))
def test_no_text_raises(text: str) -> None:
    parse_text(REGISTRY, "console", text)
    parse_text(REGISTRY, "console", f"clip {text}")


@given(
    st.lists(
        st.text(
            st.characters(exclude_categories=("C", "Z"), exclude_characters="\"'\u201c\u201e\u201f\u00ab\u2018"),
            min_size=1,
        )
    )
)
def test_words_without_quotes_are_split_at_spaces(words: list[str]) -> None:
    assert len(split(" ".join(words))) == len(words)
