"""Live events: resumable, alive, and out of the way of a shutdown."""

import asyncio
import json
import time

import pytest
from aiohttp import ClientSession, ClientTimeout, web

from bot.router import Router
from clipnet.settings import Settings
from pipeline import events
from pipeline.events import Event
from tests.bot.rig import LINK, Ledger
from tests.web.conftest import Api
from web import events as hub_module
from web.app import create_app
from web.keys import HUB, ROUTER

PATIENT = ClientTimeout(total=60)


async def frames(client: ClientSession, count: int, last: str | None = None) -> list[dict[str, str]]:
    """The first frames of a stream that hold data."""
    found: list[dict[str, str]] = []
    headers = {"Last-Event-ID": last} if last else {}
    async with client.get("/api/v1/events", headers=headers, timeout=PATIENT) as response:
        assert response.content_type == "text/event-stream"
        frame: dict[str, str] = {}
        async for raw in response.content:
            line = raw.decode().rstrip("\n")
            if line:
                name, _, value = line.partition(": ")
                frame[name] = value
            elif "data" in frame:
                found.append(frame)
                if len(found) == count:
                    break
                frame = {}
            else:
                frame = {}
    return found


async def tell(api: Api, ledger: Ledger, *stages: str) -> None:
    queue = api.app[ROUTER].services.queue
    request_id = await ledger.value("select max(id) from requests")
    for stage in stages:
        at = 4e9 + float(stage.removeprefix("s"))
        event = Event(request_id, 999, "clip:process", "running", stage=stage, fraction=0.5, at=at)
        await events.publish(queue.redis, event, prefix=queue.keys.prefix)


async def asked(api: Api) -> str:
    """Ask for a clip, and wait until it was told that its job is ready: whoever listens after that doesn't hear it."""
    async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
        request = str((await response.json())["request"])
    (ready,) = await frames(api.client, 1, last=f"{int((time.time() - 60) * 1000)}-0")
    assert json.loads(ready["data"])["state"] == "ready"
    await listening(api, 0)
    return request


async def listening(api: Api, count: int) -> None:
    async with asyncio.timeout(30):
        while api.app[HUB].listening != count:  # noqa: ASYNC110 - a listener leaves when a write fails, without a word
            await asyncio.sleep(0.01)


@pytest.mark.req("R-091", "positive")
async def test_events_arrive_in_order_with_public_ids_and_resume_after_the_last_one(api: Api, ledger: Ledger) -> None:
    request = await asked(api)
    reading = asyncio.create_task(frames(api.client, 3))
    await listening(api, 1)
    await tell(api, ledger, "s1", "s2", "s3")
    first = await reading
    told = [json.loads(frame["data"]) for frame in first]
    assert [(event["stage"], event["request"]) for event in told] == [(stage, request) for stage in ("s1", "s2", "s3")]
    known = first[-1]["id"]
    await tell(api, ledger, "s4", "s5")
    again = await frames(api.client, 2, last=known)
    stages = [json.loads(frame["data"])["stage"] for frame in again]
    assert stages == ["s4", "s5"]


async def test_a_gap_too_long_to_fill_is_said(api: Api) -> None:
    for last in ("1-0", "nonsense"):
        (frame,) = await frames(api.client, 1, last=last)
        assert frame["event"] == "reset"


async def test_every_listener_gets_the_same_bytes(api: Api, ledger: Ledger) -> None:
    await asked(api)
    reading = [asyncio.create_task(frames(api.client, 2)) for _ in range(5)]
    await listening(api, 5)
    await tell(api, ledger, "s1", "s2", "s3")
    read = await asyncio.gather(*reading)
    assert all(one == read[0] for one in read)


async def test_who_can_not_keep_up_is_ended_and_not_waited_for() -> None:
    listener = hub_module.Listener()
    for number in range(hub_module.BACKLOG + 1):
        listener.push(b"%d" % number)
    assert listener.frames.qsize() == 1
    assert await listener.frames.get() is None


async def test_a_shutdown_ends_streams_at_once_with_a_word(router: Router, api_settings: Settings) -> None:
    runner = web.AppRunner(create_app(router), shutdown_timeout=60, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    headers = {"Authorization": f"Bearer {api_settings.web.token}"}
    async with (
        ClientSession(address, headers=headers, timeout=PATIENT) as client,
        client.get("/api/v1/events") as stream,
    ):
        async with asyncio.timeout(30):
            await runner.cleanup()
        assert b"event: bye" in await stream.content.read()


async def test_a_listener_that_left_is_forgotten_at_the_next_heartbeat(api: Api) -> None:
    async with ClientSession(api.address, headers=api.client.headers) as client:
        response = await client.get("/api/v1/events", timeout=PATIENT)
        await listening(api, 1)
        response.close()
    await listening(api, 0)


@pytest.mark.parametrize("after_s", [0.0, 0.002, 0.01])
async def test_the_reader_ends_when_it_is_told_whatever_it_does(router: Router, after_s: float) -> None:
    queue = router.services.queue

    async def noise() -> None:
        while True:
            await events.publish(queue.redis, Event(1, 1, "clip:process", "running"), prefix=queue.keys.prefix)

    making = asyncio.create_task(noise())
    try:
        for _ in range(15):
            hub = hub_module.Hub(queue)
            hub.start()
            await asyncio.sleep(after_s)
            async with asyncio.timeout(20):
                await hub.stop()
    finally:
        making.cancel()
        await asyncio.wait({making})
