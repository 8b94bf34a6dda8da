"""`export-me`: all that is kept about a person, for that person."""

from typing import Any

from pydantic import BaseModel

from bot.command import Command, Limit
from bot.context import Context
from bot.vocabulary import Field, Reply
from clipnet.texts import text
from db import erasure


class Export(BaseModel):
    """What is kept about a person, by kind, as JSON."""

    held: dict[str, Any]


async def _export_me(ctx: Context) -> Reply:
    held = await erasure.held(ctx.conn, ctx.user.id)
    counts = {kind: len(rows) for kind, rows in held.items() if isinstance(rows, list) and rows}
    return Reply(
        text("This is what is kept about you; the whole of it comes as JSON."),
        tuple(Field(kind, str(count)) for kind, count in counts.items()),
        private=True,
        data=Export(held=held),
        as_file=True,
    )


EXPORT_ME = Command(
    name="export-me",
    help="Get everything that is kept about you",
    handler=_export_me,
    data=Export,
    limit=Limit(5, 3600),
    private=True,
    for_banned=True,
    surfaces=("discord", "web", "console"),
    examples=("export-me",),
)
