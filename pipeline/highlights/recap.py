"""The best moments of a stream by what its chat did, less those that somebody asked for."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from numpy.typing import NDArray

from db.chat import Bucket
from db.chat_counts import CHAT_BUCKET_S
from db.recaps import NewMoment
from pipeline.highlights.chat import EARLIEST_S, LATEST_S

MOST = 5
REACTION_S = (EARLIEST_S + LATEST_S) / 2
BEFORE_S, AFTER_S = 20.0, 10.0
"""How much around the moment that chat reacted to is offered."""
ASKED_WITHIN_S = 30.0
APART_S = 60.0
USUAL_S = 600.0
"""A chat is compared with itself in that time around."""
LEAST_Z = 2.0
LEAST_CHATTERS = 3


def rank(chat: Sequence[Bucket], asked: Sequence[float], on: tuple[float, float]) -> list[NewMoment]:
    """At most five moments, best first; none where nothing stands out. All times are those at which viewers saw it.

    Args:
        chat: the counts of the stream's chat, in order.
        asked: Unix seconds of moments that somebody asked for.
        on: from and to when the stream was on, in Unix seconds; the silence of its chat counts too.
    """
    if not chat:
        return []
    width_s = float(CHAT_BUCKET_S)
    began_s = chat[0].at_s - max(0, ceil((chat[0].at_s - on[0]) / width_s)) * width_s
    busy = np.zeros(int((max(chat[-1].at_s, on[1]) - began_s) / width_s) + 1)
    chatters = np.zeros_like(busy)
    for bucket in chat:
        at = int((bucket.at_s - began_s) / width_s)
        # One person who floods a chat counts little: people weigh more than what they write.
        busy[at] += bucket.chatters + 0.25 * min(bucket.messages + bucket.emotes, 4 * bucket.chatters)
        chatters[at] += bucket.chatters
    scores = _z_scores(busy, max(1, round(USUAL_S / width_s)))
    chosen: list[NewMoment] = []
    for at in np.argsort(-scores, kind="stable"):
        if len(chosen) == MOST or scores[at] < LEAST_Z:
            break
        middle_s = began_s + (int(at) + 0.5) * width_s - REACTION_S
        if chatters[at] < LEAST_CHATTERS or _near(middle_s, asked, ASKED_WITHIN_S):
            continue
        if _near(middle_s, [m.end_s - AFTER_S for m in chosen], APART_S):
            continue
        chosen.append(_moment(middle_s, float(scores[at]), int(chatters[at])))
    return chosen


def _moment(middle_s: float, score: float, chatters: int) -> NewMoment:
    reason = f"{chatters} people in chat reacted at once, {score:.1f} deviations above the usual"
    return NewMoment(middle_s - BEFORE_S, middle_s + AFTER_S, round(score, 3), reason)


def _z_scores(busy: NDArray[np.float64], around: int) -> NDArray[np.float64]:
    """How far each bucket stands above those around it, in deviations; flat stretches have a floor of one message."""
    size = 2 * around + 1
    if busy.size <= size:
        mean, deviation = np.full_like(busy, busy.mean()), np.full_like(busy, busy.std())
    else:
        kernel = np.ones(size)
        count = np.convolve(np.ones_like(busy), kernel, "same")
        mean = np.convolve(busy, kernel, "same") / count
        deviation = np.sqrt(np.maximum(np.convolve(busy**2, kernel, "same") / count - mean**2, 0.0))
    result: NDArray[np.float64] = (busy - mean) / np.maximum(deviation, 1.0)
    return result


def _near(at_s: float, others: Sequence[float], within_s: float) -> bool:
    return any(abs(at_s - other) <= within_s for other in others)
