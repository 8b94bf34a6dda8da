"""One measured figure, beside the floor or peer it is held against and the goal it should reach."""

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Compare = Callable[[float, float], bool]

COMPARISONS: dict[str, Compare] = {"<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt}


def reaches(goal: str, figure: float) -> bool:
    """Whether `figure` satisfies `goal`, a comparison as text: `<= 1.15`.

    Raises:
        ValueError: `goal` is not one of `<=`, `>=`, `<`, `>` followed by a number.
    """
    sign, _, limit = goal.strip().partition(" ")
    if sign not in COMPARISONS:
        raise ValueError(f"a goal reads like '<= 1.15', not {goal!r}")
    return COMPARISONS[sign](figure, float(limit))


@dataclass(frozen=True, slots=True)
class Row:
    """A figure of a bench.

    Attributes:
        bench: the name the bench is called by.
        metric: what was measured, against what.
        value: the figure itself, in `unit`.
        floor: the same quantity of the floor or peer, measured in the same run; None where there is none.
        goal: `<= 1.15`, held against the ratio where there is a floor, else against the value; empty where a row is
            only told.
        ratio: value / floor unless given, as the median of paired ratios is.
        met: whether the goal is reached; None without a goal.
    """

    bench: str
    metric: str
    value: float
    unit: str
    floor: float | None = None
    goal: str = ""
    ratio: float | None = None
    met: bool | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.ratio is None and self.floor:
            object.__setattr__(self, "ratio", self.value / self.floor)
        if self.goal:
            object.__setattr__(self, "met", reaches(self.goal, self.value if self.ratio is None else self.ratio))

    def as_json(self) -> dict[str, Any]:
        """The row under its eight keys, in the order they are published."""
        keys = ("bench", "metric", "value", "unit", "floor", "ratio", "goal", "met")
        return {key: getattr(self, key) for key in keys}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Row":
        """Read what `as_json` wrote; `met` is judged anew."""
        return cls(**{key: value for key, value in data.items() if key != "met"})
