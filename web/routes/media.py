"""`GET /api/v1/media/{key}`: a clip's files out of the local store, in ranges.

A link to a finished clip works for whoever was given it, as links in a chat have to: its key holds the hash of the
content, which nobody can guess. Everything else is for those who are signed in.
"""

import asyncio
from pathlib import Path

from aiohttp import web

from clipnet.errors import NotFound
from clipnet.settings import StorageSettings
from db import clips
from web.api import Route
from web.auth import Unauthorised
from web.keys import GATE, ROUTER

SHOWABLE = frozenset({"video/mp4", "image/jpeg", "image/png", "image/webp"})


def routes() -> list[Route]:
    """The route of media."""
    return [
        Route(
            "GET",
            "/api/v1/media/{key:.+}",
            media,
            "A file of a clip; takes ranges. A finished clip's video and pictures need no token.",
            guarded=False,
            answers={200: None, 206: None},
        )
    ]


async def media(request: web.Request) -> web.StreamResponse:
    """Only what the ledger knows as a file of a living clip, and only from inside this environment's folder."""
    services = request.app[ROUTER].services
    key = request.match_info["key"]
    mime = await clips.mime_of_key(services.queue.pool, key, shown=not _signed_in(request))
    path = await asyncio.to_thread(path_of, services.settings.storage, key) if mime else None
    if mime is None or path is None:
        raise NotFound("There is no such file.")
    headers = {
        "Content-Type": mime if mime in SHOWABLE else "application/octet-stream",
        "Cache-Control": "private, max-age=86400",
        "X-Robots-Tag": "noindex",
    }
    return web.FileResponse(path, headers=headers)


def _signed_in(request: web.Request) -> bool:
    try:
        request.app[GATE].check(request)
    except Unauthorised:
        return False
    return True


def path_of(storage: StorageSettings, key: str) -> Path | None:
    """The file of a key in the local store; None when it isn't there, or would lie outside of it."""
    if storage.mode != "local" or "\0" in key:
        return None
    home = (storage.root / storage.folder).resolve()
    path = (storage.root / key).resolve()
    return path if path.is_relative_to(home) and path.is_file() else None
