"""What a community doesn't want to read."""

from bot.context import Context
from clipnet.errors import BadInput
from clipnet.texts import text
from clipnet.wordlist import WordList
from db import words


async def polite(ctx: Context, *said: str | None) -> None:
    """Let through words that others will read here.

    Raises:
        BadInput: one of them is banned in this community; which one isn't repeated.
    """
    banned = WordList(await words.of_community(ctx.conn, ctx.community_id))
    if any(banned.find(one) for one in said if one):
        raise BadInput(text("That contains a word that isn't used here."), hint=text("Say it in other words, please."))
