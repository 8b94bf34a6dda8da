"""The JSON API: commands and clips over HTTP, refusals as problems."""

import asyncio
import json
import time
from typing import Any

import jsonschema
import pytest
from aiohttp import ClientSession

from tests.bot.rig import LINK, Ledger
from tests.web.conftest import Api
from web.app import all_routes
from web.routes.commands import path_of


async def accepted(api: Api, **headers: str) -> str:
    async with api.client.post("/api/v1/clip", json={"source": LINK}, headers=headers) as response:
        assert response.status == 202, await response.text()
        return str((await response.json())["request"])


async def test_a_command_as_text_and_by_name_do_the_same(api: Api, ledger: Ledger) -> None:
    for body in ({"text": f"clip {LINK} --at 1:20"}, {"command": "clip", "args": {"source": LINK, "at": 80}}):
        async with api.client.post("/api/v1/commands", json=body) as response:
            assert response.status == 202
            said = await response.json()
            assert said["data"]["request"] in said["text"]
    async with api.client.post("/api/v1/clip", json={"source": LINK, "at": "1:20"}) as response:
        assert response.status == 202
    options = await ledger.conn.fetch("select distinct options, (select count(*) from jobs) as jobs from requests")
    assert [(json.loads(row["options"]), row["jobs"]) for row in options] == [({"at_s": 80.0}, 3)]


