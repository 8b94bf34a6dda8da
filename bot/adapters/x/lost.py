"""Telling operators that somebody has to sign in again as the bot's account: once for each sign-in that was lost."""

from typing import Final

from loguru import logger

from bot.adapters.x.keys import PROVIDER, NotConnected
from db import communities, cursors
from pipeline.jobs import OPS_TELL, NewJob, TellOperators
from pipeline.queue.facade import Queue

TOLD: Final = "x:sign-in-lost"
"""Which sign-in operators were told of last."""


async def tell(queue: Queue, error: NotConnected) -> bool:
    """Have it told where the operators of the account's community talk; False when that was done before."""
    async with queue.transaction(created_by=PROVIDER) as tx:
        if await cursors.hold(tx.conn, TOLD) == error.mark:
            return False
        await cursors.put(tx.conn, TOLD, error.mark)
        community = await communities.at_place(tx.conn, PROVIDER, error.account_id)
        if community is not None:
            await tx.enqueue(NewJob(OPS_TELL, TellOperators(community_id=community.id, about="x-sign-in")))
    logger.error("somebody has to sign in with X again", account=error.account_id)
    return True
