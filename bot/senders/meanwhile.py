"""What was decided on a clip while a message that shows it was on its way: the message is put right, or taken back."""

from collections.abc import Sequence
from typing import Any

from db import clips, copies
from db.clips import Clip
from db.pool import Executor
from pipeline.jobs import NewJob
from pipeline.steps import show_clip_job, takedown_job


async def overtaken(conn: Executor, shown: Clip) -> Sequence[NewJob[Any]]:
    """The jobs that put messages right which show a clip as it was; called once they are written down.

    Whoever decides holds the clip, so the decision finds these messages in the ledger, or is found here.
    """
    now = await clips.settled(conn, shown.id)
    if now is None:
        return ()
    if now.state == "deleted":
        return [takedown_job(shown.id, copy.id) for copy in await copies.of_clip(conn, shown.id)]
    if (now.held_at, now.state, now.revision) != (shown.held_at, shown.state, shown.revision):
        return [show_clip_job(shown.id, now.revision)]
    return ()
