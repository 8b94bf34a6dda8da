"""`clipbot:takedown`: take one message back that shows a clip; where that can't be done, it is left to a person."""

from functools import partial

from bot.places import place_of
from bot.speaker import Speaker, Speakers, Spoken
from clipnet.errors import NotAllowed, NotFound
from clipnet.texts import text
from db import takedowns
from db.copies import Copy
from db.takedowns import DELETED, LEFT, Ending
from pipeline.jobs import TakeDown
from pipeline.worker.handler import Done, JobContext


async def takedown(speakers: Speakers, ctx: JobContext, payload: TakeDown) -> Done:
    """Taking back twice does no harm, so an interrupted try is simply made again.

    Raises:
        NotFound: the copy's row is gone.
        Unavailable: the platform is away; tried again.
    """
    copy = await takedowns.get(ctx.pool, payload.copy_id)
    if copy is None:
        raise NotFound(text("The message that this is about is gone."))
    if copy.state != "there":
        return Done({"state": copy.state})
    speaker = speakers.get(copy.platform)
    state: Ending = LEFT
    if speaker is not None:
        done = await ctx.effect(f"takedown:{copy.id}", partial(_delete, speaker, copy), _not_done)
        state = DELETED if done == DELETED else LEFT
    return Done({"state": state}, write=partial(takedowns.end, copy_id=copy.id, state=state))


async def _delete(speaker: Speaker, copy: Copy) -> str:
    spoken = Spoken(copy.remote_id, place_of(copy.place), copy.url)
    try:
        return DELETED if await speaker.delete(spoken) else LEFT
    except NotFound:
        return DELETED
    except NotAllowed:
        return LEFT


async def _not_done() -> None:
    """Nobody can say whether an interrupted try went through; another one finds out."""
