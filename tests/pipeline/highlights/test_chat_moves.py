"""What a live stream's chat did decides which part of its window becomes the clip."""

import asyncpg
import numpy as np
import pytest

from db import chat_counts
from db.chat_counts import CHAT_BUCKET_S, Count
from db.sources import Source
from pipeline.live.clock import Laid, LiveClock
from pipeline.media.analysis import AUDIO_RATE_HZ, Analysis
from pipeline.model import Span
from pipeline.options import ClipOptions
from pipeline.stages import live
from pipeline.stages.score import choose
from tests.conftest import Database

LENGTH_S = 100
DELAY_S = 8.0
BEGAN = 1_780_000_000.0


def even() -> Analysis:
    """A window in which nothing stands out: steady sound, no picture."""
    none = np.zeros(0, np.float32)
    ticks = round(LENGTH_S * AUDIO_RATE_HZ)
    rng = np.random.default_rng(3)
    sound = (-25 + rng.random(ticks) * 0.2).astype(np.float32)
    flat = np.full(ticks, 0.1, np.float32)
    return Analysis(
        Span(0, LENGTH_S), 0.0, none, none, none, none, np.zeros((0, 96), np.float32),
        np.zeros((0, 4), np.float32), np.zeros(0), sound, sound, flat, flat,
    )  # fmt: skip


def chat_about(second: float) -> tuple[tuple[float, float], ...]:
    """A quiet chat that reacts to a second of the source, eight seconds later."""
    calm = [(float(at), 0.2) for at in range(0, LENGTH_S, 5)]
    return tuple(sorted([*calm, *((second + late, 30.0) for late in (7.0, 8.0, 9.0))]))


@pytest.mark.parametrize("second", [20.0, 75.0])
def test_the_best_span_follows_the_chat(second: float) -> None:
    options = ClipOptions(count=1, length_s=15)
    (moment,) = choose(even(), (), options, chat=chat_about(second))
    assert moment.span.start_s <= second <= moment.span.end_s
    assert "chat" in moment.verdict.values


@pytest.mark.parametrize("second", [20.0, 75.0])
async def test_what_was_counted_of_a_chat_stands_by_the_seconds_of_the_source(
    database: Database, second: float
) -> None:
    clock = LiveClock((Laid(0.0, BEGAN, float(LENGTH_S)),), DELAY_S, None)
    source = Source(
        1, "live", "live:twitch:7", "", None, None, None, LENGTH_S, None, None, None, [], clock.stored()
    )  # fmt: skip
    seen_at = BEGAN + second + DELAY_S
    peak = (seen_at + 8.0) // CHAT_BUCKET_S * CHAT_BUCKET_S
    calm = [BEGAN // CHAT_BUCKET_S * CHAT_BUCKET_S + step for step in range(0, LENGTH_S + 40, CHAT_BUCKET_S)]
    counts = [Count("twitch", "7", at, *((90, 60, 30) if at == peak else (2, 1, 0))) for at in sorted({*calm, peak})]
    async with asyncpg.create_pool(database.superuser_url, min_size=1, max_size=1) as pool:
        await chat_counts.put(pool, [*counts, Count("twitch", "8", peak - 40, 500, 400, 0)])
        seen = await live.chat_counts(pool, source)
    (moment,) = choose(even(), (), ClipOptions(count=1, length_s=15), chat=seen)
    assert moment.span.start_s <= second <= moment.span.end_s
