"""What a second life of a job means for the request and the clip it belongs to."""

from bot.context import Context
from db import clips, notices, requests

_ENDED = ("failed", "cancelled")


async def revive(ctx: Context, request_id: int, clip_id: int | None) -> None:
    """Open a request again, and one of its clips, so that its work can go on and a new last word be said."""
    request_state = await requests.lock(ctx.conn, request_id)
    if clip_id is not None and await clips.lock(ctx.conn, clip_id) in _ENDED:
        await clips.set_state(ctx.conn, clip_id, "queued")
    if request_state in _ENDED:
        await requests.set_state(ctx.conn, request_id, "queued")
    elif request_state == "done":
        await requests.set_state(ctx.conn, request_id, "working")
    await notices.reopen(ctx.conn, request_id)
