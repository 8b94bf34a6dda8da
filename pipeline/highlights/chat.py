"""How lively a chat is about each second of a source, told apart from spam and set back by people's reaction time."""

from collections.abc import Iterable

import numpy as np

from pipeline.highlights.material import ChatMessage, Track
from pipeline.model import Span

EARLIEST_S, LATEST_S = 4.0, 14.0
"""A reaction comes that long after what it is about; on average 8 to 9 seconds."""
LONGEST_REACTION = 40
"""Characters; what is longer is conversation."""
ONE_VOICE_S = 10.0
"""A person counts once in that time, however often they write."""
COMMAND_MARKS = ("!", "/", "http")


def reactions(messages: Iterable[ChatMessage]) -> list[float]:
    """Times of the messages that look like somebody reacting, each person once per `ONE_VOICE_S`."""
    last_of: dict[str, float] = {}
    times: list[float] = []
    for message in sorted(messages, key=lambda message: message.at_s):
        text = message.text.strip()
        if not text or len(text) > LONGEST_REACTION or text.lower().startswith(COMMAND_MARKS):
            continue
        if message.at_s - last_of.get(message.user, -np.inf) < ONE_VOICE_S:
            continue
        last_of[message.user] = message.at_s
        times.append(message.at_s)
    return times


def chat_rate(messages: Iterable[ChatMessage], span: Span, seconds: int) -> Track:
    """Reactions to each second of `span`: those written `EARLIEST_S` to `LATEST_S` after it."""
    times = np.array(reactions(messages))
    at_s = span.start_s + np.arange(seconds) + 0.5
    late = np.searchsorted(times, at_s + LATEST_S, side="right")
    early = np.searchsorted(times, at_s + EARLIEST_S, side="left")
    return (late - early).astype(np.float64)


def counted_rate(counts: Iterable[tuple[float, float]], span: Span, seconds: int) -> Track:
    """The same of a chat that was only counted: `counts` are seconds of the source and how much was written then."""
    sorted_counts = sorted(counts)
    times = np.array([at_s for at_s, _ in sorted_counts])
    so_far = np.concatenate([[0.0], np.cumsum([weight for _, weight in sorted_counts])])
    at_s = span.start_s + np.arange(seconds) + 0.5
    late = np.searchsorted(times, at_s + LATEST_S, side="right")
    early = np.searchsorted(times, at_s + EARLIEST_S, side="left")
    return np.asarray(so_far[late] - so_far[early], np.float64)
