"""`template`: another look of the captions."""

from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.edits import restyle
from bot.params import CHOICE, CLIP
from bot.views import Changed
from bot.vocabulary import Reply

TEMPLATES = ("bold", "clean", "karaoke")


async def _template(ctx: Context, *, id: str, name: str) -> Reply:  # noqa: A002
    return await restyle(ctx, id, "template", {"template": name})


TEMPLATE = Command(
    name="template",
    help="Change the look of a clip's captions",
    handler=_template,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param("name", CHOICE, "the look", required=True, positional=True, choices=TEMPLATES),
    ),
    changes="remakes the clip with another look; undo takes it back",
    starts_work=True,
    examples=("template 7K3QX9 clean",),
)
