"""`words add`, `words remove`, `words list`: what a community doesn't want to read."""

from pydantic import BaseModel

from bot.command import Command, Param
from bot.commands.ban import community
from bot.context import Context
from bot.params import TEXT
from bot.vocabulary import Reply
from clipnet.errors import BadInput, Conflict
from clipnet.texts import text
from clipnet.wordlist import LONGEST, SHORTEST, normalise
from db import words


class Words(BaseModel):
    """A community's banned words, in the form in which they are compared."""

    words: list[str]


async def _add(ctx: Context, *, word: str) -> Reply:
    plain = _plain(word)
    if not await words.add(ctx.conn, community(ctx), plain, ctx.user.id):
        raise Conflict(text("That word is banned already."))
    return await _told(ctx)


async def _remove(ctx: Context, *, word: str) -> Reply:
    if not await words.remove(ctx.conn, community(ctx), _plain(word)):
        raise Conflict(text("That word isn't banned."))
    return await _told(ctx)


async def _list(ctx: Context) -> Reply:
    community(ctx)
    return await _told(ctx)


async def _told(ctx: Context) -> Reply:
    found = await words.of_community(ctx.conn, ctx.community_id)
    said = text("Banned words: {words}", words=", ".join(found)) if found else text("No word is banned.")
    return Reply(said, private=True, data=Words(words=list(found)))


def _plain(word: str) -> str:
    plain = normalise(word)
    if not SHORTEST <= len(plain) <= LONGEST:
        raise BadInput(text("A word has {least} to {most} letters.", least=SHORTEST, most=LONGEST))
    return plain


_WORD = Param("word", TEXT, "the word, or a few that belong together", required=True, positional=True)

WORDS = (
    Command(
        name="words add",
        help="Ban a word, however it is spelled",
        handler=_add,
        data=Words,
        params=(_WORD,),
        role="moderator",
        changes="requests, titles and feedback with the word are refused; captions cover it",
        private=True,
        examples=("words add darn",),
    ),
    Command(
        name="words remove",
        help="Let a word be used again",
        handler=_remove,
        data=Words,
        params=(_WORD,),
        role="moderator",
        changes="ends the ban of a word",
        private=True,
        examples=("words remove darn",),
    ),
    Command(
        name="words list",
        help="List the banned words",
        handler=_list,
        data=Words,
        role="moderator",
        private=True,
        examples=("words list",),
    ),
)
