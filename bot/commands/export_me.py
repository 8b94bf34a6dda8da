"""`export-me`: all that is kept about a person, for that person."""

from typing import Any

from pydantic import BaseModel

from bot.command import Command, Limit
from bot.context import Context
from bot.vocabulary import PUBLIC_SURFACES, Field, Reply
from clipnet.texts import Text, text
from db import erasure


class Export(BaseModel):
    """What is kept about a person, by kind, as JSON; nothing where others read along."""

    held: dict[str, Any]


async def _export_me(ctx: Context) -> Reply:
    said = ctx.invocation
    if said.surface in PUBLIC_SURFACES and not said.place.private:
        told = text(
            "Others read along here. Say export-me on Discord, after making this account and yours there one with link."
        )
        return Reply(told, private=True, data=Export(held={}))
    held = await erasure.held(ctx.conn, ctx.user.id)
    counts = {kind: len(rows) for kind, rows in held.items() if isinstance(rows, list) and rows}
    return Reply(
        _where(said.surface),
        tuple(Field(kind, str(count)) for kind, count in counts.items()),
        private=True,
        data=Export(held=held),
        as_file=True,
        without_file=text(
            "So much is kept about you; the file with all of it is too large to be sent here. Ask for it where larger "
            "files are taken, such as a boosted server, or ask whoever runs ClipNet."
        ),
    )


def _where(surface: str) -> Text:
    if surface == "console":
        return text("So much is kept about you; clipnet say --json export-me prints all of it.")
    if surface == "web":
        return text("So much is kept about you; all of it is in the answer's data.")
    return text("So much is kept about you; all of it is in the file.")


EXPORT_ME = Command(
    name="export-me",
    help="Get everything that is kept about you",
    handler=_export_me,
    data=Export,
    limit=Limit(5, 3600),
    private=True,
    for_banned=True,
    examples=("export-me",),
)
