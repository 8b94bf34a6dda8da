"""`forget-me`: erase a person."""

from pydantic import BaseModel

from bot import voting
from bot.command import Command, Limit, Plan
from bot.context import Context
from bot.limits import Limiter
from bot.removal import remove
from bot.vocabulary import Reply
from bot.withdraw import leave
from clipnet.texts import text
from db import askers, audit, clips, erasure, identities, outcasts, polls
from db.outcasts import mark_of
from pipeline.steps import forget_job, show_clip_job


class Forgotten(BaseModel):
    """A receipt: what went, and the row that stands for the person in the record of privileged actions."""

    requests: int
    clips: int
    left: int
    pseudonym: str


async def _plan(ctx: Context) -> Plan:
    shares = await erasure.shares(ctx.conn, ctx.user.id)
    theirs = [share.request_id for share in shares if share.theirs]
    made = sum([len(await clips.of_request(ctx.conn, request_id)) for request_id in theirs])
    said = text(
        "This erases you here for good: accounts, roles, votes, feedback and {clips} clips. "
        "Clips that others asked for too stay, without you.",
        clips=made,
    )
    return Plan(said, {"requests": theirs, "clips": made})


async def _forget_me(ctx: Context) -> Reply:
    user_id, deleted, left = ctx.user.id, 0, 0
    for consent in ctx.services.consents.values():
        await consent.end(user_id, None)
    await polls.hold_of(ctx.conn, user_id)
    await voting.withdraw(ctx, user_id)
    await askers.hold_requests(ctx.conn, [user_id])
    shares = await erasure.shares(ctx.conn, user_id)
    for share in shares:
        if share.theirs:
            deleted += await _erase_request(ctx, share.request_id)
        else:
            await askers.withdraw(ctx.conn, share.request_id, user_id)
            await _name_no_more(ctx, share.request_id)
            left += 1
    await _keep_bans(ctx)
    await erasure.leave_channels(ctx.conn, user_id)
    await erasure.erase(ctx.conn, user_id)
    await ctx.enqueue(forget_job(user_id))
    await Limiter(ctx.services.queue.redis, ctx.services.settings.redis.prefix).forget(user_id)
    receipt = Forgotten(requests=len(shares) - left, clips=deleted, left=left, pseudonym=f"user:{user_id}")
    await _record(ctx, receipt)
    return Reply(text("You are forgotten. Goodbye."), private=True, data=receipt)


async def _keep_bans(ctx: Context) -> None:
    """Who is banned stays so, though nobody knows any more who it was."""
    key = ctx.services.settings.parity_key or ""
    known = await identities.of_user(ctx.conn, ctx.user.id)
    await outcasts.remember(ctx.conn, ctx.user.id, [mark_of(key, platform, its_id) for platform, its_id, _ in known])


async def _erase_request(ctx: Context, request_id: int) -> int:
    ctx.changed += await leave(ctx.tx, request_id, ctx.user.id, note=f"left by user {ctx.user.id}") or []
    await ctx.cancel_request(request_id)
    made = await clips.of_request(ctx.conn, request_id)
    for clip in made:
        await clips.lock(ctx.conn, clip.id)
        await remove(ctx, clip)
    await erasure.scrub_request(ctx.conn, request_id)
    return len(made)


async def _name_no_more(ctx: Context, request_id: int) -> None:
    """Have the messages that show clips of a request changed, as far as they can be, to those who still ask for it."""
    for clip in await clips.of_request(ctx.conn, request_id):
        if clip.state in clips.SEEN:
            await ctx.enqueue(show_clip_job(clip.id, clip.revision))


async def _record(ctx: Context, receipt: Forgotten) -> None:
    await audit.append(
        ctx.conn,
        audit.Entry(
            actor=receipt.pseudonym,
            roles=(),
            platform=ctx.invocation.place.platform,
            place="",
            command="forget-me",
            args={"requests": receipt.requests, "clips": receipt.clips, "left": receipt.left},
            outcome="allowed",
            detail="",
            trace_id=ctx.trace_id,
        ),
    )


FORGET_ME = Command(
    name="forget-me",
    help="Erase everything that is kept about you",
    handler=_forget_me,
    data=Forgotten,
    changes="erases accounts, names, roles, votes and feedback, and deletes clips that only you asked for",
    plan=_plan,
    limit=Limit(5, 3600),
    alone=True,
    private=True,
    for_banned=True,
    examples=("forget-me",),
)
