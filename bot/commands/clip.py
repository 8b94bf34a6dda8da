"""`clip`: ask for clips of a video, of “that”, or of what has just happened on a stream."""

from typing import Any

from pydantic import ValidationError

from bot import aim as aiming
from bot.aim import Aim
from bot.command import Command, Limit, Param
from bot.context import Context
from bot.manners import polite
from bot.moments import NEAR_S, Moment, moment_of
from bot.params import CHOICE, DURATION, FLAG, INTEGER, MOMENT, SOURCE, TEXT, TIME, Source
from bot.params import Moment as Times
from bot.views import Accepted
from bot.vocabulary import Action, Reply
from clipnet.clock import SystemClock
from clipnet.errors import BadInput, NotAllowed
from clipnet.texts import Text, text
from db import askers, blocks, chat, requests
from pipeline.jobs import CLIP_PROCESS, NewJob, OfRequest
from pipeline.options import LIVE_AFTER_S, MAX_COUNT, MAX_LENGTH_S, MIN_LENGTH_S, ClipOptions

ARRIVES_S = 4.0
"""So long after viewers saw a second of a stream, its recording has it."""
SUBSCRIBED = frozenset({"subscriber", "founder", "vip"})


async def _clip(
    ctx: Context,
    *,
    source: Source | None,
    range: Times | None,  # noqa: A002
    alone: bool,
    **wishes: Any,
) -> Reply:
    _check_right(ctx)
    aim = await aiming.find(ctx, source, range, usage=CLIP.usage)
    return await ask(ctx, aim, options_of(ctx, aim, wishes), alone=alone)


async def ask(ctx: Context, aim: Aim, options: ClipOptions, *, alone: bool = False) -> Reply:
    """Join the request for that moment that the community has already; else write a new one and start the work.

    Two that ask at once are let in one after the other, so that the second finds the first one's request.

    Raises:
        BadInput: the moment was taken down, or what is looked for isn't said here.
    """
    await polite(ctx, options.find)
    moment = moment_of(aim.kind, aim.origin, options, aim.delay_s)
    if moment is not None and await blocks.blocked(ctx.conn, *moment, community_id=ctx.community_id):
        raise BadInput(text("That moment was taken down."), hint=text("Ask for another part of the video."))
    if moment is not None and ctx.community_id is not None and not alone:
        await askers.hold_moment(ctx.conn, ctx.community_id, moment[0])
        if joined := await _join(ctx, aim, moment, options):
            return joined
    request_id, public_id = await requests.create(
        ctx.conn,
        user_id=ctx.user.id,
        community_id=ctx.community_id,
        kind=aim.kind,
        origin=aim.origin,
        place=ctx.invocation.place.stored(),
        options=options.stored(),
        trace_id=ctx.trace_id,
        moment=moment,
        message_id=ctx.invocation.message_id,
    )
    await _mark(ctx, aim, request_id)
    await ctx.enqueue(
        NewJob(
            CLIP_PROCESS,
            OfRequest(request_id=request_id),
            request_id=request_id,
            serial_key=f"request:{request_id}",
            requester=f"user:{ctx.user.id}",
            delay_s=_until_recorded_s(aim),
        )
    )
    return _accepted(ctx, text("On it: request {id}.", id=public_id), public_id, "queued")


def _until_recorded_s(aim: Aim) -> float:
    """Seconds until the recording of a stream holds all that is wanted, so that no try is spent on waiting for it."""
    if aim.live_at is None:
        return 0.0
    there_at = aim.live_at + max(0.0, LIVE_AFTER_S - aim.delay_s) + ARRIVES_S
    return min(max(0.0, there_at - SystemClock().now().timestamp()), LIVE_AFTER_S + ARRIVES_S)


async def _join(ctx: Context, aim: Aim, moment: Moment, options: ClipOptions) -> Reply | None:
    assert ctx.community_id is not None
    if again := await askers.same_again(ctx.conn, ctx.user.id, moment[0], moment[1], NEAR_S, options.stored()):
        return _accepted(ctx, text("You asked for that already: {id}.", id=again), again, "queued", aside=True)
    found = await askers.near(ctx.conn, ctx.community_id, *moment, NEAR_S, user_id=ctx.user.id)
    if found is None:
        return None
    said = ctx.invocation
    asker = await askers.join(ctx.conn, found.id, ctx.user.id, said.place.stored(), said.message_id)
    await _mark(ctx, aim, found.id)
    if found.state == "done":
        await ctx.tell_end(found.id)
        told = text("{id} shows that already.", id=found.public_id)
    else:
        told = text("You joined {id}: {n} people ask for it now.", id=found.public_id, n=asker)
    return _accepted(ctx, told, found.public_id, found.state, asker=asker, aside=True)


