"""`reframe`: another shape of the picture."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.edits import restyle
from bot.params import CHOICE, CLIP
from bot.views import Changed
from bot.vocabulary import Reply

ASPECTS = ("9:16", "1:1", "16:9")


async def _reframe(ctx: Context, *, id: str, aspect: str) -> Reply:  # noqa: A002
    return await restyle(ctx, id, "reframe", {"aspect": aspect})


REFRAME = Command(
    name="reframe",
    help="Change the shape of a clip's picture",
    handler=_reframe,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param("aspect", CHOICE, "the shape", required=True, positional=True, choices=ASPECTS),
    ),
    changes="remakes the clip in another shape; undo takes it back",
    starts_work=True,
    examples=("reframe 7K3QX9 1:1",),
)
