"""A request's options: what is accepted, what is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.model import Span
from pipeline.options import ClipOptions


def test_defaults_are_a_vertical_captioned_clip_of_thirty_seconds() -> None:
    options = ClipOptions()
    assert (options.size_px, options.captions, options.length_s, options.range) == ((1080, 1920), True, 30.0, None)


def test_stored_form_reads_back_the_same() -> None:
    options = ClipOptions(start_s=3, end_s=12.5, aspect="1:1")
    assert ClipOptions.model_validate(options.stored()) == options
    assert options.range == Span(3, 12.5)


@pytest.mark.parametrize(
    "given",
    [
        {"start_s": 3},
        {"start_s": 9, "end_s": 3},
        {"start_s": 0, "end_s": 600},
        {"at_s": 3, "find": "banana"},
        {"at_s": float("nan")},
        {"at_s": -1},
        {"length_s": 4},
        {"count": 0},
        {"aspect": "4:3"},
        {"folder": "prod_clips"},
    ],
)
def test_nonsense_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClipOptions.model_validate(given)