async def _mark(ctx: Context, aim: Aim, request_id: int) -> None:
    if aim.channel is not None and aim.live_at is not None:
        await chat.mark(ctx.conn, *aim.channel, aim.live_at, "ask", user_id=ctx.user.id, request_id=request_id)


def _accepted(ctx: Context, told: str, public_id: str, state: str, *, asker: int = 1, aside: bool = False) -> Reply:
    return Reply(
        told,
        actions=() if state == "done" else (Action(text("Cancel"), "cancel", {"id": public_id}),),
        data=Accepted(request=public_id, state=state, trace_id=ctx.trace_id, asker=asker),
        aside=aside,
    )


def _check_right(ctx: Context) -> None:
    wanted = ctx.settings.who_clips
    if wanted == "everyone" or ctx.community is None or ctx.may("moderator"):
        return
    if wanted == "moderators":
        raise NotAllowed(text("Only moderators ask for clips here."))
    if SUBSCRIBED.isdisjoint(ctx.invocation.place_roles):
        raise NotAllowed(text("Only subscribers ask for clips here."))


def options_of(
    ctx: Context, aim: Aim, wishes: dict[str, Any], *, stretch: tuple[float, float] | None = None
) -> ClipOptions:
    """The wishes of a request; what is left open is as the community has set it.

    `stretch`: of a stream, from and to in Unix seconds as viewers saw it.

    Raises:
        BadInput: wishes that don't go together.
    """
    if aim.length_s is not None and wishes["length"] is not None:
        raise BadInput(text("The length is given twice."))
    given = {
        "at_s": wishes["at"],
        "live_at": aim.live_at,
        "live_from": stretch[0] if stretch else None,
        "live_to": stretch[1] if stretch else None,
        "find": wishes["find"],
        "count": wishes["count"],
        "captions": not wishes["no-captions"],
        "language": wishes["language"],
        "length_s": aim.length_s if aim.length_s is not None else wishes["length"],
        "aspect": wishes["aspect"] or ctx.settings.aspect,
        "template": wishes["template"] or ctx.settings.template,
    }
    if aim.kind == "live" and wishes["at"] is not None:
        raise BadInput(text("On a live stream the moment is always now."), hint=text("Leave --at out."))
    if aim.moment is not None and aim.moment.end_s is not None:
        given |= {"start_s": aim.moment.start_s, "end_s": aim.moment.end_s}
    elif aim.moment is not None:
        if given["at_s"] is not None:
            raise BadInput(text("The moment is given twice."), hint=text("Give it once, like --at 1:20."))
        given["at_s"] = aim.moment.start_s
    try:
        return ClipOptions(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise BadInput(_sentence(error)) from None


def _sentence(error: ValidationError) -> Text:
    """What is wrong with the wishes: our own words where a rule of ours was broken."""
    first = error.errors()[0]
    broken = first.get("ctx", {}).get("error")
    if isinstance(broken, ValueError) and isinstance(broken.args[0], Text):
        return broken.args[0]
    name = ".".join(map(str, first["loc"]))
    return text("{name}: that value can't be used ({why}).", name=name, why=first["msg"])


CLIP = Command(
    name="clip",
    help="Make vertical, captioned clips of a video or of what has just happened on stream",
    handler=_clip,
    data=Accepted,
    params=(
        Param("source", SOURCE, "a link, or that; a number of seconds for what is on now", positional=True),
        Param("range", MOMENT, "a time, or from and to", positional=True),
        Param("at", TIME, "the moment that the clip must hold", minimum=0),
        Param("length", DURATION, "seconds that a clip should last", minimum=MIN_LENGTH_S, maximum=MAX_LENGTH_S),
        Param("find", TEXT, "words that are said at the moment you mean"),
        Param("count", INTEGER, "how many clips; left out, the video decides", minimum=1, maximum=MAX_COUNT),
        Param("aspect", CHOICE, "shape of the picture", choices=("9:16", "1:1", "16:9")),
        Param("template", CHOICE, "look of the captions", choices=("bold", "clean", "karaoke")),
        Param("language", TEXT, "what is spoken, as two letters such as en"),
        Param("no-captions", FLAG, "leave the captions out", default=False),
        Param("alone", FLAG, "a clip of its own, even if others asked for that moment", default=False),
    ),
    changes="writes a request down and starts the work",
    limit=Limit(20, 60),
    starts_work=True,
    examples=(
        "clip https://example.org/talk.mp4",
        "clip https://example.org/talk.mp4 1:20-1:50",
        "clip https://example.org/talk.mp4 --at 1:20 --length 30",
        'clip https://example.org/talk.mp4 --find "what a goal" --count 2',
        "clip",
        "clip 45",
    ),
)
