"""What people type, read into values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import params
from bot.params import Moment, Source
from clipnet.errors import BadInput


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1:20", 80),
        ("90s", 90),
        ("90", 90),
        ("1h2m3s", 3723),
        ("1:02:03.5", 3723.5),
        ("2m", 120),
        ("75:00", 4500),
        ("0", 0),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str, seconds: float) -> None:
    assert params.read_time(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "1:99", "abc", "-5", "1:2:3:4", "1e9", "nan", "inf", "1:60:00", "h", f"{'9' * 400}:00:00"]
)
def test_what_is_no_time_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        params.read_time(text)
    assert "1:20" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1:20-1:50", Moment(80, 110)),
        ("1:20\u20131:50", Moment(80, 110)),
        ("1:20..1:50", Moment(80, 110)),
        ("1:20+30s", Moment(80, 110)),
        ("1:20", Moment(80)),
    ],
)
def test_a_range_is_read_with_any_dash(text: str, moment: Moment) -> None:
    assert params.read_moment(text) == moment


def test_a_range_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(BadInput, match="ends before"):
        params.read_moment("1:50-1:20")


def test_a_source_is_a_link_or_a_path_and_no_other_scheme() -> None:
    assert params.read_source("<https://example.org/a.mp4>") == Source("url", "https://example.org/a.mp4")
    assert params.read_source("talks/a b.mp4") == Source("file", "talks/a b.mp4")
    with pytest.raises(BadInput, match="Only http"):
        params.read_source("file:///etc/passwd")


def test_an_id_forgives_lookalikes_and_case() -> None:
    assert params.read_public_id("#7k3qxo") == "7K3QX0"
    with pytest.raises(BadInput):
        params.read_public_id("7K3Q")


@given(st.text(max_size=60))
def test_no_reader_fails_but_with_a_sentence(text: str) -> None:
    told: list[str] = []
    for kind in (params.TEXT, params.SOURCE, params.TIME, params.DURATION, params.MOMENT, params.INTEGER, params.NUMBER,
                 params.FLAG, params.CLIP):  # fmt: skip
        try:
            kind.read(text)
        except BadInput as error:
            told.append(error.sentence)
    assert all(sentence.endswith(".") for sentence in told)
