"""The moments of a stream that its chat loved and nobody asked for."""

import random

from db.chat import Bucket
from pipeline.highlights.recap import AFTER_S, BEFORE_S, MOST, REACTION_S, rank

BEGAN_S = 1_700_000_000.0
WIDTH_S = 5.0
HOUR = (BEGAN_S, BEGAN_S + 3600.0)


def chat(seconds: float, peaks: dict[float, int], *, seed: int = 1) -> list[Bucket]:
    """A chat of a few people a bucket, in which so many react to what happened at these seconds of the stream."""
    dice = random.Random(seed)
    loud = {int((at_s + REACTION_S) / WIDTH_S): people for at_s, people in peaks.items()}
    found = []
    for number in range(int(seconds / WIDTH_S)):
        people = loud.get(number, dice.randint(2, 5))
        found.append(Bucket(BEGAN_S + number * WIDTH_S, people * 2, people, people // 2))
    return found


def middles(peaks: dict[float, int], *asked: float, seconds: float = 3600.0) -> list[float]:
    """Seconds of the stream at the middle of each chosen moment, best first."""
    chosen = rank(chat(seconds, peaks), [BEGAN_S + at for at in asked], HOUR)
    assert all(moment.end_s - moment.start_s == BEFORE_S + AFTER_S for moment in chosen)
    return [moment.start_s + BEFORE_S - BEGAN_S for moment in chosen]


def test_the_loudest_come_first_and_at_what_chat_reacted_to() -> None:
    found = middles({600: 40, 1800: 90, 3000: 60})

    assert len(found) == 3
    assert all(abs(at - expected) <= WIDTH_S for at, expected in zip(found, (1800, 3000, 600), strict=True))


def test_what_somebody_asked_for_is_left_out() -> None:
    assert [round(at, -2) for at in middles({600: 40, 1800: 90}, 1820.0)] == [600]
    assert len(middles({600: 40, 1800: 90}, 1870.0)) == 2


def test_there_are_no_more_than_five_and_none_beside_another() -> None:
    assert len(middles({float(at): 50 for at in range(300, 3300, 300)})) == MOST
    assert len(middles({600: 50, 630: 49})) == 1


def test_a_quiet_stream_has_none() -> None:
    assert middles({}) == []
    assert rank([], [], HOUR) == []
    assert rank([Bucket(BEGAN_S, 9, 9, 9)], [], (BEGAN_S, BEGAN_S)) == []


def test_a_chat_that_spoke_once_is_measured_by_its_silence() -> None:
    found = rank([Bucket(BEGAN_S + 20, 12, 12, 0), Bucket(BEGAN_S + 40, 1, 1, 0)], [], (BEGAN_S + 2, BEGAN_S + 47))

    assert [moment.start_s for moment in found] == [BEGAN_S + 22.5 - REACTION_S - BEFORE_S]


def test_one_who_floods_the_chat_makes_no_moment() -> None:
    quiet = chat(3600, {})
    flood = [Bucket(b.at_s, 400, 1, 0) if number == 300 else b for number, b in enumerate(quiet)]

    assert rank(flood, [], HOUR) == []


def test_a_chat_that_was_silent_for_long_is_measured_by_its_gaps_too() -> None:
    found = rank([Bucket(BEGAN_S, 1, 1, 0), Bucket(BEGAN_S + 5, 1, 1, 0), Bucket(BEGAN_S + 3000, 60, 40, 20)], [], HOUR)

    assert [moment.start_s for moment in found] == [BEGAN_S + 3002.5 - REACTION_S - BEFORE_S]
    assert "40 people" in found[0].reason
