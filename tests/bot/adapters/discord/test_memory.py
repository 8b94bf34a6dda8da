"""The memory of the Discord adapter forgets in time, and holds no more than it may."""

from bot.adapters.discord.memory import Memory
from clipnet.clock import ManualClock
from tests.fakes.discord_bot import START


def test_it_keeps_the_newest_and_those_for_a_while() -> None:
    clock = ManualClock(START)
    memory = Memory[str, int](clock, most=3, life_s=10)
    for number, word in enumerate("abcad"):
        memory.put(word, number)
    assert [memory.get(word) for word in "abcd"] == [3, None, 2, 4]
    assert len(memory) == 3
    clock.advance(10)
    assert memory.get("a") is None
