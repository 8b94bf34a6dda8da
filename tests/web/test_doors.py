"""Who gets in, what every answer carries, and what slow or greedy callers can not do."""

import asyncio
import hashlib
import time
from pathlib import Path

import pytest
from aiohttp import ClientSession, CookieJar

from bot.context import Services
from bot.router import Router
from clipnet.errors import Misconfigured
from clipnet.settings import StorageSettings
from ops_commands.health import PROBE_S, probe
from pipeline.queue.facade import Queue
from pipeline.queue.waiting_room import open_redis
from tests.bot.rig import LINK, Ledger
from tests.web.conftest import Api, listening
from web.app import all_routes
from web.auth import Gate
from web.keys import GATE, ROUTER
from web.routes.media import path_of

OPEN = {
    "/",
    "/static/{name}",
    "/health/live",
    "/health/ready",
    "/session",
    "/api/v1/openapi.json",
    "/hooks/{platform}",
    "/api/v1/media/{key:.+}",
}


def anybody(api: Api, **headers: str) -> ClientSession:
    return ClientSession(api.address, headers=headers, cookie_jar=CookieJar(unsafe=True))


@pytest.mark.req("R-108", "positive")
@pytest.mark.req("R-108", "negative")
@pytest.mark.req("R-110", "negative")
async def test_every_route_but_the_open_ones_needs_the_token(api: Api, ledger: Ledger) -> None:
    routes = all_routes(api.app[ROUTER].registry)
    assert {route.path for route in routes if not route.guarded} == OPEN
    for headers in (
        {},
        {"Authorization": "Bearer " + "x" * 43},
        {"Authorization": "Basic " + "x" * 43},
        {"Authorization": "Bearer"},
    ):
        async with anybody(api, **headers) as client:
            for route in (r for r in routes if r.guarded):
                path = route.path.replace("{id}", "7K3QX9")
                async with client.request(route.method, path, json={} if route.method == "POST" else None) as response:
                    assert response.status == 401, (route.path, headers)
                    assert response.headers["WWW-Authenticate"] == "Bearer"
    async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
        assert response.status == 202
    assert await ledger.value("select count(*) from jobs") == 1


@pytest.mark.parametrize("token", [None, "", "short", "x" * 31])
def test_a_missing_or_short_token_is_refused_at_the_start(token: str | None) -> None:
    with pytest.raises(Misconfigured, match="32"):
        Gate(token, None)


async def test_the_page_signs_in_once_and_its_cookie_is_not_the_token(api: Api) -> None:
    async with anybody(api) as client:
        ours = {"Sec-Fetch-Site": "same-origin"}
        async with client.post("/session", json={"token": "y" * 43}, headers=ours) as response:
            assert response.status == 401
        async with client.post("/session", json={"token": api.settings.web.token}, headers=ours) as response:
            assert response.status == 204
            cookie = response.headers["Set-Cookie"]
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert str(api.settings.web.token) not in cookie
        async with client.get("/api/v1/clips") as response:
            assert response.status == 200
        for headers, status in (
            (ours, 202),
            ({"Sec-Fetch-Site": "cross-site"}, 403),
            ({"Sec-Fetch-Site": "same-site"}, 403),
            ({"Origin": api.address}, 202),
            ({"Origin": "https://evil.example"}, 403),
            ({}, 403),
        ):
            async with client.post("/api/v1/clip", json={"source": LINK}, headers=headers) as response:
                assert response.status == status, headers
        async with client.delete("/session", headers=ours) as response:
            assert response.status == 204
        async with client.get("/api/v1/clips") as response:
            assert response.status == 401


async def test_a_session_can_not_be_made_up_or_outlive_its_time(api: Api) -> None:
    gate = api.app[GATE]
    session = gate.open_session()
    until, _, seal = session.rpartition(".")
    late = f"{int(until.partition('.')[0]) + 99}.{until.partition('.')[2]}"
    for cookie in ("", "x", f"{late}.{seal}", f"{until}.{'0' * 64}", f"1.a.{gate._seal('1.a')}"):
        async with anybody(api, Cookie=f"{gate.cookie}={cookie}") as client, client.get("/api/v1/clips") as response:
            assert response.status == 401, cookie
    async with anybody(api, Cookie=f"{gate.cookie}={session}") as client, client.get("/api/v1/clips") as response:
        assert response.status == 200


