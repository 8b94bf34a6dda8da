"""`takedown` and `unblock`: take a clip away with all its copies, and keep its moment from coming back."""

from typing import Any

from pydantic import BaseModel

from bot import lookup
from bot.command import Command, Param, Plan
from bot.context import Context
from bot.params import CLIP, TEXT
from bot.removal import hold, remove
from bot.views import Changed, clock
from bot.vocabulary import Field, Reply
from clipnet.errors import Conflict
from clipnet.texts import text
from db import blocks, clips, copies
from db.copies import Copy


class CopyView(BaseModel):
    """A message that showed the clip. It is taken back where the platform can; else the link leads to it."""

    platform: str
    kind: str
    url: str | None


class TakenDown(BaseModel):
    """A clip that was taken down, and what showed it."""

    clip: str
    copies: list[CopyView]
    files: int


async def _plan(ctx: Context, *, id: str, reason: str | None) -> Plan:  # noqa: A002, ARG001
    clip = await lookup.moderated(ctx, id)
    shown = await copies.of_clip(ctx.conn, clip.id)
    files = (await clips.stored(ctx.conn, [clip.id])).get(clip.id, [])
    where = ", ".join(copy.url or copy.platform for copy in shown) or "–"
    said = text(
        "This takes clip {id} ({start}–{end}) down for good: {files} files, {n} messages ({where}). "
        "Its moment can't be clipped again.",
        id=clip.public_id,
        start=clock(clip.start_s),
        end=clock(clip.end_s),
        files=len(files),
        n=len(shown),
        where=where,
    )
    state: dict[str, Any] = {"clip": clip.id, "state": clip.state, "copies": [copy.id for copy in shown]}
    return Plan(said, state)


async def _takedown(ctx: Context, *, id: str, reason: str | None) -> Reply:  # noqa: A002
    clip = await lookup.moderated(ctx, id)
    if await hold(ctx, clip.id) == "deleted":
        raise Conflict(text("Clip {id} is deleted already.", id=clip.public_id))
    files = (await clips.stored(ctx.conn, [clip.id])).get(clip.id, [])
    await blocks.put(ctx.conn, clip.id, community_id=clip.community_id, reason=reason or "", by=ctx.user.id)
    shown = await remove(ctx, clip)
    return Reply(
        text("Clip {id} is taken down. Its moment is blocked.", id=clip.public_id),
        tuple(Field(copy.platform, _told(copy)) for copy in shown),
        private=True,
        data=TakenDown(
            clip=clip.public_id,
            copies=[CopyView(platform=copy.platform, kind=copy.kind, url=copy.url) for copy in shown],
            files=len(files),
        ),
    )


def _told(copy: Copy) -> str:
    if copy.url is None:
        return text("A message of ours is taken back where that can be done.")
    return text("Taken back where that can be done; else delete it here: {url}", url=copy.url)


async def _unblock(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    clip = await lookup.moderated(ctx, id, deleted=True)
    everywhere = ctx.may("operator")
    if not await blocks.lift(ctx.conn, clip.id, None if everywhere else clip.community_id):
        raise Conflict(text("Nothing of clip {id} is blocked.", id=clip.public_id))
    return Reply(
        text("The moment of clip {id} can be clipped again.", id=clip.public_id),
        data=Changed(id=clip.public_id, kind="clip", state=clip.state),
    )


TAKEDOWN = Command(
    name="takedown",
    help="Take a clip away with every copy of it, and block its moment",
    handler=_takedown,
    data=TakenDown,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_here),
        Param("reason", TEXT, "why", positional=True),
    ),
    role="moderator",
    changes="deletes the clip, its files and the messages that show it, and blocks its moment; unblock lifts the block",
    plan=_plan,
    private=True,
    examples=('takedown 7K3QX9 "shows an address"',),
)
UNBLOCK = Command(
    name="unblock",
    help="Let a taken-down moment be clipped again",
    handler=_unblock,
    data=Changed,
    params=(Param("id", CLIP, "the clip", required=True, positional=True),),
    role="moderator",
    changes="lifts the block that takedown set",
    private=True,
    examples=("unblock 7K3QX9",),
)