async def test_clips_are_listed_and_shown_as_the_command_says(api: Api, ledger: Ledger) -> None:
    request = await accepted(api)
    made = [await ledger.clip(request) for _ in range(3)]
    async with api.client.get("/api/v1/clips", params={"limit": 2}) as response:
        first = await response.json()
    async with api.client.get("/api/v1/clips", params={"limit": 2, "cursor": first["next"]}) as response:
        second = await response.json()
    assert [clip["id"] for clip in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    async with api.client.get(f"/api/v1/clips/{made[0]}") as response:
        assert (await response.json())["reason"] == "a loud cheer"
        tag = response.headers["ETag"]
    async with api.client.get(f"/api/v1/clips/{made[0]}", headers={"If-None-Match": tag}) as response:
        assert response.status == 304
    await ledger.conn.execute("update clips set title = 'New'")
    async with api.client.get(f"/api/v1/clips/{made[0]}", headers={"If-None-Match": tag}) as response:
        assert response.status == 200
    async with api.client.get(f"/api/v1/requests/{request}") as response:
        assert len((await response.json())["clips"]) == 3


async def test_sub_commands_have_routes_below_their_family(api: Api, ledger: Ledger) -> None:
    job = await ledger.job("ops:synthetic_fail", "dead")
    async with api.client.get("/api/v1/dead-letter/list") as response:
        assert [item["id"] for item in (await response.json())["items"]] == [job]
    async with api.client.post("/api/v1/jobs/retry", json={"job": job}) as response:
        assert (response.status, (await response.json())["state"]) == (202, "ready")


async def test_looking_again_and_again_does_not_fill_the_audit(api: Api, ledger: Ledger) -> None:
    job = await ledger.job("ops:synthetic_fail", "dead")
    for _ in range(3):
        async with api.client.get("/api/v1/queue") as response:
            assert response.status == 200
    assert await ledger.audit() == []
    async with api.client.post("/api/v1/commands", json={"text": "queue"}) as response:
        assert response.status == 200
    async with api.client.post("/api/v1/jobs/retry", json={"job": job}) as response:
        assert response.status == 202
    await ledger.conn.execute("delete from user_roles")
    async with api.client.get("/api/v1/queue") as response:
        assert response.status == 403
    assert await ledger.audit() == [("queue", "allowed"), ("jobs retry", "allowed"), ("queue", "refused")]


async def test_what_can_not_be_undone_is_asked_first(api: Api, ledger: Ledger) -> None:
    clip = await ledger.clip(await accepted(api))
    async with api.client.post("/api/v1/delete", json={"id": clip}) as response:
        assert response.status == 409
        question = await response.json()
    assert question["code"] == "confirmation-needed"
    async with api.client.post("/api/v1/confirm", json={"id": question["confirmation"]}) as response:
        assert (await response.json())["state"] == "deleted"
    async with api.client.get(f"/api/v1/clips/{clip}") as response:
        assert response.status == 404


async def test_an_idempotency_key_makes_one_request_of_many(api: Api, ledger: Ledger) -> None:
    ids = await asyncio.gather(*(accepted(api, **{"Idempotency-Key": "k1"}) for _ in range(4)))
    assert len(set(ids)) == 1
    async with api.client.post("/api/v1/clip", json={"source": LINK}, headers={"Idempotency-Key": "k1"}) as response:
        assert response.headers["Idempotency-Replayed"] == "true"
    other = {"source": "https://example.org/b.mp4"}
    async with api.client.post("/api/v1/clip", json=other, headers={"Idempotency-Key": "k1"}) as response:
        assert response.status == 422
    assert await ledger.value("select count(*) from jobs") == 1


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/v1/nothing", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("PUT", "/api/v1/clip", {}, 405),
        ("POST", "/api/v1/clip", {"data": b"{", "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/api/v1/clip", {"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400),
        ("POST", "/api/v1/clip", {"data": b"x=1"}, 415),
        ("POST", "/api/v1/clip", {"json": []}, 422),
        ("POST", "/api/v1/clip", {"json": {}}, 422),
        ("POST", "/api/v1/clip", {"json": {"source": LINK, "sauce": 1}}, 422),
        ("POST", "/api/v1/clip", {"json": {"source": "/etc/passwd"}}, 422),
        ("POST", "/api/v1/clip", {"json": {"source": LINK, "at": "later"}}, 422),
        ("POST", "/api/v1/clip", {"data": b" " * 300_000, "headers": {"Content-Type": "application/json"}}, 413),
        ("POST", "/api/v1/commands", {"json": {"text": "x", "command": "y"}}, 422),
        ("POST", "/api/v1/commands", {"json": {"text": "clop"}}, 422),
        ("POST", "/api/v1/clip", {"json": {"source": LINK}, "headers": {"Idempotency-Key": "k" * 200}}, 422),
        ("GET", "/api/v1/clips?cursor=nonsense", {}, 400),
        ("GET", "/api/v1/clips?limit=1&limit=2", {}, 422),
        ("GET", "/api/v1/clips/7K3QX9", {}, 404),
        ("GET", "/api/v1/clips/not-an-id", {}, 404),
        ("GET", "/api/v1/media/../../etc/passwd", {}, 404),
    ],
)
async def test_a_refusal_is_a_problem_and_does_nothing(
    api: Api, ledger: Ledger, method: str, path: str, options: dict[str, Any], status: int
) -> None:
    async with api.client.request(method, path, **options) as response:
        assert response.status == status, await response.text()
        assert response.content_type == "application/problem+json"
        problem = await response.json()
    assert problem["status"] == status
    assert problem["title"].endswith(".")
    assert await ledger.value("select count(*) from jobs") == 0


async def test_a_limit_says_when_to_come_back(api: Api) -> None:
    """Twenty a minute; while they are asked for, one every three seconds comes back."""
    taken, began = 0, time.monotonic()
    while True:
        async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
            if response.status != 202:
                break
            taken += 1
        assert taken <= 20 + (time.monotonic() - began) / 3
    assert response.status == 429
    assert taken >= 20
    assert 1 <= int(response.headers["Retry-After"]) <= 3


@pytest.mark.req("R-062", "positive")
@pytest.mark.req("R-062", "negative")
async def test_without_the_database_it_says_when_to_try_again_and_queues_nothing(api: Api, ledger: Ledger) -> None:
    await accepted(api)
    queue = api.app[_router()].services.queue
    assert await ledger.value("select count(*) from requests") == await queue.redis.zcard(queue.keys.lane("media")) == 1
    await queue.pool.close()
    async with api.client.post("/api/v1/clip", json={"source": LINK}) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) >= 1
    assert await queue.redis.zcard(queue.keys.lane("media")) == 1


@pytest.mark.req("R-063", "positive")
async def test_without_redis_it_still_accepts(api: Api, ledger: Ledger) -> None:
    redis = api.app[_router()].services.queue.redis
    redis.connection_pool.connection_kwargs["port"] = 1
    await redis.connection_pool.disconnect()
    await accepted(api)
    assert await ledger.value("select state from jobs") == "ready"


async def test_the_openapi_document_is_valid_and_names_every_route(api: Api) -> None:
    async with ClientSession(api.address) as anybody, anybody.get("/api/v1/openapi.json") as response:
        document = await response.json()
    assert document["openapi"] == "3.1.0"
    operations = {(method.upper(), path) for path, methods in document["paths"].items() for method in methods}
    registry = api.app[_router()].registry
    for command in registry.offered("web"):
        assert ("POST" if command.changes else "GET", path_of(command)) in operations
    assert len(operations) == len(all_routes(registry))
    for schema in document["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    _all_refs_resolve(document)
    ids = [operation["operationId"] for methods in document["paths"].values() for operation in methods.values()]
    assert len(set(ids)) == len(ids)


async def test_answers_fit_the_document(api: Api, ledger: Ledger) -> None:
    async with api.client.get("/api/v1/openapi.json") as response:
        document = await response.json()
    clip = await ledger.clip(await accepted(api))
    for path, given in {
        "/api/v1/clips": "/api/v1/clips",
        "/api/v1/clips/{id}": f"/api/v1/clips/{clip}",
        "/api/v1/show": f"/api/v1/show?id={clip}",
        "/api/v1/why": f"/api/v1/why?id={clip}",
        "/api/v1/trace": f"/api/v1/trace?id={clip}",
        "/api/v1/queue": "/api/v1/queue",
        "/api/v1/help": "/api/v1/help",
        "/api/v1/jobs/stuck": "/api/v1/jobs/stuck?older=0.001",
        "/api/v1/commands": "/api/v1/commands",
        "/health/ready": "/health/ready",
    }.items():
        async with api.client.get(given) as response:
            assert response.status == 200, given
            schema = document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
            jsonschema.validate(await response.json(), {**schema, "components": document["components"]})


def _all_refs_resolve(document: dict[str, Any]) -> None:
    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].rsplit("/", 1)[-1] in document["components"]["schemas"], node["$ref"]
            for child in node.values():
                walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(document)


def _router() -> Any:
    from web.keys import ROUTER

    return ROUTER
