"""Clips and requests by what people call them, and whether they may see or change them."""

from collections.abc import Sequence

from bot.command import Suggestion
from bot.context import Context
from bot.views import clock
from clipnet.errors import Conflict, NotAllowed, NotFound
from clipnet.texts import text
from db import clips, requests
from db.clips import Clip
from db.requests import Request

LOOKED_THROUGH = 50
SUGGESTED = 10
"""How many of the newest clips are looked through, and offered."""


async def clip_or_request(ctx: Context, public_id: str) -> Clip | Request:
    """The clip or request of that id that the person may see.

    Raises:
        NotFound: there is none, or it is not theirs to see; the two are told alike.
    """
    found: Clip | Request | None = await clips.by_public_id(ctx.conn, public_id)
    if found is None or (isinstance(found, Clip) and found.state == "deleted"):
        found = None if found else await requests.by_public_id(ctx.conn, public_id)
    if found is None or not _visible(ctx, found):
        near = await clips.like(ctx.conn, ctx.user.id, public_id)
        hint = text("Did you mean {near}?", near=near) if near else text("`clips` lists yours.")
        raise NotFound(text("There is nothing with the id {id}.", id=public_id), hint=hint)
    return found


async def clip(ctx: Context, public_id: str) -> Clip:
    """The clip of that id; of a request with one clip, that clip.

    Raises:
        NotFound: as above, or the request has no clip or several.
    """
    found = await clip_or_request(ctx, public_id)
    if isinstance(found, Clip):
        return found
    inside = await clips.of_request(ctx.conn, found.id)
    if len(inside) == 1:
        return inside[0]
    if not inside:
        raise NotFound(
            text("{id} is a request that has no clips yet.", id=public_id),
            hint=text("`show {id}` says how far it is.", id=public_id),
        )
    raise NotFound(
        text("{id} is a request with {n} clips.", id=public_id, n=len(inside)),
        hint=text("Say which: {ids}", ids=", ".join(c.public_id for c in inside)),
    )


def must_own(ctx: Context, thing: Clip | Request) -> None:
    """Let through the owner, a moderator of its community, and operators; the latter two are audited.

    Raises:
        NotAllowed: anybody else.
    """
    if thing.user_id == ctx.user.id:
        return
    if _in_this_community(ctx, thing) and ctx.may("moderator"):
        ctx.acted_as = "moderator"
    elif ctx.may("operator"):
        ctx.acted_as = "operator"
    else:
        raise NotAllowed(text("{id} isn't yours.", id=thing.public_id), hint=text("Ask its owner or a moderator."))


def must_be_free(clip: Clip) -> None:
    """Let through a clip that no moderator has yet to decide on.

    Raises:
        Conflict: it is on hold.
    """
    if clip.held_at is not None:
        raise Conflict(
            text("Clip {id} is on hold until a moderator decides.", id=clip.public_id),
            hint=text("A moderator says `release {id}` or `takedown {id}`.", id=clip.public_id),
        )


async def moderated(ctx: Context, public_id: str, *, deleted: bool = False) -> Clip:
    """A clip that the person moderates: of the community that they speak in, or any for an operator.

    Args:
        deleted: find those that were deleted too.

    Raises:
        NotFound: there is none, or it is another community's.
    """
    found = await clips.by_public_id(ctx.conn, public_id)
    here = found is not None and (_in_this_community(ctx, found) or ctx.may("operator"))
    if found is None or not here or (found.state == "deleted" and not deleted):
        raise NotFound(text("There is nothing with the id {id}.", id=public_id), hint=text("`clips` lists yours."))
    return found


def must_moderate(ctx: Context, thing: Clip | Request) -> None:
    """Let through a moderator of the community that a thing belongs to.

    Raises:
        NotAllowed: anybody else.
    """
    if not (_in_this_community(ctx, thing) and ctx.may("moderator")):
        raise NotAllowed(text("{id} doesn't belong to a community that you moderate.", id=thing.public_id))


async def complete(ctx: Context, typed: str) -> list[str]:
    """The person's newest clips and requests, by id, title or link."""
    found = await requests.recent(ctx.conn, ctx.user.id, LOOKED_THROUGH)
    asked = [Suggestion(public_id, f"{public_id} · {origin}") for public_id, origin in found]
    return [*await complete_clip(ctx, typed), *_matching(asked, typed)]


async def complete_clip(ctx: Context, typed: str) -> list[str]:
    """The person's newest clips, by id or title."""
    return _clips(await clips.page(ctx.conn, before=None, limit=LOOKED_THROUGH, user_id=ctx.user.id), typed)


async def complete_here(ctx: Context, typed: str) -> list[str]:
    """The community's newest clips, by id or title; outside of one the person's own."""
    if ctx.community_id is None:
        return await complete_clip(ctx, typed)
    return _clips(await clips.page(ctx.conn, before=None, limit=LOOKED_THROUGH, community_id=ctx.community_id), typed)


def _clips(found: Sequence[Clip], typed: str) -> list[str]:
    shown = [(clip.public_id, clip.title, f"{clock(clip.start_s)}–{clock(clip.end_s)}") for clip in found]
    return _matching([Suggestion(parts[0], " · ".join(filter(None, parts))) for parts in shown], typed)


def _matching(found: Sequence[Suggestion], typed: str) -> list[str]:
    wanted = typed.strip().casefold()
    matching: list[str] = [one for one in found if wanted in one.label.casefold()]
    return matching[:SUGGESTED]


def _visible(ctx: Context, thing: Clip | Request) -> bool:
    if isinstance(thing, Clip) and thing.held_at is not None and not ctx.may("moderator"):
        return thing.user_id == ctx.user.id or ctx.may("viewer")
    return thing.user_id == ctx.user.id or _in_this_community(ctx, thing) or ctx.may("viewer")


def _in_this_community(ctx: Context, thing: Clip | Request) -> bool:
    return thing.community_id is not None and thing.community_id == ctx.community_id
