"""`post`: show a clip in its community's clip channel."""

from pydantic import BaseModel

from bot import lookup
from bot.command import HOUSE_SURFACES, Command, Limit, Param
from bot.community import read_settings
from bot.context import Context
from bot.params import CHOICE
from bot.params import CLIP as CLIP_ID
from bot.places import place_of, same
from bot.quiet import quiet_for_s
from bot.vocabulary import Reply
from clipnet.clock import SystemClock
from clipnet.errors import Conflict
from clipnet.texts import text
from db import clips, communities, copies
from pipeline.steps import announce_job


class Posting(BaseModel):
    """Where a clip will be shown, and in how many seconds."""

    clip: str
    platform: str
    channel: str
    in_s: float


async def _post(ctx: Context, *, clip: str, target: str) -> Reply:
    found = await lookup.clip(ctx, clip)
    lookup.must_own(ctx, found)
    if target != "channel":
        raise Conflict(
            text("Clips can't be published on {target} yet.", target=target),
            hint=text("`post {id}` shows it in the clip channel.", id=found.public_id),
        )
    state = await clips.lock(ctx.conn, found.id)
    if state not in clips.SEEN or found.held_at is not None:
        state = "held" if found.held_at is not None else state
        raise Conflict(text("Clip {id} is {state}, not ready.", id=found.public_id, state=state))
    community = await communities.get(ctx.conn, found.community_id) if found.community_id else None
    settings = read_settings(community.settings if community else {})
    if settings.clip_channel is None:
        raise Conflict(
            text("This community has no clip channel."), hint=text("Choose one: `settings set clip_channel here`")
        )
    place = settings.clip_channel.place()
    for copy in await copies.of_clip(ctx.conn, found.id):
        if same(place_of(copy.place), place):
            where = copy.url or settings.clip_channel.name or place.id
            raise Conflict(text("Clip {id} is there already: {where}", id=found.public_id, where=where))
    delay_s = quiet_for_s(settings.quiet_hours, SystemClock().now())
    await ctx.enqueue(announce_job(found.id, found.revision, delay_s=delay_s))
    told = text("Clip {id} will be shown in the clip channel.", id=found.public_id)
    if delay_s > 0:
        told = text("Clip {id} will be shown after the quiet hours.", id=found.public_id)
    return Reply(
        told, data=Posting(clip=found.public_id, platform=place.platform, channel=place.id, in_s=round(delay_s))
    )


POST = Command(
    name="post",
    help="Show a clip in the clip channel",
    handler=_post,
    data=Posting,
    params=(
        Param("clip", CLIP_ID, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param(
            "target",
            CHOICE,
            "where; the community's clip channel when left out",
            positional=True,
            default="channel",
            choices=("channel", "youtube", "tiktok", "x"),
        ),
    ),
    changes="writes a message with the clip into the community's clip channel",
    limit=Limit(10, 60),
    surfaces=HOUSE_SURFACES,
    examples=("post 7K3QX9",),
)
