"""`ops:tell`: say where a community's operators talk what is wrong and what they can do, once."""

from typing import Final

from bot.community import read_settings
from bot.senders.desk import Desk
from bot.speaker import Telling
from bot.vocabulary import Reply
from clipnet.texts import joined, text
from db import communities
from pipeline.jobs import TellOperators
from pipeline.worker.handler import Done, JobContext

SAID: Final = {
    "x-sign-in": (
        text("X takes the sign-in of the bot's account no longer: nothing is heard or answered there."),
        text("Say “clipnet setup --again x” where ClipNet runs, and sign in as the bot's account."),
    ),
}
"""What is wrong, and what to do."""


async def tell_operators(desk: Desk, ctx: JobContext, payload: TellOperators) -> Done:
    """Say it; nothing where the community has no channel for that, as it is nobody else's to read.

    Raises:
        NotFound: nobody here speaks on the platform of that channel.
    """
    community = await communities.get(ctx.pool, payload.community_id)
    settings = read_settings(community.settings if community else {})
    if settings.ops_channel is None:
        return Done({"told": False})
    telling = Telling(Reply(joined(SAID[payload.about])), key=f"ops-{ctx.job_id}", language=settings.language)
    spoken = await desk.say(ctx, f"tell:{ctx.job_id}", settings.ops_channel.place(), telling)
    return Done({"told": True, "message": spoken.id})
