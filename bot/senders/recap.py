"""`clipbot:recap`: after a stream, its best moments that nobody asked for, each with what can be done about it."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import asyncpg

from bot.community import CommunitySettings, read_settings
from bot.offers import offer
from bot.quiet import quiet_for_s
from bot.senders.desk import Desk, unpacked
from bot.speaker import Spoken, Telling
from clipnet.clock import SystemClock
from db import chat, communities, effects, recaps
from db.chat import Bucket
from db.pool import Executor
from db.recaps import NewMoment, Stream
from pipeline.jobs import OfStream
from pipeline.steps import recap_job
from pipeline.worker.handler import Done, JobContext

Rank = Callable[[Sequence[Bucket], Sequence[float], tuple[float, float]], list[NewMoment]]
"""Chooses moments by a stream's chat, what was asked for already, and from and to when it was on, in Unix seconds."""
AFTERWARDS = timedelta(minutes=2)
"""A chat still reacts when the stream is over."""


async def recap(desk: Desk, rank: Rank, ctx: JobContext, payload: OfStream) -> Done:
    """Choose a stream's moments; and, when they stand in the ledger, so that their buttons work, offer them once.

    A message that was said is edited to show what was decided, whatever the community has decided since.
    """
    async with ctx.pool.acquire() as conn:
        stream = await recaps.stream(conn, payload.stream_id)
        settings = await _settings(conn, stream)
        moments = await recaps.of_stream(conn, payload.stream_id)
    if stream is not None and moments and (said := await _said(ctx, stream)) is not None:
        language = settings.language if settings else "en"
        telling = Telling(offer(stream, moments), key=f"r{stream.id}", language=language)
        return Done({"edited": await desk.edit(said, telling) is not None})
    if stream is None or stream.end is None or settings is None or not settings.recap:
        return Done({"skipped": "not asked for"})
    if settings.clip_channel is None:
        return Done({"skipped": "no clip channel"})
    if not moments:
        return await _choose(rank, ctx, stream)
    wait_s = quiet_for_s(settings.quiet_hours, SystemClock().now())
    if wait_s > 0:
        return Done({"skipped": "quiet hours"}, then=[recap_job(stream.id, delay_s=wait_s)])
    telling = Telling(offer(stream, moments), key=f"r{stream.id}", language=settings.language)
    spoken = await desk.say(ctx, f"recap:{stream.id}", settings.clip_channel.place(), telling)
    return Done({"said": spoken.id})


async def _said(ctx: JobContext, stream: Stream) -> Spoken | None:
    effect = await effects.get(ctx.pool, f"recap:{stream.id}")
    return unpacked(effect.remote_id) if effect and effect.state == "done" and effect.remote_id else None


async def _settings(conn: Executor, stream: Stream | None) -> CommunitySettings | None:
    if stream is None or stream.community_id is None:
        return None
    community = await communities.get(conn, stream.community_id)
    return read_settings(community.settings) if community else None


async def _choose(rank: Rank, ctx: JobContext, stream: Stream) -> Done:
    assert stream.end is not None
    until = stream.end + AFTERWARDS
    async with ctx.pool.acquire() as conn:
        buckets = await chat.of_channel(conn, stream.platform, stream.channel_id, stream.start, until)
        asked = await chat.marks(conn, stream.platform, stream.channel_id, stream.start, until)
    chosen = rank(buckets, asked, (stream.start.timestamp(), stream.end.timestamp()))
    if not chosen:
        return Done({"skipped": "nothing stood out"})

    async def write(conn: asyncpg.Connection) -> None:
        await recaps.put(conn, stream.id, chosen)

    return Done({"moments": len(chosen)}, then=[recap_job(stream.id)], write=write)
