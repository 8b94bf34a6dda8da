"""`recap on|off|show|approve|trim|drop`: the moments of a stream that nobody asked for."""

from typing import Any

from pydantic import BaseModel

from bot.aim import Aim
from bot.command import HOUSE_SURFACES, Command, Limit, Param
from bot.commands.clip import ask, options_of
from bot.context import Context
from bot.moments import live_origin
from bot.offers import name_of, offer
from bot.params import INTEGER, TIME
from bot.views import Accepted
from bot.vocabulary import Reply
from bot.words import state
from clipnet.errors import BadInput, Conflict, NotFound
from clipnet.texts import text
from db import communities, recaps, requests
from db.recaps import Moment
from pipeline.options import MAX_LENGTH_S
from pipeline.steps import show_recap_job

_PLAIN: dict[str, Any] = dict.fromkeys(("at", "find", "count", "language", "length", "aspect", "template"))


class Recap(BaseModel):
    """Whether recaps follow streams here."""

    on: bool


class Offered(BaseModel):
    """A moment: times in Unix seconds as viewers saw it; `request` once it was asked for."""

    id: int
    rank: int
    start_s: float
    end_s: float
    reason: str
    state: str
    request: str | None


class Offer(BaseModel):
    """The moments of the stream that ended last."""

    stream: int | None
    moments: list[Offered]


async def _on(ctx: Context) -> Reply:
    return await _switch(ctx, on=True)


async def _off(ctx: Context) -> Reply:
    return await _switch(ctx, on=False)


async def _switch(ctx: Context, *, on: bool) -> Reply:
    await communities.change(ctx.conn, _community(ctx), {"recap": on})
    told = text("Recaps are on: one follows each stream.") if on else text("Recaps are off.")
    if on and ctx.settings.clip_channel is None:
        told = text(
            "Recaps are on, but there is no clip channel to show them in. Choose one: `settings set clip_channel here`"
        )
    return Reply(told, private=True, data=Recap(on=on))


async def _show(ctx: Context) -> Reply:
    stream = await recaps.latest_stream(ctx.conn, _community(ctx))
    if stream is None:
        return Reply(text("There is no recap yet."), private=True, data=Offer(stream=None, moments=[]))
    moments = await recaps.of_stream(ctx.conn, stream.id)
    reply = offer(stream, moments)
    data = Offer(stream=stream.id, moments=[_view(moment) for moment in moments])
    return Reply(reply.text, reply.fields, actions=reply.actions, private=True, data=data)


async def _approve(ctx: Context, *, id: int) -> Reply:  # noqa: A002
    moment = await _open(ctx, id)
    return await _make(ctx, moment, moment.start_s, moment.end_s)


async def _trim(ctx: Context, *, id: int, start: float | None, end: float | None) -> Reply:  # noqa: A002
    moment = await _open(ctx, id)
    if start is None or end is None:
        raise BadInput(
            text("{moment}: say from and to, as seconds or times of the stream.", moment=name_of(moment)),
            hint=text("Like `recap trim {id} 1:02:10 1:02:40`.", id=moment.id),
        )
    if not 1.0 <= end - start <= MAX_LENGTH_S:
        raise BadInput(text("A range lasts 1 to {most} seconds.", most=f"{MAX_LENGTH_S:.0f}"))
    return await _make(ctx, moment, moment.stream_started_s + start, moment.stream_started_s + end)


async def _drop(ctx: Context, *, id: int) -> Reply:  # noqa: A002
    moment = await _open(ctx, id)
    await recaps.decide(ctx.conn, moment.id, "dropped")
    await ctx.enqueue(show_recap_job(moment.stream_id))
    dropped = _offered(moment, "dropped", None)
    return Reply(text("Dropped {moment}.", moment=name_of(moment)), private=True, data=dropped)


