"""Videos on X: uploaded in segments by API v2, for which tweepy has no method; and what X takes at all.

Limits: X's documentation of media best practices (0.5 to 140 s, 512 MB, 60 pictures a second, 1:3 to 3:1).
"""

import asyncio
import io
from typing import Any, Final

import aiohttp
import av

from bot.adapters.x.client import X
from bot.speaker import MediaFile
from clipnet.errors import BadInput, Unavailable
from clipnet.texts import text

SEGMENT: Final = 4 * 1024 * 1024
"""Bytes of a segment; X takes 5 MB."""
LARGEST: Final = 512 * 1024 * 1024
SHORTEST_S, LONGEST_S, FASTEST = 0.5, 140.0, 60.0
WIDEST: Final = 3.0
SMALLEST: Final = 32
TRIES: Final = 3
"""How often one segment is sent; the same segment again does no harm."""
PATIENCE_S: Final = 300.0
"""How long X may work on a video; a link comes sooner then."""
ROUTE: Final = "/2/media/upload"


async def upload(x: X, file: MediaFile) -> str:
    """Bring a video to X; returns the id with which it can be posted.

    Raises:
        BadInput: X doesn't take it, or works on it for too long.
        NotFound: X has dropped it meanwhile; the rest as `client.translated`.
    """
    wanted = {"media_type": file.mime, "media_category": "tweet_video", "total_bytes": file.bytes}
    begun = await x.request("POST", f"{ROUTE}/initialize", json=wanted)
    media_id = str(begun["data"]["id"])
    await _send(x, media_id, file)
    state = await x.request("POST", f"{ROUTE}/{media_id}/finalize")
    waited_s = 0.0
    while (processing := _processing(state)).get("state") in ("pending", "in_progress"):
        if waited_s >= PATIENCE_S:
            raise BadInput(text("X takes too long over a video."))
        pause_s = max(1.0, float(processing.get("check_after_secs") or 5))
        await x.clock.sleep(pause_s)
        waited_s += pause_s
        state = await x.request("GET", ROUTE, command="STATUS", media_id=media_id)
    if _processing(state).get("state") == "failed":
        why = (_processing(state).get("error") or {}).get("message") or "?"
        raise BadInput(text("X can't use that: {said}", said=str(why)[:200]))
    return media_id


async def takes(file: MediaFile) -> bool:
    """Whether X is likely to take a video; what it doesn't is shown by a link."""
    if file.bytes > LARGEST or file.mime != "video/mp4":
        return False
    return await asyncio.to_thread(_fits, file.path)


def _fits(path: str) -> bool:
    try:
        with av.open(path) as container:
            stream = container.streams.video[0]
            length_s = (container.duration or 0) / 1_000_000
            rate, width, height = float(stream.average_rate or 0), stream.width, stream.height
    except (av.error.FFmpegError, IndexError, OSError):
        return False
    return (
        SHORTEST_S <= length_s <= LONGEST_S
        and rate <= FASTEST + 0.05
        and min(width, height) >= SMALLEST
        and 1 / WIDEST <= width / height <= WIDEST
    )


async def _send(x: X, media_id: str, file: MediaFile) -> None:
    """Every segment in turn; one that nobody acknowledged is sent again."""
    with await asyncio.to_thread(open, file.path, "rb") as reader:
        for index in range(-(-file.bytes // SEGMENT)):
            segment = await asyncio.to_thread(reader.read, SEGMENT)
            for left in reversed(range(TRIES)):
                try:
                    await x.upload(f"{ROUTE}/{media_id}/append", lambda: _form(index, segment))  # noqa: B023
                    break
                except Unavailable as error:
                    if not left or error.retry_after_s is not None:
                        raise


def _form(index: int, segment: bytes) -> aiohttp.FormData:
    form = aiohttp.FormData()
    form.add_field("segment_index", str(index))
    form.add_field("media", io.BytesIO(segment), filename="segment", content_type="application/octet-stream")
    return form


def _processing(state: dict[str, Any]) -> dict[str, Any]:
    """How far X is with it; empty when it needs no work."""
    return dict((state.get("data") or {}).get("processing_info") or {})
