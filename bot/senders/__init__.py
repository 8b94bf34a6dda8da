"""Who tells people how their requests ended: the handlers of `clipbot:*`, run by the worker."""

from collections.abc import Mapping
from functools import partial

from bot.senders.notify import Sender, notify
from pipeline.jobs import CLIPBOT_NOTIFY
from pipeline.worker.handler import Handlers

__all__ = ["Sender", "handlers"]


def handlers(senders: Mapping[str, Sender] | None = None) -> Handlers:
    """What this room runs, by kind of job; `senders` by platform reach places that are more than a row of ours."""
    return {CLIPBOT_NOTIFY.kind: partial(notify, senders or {})}
