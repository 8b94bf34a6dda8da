"""`clips`: the newest clips."""

from bot.command import Command, Param
from bot.context import Context
from bot.params import CHOICE, FLAG, INTEGER, TEXT
from bot.views import ClipPage, clip_view, clock, from_cursor, to_cursor
from bot.vocabulary import Field, Reply
from clipnet.errors import NotAllowed
from db import clips

STATES = ("queued", "rendering", "ready", "approved", "posted", "failed", "cancelled")


async def _clips(ctx: Context, *, state: str | None, limit: int, cursor: str | None, all: bool) -> Reply:  # noqa: A002
    if all and not ctx.may("viewer"):
        raise NotAllowed("Only operators see everybody's clips.", hint="Without --all you see your own.")
    before = from_cursor(cursor) if cursor else None
    found = await clips.page(
        ctx.conn, before=before, limit=limit + 1, user_id=None if all else ctx.user.id, state=state
    )
    shown, more = found[:limit], len(found) > limit
    stored = await clips.stored(ctx.conn, [clip.id for clip in shown])
    page = ClipPage(
        items=[clip_view(clip, stored.get(clip.id)) for clip in shown], next=to_cursor(shown[-1].id) if more else None
    )
    lines = tuple(
        Field(clip.id, f"{clip.state}, {clock(clip.start_s)}–{clock(clip.end_s)}: {clip.title or clip.reason}")
        for clip in page.items
    )
    if not lines:
        return Reply("No clips yet. Make one: clip LINK", data=page)
    tail = f" More: clips --cursor {page.next}" if page.next else ""
    return Reply(f"{len(lines)} clip{'s' * (len(lines) != 1)}.{tail}", fields=lines, data=page)


CLIPS = Command(
    name="clips",
    help="List your newest clips",
    handler=_clips,
    data=ClipPage,
    params=(
        Param("state", CHOICE, "only those in this state", positional=True, choices=STATES),
        Param("limit", INTEGER, "how many", default=10, minimum=1, maximum=100),
        Param("cursor", TEXT, "where the page before ended"),
        Param("all", FLAG, "everybody's, for operators", default=False),
    ),
    examples=("clips", "clips ready --limit 5"),
)
