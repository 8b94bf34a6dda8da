"""`feedback`: a word to those who run ClipNet, also about a clip; they read it by the same command."""

from datetime import datetime

from pydantic import BaseModel

from bot import lookup
from bot.command import Command, Limit, Param
from bot.context import Context
from bot.manners import polite
from bot.params import CLIP as CLIP_ID
from bot.params import TEXT
from bot.views import from_cursor, to_cursor
from bot.vocabulary import Field, Reply
from clipnet.errors import BadInput
from clipnet.texts import text
from db import feedback

PAGE = 20
LIST = "list"


class Word(BaseModel):
    """A piece of feedback."""

    id: int
    by: str | None
    community: str | None
    clip: str | None
    text: str
    created_at: datetime


class Words(BaseModel):
    """What people said, newest first, for operators; empty for the one who says something."""

    items: list[Word]
    next: str | None = None


async def _feedback(ctx: Context, *, words: str | None, clip: str | None, cursor: str | None) -> Reply:
    if words is None or words.lower() == LIST:
        if ctx.may("viewer"):
            return await _list(ctx, cursor)
        raise BadInput(
            text("`feedback` needs some words."),
            hint=text("Usage: {usage}", usage=FEEDBACK.usage_on(ctx.invocation.surface)),
        )
    public_id = clip or ctx.invocation.subject.clip
    about = await lookup.clip(ctx, public_id) if public_id else None
    await polite(ctx, words)
    await feedback.put(ctx.conn, ctx.user.id, words, community_id=ctx.community_id, clip_id=about.id if about else None)
    return Reply(text("Thank you! The people who run ClipNet will read it."), private=True, data=Words(items=[]))


async def _list(ctx: Context, cursor: str | None) -> Reply:
    ctx.acted_as = "viewer"
    found = await feedback.page(ctx.conn, before=from_cursor(cursor) if cursor else None, limit=PAGE + 1)
    shown = found[:PAGE]
    items = [
        Word(id=w.id, by=w.user, community=w.community, clip=w.clip, text=w.text, created_at=w.created_at)
        for w in shown
    ]
    fields = tuple(Field(f"{item.by or '?'} {item.clip or ''}".strip(), item.text) for item in items)
    page = Words(items=items, next=to_cursor(shown[-1].id) if len(found) > PAGE else None)
    return Reply(text("{n} comment.", "{n} comments.", n=len(items)), fields=fields, private=True, data=page)


FEEDBACK = Command(
    name="feedback",
    help="Tell the people who run ClipNet what you think",
    handler=_feedback,
    data=Words,
    params=(
        Param("clip", CLIP_ID, "the clip that it is about", complete=lookup.complete_clip),
        Param("cursor", TEXT, "where the page before ended, for operators"),
        Param("words", TEXT, "what you want to say; list shows operators what was said", positional=True),
    ),
    changes="keeps your words for the operators",
    limit=Limit(5, 300),
    private=True,
    examples=("feedback The captions cover my score", "feedback --clip 7K3QX9 Too dark"),
)
