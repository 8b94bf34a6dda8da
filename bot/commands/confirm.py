"""`confirm`: say yes to what was just asked. The router puts the waiting action in its place."""

from uuid import UUID

from pydantic import BaseModel

from bot.command import Command, Limit, Param
from bot.context import Context
from bot.params import Kind
from bot.vocabulary import Reply
from clipnet.errors import BadInput, NotFound
from clipnet.texts import text


class Nothing(BaseModel):
    """No data of its own: a confirmed action answers with its own."""


def _read_id(typed: str) -> UUID:
    try:
        return UUID(typed.strip())
    except ValueError:
        raise BadInput(
            text("That is not the id of a question."), hint=text("`confirm` alone takes the newest.")
        ) from None


QUESTION = Kind("question", _read_id, {"type": "string", "format": "uuid"}, "")


async def _confirm(ctx: Context, *, id: UUID | None) -> Reply:  # noqa: A002, ARG001
    raise NotFound(
        text("Nothing waits for your confirmation."), hint=text("A question is open for 60 s; repeat the command.")
    )


CONFIRM = Command(
    name="confirm",
    help="Say yes to what you were just asked",
    handler=_confirm,
    data=Nothing,
    params=(Param("id", QUESTION, "which question; the newest when left out", positional=True),),
    changes="does what waits for your confirmation",
    limit=Limit(30, 60),
    alone=True,
    private=True,
    examples=("confirm",),
)
