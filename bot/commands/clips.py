"""`clips`: the newest clips."""

from bot import words
from bot.command import Command, Param
from bot.context import Context
from bot.params import CHOICE, FLAG, INTEGER, TEXT
from bot.views import ClipPage, clip_view, clock, from_cursor, to_cursor
from bot.vocabulary import Field, Reply
from clipnet.errors import BadInput, NotAllowed
from clipnet.texts import joined, text
from db import clips

STATES = ("queued", "rendering", "ready", "approved", "posted", "failed", "cancelled")


async def _clips(
    ctx: Context,
    *,
    state: str | None,
    limit: int,
    cursor: str | None,
    here: bool,
    all: bool,  # noqa: A002
) -> Reply:
    if here and ctx.community_id is None:
        raise BadInput(text("This place belongs to no community."), hint=text("Without --here you see your own."))
    if all and not ctx.may("viewer"):
        raise NotAllowed(text("Only operators see everybody's clips."), hint=text("Without --all you see your own."))
    before = from_cursor(cursor) if cursor else None
    found = await clips.page(
        ctx.conn,
        before=before,
        limit=limit + 1,
        user_id=None if all or here else ctx.user.id,
        community_id=ctx.community_id if here else None,
        state=state,
    )
    shown, more = found[:limit], len(found) > limit
    stored = await clips.stored(ctx.conn, [clip.id for clip in shown])
    page = ClipPage(
        items=[clip_view(clip, stored.get(clip.id)) for clip in shown], next=to_cursor(shown[-1].id) if more else None
    )
    lines = tuple(
        Field(
            clip.id,
            text(
                "{state}, {span}: {title}",
                state=words.state(clip.state),
                span=f"{clock(clip.start_s)}–{clock(clip.end_s)}",
                title=clip.title or words.reason(clip.reason),
            ),
        )
        for clip in page.items
    )
    if not lines:
        return Reply(text("No clips yet. Make one: `clip LINK`"), data=page)
    more_words = text("More: `clips --cursor {cursor}`", cursor=page.next) if page.next else ""
    return Reply(joined([text("{n} clip.", "{n} clips.", n=len(lines)), more_words]), fields=lines, data=page)


CLIPS = Command(
    name="clips",
    help="List your newest clips",
    handler=_clips,
    data=ClipPage,
    params=(
        Param("state", CHOICE, "only those in this state", positional=True, choices=STATES),
        Param("limit", INTEGER, "how many", default=10, minimum=1, maximum=100),
        Param("cursor", TEXT, "where the page before ended"),
        Param("here", FLAG, "everybody's clips in this community", default=False),
        Param("all", FLAG, "everybody's, for operators", default=False),
    ),
    examples=("clips", "clips ready --limit 5", "clips --here"),
)
