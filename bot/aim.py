"""What a person who asks for a clip means: a link, a file, “that”, or the last seconds of a stream on air."""

from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Literal

from bot import lookup
from bot.context import Context
from bot.moments import live_origin, time_in
from bot.params import Moment, Source
from clipnet.clock import SystemClock
from clipnet.errors import BadInput
from clipnet.texts import text
from db import requests, streams
from pipeline.options import MAX_LENGTH_S, MIN_LENGTH_S

OVER_S = 60.0
"""Seconds after the end of a stream for which it can still be asked for."""
_WANTED = text("Give the path of a video file, or a link.")


@dataclass(frozen=True, slots=True)
class Aim:
    """What is to be clipped.

    Attributes:
        moment: a time of the source, or a range of it.
        length_s: how long the clip is to be, where that was said in place of a source.
        live_at: of a stream on air, when it was asked, in Unix seconds by the platform's clock, as viewers saw it.
        delay_s: of that stream, from what happens to what viewers see.
        channel: platform and channel of that stream.
    """

    kind: Literal["url", "file", "live"]
    origin: str
    moment: Moment | None = None
    length_s: float | None = None
    live_at: float | None = None
    delay_s: float = 0.0
    channel: tuple[str, str] | None = None


async def find(ctx: Context, source: Source | None, moment: Moment | None, *, usage: str) -> Aim:
    """What is meant by what was typed, in the light of where it was typed.

    Raises:
        BadInput: nothing is meant there, or it can't be used; with the usage line.
        NotFound: the clip that the message answers to is not theirs to see.
    """
    if source is not None and source.kind != "this":
        at_s = time_in(source.origin) if source.kind == "url" and moment is None else None
        kind: Literal["url", "file"] = "url" if source.kind == "url" else "file"
        return Aim(kind, _origin(ctx, source), moment or (None if at_s is None else Moment(at_s)))
    if source is not None and source.moment is not None:
        if moment is not None:
            raise BadInput(text("The moment is given twice."), hint=text("Give it once, like --at 1:20."))
        moment = source.moment
    aim = await _this(ctx, usage)
    if moment is None:
        return aim
    bare = source is not None and source.moment is not None and ":" not in source.origin
    if moment.end_s is None and (bare or aim.kind == "live"):
        return replace(aim, length_s=_length(moment.start_s))
    if aim.kind == "live":
        raise BadInput(text("A live stream has no ranges yet."), hint=text("Say how many seconds, like `clip 45`."))
    return Aim(aim.kind, aim.origin, moment)


def _length(seconds: float) -> float:
    if not MIN_LENGTH_S <= seconds <= MAX_LENGTH_S:
        least, most = f"{MIN_LENGTH_S:.0f}", f"{MAX_LENGTH_S:.0f}"
        raise BadInput(text("A clip lasts {least} to {most} seconds.", least=least, most=most))
    return seconds


async def _this(ctx: Context, usage: str) -> Aim:
    subject = ctx.invocation.subject
    if subject.video and subject.video.lower().startswith(("http://", "https://")):
        at_s = time_in(subject.video)
        return Aim("url", subject.video, None if at_s is None else Moment(at_s))
    if subject.clip:
        return await _of_clip(ctx, subject.clip)
    if subject.pointed:
        raise BadInput(text("There is no video in that message."), hint=text("A link to one or a video file will do."))
    if (live := await _live(ctx)) is not None:
        return live
    if ctx.invocation.surface == "discord" and ctx.invocation.command is not None:
        raise BadInput(
            text("There is nothing to clip here: no stream is live."), hint=text("Give a link, or attach a video file.")
        )
    raise BadInput(
        text("There is nothing to clip here: no stream is live, and your message doesn't reply to a video."),
        hint=text("Usage: {usage}", usage=usage),
    )


async def _of_clip(ctx: Context, public_id: str) -> Aim:
    """The moment of a clip, to be made into another one."""
    clip = await lookup.clip(ctx, public_id)
    request = await requests.by_id(ctx.conn, clip.request_id)
    assert request is not None
    if request.source_kind == "url":
        return Aim("url", request.origin, Moment((clip.start_s + clip.end_s) / 2))
    live_at = request.options.get("live_at")
    if request.source_kind == "live" and live_at:
        return Aim("live", request.origin, live_at=live_at, delay_s=ctx.settings.chat_delay_s)
    raise BadInput(
        text("Clip {id} comes from a file that can't be asked for again.", id=clip.public_id),
        hint=text("Give a link that starts with https://."),
    )


async def _live(ctx: Context) -> Aim | None:
    """The stream that is live in this place, as the platform or the ledger says, or else in this community."""
    said, place = ctx.invocation.subject.live, ctx.invocation.place
    if said is not None:
        platform, channel_id, asked_at = said.platform, said.channel_id, said.asked_at
        stream = await streams.live_at(ctx.conn, platform, channel_id)
    else:
        stream = await streams.live_at(ctx.conn, place.platform, place.id)
        if stream is None and ctx.community_id is not None:
            stream = await streams.live_of_community(ctx.conn, ctx.community_id)
        asked_at = SystemClock().now()
        if stream is None:
            # Viewers still see its end, and speak of it, when the platform says that it is over.
            since = asked_at - timedelta(seconds=OVER_S)
            stream = await streams.just_over(ctx.conn, place.platform, place.id, ctx.community_id, since)
        if stream is None:
            return None
        platform, channel_id = stream.platform, stream.channel_id
    delay_s = stream.delay_s if stream and stream.delay_s else ctx.settings.chat_delay_s
    live_at = round(asked_at.timestamp(), 3)
    origin = live_origin(platform, channel_id)
    return Aim("live", origin, live_at=live_at, delay_s=delay_s, channel=(platform, channel_id))


def _origin(ctx: Context, source: Source) -> str:
    if source.kind == "url":
        return source.origin
    if not ctx.invocation.local:
        raise BadInput(text("That is not a link."), hint=text("Give a link that starts with https://."))
    shown = source.origin[-200:]
    try:
        path = Path(source.origin).expanduser().resolve()
        if path.is_file():
            return str(path)
        is_folder = path.is_dir()
    except (OSError, RuntimeError):
        raise BadInput(text("“{path}” can't be read as a path.", path=shown), hint=_WANTED) from None
    if is_folder:
        raise BadInput(text("“{path}” is a folder.", path=shown), hint=_WANTED)
    raise BadInput(text("“{path}” doesn't exist.", path=shown), hint=_WANTED)