async def _make(ctx: Context, moment: Moment, start_s: float, end_s: float) -> Reply:
    """Ask for a clip of what was kept of the stream."""
    aim = Aim("live", live_origin(moment.platform, moment.channel_id), delay_s=ctx.settings.chat_delay_s)
    options = options_of(ctx, aim, {**_PLAIN, "no-captions": False}, stretch=(start_s, end_s))
    reply = await ask(ctx, aim, options)
    assert isinstance(reply.data, Accepted)
    request = await requests.by_public_id(ctx.conn, reply.data.request)
    await recaps.decide(ctx.conn, moment.id, "approved", request_id=request.id if request else None)
    await ctx.enqueue(show_recap_job(moment.stream_id))
    return reply


async def _open(ctx: Context, moment_id: int) -> Moment:
    """The moment, held, that still waits for a decision.

    Raises:
        NotFound: there is none of that id in this community.
        Conflict: it was decided on before.
    """
    moment = await recaps.hold(ctx.conn, moment_id)
    if moment is None or moment.community_id != _community(ctx):
        raise NotFound(text("There is no such moment."), hint=text("`recap show` lists them."))
    if moment.state != "offered":
        raise Conflict(text("{moment} is {state} already.", moment=name_of(moment), state=state(moment.state)))
    return moment


def _community(ctx: Context) -> int:
    if ctx.community_id is None:
        raise Conflict(text("This place belongs to no community yet."), hint=text("`setup` makes it one."))
    return ctx.community_id


def _offered(moment: Moment, state: str, request: str | None) -> Offered:
    return Offered(
        id=moment.id,
        rank=moment.rank,
        start_s=moment.start_s,
        end_s=moment.end_s,
        reason=moment.reason,
        state=state,
        request=request,
    )


def _view(moment: Moment) -> Offered:
    return _offered(moment, moment.state, moment.request)


_ID = Param("id", INTEGER, "the moment, by its number", required=True, positional=True, minimum=1)

RECAP_ON = Command(
    name="recap on",
    help="Turn on a recap after each stream",
    handler=_on,
    data=Recap,
    role="owner",
    surfaces=HOUSE_SURFACES,
    changes="offers the best moments that nobody asked for in the clip channel when a stream ends",
    private=True,
    examples=("recap on",),
)
RECAP_OFF = Command(
    name="recap off",
    help="Turn recaps off",
    handler=_off,
    data=Recap,
    role="owner",
    surfaces=HOUSE_SURFACES,
    changes="stops recaps",
    private=True,
    examples=("recap off",),
)
RECAP_SHOW = Command(
    name="recap show",
    help="Show the last stream's moments that nobody asked for",
    handler=_show,
    data=Offer,
    role="moderator",
    surfaces=HOUSE_SURFACES,
    private=True,
    examples=("recap show",),
)
RECAP_APPROVE = Command(
    name="recap approve",
    help="Make a clip of a moment of the recap",
    handler=_approve,
    data=Accepted,
    params=(_ID,),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="asks for a clip of the kept stream",
    limit=Limit(30, 60),
    starts_work=True,
    examples=("recap approve 12",),
)
RECAP_TRIM = Command(
    name="recap trim",
    help="Make a clip of a moment of the recap, from and to as you say",
    handler=_trim,
    data=Accepted,
    params=(
        _ID,
        Param("start", TIME, "from, as a time of the stream", positional=True, minimum=0),
        Param("end", TIME, "to, as a time of the stream", positional=True, minimum=0),
    ),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="asks for a clip of that part of the kept stream",
    limit=Limit(30, 60),
    starts_work=True,
    examples=("recap trim 12 1:02:10 1:02:40",),
)
RECAP_DROP = Command(
    name="recap drop",
    help="Drop a moment of the recap",
    handler=_drop,
    data=Offered,
    params=(_ID,),
    role="moderator",
    surfaces=HOUSE_SURFACES,
    changes="doesn't offer the moment again",
    private=True,
    examples=("recap drop 12",),
)
RECAP = (RECAP_ON, RECAP_OFF, RECAP_SHOW, RECAP_APPROVE, RECAP_TRIM, RECAP_DROP)
