"""`why`: what spoke for a moment."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP
from bot.views import Explained, clock
from bot.vocabulary import Field, Reply
from db import clips


async def _why(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await lookup.clip(ctx, id)
    signals = await clips.signals(ctx.conn, clip.segment_id) if clip.segment_id else {}
    return Reply(
        f"{clip.public_id} ({clock(clip.start_s)}–{clock(clip.end_s)}) was chosen because: {clip.reason}",
        fields=tuple(Field(name, f"{value:.2f}") for name, value in signals.items()),
        data=Explained(clip=clip.public_id, reason=clip.reason, score=clip.score, signals=signals),
    )


WHY = Command(
    name="why",
    help="Say why a moment was chosen",
    handler=_why,
    data=Explained,
    params=(Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),),
    examples=("why 7K3QX9",),
)
