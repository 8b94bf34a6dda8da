"""Ways to ask the fake X: a session that leads X's hosts to it, and a client that sends whatever a test wants."""

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import aiohttp
from aiohttp import ClientHandlerType, ClientRequest, ClientResponse
from yarl import URL

from clipnet.clock import ManualClock
from tests.fakes.x.oauth1 import HOSTS
from tests.fakes.x.oauth2 import BOT_SCOPES, Grant
from tests.fakes.x.server import FakeX
from tests.fakes.x.world import User


def session_to(fake: FakeX) -> aiohttp.ClientSession:
    """A session whose requests to X's hosts go to the fake, with the Host header as it was."""

    async def rebase(request: ClientRequest, handler: ClientHandlerType) -> ClientResponse:
        if request.url.host in HOSTS:
            port = URL(fake.url).port
            request.url = request.url.with_scheme("http").with_host("127.0.0.1").with_port(port)
        return await handler(request)

    return aiohttp.ClientSession(middlewares=(rebase,))


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: Any

    @property
    def words(self) -> str:
        """All that an error says: title, detail and the messages of its errors, or an OAuth error."""
        if not isinstance(self.body, dict):
            return str(self.body)
        errors = [str(one.get("message", one.get("detail", ""))) for one in self.body.get("errors", [])]
        named = [str(self.body.get(name, "")) for name in ("title", "detail", "error", "error_description")]
        return " | ".join(word for word in [*named, *errors] if word)


@dataclass(slots=True)
class Stage:
    """A fake X with a bot and one person, and a raw client for the bot."""

    fake: FakeX
    clock: ManualClock
    bot: User
    ann: User
    grant: Grant
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, *, token: str | None = None, **more: Any) -> Answer:
        """One request; by the bot's OAuth 2 token unless `token` is another (or empty for none)."""
        token = self.grant.access if token is None else token
        headers = dict(more.pop("headers", {}))
        if token and "Authorization" not in headers:
            headers["Authorization"] = f"Bearer {token}"
        url = URL(f"https://api.x.com{path}", encoded=True)
        async with self.session.request(method, url, headers=headers, allow_redirects=False, **more) as response:
            is_json = "json" in response.content_type
            body = await response.json() if is_json else await response.read()
            return Answer(response.status, dict(response.headers), body)

    async def begin(self, total_bytes: int, *, media_type: str = "image/jpeg", category: str = "tweet_image") -> str:
        """Announce an upload; returns its media id."""
        wanted = {"media_type": media_type, "media_category": category, "total_bytes": total_bytes}
        answer = await self.ask("POST", "/2/media/upload/initialize", json=wanted)
        return str(answer.body["data"]["id"])

    async def append(self, media_id: str, index: int | str, data: bytes) -> Answer:
        """Send one segment."""
        form = aiohttp.FormData()
        form.add_field("segment_index", str(index))
        form.add_field("media", io.BytesIO(data), filename="segment", content_type="application/octet-stream")
        return await self.ask("POST", f"/2/media/upload/{media_id}/append", data=form)

    async def finalize(self, media_id: str) -> Answer:
        """Say that all segments are there."""
        return await self.ask("POST", f"/2/media/upload/{media_id}/finalize")

    async def upload(self, data: bytes, **kind: str) -> str:
        """A whole upload; returns its media id."""
        media_id = await self.begin(len(data), **kind)
        await self.append(media_id, 0, data)
        await self.finalize(media_id)
        return media_id


@asynccontextmanager
async def stage(clock: ManualClock | None = None, **settings: Any) -> AsyncIterator[Stage]:
    """A served fake X with `clipnet` the bot and `ann` the person; `settings` go to FakeX."""
    clock = clock or ManualClock(datetime.now(UTC))
    fake = FakeX(clock, **settings)
    bot, ann = fake.add_user("clipnet"), fake.add_user("ann")
    async with fake.serving(), session_to(fake) as session:
        yield Stage(fake, clock, bot, ann, fake.user_token(bot, BOT_SCOPES), session)
