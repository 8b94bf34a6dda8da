"""`undo`: take the last change of a clip back."""

from bot import edits as editing
from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP
from bot.views import Changed
from bot.vocabulary import Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import edits


async def _undo(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await editing.editable(ctx, id)
    edit = await edits.last(ctx.conn, clip.id)
    if edit is None:
        raise Conflict(
            text("Nothing was changed on clip {id}.", id=clip.public_id),
            hint=text("A deletion can't be undone; ask for the clip again."),
        )
    await edits.undone(ctx.conn, edit.id)
    before = edit.before
    said = text("Clip {id} is as it was before.", id=clip.public_id)
    if edit.kind != "title":
        return await editing.remake(
            ctx, clip, None, said, start_s=before["start_s"], end_s=before["end_s"], options=before["options"]
        )
    keeps = clip.state != "approved" or ctx.may(editing.MODERATOR)
    await edits.retitle(ctx.conn, clip.id, before["title"], approved=keeps)
    return Reply(said, data=Changed(id=clip.public_id, kind="clip", state=clip.state if keeps else "ready"))


UNDO = Command(
    name="undo",
    help="Take the last change of a clip back",
    handler=_undo,
    data=Changed,
    params=(Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),),
    changes="brings back what a clip was before its last change",
    starts_work=True,
    examples=("undo 7K3QX9",),
)
