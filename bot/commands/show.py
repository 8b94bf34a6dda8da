"""`show`: a clip, or a request with its clips."""

from bot import lookup, words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.views import ClipView, RequestView, Shown, clip_view, clock, request_view
from bot.vocabulary import Action, Field, Media, Reply
from clipnet.texts import Text, joined, text
from db import clips
from db.clips import Clip
from db.requests import Request


async def _show(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    if isinstance(found, Request):
        return await _show_request(ctx, found)
    stored = await clips.stored(ctx.conn, [found.id])
    return _show_clip(clip_view(found, stored.get(found.id)))


def _show_clip(clip: ClipView) -> Reply:
    fields = [
        Field(text("state"), words.state(clip.state)),
        Field(text("moment"), f"{clock(clip.start_s)}–{clock(clip.end_s)}"),
        Field(text("why"), words.reason(clip.reason)),
        Field(text("score"), f"{clip.score:.2f}"),
    ]
    if clip.width and clip.height and clip.duration_s:
        fields.append(
            Field(
                text("picture"),
                text(
                    "{width}×{height}, {seconds:.1f} s", width=clip.width, height=clip.height, seconds=clip.duration_s
                ),
            )
        )
    if clip.error:
        fields.append(Field(text("error"), joined([clip.error.sentence, clip.error.hint])))
    media = [Media("image", clip.thumbnail, clip.id)] if clip.thumbnail else []
    if clip.video:
        media.insert(0, Media("video", clip.video, clip.id))
    actions = (Action(text("Why"), "why", {"id": clip.id}), *_edits(clip), _next_step(clip.id, clip.state))
    return Reply(
        text("Clip {id}: {title}", id=clip.id, title=clip.title or words.reason(clip.reason)),
        tuple(fields),
        tuple(media),
        actions,
        data=Shown(clip=clip),
    )


def _edits(clip: ClipView) -> tuple[Action, ...]:
    """What can be changed of a clip by a form."""
    if clip.state not in ("ready", "approved"):
        return ()
    span = {"start": clock(clip.start_s), "end": clock(clip.end_s)}
    return (
        Action(text("Title"), "title", {"id": clip.id, "title": clip.title}, ask=("title",)),
        Action(text("Trim"), "trim", {"id": clip.id, **span}, ask=("start", "end")),
    )


async def _show_request(ctx: Context, request: Request) -> Reply:
    inside = await clips.of_request(ctx.conn, request.id)
    stored = await clips.stored(ctx.conn, [clip.id for clip in inside])
    view = request_view(request, [clip_view(clip, stored.get(clip.id)) for clip in inside])
    return Reply(
        text(
            "Request {id} is {state}: {title}",
            id=view.id,
            state=words.state(view.state),
            title=view.title or view.source,
        ),
        _request_fields(view, inside),
        actions=(_next_step(view.id, view.state),),
        data=Shown(request=view),
    )


def _request_fields(view: RequestView, inside: list[Clip]) -> tuple[Field, ...]:
    fields = [Field(c.public_id, _line(c)) for c in inside]
    if view.error:
        fields.append(Field(text("error"), joined([view.error.sentence, view.error.hint])))
    return tuple(fields)


def _line(clip: Clip) -> Text:
    span = f"{clock(clip.start_s)}–{clock(clip.end_s)}"
    return text("{state}, {span}: {title}", state=words.state(clip.state), span=span, title=words.reason(clip.reason))


def _next_step(public_id: str, state: str) -> Action:
    if state in ("failed", "cancelled"):
        return Action(text("Retry"), "retry", {"id": public_id})
    if state in ("queued", "working", "rendering"):
        return Action(text("Cancel"), "cancel", {"id": public_id})
    return Action(text("Delete"), "delete", {"id": public_id})


SHOW = Command(
    name="show",
    help="Show a clip, or a request and how far it is",
    handler=_show,
    data=Shown,
    params=(
        Param(
            "id", CLIP_OR_REQUEST, "the clip or the request", required=True, positional=True, complete=lookup.complete
        ),
    ),
    examples=("show 7K3QX9",),
)
