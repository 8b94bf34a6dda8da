"""Finished clips of a community, and having the worker tell of them."""

from typing import Any

from bot.context import Services
from bot.router import Router
from pipeline.steps import notify_job
from tests.bot.life import accepted, community
from tests.bot.rig import LINK, Ledger, Person
from tests.bot.senders.speaking import Folder, run

MOMENT = f"clip {LINK} --at 1:20"


async def told(services: Services, ledger: Ledger, request: str, clip: str | None = None) -> None:
    """Have it told how a request, or a clip of it, ended."""
    request_id = await ledger.value("select id from requests where public_id = $1", request)
    clip_id = await ledger.value("select id from clips where public_id = $1", clip) if clip else None
    await run(services, ledger, notify_job(request_id, clip_id))


async def asked(person: Person, words: str = MOMENT, **parts: Any) -> str:
    """Ask for a clip as one does there; returns the request's public id."""
    prefix = "!" if person.surface in ("discord", "twitch") else ""
    return accepted(await person.say(prefix + words, **parts)).request


async def made(ledger: Ledger, request: str, folder: Folder | None = None) -> str:
    """A finished clip of the request, with its video, and the request's end."""
    clip = await ledger.clip(request)
    data = f"video of {clip}".encode()
    await ledger.conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
        select id, 'video', 1, $2, repeat('a', 64), $3, 'video/mp4' from clips where public_id = $1
        """,
        clip,
        f"{clip}.mp4",
        len(data),
    )
    if folder:
        folder.put(f"{clip}.mp4", data)
    await ledger.end(request, "done")
    return clip


async def arena(router: Router, ledger: Ledger, *, own: bool = True, **settings: Any) -> tuple[int, Person, str]:
    """A community on Twitch and Discord, somebody on Twitch who asked there, and the clip that came of it.

    `own`: the clip is of a channel that the community linked.
    """
    here = await community(
        ledger,
        ("twitch", "live"),
        ("discord", "lounge"),
        ("discord", "clips"),
        **{"clip_channel": {"platform": "discord", "id": "clips"}, **settings},
    )
    ann = Person(router, "ann", surface="twitch", place="live")
    clip = await made(ledger, await asked(ann))
    if own:
        await ledger.conn.execute("insert into community_sources values ($1, 'youtube', 'arena')", here)
        await ledger.conn.execute("update sources set channels = '{youtube:arena}'")
    return here, ann, clip


async def open_poll(ledger: Ledger, clip: str, quorum: int = 3, **columns: Any) -> None:
    """A vote on the clip, as the worker opens it."""
    await ledger.conn.execute(
        """
        insert into polls (clip_id, community_id, quorum, needs_moderator, closes_at)
        select c.id, r.community_id, $2, $3, now() + make_interval(secs => $4)
        from clips c join requests r on r.id = c.request_id where c.public_id = $1
        """,
        clip,
        quorum,
        columns.get("needs_moderator", False),
        float(columns.get("window_s", 3600.0)),
    )


async def request_of(ledger: Ledger, clip: str) -> str:
    """Public id of the request that a clip came of."""
    found: str = await ledger.value(
        "select r.public_id from requests r join clips c on c.request_id = r.id where c.public_id = $1", clip
    )
    return found
