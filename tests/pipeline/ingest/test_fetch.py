"""The downloader: what it fetches, what it refuses, and that nothing of a failure stays behind."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import web

from clipnet.errors import BadInput, ClipNetError, Unavailable
from pipeline.ingest.addresses import AddressGuard, Refused
from pipeline.ingest.fetch import FetchLimits, fetch
from tests.pipeline.ingest.conftest import Handler, Server

LIMITS = FetchLimits(most_bytes=1_000_000, total_s=5, idle_s=1, connect_s=1)
BODY = bytes(range(256)) * 1000


def body(data: bytes = BODY, **headers: str) -> Handler:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(body=data, headers={"Content-Type": "video/mp4"} | headers)

    return page


def redirect(to: str) -> Handler:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": to})

    return page


def status(code: int, **headers: str) -> Handler:
    async def page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=code, headers=headers)

    return page


async def failed(kind: type[ClipNetError], url: str, into: Path, guard: AddressGuard) -> ClipNetError:
    with pytest.raises(kind) as caught:
        await fetch(url, into, guard, LIMITS)
    assert caught.value.hint
    assert not await asyncio.to_thread(into.exists)
    return caught.value


async def test_a_file_arrives_with_its_hash(public: Server, tmp_path: Path) -> None:
    public.pages |= {"/a": redirect("/b"), "/b": redirect(public.url("/v.mp4")), "/v.mp4": body()}
    digest, size = await fetch(public.url("/a"), tmp_path / "x", AddressGuard([public.place]), LIMITS)
    assert (digest, size) == (hashlib.sha256(BODY).hexdigest(), len(BODY))
    assert (tmp_path / "x").read_bytes() == BODY
    assert public.hits == ["/a", "/b", "/v.mp4"]


async def test_no_redirect_leads_inwards(public: Server, internal: Server, tmp_path: Path) -> None:
    guard = AddressGuard([public.place])
    for place in (
        internal.url("/secret"),
        f"http://localhost:{internal.port}/",
        f"http://[::ffff:127.0.0.1]:{internal.port}/",
        f"http://2130706433:{internal.port}/",
        "http://127.0.0.1/",
        "http://169.254.169.254/",
        "file:///etc/passwd",
        f"//127.0.0.1:{internal.port}/",
    ):
        public.pages["/go"] = redirect(place)
        await failed(Refused, public.url("/go"), tmp_path / "x", guard)
    assert internal.hits == []


async def test_the_internal_server_would_have_been_reached(public: Server, internal: Server, tmp_path: Path) -> None:
    """The control: with the internal place allowed, the same redirect gets there."""
    public.pages["/go"] = redirect(internal.url("/secret"))
    internal.pages["/secret"] = body()
    await fetch(public.url("/go"), tmp_path / "x", AddressGuard([public.place, internal.place]), LIMITS)
    assert internal.hits == ["/secret"]


async def test_a_name_that_changes_its_answer_gains_nothing(public: Server, internal: Server, tmp_path: Path) -> None:
    answers = iter([["127.0.0.1"], ["127.0.0.1"], ["10.0.0.1"]])

    async def rebinding(_host: str, _port: int) -> list[str]:
        return next(answers)

    name = f"rebind.test:{public.port}"
    public.pages["/go"] = redirect(f"http://inner.test:{internal.port}/")
    guard = AddressGuard([name, f"inner.test:{public.port}"], lookup=rebinding)
    await failed(Refused, f"http://{name}/go", tmp_path / "x", guard)
    assert public.hits == ["/go"]
    assert internal.hits == []

    asked = []

    async def turning(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    guard = AddressGuard(lookup=turning)
    assert [answer["host"] for answer in await guard.resolve("turn.test", 80)] == ["93.184.216.34"]
    with pytest.raises(Refused):
        await guard.resolve("turn.test", 80)


@pytest.mark.parametrize(
    ("page", "kind", "sentence"),
    [
        (body(b"x" * 2_000_000), BadInput, "too large"),
        (body(b"<!DOCTYPE html><html>", **{"Content-Type": "text/html"}), BadInput, "a web page"),
        (body(b"  <html><body>"), BadInput, "a web page"),
        (body(b"#EXTM3U\n", **{"Content-Type": "application/vnd.apple.mpegurl"}), BadInput, "a playlist"),
        (body(b"GIF89a", **{"Content-Type": "image/gif"}), BadInput, "an image"),
        (body(b""), BadInput, "empty file"),
        (body(BODY, **{"Content-Encoding": "gzip"}), BadInput, "compressed"),
        (status(404), BadInput, "answered with 404"),
        (status(503), Unavailable, "answered with 503"),
        (redirect("/v"), BadInput, "redirects too often"),
    ],
)
async def test_what_is_no_video(
    public: Server, tmp_path: Path, page: Handler, kind: type[ClipNetError], sentence: str
) -> None:
    public.pages["/v"] = page
    error = await failed(kind, public.url("/v"), tmp_path / "x", AddressGuard([public.place]))
    assert sentence in error.sentence


async def test_a_server_says_when_to_come_back(public: Server, tmp_path: Path) -> None:
    public.pages["/v"] = status(429, **{"Retry-After": "17"})
    error = await failed(Unavailable, public.url("/v"), tmp_path / "x", AddressGuard([public.place]))
    assert isinstance(error, Unavailable)
    assert error.retry_after_s == 17


def endless(pause_s: float) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def page(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        await response.prepare(request)
        while True:
            await response.write(b"\x00" * 65536)
            await asyncio.sleep(pause_s)

    return page


async def test_an_endless_body_stops_at_the_cap(public: Server, tmp_path: Path) -> None:
    public.pages["/v"] = endless(0)
    error = await failed(BadInput, public.url("/v"), tmp_path / "x", AddressGuard([public.place]))
    assert "too large" in error.sentence


async def test_a_silent_server_is_left(public: Server, tmp_path: Path) -> None:
    public.pages["/v"] = endless(60)
    error = await failed(Unavailable, public.url("/v"), tmp_path / "x", AddressGuard([public.place]))
    assert "too long" in error.sentence


async def test_a_download_that_breaks_off(public: Server, tmp_path: Path) -> None:
    async def half(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4", "Content-Length": "90000"})
        await response.prepare(request)
        await response.write(b"\x00" * 500)
        assert request.transport is not None
        request.transport.abort()
        return response

    public.pages["/v"] = half
    await failed(Unavailable, public.url("/v"), tmp_path / "x", AddressGuard([public.place]))


async def test_cancelling_removes_the_part(public: Server, tmp_path: Path) -> None:
    public.pages["/v"] = endless(0.01)
    limits = FetchLimits(most_bytes=1 << 40, total_s=60, idle_s=10)
    task = asyncio.create_task(fetch(public.url("/v"), tmp_path / "x", AddressGuard([public.place]), limits))
    while not (tmp_path / "x").exists():  # noqa: ASYNC110 — the file itself is the event
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240


async def test_nobody_listens(tmp_path: Path) -> None:
    await failed(Unavailable, "http://127.0.0.1:9/x", tmp_path / "x", AddressGuard(["127.0.0.1:9"]))
