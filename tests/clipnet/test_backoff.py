"""How long is waited until the next try."""

from datetime import UTC, datetime

from clipnet.backoff import AFRESH_S, CONNECTION_CAP_S, Reconnecting
from clipnet.clock import ManualClock


def test_a_lost_connection_waits_longer_and_longer_but_never_long() -> None:
    waits = Reconnecting(lambda: 1e6)
    waited_s = [waits.next_s() for _ in range(20)]
    assert all(0.5 * 2**n <= wait_s <= 1.5 * 2**n for n, wait_s in enumerate(waited_s[:3]))
    assert max(waited_s) <= 1.5 * CONNECTION_CAP_S
    assert min(waited_s[4:]) >= 0.5 * CONNECTION_CAP_S


def test_the_next_loss_is_not_made_to_wait_for_the_last_one() -> None:
    clock = ManualClock(datetime(2026, 5, 1, tzinfo=UTC))
    waits = Reconnecting(clock.monotonic_s)
    for _ in range(10):
        waits.next_s()
    clock.advance(AFRESH_S)
    assert waits.next_s() <= 1.5
