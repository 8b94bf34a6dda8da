"""`title`: give a clip another title."""

from bot import edits as editing
from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.manners import polite
from bot.params import CLIP, TEXT
from bot.views import Changed
from bot.vocabulary import Reply
from clipnet.errors import BadInput, Conflict
from clipnet.texts import text
from db import edits

LONGEST = 100


async def _title(ctx: Context, *, id: str, title: str) -> Reply:  # noqa: A002
    clip = await editing.editable(ctx, id)
    if len(title) > LONGEST:
        raise BadInput(text("A title has at most {most} characters.", most=LONGEST))
    await polite(ctx, title)
    if title == clip.title:
        raise Conflict(text("Clip {id} has that title already.", id=clip.public_id))
    keeps = clip.state != "approved" or ctx.may(editing.MODERATOR)
    await edits.remember(ctx.conn, clip.id, "title", ctx.user.id)
    await edits.retitle(ctx.conn, clip.id, title, approved=keeps)
    said = text("Clip {id} is called “{title}” now.", id=clip.public_id, title=title)
    return Reply(
        said if keeps else text("{said} It has to be approved again.", said=said),
        actions=(editing.undo_action(clip),),
        data=Changed(id=clip.public_id, kind="clip", state=clip.state if keeps else "ready"),
    )


TITLE = Command(
    name="title",
    help="Give a clip another title",
    handler=_title,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param("title", TEXT, "the title", required=True, positional=True),
    ),
    changes="changes the title; undo takes it back",
    examples=('title 7K3QX9 "what a goal"',),
)