async def test_every_route_carries_the_security_headers(api: Api) -> None:
    for route in all_routes(api.app[ROUTER].registry):
        path = route.path.replace("{id}", "7K3QX9").replace("{name}", "app.js")
        for client in (api.client, anybody(api)):
            async with client.request(route.method, path, json={} if route.method == "POST" else None) as response:
                policy = response.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy, path
                assert "frame-ancestors 'none'" in policy
                assert "unsafe" not in policy
                assert response.headers["X-Content-Type-Options"] == "nosniff"
                assert response.headers["Referrer-Policy"]
                assert response.headers["Cache-Control"]
                assert "Server" not in response.headers
            if client is not api.client:
                await client.close()


async def test_the_page_has_nothing_inline_and_all_its_files(api: Api) -> None:
    async with anybody(api) as client:
        async with client.get("/") as response:
            page = await response.text()
        assert "style=" not in page
        assert "onclick" not in page
        assert "<script>" not in page
        scripts = dict.fromkeys(("app.js", "api.js", "parts.js"), "text/javascript")
        for name, kind in (scripts | {"app.css": "text/css", "icon.svg": "image/svg+xml"}).items():
            async with client.get(f"/static/{name}") as response:
                assert (response.status, response.content_type) == (200, kind)
        for name in ("index.html", "..%2fserve.py", "nothing.js", "%2e%2e%2fapp.py"):
            async with client.get(f"/static/{name}") as response:
                assert response.status == 404


async def test_media_comes_in_ranges_and_only_from_living_clips(api: Api, ledger: Ledger) -> None:
    async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
        clip = await ledger.clip((await response.json())["request"])
    data = bytes(range(256)) * 40
    digest = hashlib.sha256(data).hexdigest()
    key = f"test_clips/clips/{digest[:2]}/{digest}.mp4"
    file = api.settings.storage.root / key
    file.parent.mkdir(parents=True)
    file.write_bytes(data)
    (file.parent / "other.mp4").write_bytes(b"not in the ledger")
    await ledger.conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
        select id, 'video', 1, $2, $3, $4, 'video/mp4' from clips where public_id = $1
        """,
        clip, key, digest, len(data),
    )  # fmt: skip
    async with api.client.get(f"/api/v1/media/{key}") as response:
        assert (response.status, response.content_type, await response.read()) == (200, "video/mp4", data)
    async with api.client.get(f"/api/v1/media/{key}", headers={"Range": "bytes=10-19"}) as response:
        assert (response.status, await response.read()) == (206, data[10:20])
    async with api.client.get(f"/api/v1/media/{key}", headers={"Range": "bytes=99999-"}) as response:
        assert response.status == 416
    async with api.client.get(f"/api/v1/media/{key.replace(digest + '.mp4', 'other.mp4')}") as response:
        assert response.status == 404
    await ledger.conn.execute("update clips set state = 'deleted'")
    async with api.client.get(f"/api/v1/media/{key}") as response:
        assert response.status == 404


@pytest.mark.parametrize(
    ("kind", "change", "status"),
    [
        ("video", "state = state", 200),
        ("thumbnail", "state = 'approved'", 200),
        ("transcript", "state = state", 404),
        ("video", "held_at = now()", 404),
        ("video", "state = 'queued'", 404),
        ("video", "state = 'deleted'", 404),
    ],
)
async def test_a_link_to_a_finished_clip_needs_no_token_and_to_nothing_else(
    api: Api, ledger: Ledger, kind: str, change: str, status: int
) -> None:
    async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
        clip = await ledger.clip((await response.json())["request"])
    digest = hashlib.sha256(b"a clip").hexdigest()
    key = f"test_clips/clips/{digest[:2]}/{digest}.mp4"
    file = api.settings.storage.root / key
    file.parent.mkdir(parents=True)
    file.write_bytes(b"a clip")
    await ledger.conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
        select id, $2, 1, $3, $4, 6, 'video/mp4' from clips where public_id = $1
        """,
        clip, kind, key, digest,
    )  # fmt: skip
    await ledger.conn.execute(f"update clips set {change}")
    async with anybody(api) as client, client.get(f"/api/v1/media/{key}") as response:
        assert response.status == status
    wrong = {"Authorization": "Bearer wrong"}
    async with anybody(api) as client, client.get(f"/api/v1/media/{key}", headers=wrong) as response:
        assert response.status == status


