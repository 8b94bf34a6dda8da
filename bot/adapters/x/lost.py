"""Telling operators that somebody has to sign in again as the bot's account: once for each sign-in that was lost."""

from typing import Final

from loguru import logger

from bot.adapters.x.keys import PROVIDER, NotConnected
from db import communities, cursors
from pipeline.jobs import Trouble
from pipeline.queue.facade import Queue
from pipeline.steps import trouble_job

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
            trouble = Trouble(
                community_id=community.id,
                episode=f"{PROVIDER}:sign-in:{error.mark}",
                platform=PROVIDER,
                what="sign-in",
                channel=error.account_id,
            )
            await tx.enqueue(trouble_job(trouble))
    logger.error("somebody has to sign in with X again", account=error.account_id)
    return True
