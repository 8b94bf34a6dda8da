"""The source of a request about a stream that is live: a window of its recording."""

import asyncio
import hashlib
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from asyncpg import Pool

from clipnet.errors import BadInput, Unavailable
from clipnet.texts import text
from db import chat as chats
from db import chat_counts as counting
from db import streams
from db.sources import Source
from db.streams import Stream
from pipeline.highlights.chat import LATEST_S
from pipeline.ingest import Ingested
from pipeline.ingest.ingest import FILE_NAME
from pipeline.jobs import CLIP_PROCESS
from pipeline.live.clock import LiveClock
from pipeline.live.cut import covering, cut
from pipeline.live.index import Entry, read_index
from pipeline.options import LIVE_AFTER_S, LIVE_BEFORE_S, ClipOptions
from pipeline.stages.given import Given
from pipeline.stages.tools import StageTools
from pipeline.worker.handler import JobContext

MARGIN_S = 5.0
"""So much more than an explicit stretch is taken, for words at its edges."""
LONGEST_WAIT_S = 60.0
LATE_S = 2.0
BEHIND_S = 30.0
"""A recording that is further behind what happens is catching up, and won't take as long as it is behind."""
LEAST_S = 1.0


def window(options: ClipOptions) -> tuple[float, float]:
    """From and to, in Unix seconds as viewers saw it. Raises BadInput when no time is given."""
    if options.live_from is not None and options.live_to is not None:
        return options.live_from - MARGIN_S, options.live_to + MARGIN_S
    if options.live_at is None:
        raise BadInput(text("Nobody said which moment of the stream is meant."))
    return options.live_at - LIVE_BEFORE_S, options.live_at + LIVE_AFTER_S


async def cut_live(tools: StageTools, ctx: JobContext, given: Given) -> tuple[Ingested, dict[str, Any]]:
    """Cuts what the request means out of the recording; returns the file, and what `sources.live` keeps of it.

    Raises:
        BadInput: the stream isn't recorded, or no longer holds that time.
        Unavailable: the end of the window has still to come; says when it will be there.
        DiskFull: see `cut`.
    """
    from_at, to_at = window(given.options)
    stream = await _stream(ctx, given.source.origin, given.options)
    from_at, to_at = from_at - stream.delay_s, to_at - stream.delay_s
    folder = tools.settings.state_dir / "live" / str(stream.id)
    entries = await asyncio.to_thread(read_index, folder)
    _wait_for(entries, to_at, stream, ctx.attempt, time.time())
    held_s = sum(min(each.ends_at, to_at) - max(each.at, from_at) for each in covering(entries, from_at, to_at))
    if held_s < LEAST_S:
        raise BadInput(
            text("The recording of the stream doesn't hold that moment."),
            hint=text("Ask while it is on, or within {n} minutes.", n=round(tools.settings.live.minutes)),
        )
    path = ctx.scratch / FILE_NAME
    laid = await cut(folder, entries, from_at, to_at, path, tools.media, tools.limits)
    digest = await asyncio.to_thread(_digest, path)
    title = stream.title or f"{stream.platform} {stream.channel_id}"
    channels = (f"{stream.platform}:{stream.channel_id}",)
    return Ingested(path, digest, _size(path), title, channels), LiveClock(
        tuple(laid), stream.delay_s, given.options.live_at
    ).stored()


async def _stream(ctx: JobContext, origin: str, options: ClipOptions) -> Stream:
    kind, _, rest = origin.partition(":")
    platform, _, channel_id = rest.partition(":")
    at = options.live_at or options.live_from or 0.0
    found = None
    if kind == "live" and channel_id:
        found = await streams.seen_at(ctx.pool, platform, channel_id, datetime.fromtimestamp(at, UTC))
    if found is None or not found.record:
        raise BadInput(
            text("This channel's stream isn't recorded."),
            hint=text("Its broadcaster can turn that on in the settings; or give the link of a video."),
        )
    return found


def _wait_for(entries: list[Entry], to_at: float, stream: Stream, attempt: int, now: float) -> None:
    """Raises Unavailable while the end of the window may still come; then what is there is taken."""
    newest = max((entry.ends_at for entry in entries), default=min(now, to_at) - LATE_S)
    overdue = now > to_at + stream.delay_s + LONGEST_WAIT_S or attempt >= CLIP_PROCESS.max_attempts
    if newest >= to_at or overdue or stream.state != "live":
        return
    raise Unavailable(
        text("The moment is still on; it is clipped as soon as it has come in."),
        retry_after_s=min(max(to_at - max(newest, now - BEHIND_S), 0.0) + LATE_S, LONGEST_WAIT_S),
    )


def _size(path: Path) -> int:
    return path.stat().st_size


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def markers_s(pool: Pool, source: Source) -> tuple[float, ...]:
    """The seconds of a live source at which somebody asked for a clip of it; none for any other source."""
    if source.live is None:
        return ()
    clock = LiveClock.of(source.live)
    _, platform, channel_id = source.origin.split(":", 2)
    first, last = clock.laid[0].at + clock.delay_s, clock.laid[-1].at + clock.laid[-1].length_s + clock.delay_s
    seen = await chats.marks(
        pool, platform, channel_id, datetime.fromtimestamp(first, UTC), datetime.fromtimestamp(last, UTC)
    )
    asked = [clock.asked_at] if clock.asked_at is not None and not seen else []
    return clock.seconds_of([*seen, *asked])


async def chat_counts(pool: Pool, source: Source) -> tuple[tuple[float, float], ...]:
    """How much was written while viewers saw a live source, and just after it, by its seconds; none for any other.

    People weigh more than what they write, so that one who floods a chat counts little.
    """
    if source.live is None:
        return ()
    clock = LiveClock.of(source.live)
    _, platform, channel_id = source.origin.split(":", 2)
    first, last = clock.laid[0], clock.laid[-1]
    began, ended = first.at + clock.delay_s, last.at + last.length_s + clock.delay_s
    buckets = await counting.window(
        pool,
        platform,
        channel_id,
        datetime.fromtimestamp(began, UTC),
        datetime.fromtimestamp(ended + LATEST_S, UTC),
    )
    found: list[tuple[float, float]] = []
    for bucket in buckets:
        weight = bucket.chatters + 0.25 * min(bucket.messages + bucket.emotes, 4 * bucket.chatters)
        for part in range(counting.CHAT_BUCKET_S):
            seen_at = bucket.at_s + part + 0.5
            if clock.holds(seen_at):
                found.append((clock.second_of(seen_at), weight / counting.CHAT_BUCKET_S))
            elif seen_at > ended:
                found.append((clock.length_s + seen_at - ended, weight / counting.CHAT_BUCKET_S))
    return tuple(found)
