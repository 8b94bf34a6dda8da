"""`delete`: take a clip away for good."""

from typing import Any

from bot import lookup, words
from bot.command import Command, Param, Plan
from bot.context import Context
from bot.params import CLIP
from bot.removal import hold, remove
from bot.views import Changed, clock
from bot.vocabulary import Reply
from clipnet.errors import Conflict
from clipnet.texts import joined, text
from db.clips import Clip


async def _own(ctx: Context, public_id: str) -> Clip:
    clip = await lookup.clip(ctx, public_id)
    lookup.must_own(ctx, clip)
    return clip


async def _plan(ctx: Context, *, id: str) -> Plan:  # noqa: A002
    clip = await _own(ctx, id)
    span = f"{clock(clip.start_s)}–{clock(clip.end_s)}"
    what = joined([span, clip.title or words.reason(clip.reason)], by=", ")
    state: dict[str, Any] = {"clip": clip.id, "state": clip.state, "revision": clip.revision}
    return Plan(text("This deletes clip {id} ({what}) and its files for good.", id=clip.public_id, what=what), state)


async def _delete(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await _own(ctx, id)
    if await hold(ctx, clip.id) == "deleted":
        raise Conflict(text("Clip {id} is deleted already.", id=clip.public_id))
    await remove(ctx, clip)
    return Reply(
        text("Deleted clip {id}; its files go in a moment.", id=clip.public_id),
        data=Changed(id=clip.public_id, kind="clip", state="deleted"),
    )


DELETE = Command(
    name="delete",
    help="Delete a clip and its files",
    handler=_delete,
    data=Changed,
    params=(Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),),
    changes="marks the clip deleted, and has its files and the messages that show it removed; can't be undone",
    plan=_plan,
    examples=("delete 7K3QX9",),
)
