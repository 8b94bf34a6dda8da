"""Who tells people what became of things: the handlers of `clipbot:*`, run by the worker."""

from collections.abc import Sequence
from functools import partial

from bot.senders.desk import Desk, Shelf
from bot.senders.moderators import tell_moderators
from bot.senders.notify import notify
from bot.senders.post import post
from bot.senders.recap import Rank, recap
from bot.senders.takedown import takedown
from bot.senders.trouble import tell_trouble
from bot.senders.vote import vote
from db.chat import Bucket
from db.recaps import NewMoment
from pipeline.jobs import (
    CLIPBOT_NOTIFY,
    CLIPBOT_POST,
    CLIPBOT_RECAP,
    CLIPBOT_REPORT,
    CLIPBOT_TAKEDOWN,
    CLIPBOT_TROUBLE,
    CLIPBOT_VOTE,
)
from pipeline.worker.handler import Handlers

__all__ = ["Desk", "Rank", "Shelf", "handlers"]


def handlers(desk: Desk | None = None, rank: Rank | None = None) -> Handlers:
    """What this room runs, by kind of job; `rank` chooses the moments of a recap."""
    desk = desk or Desk()
    return {
        CLIPBOT_NOTIFY.kind: partial(notify, desk),
        CLIPBOT_VOTE.kind: partial(vote, desk),
        CLIPBOT_POST.kind: partial(post, desk),
        CLIPBOT_RECAP.kind: partial(recap, desk, rank or _nothing),
        CLIPBOT_TAKEDOWN.kind: partial(takedown, desk.speakers),
        CLIPBOT_REPORT.kind: partial(tell_moderators, desk),
        CLIPBOT_TROUBLE.kind: partial(tell_trouble, desk),
    }


def _nothing(chat: Sequence[Bucket], asked: Sequence[float], on: tuple[float, float]) -> list[NewMoment]:  # noqa: ARG001
    """A worker without a ranking offers nothing."""
    return []