@pytest.mark.parametrize(
    "key",
    [
        "../secret",
        "test_clips/../secret",
        "/etc/passwd",
        "prod_clips/a",
        "test_clips_evil/a",
        "test_clips/link",
        "a\0b",
    ],
)
def test_no_key_leads_out_of_the_store(tmp_path: Path, key: str) -> None:
    storage = StorageSettings.model_validate({"ENV": "test", "STORAGE_ROOT": str(tmp_path)})
    for name in ("secret", "prod_clips/a", "test_clips_evil/a", "test_clips/fine"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("x")
    (tmp_path / "test_clips/link").symlink_to(tmp_path / "secret")
    assert path_of(storage, "test_clips/fine")
    assert path_of(storage, key) is None


async def test_half_sent_requests_are_ended_and_a_normal_one_is_served_meanwhile(router: Router) -> None:
    async with listening(router, keepalive_s=1) as api:
        port = int(api.address.rpartition(":")[2])
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(30)]
        for _, writer in streams:
            writer.write(b"GET /health/live HTTP/1.1\r\nHost: a\r\n")
        async with api.client.get("/health/live") as response:
            assert response.status == 200
        async with asyncio.timeout(30):
            assert [await reader.read() for reader, _ in streams] == [b""] * 30
        for _, writer in streams:
            writer.close()
            await writer.wait_closed()


@pytest.mark.parametrize("path", ["/api/v1/clip", "/hooks/twitch"])
async def test_a_body_that_does_not_come_is_not_waited_for(router: Router, path: str) -> None:
    async with listening(router, body_s=0.2) as api:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(api.address.rpartition(":")[2]))
        head = f"POST {path} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {api.settings.web.token}\r\n"
        writer.write(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
        async with asyncio.timeout(30):
            answer = await reader.readuntil(b"\r\n")
        assert b" 408 " in answer
        writer.close()
        await writer.wait_closed()


@pytest.mark.req("R-110", "positive")
async def test_metrics_say_the_same_in_both_formats_and_nothing_of_people(api: Api) -> None:
    async with api.client.post("/api/v1/clip", json={"source": "https://secret.example/x.mp4"}):
        pass
    async with api.client.get("/nothing/here/7"):
        pass
    async with api.client.get("/ops/metrics") as response:
        view = await response.json()
    async with api.client.get("/ops/metrics/prometheus") as response:
        text = await response.text()
    made = [
        s["value"]
        for s in view["clipnet_http_requests_total"]
        if s["labels"]["route"] == "/api/v1/clip" and s["labels"]["status"] == "202"
    ]
    assert f'clipnet_http_requests_total{{method="POST",route="/api/v1/clip",status="202"}} {made[0]}' in text
    assert "secret.example" not in text
    assert "/nothing" not in text


async def test_health_answers_in_two_seconds_though_redis_hangs(services: Services) -> None:
    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    redis = open_redis(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}")
    hung = Services(services.settings, Queue(services.queue.pool, redis, prefix="clipnet:test:"))
    assert PROBE_S < 2
    started = time.monotonic()
    found = await probe(hung, within_s=0.3)
    assert time.monotonic() - started < 2
    assert (found.status, found.parts["redis"].status, found.parts["database"].status) == ("down", "down", "ok")
    await redis.aclose()
    silent.close()
    await silent.wait_closed()


async def test_ready_is_degraded_without_a_worker_and_down_without_the_database(api: Api, ledger: Ledger) -> None:
    async with anybody(api) as client:
        async with client.get("/health/ready") as response:
            assert (response.status, (await response.json())["status"]) == (200, "degraded")
        await ledger.conn.execute("update worker_lease set holder = 'w', heartbeat_at = now()")
        async with client.get("/health/ready") as response:
            assert (response.status, (await response.json())["status"]) == (200, "ok")
        await api.app[ROUTER].services.queue.pool.close()
        async with client.get("/health/ready") as response:
            assert response.status == 503
            assert (await response.json())["parts"]["database"]["status"] == "down"
        async with client.get("/health/live") as response:
            assert response.status == 200
