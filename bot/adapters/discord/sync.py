"""Discord's commands follow the declarations: sent when they differ from what was sent last, and only then."""

import discord
from loguru import logger

from bot.adapters.discord.payload import digest, payload
from bot.registry import Registry
from db import cursors
from db.pool import DATABASE_ERRORS, transaction
from pipeline.queue.facade import Queue


async def sync(client: discord.Client, registry: Registry, queue: Queue) -> bool:
    """Send the commands where they changed; whether they were sent. One process at a time does it.

    Raises:
        discord.HTTPException: Discord refuses them.
    """
    commands = payload(registry.offered("discord"))
    assert client.application_id is not None
    name, wanted = f"discord:commands:{client.application_id}", digest(commands)
    try:
        async with transaction(queue.pool) as conn:
            if await cursors.hold(conn, name) == wanted:
                return False
            await client.http.bulk_upsert_global_commands(client.application_id, commands)
            await cursors.put(conn, name, wanted)
    except DATABASE_ERRORS as error:
        logger.warning("whether Discord knows the commands can't be looked up", error=type(error).__name__)
        return False
    logger.info("Discord has the commands as they are now", commands=len(commands))
    return True
