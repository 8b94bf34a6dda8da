"""`leaderboard`: the best clips of a community and who asks for the most."""

from pydantic import BaseModel

from bot.command import Command, Limit, Param
from bot.context import Context
from bot.params import CHOICE, INTEGER
from bot.vocabulary import Field, Reply
from clipnet.texts import Text, text
from db import leaders

DAY_S = 86400.0
PERIODS: dict[str, float | None] = {"week": 7 * DAY_S, "month": 30 * DAY_S, "all": None}


class Place(BaseModel):
    """A clip's place: its votes, and who asked for it first."""

    clip: str
    title: str
    by: str | None
    up: int
    down: int


class Clipper(BaseModel):
    """A person's place: the finished clips they asked for, and those of them that were approved."""

    name: str
    clips: int
    approved: int


class Leaders(BaseModel):
    """Who and what leads in the period."""

    period: str
    clips: list[Place]
    clippers: list[Clipper]


async def _leaderboard(ctx: Context, *, period: str, limit: int) -> Reply:
    best = await leaders.best_clips(ctx.conn, ctx.community_id, PERIODS[period], limit)
    busiest = await leaders.clippers(ctx.conn, ctx.community_id, PERIODS[period], limit)
    found = Leaders(
        period=period,
        clips=[Place(clip=c.public_id, title=c.title or c.reason, by=c.by, up=c.up, down=c.down) for c in best],
        clippers=[Clipper(name=c.name, clips=c.clips, approved=c.approved) for c in busiest],
    )
    if not found.clips and not found.clippers:
        return Reply(text("Nobody leads yet. Make a clip and vote on one."), data=found)
    fields = [Field(f"{n}. {clip.clip}", _of_clip(clip)) for n, clip in enumerate(found.clips, 1)]
    fields += [Field(f"{n}. {who.name}", _of_clipper(who)) for n, who in enumerate(found.clippers, 1)]
    told = {
        "week": text("The best clips of the week, and who asked for the most."),
        "month": text("The best clips of the month, and who asked for the most."),
        "all": text("The best clips ever, and who asked for the most."),
    }[period]
    return Reply(told, fields=tuple(fields), data=found)


def _of_clip(clip: Place) -> Text:
    by = clip.by or "?"
    return text("{up} for, {down} against: {title} ({by})", up=clip.up, down=clip.down, title=clip.title, by=by)


def _of_clipper(who: Clipper) -> Text:
    return text("{n} clip, {approved} approved", "{n} clips, {approved} approved", n=who.clips, approved=who.approved)


LEADERBOARD = Command(
    name="leaderboard",
    help="Show the best clips and who asks for the most",
    handler=_leaderboard,
    data=Leaders,
    params=(
        Param("period", CHOICE, "which time", positional=True, default="week", choices=tuple(PERIODS)),
        Param("limit", INTEGER, "how many of each", default=5, minimum=1, maximum=25),
    ),
    limit=Limit(10, 60),
    examples=("leaderboard", "leaderboard month"),
)
