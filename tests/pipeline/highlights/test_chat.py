"""The chat's signal: of messages, and of a chat that was only counted."""

import numpy as np

from pipeline.highlights.chat import counted_rate
from pipeline.highlights.material import Material
from pipeline.highlights.signals import SIGNALS
from pipeline.model import Span

SPAN = Span(0.0, 40.0)


def material(counts: tuple[tuple[float, float], ...]) -> Material:
    empty = np.zeros(0)
    return Material(SPAN, empty, empty, empty, empty, empty, chat_counts=counts)


def test_what_is_written_counts_for_what_came_before_it() -> None:
    rate = counted_rate([(20.5, 6.0)], SPAN, 40)
    assert rate.max() == 6.0
    assert [second for second, value in enumerate(rate) if value > 0] == list(range(6, 17))


def test_a_counted_chat_is_the_signal_of_one_that_was_not_kept() -> None:
    busy = SIGNALS["chat"](material(((20.5, 6.0), (21.5, 2.0), (38.5, 1.0))))
    assert busy.max() == 8.0
    assert SIGNALS["chat"](material(())).size == 0
