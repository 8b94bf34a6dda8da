"""Asks a stream's servers for playlists and pieces, behind the guard of every download, over connections that stay."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import aiohttp
from yarl import URL

from clipnet.errors import Unavailable
from clipnet.texts import text
from pipeline.ingest.addresses import AddressGuard, Refused
from pipeline.ingest.fetch import MOST_HOPS, REDIRECTS, USER_AGENT
from pipeline.live.playlist import NotRecordable, Part
from pipeline.live.room import Room

MOST_PLAYLIST_BYTES = 2 << 20
MOST_PIECE_BYTES = 128 << 20
MOST_INIT_BYTES = 1 << 20
CHUNK = 1 << 18
HEAD = 189
PLAYLIST_S = 10.0
IDLE_S = 10.0
BOXES = (b"styp", b"ftyp", b"moof", b"sidx", b"emsg", b"prft", b"free")


class Gone(Exception):
    """The server says that it isn't there, or that this address may not be asked any more."""


class Web:
    """A client for all streams of one recorder. Every method raises Gone, Unavailable, or Refused for an address that
    may not be asked."""

    def __init__(self, net_allow: Sequence[str] = ()) -> None:
        self._guard = AddressGuard(net_allow)

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=self._guard, use_dns_cache=False, limit=0, keepalive_timeout=30),
            timeout=aiohttp.ClientTimeout(total=None, sock_read=IDLE_S, sock_connect=IDLE_S),
            headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=CHUNK,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def playlist(self, url: str) -> tuple[str, str]:
        """A playlist's text, and the address that it came from in the end."""
        async with self._asked(Part(url), PLAYLIST_S) as response:
            data = await self._small(response, MOST_PLAYLIST_BYTES)
            return data.decode("utf-8", errors="replace"), str(response.url)

    async def init(self, part: Part) -> bytes:
        """An initialisation section."""
        async with self._asked(part, PLAYLIST_S, identity=True) as response:
            data = await self._small(response, MOST_INIT_BYTES)
        if _kind(data) != "m4s":
            raise NotRecordable(text("The stream is of a kind that can't be recorded."))
        return data

    async def piece(self, part: Part, into: Path, room: Room, within_s: float) -> str:
        """Writes a piece to the new file `into`, its bytes counted in `room`; returns its kind, `ts` or `m4s`.

        Nothing stays behind, and nothing counted, when it fails. Raises NoRoom too.
        """
        written, kind = 0, ""
        try:
            async with self._asked(part, within_s, identity=True) as response:
                with into.open("xb") as file:
                    async for data in _with_head(response):
                        kind = kind or _kind(data)
                        if not kind or written + len(data) > MOST_PIECE_BYTES:
                            raise NotRecordable(text("The stream is of a kind that can't be recorded."))
                        room.take(len(data))
                        written += len(data)
                        file.write(data)
                if not written or (part.length is not None and written != part.length):
                    raise Unavailable(text("The stream's server broke off."))
                return kind
        except BaseException:
            _forget(into)
            room.give(written)
            raise

    async def _small(self, response: aiohttp.ClientResponse, most_bytes: int) -> bytes:
        data = bytearray()
        async for chunk in response.content.iter_any():
            data += chunk
            if len(data) > most_bytes:
                raise NotRecordable(text("The stream's playlist is too large."))
        return bytes(data)

    @asynccontextmanager
    async def _asked(
        self, part: Part, within_s: float, *, identity: bool = False
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """The good answer to a question, after redirects, each of them checked."""
        headers = {"Accept-Encoding": "identity"} if identity else {}
        if part.length is not None:
            headers["Range"] = f"bytes={part.offset}-{part.offset + part.length - 1}"
        try:
            async with asyncio.timeout(within_s):
                url = URL(part.url)
                for _ in range(MOST_HOPS + 1):
                    self._guard.check(url)
                    async with self._session.get(url, allow_redirects=False, headers=headers) as response:
                        if response.status not in REDIRECTS:
                            _check(response, ranged=part.length is not None)
                            yield response
                            return
                        url = url.join(URL(response.headers.get("Location", "")))
        except TimeoutError:
            raise Unavailable(text("The stream's server took too long to answer.")) from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise _cause(error) from None
        except ValueError:
            raise Gone("an address that is none") from None
        raise Gone("too many redirects")


def _forget(path: Path) -> None:
    path.unlink(missing_ok=True)


async def _with_head(response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    """The body in chunks, the first one long enough to tell what it is."""
    head: bytes | None = b""
    async for data in response.content.iter_chunked(CHUNK):
        if head is not None:
            head += data
            if len(head) < HEAD:
                continue
            data, head = head, None
        yield data
    if head:
        yield head


def _check(response: aiohttp.ClientResponse, *, ranged: bool) -> None:
    if response.status == 429 or response.status >= 500:
        raise Unavailable(text("The stream's server answered with {status}.", status=response.status))
    if response.status != (206 if ranged else 200):
        raise Gone(str(response.status))


def _kind(data: bytes) -> str:
    """What the first bytes belong to; nothing that only claims to be media is written down."""
    if data[:1] == b"\x47" and (len(data) <= 188 or data[188:189] == b"\x47"):
        return "ts"
    return "m4s" if data[4:8] in BOXES else ""


def _cause(error: BaseException) -> Exception:
    """Our own refusal travels through aiohttp as the cause of its error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Refused):
            return cause
        cause = cause.__cause__ or cause.__context__
    return Unavailable(text("The stream's server could not be reached."))
