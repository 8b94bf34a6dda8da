"""The data of a reply as a file that Discord takes: JSON, compressed where it is too large, or words that say so."""

import asyncio
import io
import zipfile
from dataclasses import replace

import discord
from pydantic import BaseModel

from bot.vocabulary import Reply

NAME = "clipnet.json"
PACKED = "clipnet.zip"


async def documents_of(reply: Reply, limit: int) -> tuple[Reply, list[discord.File]]:
    """The file of a reply whose data is what was asked for, of at most `limit` bytes, and what is said with it."""
    if not reply.as_file or reply.data is None:
        return reply, []
    # A large one takes seconds, in which a heartbeat or an acknowledgement may be due.
    found = await asyncio.to_thread(_file, reply.data, limit)
    return (replace(reply, text=reply.without_file or reply.text), []) if found is None else (reply, [found])


def _file(data: BaseModel, limit: int) -> discord.File | None:
    plain = data.model_dump_json(indent=2).encode()
    if len(plain) <= limit:
        return discord.File(io.BytesIO(plain), NAME)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(NAME, plain)
    if packed.tell() > limit:
        return None
    packed.seek(0)
    return discord.File(packed, PACKED)
