"""Changes of a clip that is there: what they have in common."""

from typing import Any

from bot import lookup
from bot.command import Role
from bot.context import Context
from bot.views import Changed
from bot.vocabulary import Action, Reply
from clipnet.errors import BadInput, Conflict
from clipnet.texts import Text, text
from db import blocks, clips, edits, notices, polls, request_work
from db.clips import Clip
from db.edits import EditKind
from pipeline.options import ClipOptions
from pipeline.steps import polish_job

UNMADE = ("queued", "rendering")
MODERATOR: Role = "moderator"


async def editable(ctx: Context, public_id: str) -> Clip:
    """A clip that the person may change now; it is held until the command ends.

    Raises:
        NotFound, NotAllowed: as `lookup` does.
        Conflict: it is being made, was posted, or waits for a moderator.
    """
    clip = await lookup.clip(ctx, public_id)
    lookup.must_own(ctx, clip)
    await polls.hold(ctx.conn, clip.id)
    state = await clips.lock(ctx.conn, clip.id)
    if not ctx.may(MODERATOR):
        lookup.must_be_free(clip)
    if state in UNMADE:
        raise Conflict(
            text("Clip {id} is being made.", id=clip.public_id),
            hint=text("Change it once it is ready: `show {id}`", id=clip.public_id),
        )
    if state == "posted":
        raise Conflict(
            text("Clip {id} was posted, and its posts stay as they are.", id=clip.public_id),
            hint=text("Ask for a new clip, or delete this one."),
        )
    if state == "deleted":
        raise Conflict(
            text("Clip {id} is deleted, which can't be undone.", id=clip.public_id), hint=text("Ask for it again.")
        )
    return clip


async def remake(
    ctx: Context,
    clip: Clip,
    kind: EditKind | None,
    said: Text,
    *,
    start_s: float | None = None,
    end_s: float | None = None,
    options: dict[str, Any] | None = None,
) -> Reply:
    """Have the next revision made; the one before is kept. `kind` None: it is an undoing.

    What was voted on and approved was another cut: the vote is opened anew when this one is ready, with nobody's voice
    counted, and it waits for its approval again.
    """
    known = await edits.material(ctx.conn, clip.id)
    start_s, end_s = clip.start_s if start_s is None else start_s, clip.end_s if end_s is None else end_s
    await _must_not_be_blocked(ctx, known, start_s, end_s)
    if kind is not None:
        await edits.remember(ctx.conn, clip.id, kind, ctx.user.id)
    revision = await edits.remake(
        ctx.conn,
        clip.id,
        start_s=start_s,
        end_s=end_s,
        options=known.own if options is None else options,
    )
    await polls.forget(ctx.conn, clip.id)
    await request_work.reopen(ctx.conn, clip.request_id)
    await ctx.take_up(clip.request_id)
    await notices.reopen(ctx.conn, clip.request_id)
    await ctx.enqueue(polish_job(clip.request_id, clip.id, revision))
    again = clip.state == "approved"
    return Reply(
        text("{said} It has to be approved again.", said=said) if again else said,
        actions=(undo_action(clip),) if kind is not None else (),
        data=Changed(id=clip.public_id, kind="clip", state="queued"),
    )


async def restyle(ctx: Context, public_id: str, kind: EditKind, wish: dict[str, Any]) -> Reply:
    """Have a clip made with these options changed.

    Raises:
        Conflict: it looks like that already; and as `editable` does.
    """
    clip = await editable(ctx, public_id)
    known = await edits.material(ctx.conn, clip.id)
    now = ClipOptions.model_validate({**known.asked, **known.own})
    if all(getattr(now, name) == value for name, value in wish.items()):
        raise Conflict(text("Clip {id} looks like that already.", id=clip.public_id))
    said = text("Clip {id} is made with another look.", id=clip.public_id)
    return await remake(ctx, clip, kind, said, options={**known.own, **wish})


async def _must_not_be_blocked(ctx: Context, known: edits.Material, start_s: float, end_s: float) -> None:
    spans = await blocks.spans(ctx.conn, known.content_hash, known.community_id) if known.content_hash else []
    if any(start_s < end and start < end_s for start, end in spans):
        raise BadInput(text("A part of that was taken down."), hint=text("Choose another part."))


def undo_action(clip: Clip) -> Action:
    """The button that takes the last change back."""
    return Action(text("Undo"), "undo", {"id": clip.public_id})
