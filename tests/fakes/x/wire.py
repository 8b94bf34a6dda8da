"""Answers on the wire, and the parts of a multipart body."""

import asyncio
import json
from typing import Any

import aiohttp
from aiohttp import web
from aiohttp.base_protocol import BaseProtocol

from tests.fakes.server import Call
from tests.fakes.x.problems import invalid


def answer(body: Any, status: int = 200) -> web.Response:
    """JSON with X's content type."""
    return web.Response(
        status=status, body=json.dumps(body).encode(), headers={"Content-Type": "application/json; charset=utf-8"}
    )


async def read_parts(call: Call) -> dict[str, bytes]:
    """The parts of a multipart/form-data body by name; anything else is refused."""
    content_type = call.headers.get("Content-Type", "")
    if not content_type.startswith("multipart/form-data"):
        raise invalid(("Content-Type", content_type, f"the content type [{content_type}] is not multipart/form-data"))
    loop = asyncio.get_running_loop()
    stream = aiohttp.StreamReader(BaseProtocol(loop), 2 * len(call.body) + 1, loop=loop)
    stream.feed_data(call.body)
    stream.feed_eof()
    parts: dict[str, bytes] = {}
    try:
        async for part in aiohttp.MultipartReader({"Content-Type": content_type}, stream):
            if not isinstance(part, aiohttp.BodyPartReader) or part.name is None:
                raise ValueError("a part has no name")
            if part.name in parts:
                raise ValueError(f"two parts are called {part.name}")
            parts[part.name] = bytes(await part.read())
    except ValueError as error:
        raise invalid(("body", "", f"the multipart body is broken: {error}")) from None
    return parts
