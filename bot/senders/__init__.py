"""Who tells people how their requests ended: the handlers of `clipbot:*`, run by the worker."""

from collections.abc import Mapping
from functools import partial

from bot.senders.moderators import tell_moderators
from bot.senders.notify import Sender, notify
from bot.senders.takedown import takedown
from bot.speaker import Speakers
from pipeline.jobs import CLIPBOT_NOTIFY, CLIPBOT_REPORT, CLIPBOT_TAKEDOWN
from pipeline.worker.handler import Handlers

__all__ = ["Sender", "handlers"]


def handlers(senders: Mapping[str, Sender] | None = None, speakers: Speakers | None = None) -> Handlers:
    """What this room runs, by kind of job; `senders` by platform reach places that are more than a row of ours."""
    return {
        CLIPBOT_NOTIFY.kind: partial(notify, senders or {}),
        CLIPBOT_TAKEDOWN.kind: partial(takedown, speakers or {}),
        CLIPBOT_REPORT.kind: partial(tell_moderators, speakers or {}),
    }
