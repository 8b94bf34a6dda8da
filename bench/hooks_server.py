"""The two servers of the bench `hooks`, a process each: `python -m bench.hooks_server ours|bare`."""

import asyncio
import hashlib
import hmac
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from bot.adapters.base import Presence
from bot.hooks import Acknowledgement, Delivery, Knock
from bot.router import Router
from clipnet.settings import Settings, load_settings
from db.pool import open_pool
from web.serve import serving

SECRET = b"the same on both sides"
NAME = "twitch"


def signature(event_id: str, body: bytes) -> str:
    """What both sides verify."""
    return hmac.new(SECRET, event_id.encode() + body, hashlib.sha256).hexdigest()


class Bell:
    """A hook that verifies as the platforms' do, and has nothing to do with what was delivered."""

    platform = NAME

    def open(self, knock: Knock) -> Acknowledgement:
        """Verify and read."""
        event_id = knock.headers.get("x-event", "")
        if not hmac.compare_digest(signature(event_id, knock.body), knock.headers.get("x-signature", "")):
            return Acknowledgement(403)
        event = json.loads(knock.body)
        return Acknowledgement(delivery=Delivery(event_id, "chat", event, event["channel"]))

    async def handle(self, delivery: Delivery) -> None:
        """Nothing."""


def join(_: Router) -> Presence:
    """As a platform's module does."""
    return Presence(hook=Bell())


@asynccontextmanager
async def bare(settings: Settings) -> AsyncIterator[str]:
    """The least that a door has to do: verify, insert one row in a transaction of its own, answer."""
    pool = await open_pool(settings.database.url, env=settings.env, max_size=settings.database.pool_size)
    insert = "insert into deliveries (platform, event_id, kind, body, done_at) values ('bare', $1, 'chat', $2, now())"

    async def knock(request: web.Request) -> web.Response:
        body = await request.read()
        event_id = request.headers.get("X-Event", "")
        if not hmac.compare_digest(signature(event_id, body), request.headers.get("X-Signature", "")):
            return web.Response(status=403)
        await pool.execute(insert, event_id, body.decode())
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post(f"/hooks/{NAME}", knock)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
        await pool.close()


async def main(side: str) -> None:
    """Serve one side until standard input ends; the first line written is its address."""
    settings = load_settings()
    server = bare(settings) if side == "bare" else serving(settings, {NAME: "bench.hooks_server"})
    async with server as address:
        print(address, flush=True)
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
