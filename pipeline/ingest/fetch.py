"""Our own downloader: the only code of ClipNet that asks a stranger's server for bytes."""

import asyncio
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from yarl import URL

from clipnet.errors import BadInput, Unavailable
from clipnet.texts import text
from pipeline.ingest.addresses import AddressGuard, Refused
from pipeline.ingest.writing import HashedFile, new_file, too_large
from pipeline.media.runner import Progress

MOST_HOPS = 3
CHUNK = 1 << 20
USER_AGENT = "ClipNet"
REDIRECTS = (301, 302, 303, 307, 308)
TEXT_SIGNS = (b"<!doctype", b"<html", b"<?xml", b"<svg", b"#extm3u", b"ffconcat", b"<mpd", b"{", b"webvtt")
HINT = text("Give a link to the video file itself, or upload the file.")


@dataclass(frozen=True, slots=True)
class FetchLimits:
    """`most_bytes` of the body; `total_s` for everything; `idle_s` without a byte; `connect_s` until connected."""

    most_bytes: int
    total_s: float = 3600.0
    idle_s: float = 30.0
    connect_s: float = 10.0


async def fetch(
    url: str, into: Path, guard: AddressGuard, limits: FetchLimits, *, progress: Progress | None = None
) -> tuple[str, int]:
    """Downloads `url` to the new file `into`; returns its SHA-256 and size in bytes.

    Raises Refused for an address that may not be asked, BadInput for what is no video, DiskFull, or Unavailable when
    another try may help. No part file stays behind.
    """
    connector = aiohttp.TCPConnector(resolver=guard, use_dns_cache=False, force_close=True)
    timeout = aiohttp.ClientTimeout(total=None, sock_read=limits.idle_s, sock_connect=limits.connect_s)
    headers = {"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"}
    try:
        async with (
            asyncio.timeout(limits.total_s),
            aiohttp.ClientSession(
                connector=connector,
                timeout=timeout,
                headers=headers,
                trust_env=False,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),
            ) as session,
        ):
            return await _follow(session, _parsed(url), into, guard, limits, progress)
    except TimeoutError:
        raise Unavailable(
            text("The server took too long to answer."), hint=text("Try again later, or upload the file.")
        ) from None
    except (aiohttp.ClientError, OSError) as error:
        raise _unreachable(error) from None


def _parsed(url: str) -> URL:
    try:
        return URL(url)
    except ValueError:
        raise Refused(text("This is not a link."), hint=HINT) from None


async def _follow(
    session: aiohttp.ClientSession,
    url: URL,
    into: Path,
    guard: AddressGuard,
    limits: FetchLimits,
    progress: Progress | None,
) -> tuple[str, int]:
    for _ in range(MOST_HOPS + 1):
        guard.check(url)
        async with session.get(url, allow_redirects=False) as response:
            if response.status not in REDIRECTS:
                _check(response, limits)
                with new_file(into, limits.most_bytes) as file:
                    await _copy(response, file, progress)
                    return file.sha256, file.bytes
            try:
                url = url.join(URL(response.headers.get("Location", "")))
            except ValueError:
                raise BadInput(text("The link redirects nowhere."), hint=HINT) from None
    raise BadInput(text("The link redirects too often."), hint=HINT)


def _check(response: aiohttp.ClientResponse, limits: FetchLimits) -> None:
    if response.status == 429 or response.status >= 500:
        raise Unavailable(
            text("The server answered with {status}.", status=response.status),
            hint=text("Try again later."),
            retry_after_s=_retry_after_s(response),
        )
    if response.status != 200:
        raise BadInput(
            text("The server answered with {status}.", status=response.status),
            hint=text("Check that the link opens without signing in."),
        )
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadInput(text("The server sent the file compressed."), hint=HINT)
    kind = response.content_type.lower()
    if kind.startswith(("text/", "image/")) or "html" in kind or "mpegurl" in kind or "dash+xml" in kind:
        raise _no_video(kind)
    if response.content_length is not None and response.content_length > limits.most_bytes:
        raise too_large(limits.most_bytes)


def _retry_after_s(response: aiohttp.ClientResponse) -> float | None:
    given = response.headers.get("Retry-After", "")
    return min(float(given), 3600.0) if given.isdigit() else None


async def _copy(response: aiohttp.ClientResponse, file: HashedFile, progress: Progress | None) -> None:
    total = response.content_length
    waiting = bytearray()
    async for data in response.content.iter_any():
        if file.bytes == 0 and not waiting and data[:64].lstrip().lower().startswith(TEXT_SIGNS):
            raise _no_video("text")
        waiting += data
        if len(waiting) >= CHUNK:
            await asyncio.to_thread(file.write, bytes(waiting))
            waiting.clear()
            if progress is not None and total:
                progress(min(file.bytes / total, 0.999))
    await asyncio.to_thread(file.write, bytes(waiting))
    if file.bytes == 0:
        raise BadInput(text("The server sent an empty file."), hint=HINT)
    if total is not None and file.bytes != total:
        raise Unavailable(text("The download broke off."), hint=text("Try again."))


def _no_video(kind: str) -> BadInput:
    if "mpegurl" in kind or "dash" in kind:
        return BadInput(text("The link leads to a playlist, not to a video file."), hint=HINT)
    if kind.startswith("image"):
        return BadInput(text("The link leads to an image, not to a video file."), hint=HINT)
    return BadInput(text("The link leads to a web page, not to a video file."), hint=HINT)


def _unreachable(error: Exception) -> Exception:
    """Our own refusal travels through aiohttp as the cause of its error."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, Refused):
            return cause
        cause = cause.__cause__ or cause.__context__
    return Unavailable(text("The server could not be reached."), hint=text("Check the link, or try again later."))
