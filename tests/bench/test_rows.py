"""A row judges itself against its goal."""

import pytest

from bench.rows import Row, reaches


@pytest.mark.parametrize(
    ("goal", "figure", "expected"),
    [
        ("<= 1.15", 1.15, True),
        ("<= 1.15", 1.16, False),
        (">= 1", 0.99, False),
        (">= 1", 1.0, True),
        ("< 0.2", 0.2, False),
        ("> 3", 3.1, True),
    ],
)
def test_a_goal_is_a_comparison(goal: str, figure: float, expected: bool) -> None:
    assert reaches(goal, figure) is expected


@pytest.mark.parametrize("goal", ["about 3", "== 1", "<=", "1.15"])
def test_a_goal_that_compares_nothing_is_refused(goal: str) -> None:
    with pytest.raises(ValueError, match=r"goal|float"):
        reaches(goal, 1.0)


def test_with_a_floor_the_ratio_is_judged_else_the_value() -> None:
    beside_floor = Row("render", "wall", 11.0, "s", floor=10.0, goal="<= 1.15")
    alone = Row("takeover", "median", 0.11, "s", goal="< 0.2")

    assert beside_floor.ratio == pytest.approx(1.1)
    assert beside_floor.met is True
    assert alone.ratio is None
    assert alone.met is True


def test_the_median_of_paired_ratios_wins_over_the_ratio_of_medians() -> None:
    assert Row("render", "wall", 12.0, "s", floor=10.0, ratio=1.1, goal="<= 1.15").met is True


def test_a_row_is_published_under_eight_keys_and_read_back() -> None:
    row = Row("render", "wall", 12.0, "s", floor=10.0, goal="<= 1.15")

    assert list(row.as_json()) == ["bench", "metric", "value", "unit", "floor", "ratio", "goal", "met"]
    assert row.as_json()["met"] is False
    assert Row.from_json(row.as_json()) == row
