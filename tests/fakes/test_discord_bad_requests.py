"""Every listed bad request is refused in Discord's way, and noted as a violation."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from clipnet.clock import ManualClock
from tests.fakes.discord import FakeDiscord, posting
from tests.fakes.discord_bad_answers import ANSWERED, REGISTERED
from tests.fakes.discord_bad_requests import SENT, Bad
from tests.fakes.discord_bot import CLIP, START

AGENT = "DiscordBot (https://example.com, 1)"


class Raw:
    """Sends requests without a library that would know better."""

    def __init__(self, fake: FakeDiscord, session: aiohttp.ClientSession) -> None:
        self.fake = fake
        self.names: dict[str, str] = {"app": fake.application_id}
        self._session = session

    async def send(self, bad: Bad) -> tuple[int, dict[str, Any], str]:
        """Status, body and content type."""
        path = bad.path.format(**self.names)
        headers = {"User-Agent": AGENT}
        if not path.startswith(("/interactions/", "/webhooks/")):
            headers["Authorization"] = f"Bot {self.fake.bot_token}" if bad.auth is None else bad.auth
        if headers.get("Authorization") == "":
            del headers["Authorization"]
        data: bytes | aiohttp.FormData = json.dumps(bad.body).encode() if bad.raw is None else bad.raw
        if bad.files:
            data = aiohttp.FormData()
            data.add_field("payload_json", json.dumps(bad.body))
            for number, size in bad.files.items():
                data.add_field(f"files[{number}]", io.BytesIO(bytes(size)), filename="v.mp4", content_type="video/mp4")
        else:
            headers["Content-Type"] = bad.kind
        url = self.fake.api_base + path
        async with self._session.request(bad.method, url, data=data, headers=headers) as response:
            return response.status, json.loads(await response.read()), response.headers["Content-Type"]


@pytest.fixture
async def raw() -> AsyncIterator[Raw]:
    """A guild with messages and interactions of every kind, and a client that sends anything."""
    async with FakeDiscord(ManualClock(START)).serving() as fake, aiohttp.ClientSession() as session:
        guild = fake.add_guild()
        channel, ann = guild.add_channel("clips"), guild.add_member("Ann")
        buttons = [{"type": 1, "components": [{"type": 2, "style": 1, "label": "Go", "custom_id": "go"}]}]
        own = posting.send(fake, channel, fake.bot, {"content": "made", "components": buttons})
        theirs = await fake.say(ann, channel, "hello")
        client = Raw(fake, session)
        client.names |= {"channel": channel.id, "own": own.id, "theirs": theirs.id}
        fake.ledger.commands[None] = {"1": CLIP | {"id": "1", "type": 1}}
        slash = await fake.slash(ann, channel, "clip", {"source": "x"})
        done = await fake.slash(ann, channel, "clip", {"source": "x"})
        typing = await fake._command(ann, channel, "clip", {"source": "x"}, "source")
        pressed = await fake.press(ann, own, "go")
        for name, one in {"slash": slash, "done": done, "typing": typing, "button": pressed}.items():
            client.names |= {name: one.token, f"{name}_id": one.id}
        accepted = Bad("", "POST", "/interactions/{done_id}/{done}/callback", {"type": 5})
        url = fake.api_base + accepted.path.format(**client.names)
        async with session.post(url, json=accepted.body) as response:
            assert response.status == 204
        assert fake.violations == []
        yield client


@pytest.mark.parametrize("bad", [*SENT, *REGISTERED, *ANSWERED], ids=lambda bad: str(bad.name))
async def test_it_is_refused_and_noted(raw: Raw, bad: Bad) -> None:
    before = len(raw.fake.ledger.messages), dict(raw.fake.ledger.commands[None])
    status, body, kind = await raw.send(bad)
    assert (status, body["code"], kind) == (bad.status, bad.code, "application/json"), body
    if bad.code == 50035:
        node = body["errors"]
        for step in bad.place.split("."):
            assert step in node, body["errors"]
            node = node[step]
    assert len(noted := raw.fake.forgive()) == 1, noted
    assert (len(raw.fake.ledger.messages), raw.fake.ledger.commands[None]) == before


def test_the_tables_are_long_enough_and_name_every_request_once() -> None:
    listed = [*SENT, *REGISTERED, *ANSWERED]
    assert len(listed) >= 60
    assert len({bad.name for bad in listed}) == len(listed)
