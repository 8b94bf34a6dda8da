"""`captions`: with or without, and how they look."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.edits import restyle
from bot.params import CHOICE, CLIP
from bot.views import Changed
from bot.vocabulary import Reply

TEMPLATES = ("bold", "clean", "karaoke")


async def _captions(ctx: Context, *, id: str, look: str) -> Reply:  # noqa: A002
    wish = {"captions": look != "off"} | ({"template": look} if look in TEMPLATES else {})
    return await restyle(ctx, id, "captions", wish)


CAPTIONS = Command(
    name="captions",
    help="Turn the captions of a clip on or off, or change their look",
    handler=_captions,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param("look", CHOICE, "on, off, or a look", required=True, positional=True, choices=("on", "off", *TEMPLATES)),
    ),
    changes="remakes the clip with other captions; undo takes it back",
    starts_work=True,
    examples=("captions 7K3QX9 off", "captions 7K3QX9 karaoke"),
)
