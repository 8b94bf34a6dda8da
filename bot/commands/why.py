"""`why`: what spoke for a moment."""

from bot import lookup, words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP
from bot.views import Explained, clock
from bot.vocabulary import Field, Reply
from clipnet.texts import text
from db import clips


async def _why(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await lookup.clip(ctx, id)
    signals = await clips.signals(ctx.conn, clip.segment_id) if clip.segment_id else {}
    return Reply(
        text(
            "{id} ({span}) was chosen because: {why}",
            id=clip.public_id,
            span=f"{clock(clip.start_s)}–{clock(clip.end_s)}",
            why=words.reason(clip.reason),
        ),
        fields=tuple(Field(words.signal(name), f"{value:.2f}") for name, value in signals.items()),
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
