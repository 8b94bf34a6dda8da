"""Records one stream into its ring, whatever its servers do, until it is told to stop."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

from clipnet.errors import ClipNetError, Unavailable
from clipnet.texts import text
from pipeline.live.index import Entry
from pipeline.live.playlist import Listing, NotRecordable, Part, Piece, read
from pipeline.live.ring import Ring
from pipeline.live.room import FULL, NoRoom
from pipeline.live.track import Placed, Track
from pipeline.live.web import Gone, Web

Resolve = Callable[[str], Awaitable[str]]
"""Turns the address of a stream's page into that of its playlist; raises a ClipNetError."""

EAGER = 0.8
"""Of a piece's length is waited until the next look, so that looks drift to where a piece has just come out."""
SHORTEST_WAIT_S = 0.2
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 15.0
HOPELESS_PAUSE_S = 60.0
TRIES = 3
STALLED_AFTER = 4
"""Target durations without anything new after which the address is looked up anew."""
MOST_VARIANTS = 3
RECENT = 60
NO_ROOM = str(text("The disk that recordings may take is full."))
MOST_GAPS = 20


class Follower:
    """Follows `url`, a playlist or the page of a stream.

    Attributes:
        trouble: what is wrong now, as a sentence; empty while pieces come in.
        looks: how many playlists were read.
    """

    def __init__(self, ring: Ring, web: Web, url: str, resolve: Resolve) -> None:
        self.ring, self.url, self.trouble, self.looks = ring, url, "", 0
        self._web, self._resolve = web, resolve
        self._track = Track()
        self._pause_s = FIRST_PAUSE_S
        self._init: tuple[Part, str] | None = None
        if ring.entries:
            last = ring.entries[-1]
            recent = [(e.seq, e.name) for e in ring.entries[-RECENT:]]
            self._track.resume(run=last.run, ends_at=last.ends_at, last=recent)

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._follow(await self._opened())
            except NotRecordable as error:
                self.trouble, self._pause_s = error.sentence, HOPELESS_PAUSE_S
            except Gone:
                self.trouble = str(text("The stream's address has expired; it is being looked up again."))
            except NoRoom:
                self.trouble = NO_ROOM
            except ClipNetError as error:
                self.trouble = error.sentence
            except OSError as error:
                self.trouble = NO_ROOM if error.errno in FULL else f"{type(error).__name__}: {error.strerror}"
            await asyncio.sleep(self._pause_s)
            self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)

    def summary(self) -> dict[str, Any]:
        """What is held, for people to read."""
        return {**summary(self.ring), "trouble": self.trouble, "resets": self._track.resets}

    async def _opened(self) -> str:
        """The address of a media playlist."""
        url = await self._resolve(self.url)
        for _ in range(MOST_VARIANTS):
            body, at = await self._web.playlist(url)
            found = read(body, at)
            if isinstance(found, Listing):
                return url
            url = found
        raise NotRecordable(text("The stream's playlist leads to other playlists without end."))

    async def _follow(self, url: str) -> None:
        """Looks again and again until nothing new comes or it fails."""
        failures, news_at = 0, time.monotonic()
        while True:
            began = time.monotonic()
            try:
                body, at = await self._web.playlist(url)
                self.looks += 1
                listing = read(body, at)
                if not isinstance(listing, Listing):
                    return
                wait_s = 0.5 * listing.target_s
                if await self._take_in(listing, time.time()):
                    failures, news_at, self._pause_s = 0, time.monotonic(), FIRST_PAUSE_S
                    wait_s = EAGER * listing.pieces[-1].length_s
            except Unavailable as error:
                failures += 1
                self.trouble, wait_s = error.sentence, min(FIRST_PAUSE_S * 2**failures, LONGEST_PAUSE_S)
                if failures == TRIES:
                    raise
            else:
                if listing.ended:
                    self.trouble, self._pause_s = str(text("The stream has ended.")), LONGEST_PAUSE_S
                    return
                if time.monotonic() - news_at > STALLED_AFTER * listing.target_s:
                    self.trouble = str(text("The stream has stalled."))
                    return
            await asyncio.sleep(max(began + max(wait_s, SHORTEST_WAIT_S) - time.monotonic(), 0))

    async def _take_in(self, listing: Listing, seen_at: float) -> bool:
        """Records what is new; says whether anything was."""
        recorded, placed = False, None
        for placed in self._track.news(listing, seen_at):
            had = False
            try:
                had = not placed.piece.missing and await self._record(placed)
            finally:
                if not had:
                    self._track.lost()
            recorded = recorded or had
        if placed is not None:
            late_s = self._track.too_late_s(placed, seen_at)
            if late_s:
                self.ring.shift(placed.run, -late_s)
        return recorded

    async def _record(self, placed: Placed) -> bool:
        """Records one piece; False when it can't be had any more."""
        piece = placed.piece
        for tried in range(TRIES):
            try:
                init = await self._init_of(piece)
                coming = self.ring.coming()
                within_s = max(4 * piece.length_s, 10.0)
                kind = await self._web.piece(piece.part, coming, self.ring.room, within_s)
                self.ring.add(
                    coming, kind, at=placed.at, length_s=piece.length_s, exact=placed.exact, run=placed.run,
                    seq=piece.seq, name=piece.name, init=init, got=time.time(),
                )  # fmt: skip
            except Gone:
                return False
            except Unavailable as error:
                self.trouble = error.sentence
                await asyncio.sleep(min(FIRST_PAUSE_S * 2**tried, piece.length_s))
            except OSError as error:
                # Others fill the disk too, so it can be full below the cap; what is newest is wanted most.
                if error.errno not in FULL or not self.ring.room.evict():
                    raise
            else:
                self.trouble = ""
                return True
        return False

    async def _init_of(self, piece: Piece) -> str | None:
        if piece.init is None:
            return None
        if self._init is None or self._init[0] != piece.init:
            self._init = (piece.init, self.ring.add_init(await self._web.init(piece.init)))
        return self._init[1]


def summary(ring: Ring) -> dict[str, Any]:
    """What a ring holds: `from` and `to` in Unix seconds, `gaps` between them, `bytes` on disk."""
    entries = ring.entries
    return {
        "from": round(entries[0].at, 3) if entries else None,
        "to": round(entries[-1].ends_at, 3) if entries else None,
        "pieces": len(entries),
        "bytes": ring.size_bytes,
        "gaps": gaps(entries)[-MOST_GAPS:],
    }


def gaps(entries: list[Entry]) -> list[list[float]]:
    """Stretches between the pieces that are not there, from and to in Unix seconds."""
    pairs = pairwise(entries)
    return [[round(a.ends_at, 3), round(b.at, 3)] for a, b in pairs if b.at - a.ends_at > max(0.2, 0.2 * b.length_s)]
