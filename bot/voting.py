"""What a vote or a moderator's word does to a clip; in one transaction, with the poll held."""

from collections.abc import Sequence
from typing import Literal

from bot.community import read_settings
from bot.context import Context
from bot.words import state as in_words
from clipnet.clock import SystemClock
from clipnet.errors import Conflict, NotAllowed
from clipnet.texts import text
from db import clips, communities, polls, rights, users, votes
from db.clips import Clip
from db.polls import Poll
from pipeline.steps import count_votes_job

COUNT_EVERY_S = 2.0
"""The messages that show a vote are edited no more often than that."""
DAY_S = 86400.0
Choice = Literal["up", "down", "undo"]


async def cast(ctx: Context, clip: Clip, choice: Choice) -> Poll:
    """Count a person's vote once, whatever platform it comes from, and approve the clip when that was the last needed.

    A clip of a channel that isn't the community's own waits for a moderator then. Who asked for a clip
    votes like everybody else.

    Raises:
        Conflict: there is no vote on the clip, it is over, or the clip is on hold.
        NotAllowed: the community's rules keep them from voting.
    """
    poll = await polls.hold(ctx.conn, clip.id)
    if poll is None:
        raise Conflict(text("There is no vote on clip {id}.", id=clip.public_id))
    if (await clips.by_id(ctx.conn, clip.id) or clip).held_at is not None:
        raise Conflict(text("Clip {id} is on hold until a moderator has looked at it.", id=clip.public_id))
    if not poll.open:
        raise Conflict(text("The vote on clip {id} is over.", id=clip.public_id))
    voter = ctx.user.id
    await _check_voter(ctx, poll)
    if choice == "undo":
        changed = await votes.take_back(ctx.conn, clip.id, voter)
    else:
        platform = ctx.invocation.actor.platform
        changed = await votes.cast(ctx.conn, clip.id, voter, 1 if choice == "up" else -1, platform)
    now = await polls.get(ctx.conn, clip.id)
    assert now is not None
    if now.up - now.down >= now.quorum:
        await _pass(ctx, clip, now)
    if changed:
        await show_counts(ctx, clip)
    return await polls.get(ctx.conn, clip.id) or now


async def _pass(ctx: Context, clip: Clip, poll: Poll) -> None:
    await polls.end(ctx.conn, clip.id, "passed")
    by_itself = not poll.needs_moderator and (await rights.may_post_alone(ctx.conn, clip.id)).alone
    if by_itself or poll.decided_by is not None:
        await polls.approve(ctx.conn, clip.id)


async def approve(ctx: Context, clip: Clip) -> Literal["approved", "noted"]:
    """A moderator's yes: it approves the clip, or (`noted`) does so as soon as the vote has passed too.

    Raises:
        Conflict: the clip isn't ready, is on hold, or was approved before.
    """
    poll = await polls.hold(ctx.conn, clip.id)
    _check_ready(clip, await clips.lock(ctx.conn, clip.id))
    if (await clips.by_id(ctx.conn, clip.id) or clip).held_at is not None:
        raise Conflict(
            text("Clip {id} is on hold.", id=clip.public_id), hint=text("`release` or `takedown` comes first.")
        )
    if poll is not None and poll.needs_moderator and poll.open:
        await polls.say_yes(ctx.conn, clip.id, ctx.user.id)
        return "noted"
    if poll is not None and poll.needs_moderator and poll.state != "passed":
        raise Conflict(text("The vote on clip {id} did not pass.", id=clip.public_id))
    if poll is not None:
        await polls.end(ctx.conn, clip.id, "passed" if poll.state == "passed" else "decided", by=ctx.user.id)
    await polls.approve(ctx.conn, clip.id)
    await show_counts(ctx, clip)
    return "approved"


async def unapprove(ctx: Context, clip: Clip) -> None:
    """A moderator's no: an approved clip is only ready again, and a vote that goes on is over.

    Raises:
        Conflict: it is neither approved nor voted on.
    """
    poll = await polls.hold(ctx.conn, clip.id)
    state = await clips.lock(ctx.conn, clip.id)
    if state != "approved" and (poll is None or poll.state == "decided"):
        raise Conflict(text("Clip {id} is {state}, not approved.", id=clip.public_id, state=in_words(state)))
    if state == "approved":
        await clips.set_state(ctx.conn, clip.id, "ready")
    if poll is not None:
        await polls.end(ctx.conn, clip.id, "decided", by=ctx.user.id)
    await show_counts(ctx, clip)


async def withdraw(ctx: Context, user_id: int, community_id: int | None = None) -> int:
    """Take out what a person's votes still count for, in a community or (None) anywhere; returns how many there were.

    A vote against a clip may have been the one that kept it from its approval.
    """
    open_polls = await votes.hold_open(ctx.conn, [user_id], community_id)
    gone = await votes.withdraw(ctx.conn, open_polls, user_id)
    await recount(ctx, open_polls)
    return gone


async def recount(ctx: Context, clip_ids: Sequence[int]) -> None:
    """See how votes stand whose polls are held and out of which some were taken, and show it."""
    for clip_id in clip_ids:
        clip, poll = await clips.by_id(ctx.conn, clip_id), await polls.get(ctx.conn, clip_id)
        if clip is None or poll is None or not poll.open:
            continue
        if clip.held_at is None and poll.up - poll.down >= poll.quorum:
            await _pass(ctx, clip, poll)
        await show_counts(ctx, clip)


async def show_counts(ctx: Context, clip: Clip) -> None:
    """Have the messages that show the clip edited, once for all that happens in a slot of time."""
    slot, delay_s = await polls.slot(ctx.conn, COUNT_EVERY_S)
    await ctx.enqueue(count_votes_job(clip.id, clip.revision, slot, delay_s=delay_s))


def _check_ready(clip: Clip, state: str) -> None:
    if state in ("approved", "posted"):
        raise Conflict(text("Clip {id} is {state} already.", id=clip.public_id, state=in_words(state)))
    if state != "ready":
        raise Conflict(text("Clip {id} is {state}, not ready.", id=clip.public_id, state=in_words(state)))


async def _check_voter(ctx: Context, poll: Poll) -> None:
    """The rules are those of the clip's community, wherever the vote is cast; roles count in its own places."""
    community = await communities.get(ctx.conn, poll.community_id)
    settings, actor = read_settings(community.settings if community else {}), ctx.invocation.actor
    voter = ctx.user.id
    if await votes.is_banned(ctx.conn, poll.community_id, voter):
        raise NotAllowed(text("You can't vote in that community any more."))
    if await votes.is_spent(ctx.conn, poll.clip_id, voter):
        raise NotAllowed(text("You voted on this clip while this account was linked; that vote counts."))
    if settings.voter_role is not None:
        held = ctx.invocation.place_roles if ctx.community_id == poll.community_id else frozenset()
        if settings.voter_role not in {*held, *(f"{actor.platform}:{role}" for role in held)}:
            raise NotAllowed(text("Only people with a certain role vote here."))
    if settings.voter_age_days > 0:
        since = min(filter(None, (actor.since, await users.known_since(ctx.conn, voter))))
        days = (SystemClock().now() - since).total_seconds() / DAY_S
        if days < settings.voter_age_days:
            raise NotAllowed(
                text(
                    "Accounts vote here once they are {n} day old.",
                    "Accounts vote here once they are {n} days old.",
                    n=settings.voter_age_days,
                )
            )
