"""A Twitch of the tests' own with a channel and people, and the adapter on real servers before it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from bot.adapters.twitch.adapter import Pace, TwitchAdapter
from bot.adapters.twitch.consent import PURPOSES
from bot.adapters.twitch.hook import TwitchHook
from bot.commands import COMMANDS
from bot.context import Services
from bot.registry import Registry
from bot.router import Router
from clipnet.clock import SystemClock
from clipnet.crypto import KeyRing, new_key, read_key_ring
from clipnet.ending import end
from clipnet.settings import Settings
from db import communities, tokens
from db.pool import transaction
from db.tokens import TokenKey
from tests.bot.rig import Ledger
from tests.fakes.server import PATIENCE_S
from tests.fakes.twitch import Channel, FakeTwitch, Token, User

PACE = Pace(tend_s=0.05, air_s=0.1, relist_s=0.2, clip_s=0.02)
SECRET = "a secret of the webhook"


class Hurried:
    """A clock on which every wait is over at once, and counts."""

    def __init__(self) -> None:
        self.passed_s = 0.0

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(seconds=self.passed_s)

    def monotonic_s(self) -> float:
        return self.passed_s

    async def sleep(self, delay_s: float) -> None:
        self.passed_s += delay_s
        await asyncio.sleep(0)


@dataclass
class Stage:
    """A fake Twitch, a channel that belongs to a community, a bot with a token in the ledger, and a fan."""

    fake: FakeTwitch
    services: Services
    ledger: Ledger
    ring: KeyRing
    channel: Channel
    bot: User
    fan: User
    owner_id: int
    community_id: int
    adapter: TwitchAdapter = field(init=False)
    router: Router = field(init=False)

    def __post_init__(self) -> None:
        self.router = Router(self.services, Registry(COMMANDS))
        self.adapter = TwitchAdapter(self.router, self.ring, pace=PACE)

    async def keep(self, token: Token, purpose: str = "bot") -> TokenKey:
        """Put an account's token into the ledger, as consent does."""
        assert token.user is not None
        key = TokenKey(self.owner_id, "twitch", purpose, token.user.id)
        async with transaction(self.services.queue.pool) as conn:
            await tokens.put(
                conn,
                self.ring,
                key,
                access=token.access,
                refresh=token.refresh,
                scopes=token.scopes,
                expires_at=self.fake.now() + timedelta(seconds=self.fake.tokens.expires_in_s(token)),
            )
        return key

    async def kept(self, account: User) -> tokens.Token:
        """The token that the ledger holds for an account."""
        found = await tokens.of_provider(self.services.queue.pool, self.ring, "twitch")
        return next(token for token in found if token.key.account_id == account.id)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """The adapter at work, subscribed to the channel."""
        async with self.running():
            await self.fake.subscribed("channel.chat.clear_user_messages", self.channel)
            await self.looked()
            yield

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        """The adapter at work, whatever comes of it."""
        task = asyncio.create_task(self.adapter.run())
        try:
            yield task
        finally:
            await end([task])

    async def looked(self) -> None:
        """Wait until the adapter knows what is on air."""
        live = self.channel.stream is not None
        await self.until(lambda: self.adapter.listener is not None and self.listener_air() == live)

    def listener_air(self) -> bool:
        """Whether the adapter believes the channel to be live."""
        assert self.adapter.listener is not None
        return self.adapter.listener._air.is_live(self.channel.id)

    async def jobs(self) -> int:
        """How many jobs were made."""
        return int(await self.ledger.value("select count(*) from jobs where kind = 'clip:process'"))

    async def use_up(self, command: str) -> None:
        """Leave nobody who used a command before a further use of it for an hour."""
        for bucket in await self._buckets(command):
            await self.services.queue.redis.set(bucket, time.time() + 3600, ex=3600)

    async def used_up_until(self, command: str) -> float:
        """When the one bucket of this name is full again, if nothing more is taken."""
        (bucket,) = await self._buckets(command)
        return float(await self.services.queue.redis.get(bucket) or 0)

    async def _buckets(self, command: str) -> list[str]:
        queue, prefix = self.services.queue, self.services.settings.redis.prefix
        return [bucket async for bucket in queue.redis.scan_iter(match=f"{prefix}limit:*:{command}")]

    async def until(self, holds: Callable[[], Any], within_s: float = PATIENCE_S) -> None:
        """Wait until something that no event tells of is so."""
        async with asyncio.timeout(within_s):
            while True:
                found = holds()
                if asyncio.iscoroutine(found):
                    found = await found
                if found:
                    return
                await asyncio.sleep(0.01)

    def said(self) -> list[str]:
        """What the bot said in the channel."""
        return [message.text for message in self.fake.said(self.channel)]


def of(settings: Settings, fake: FakeTwitch, bot: User, *, base_url: str | None = None, **parts: Any) -> Settings:
    """Settings that lead to the fake."""
    twitch = settings.twitch.model_copy(
        update={
            "client_id": fake.client_id,
            "client_secret": fake.client_secret,
            "bot_id": bot.id,
            "api_base": fake.helix_base,
            "id_base": fake.id_base,
            "eventsub": fake.eventsub_ws,
            "webhook_secret": SECRET,
            **parts,
        }
    )
    web = settings.web.model_copy(update={"base_url": base_url or settings.web.base_url})
    return settings.model_copy(update={"twitch": twitch, "web": web})


async def staged(fake: FakeTwitch, services: Services, ledger: Ledger, **parts: Any) -> Stage:
    """A stage on a fake that serves; the bot is moderator in the channel, which is on air."""
    channel = fake.add_channel("Streamer", live=True, title="A good day")
    bot = fake.add_user("ClipBot", moderator_of=[channel])
    fan = fake.add_user("Fan")
    ring = read_key_ring(new_key("k1"))
    services = replace(services, settings=of(services.settings, fake, bot, **parts))
    async with transaction(services.queue.pool) as conn:
        owner_id = await conn.fetchval("insert into users (display_name) values ('Owner') returning id")
        community_id = await communities.create(conn, "Streamers", [("twitch", channel.id)])
    stage = Stage(fake, services, ledger, ring, channel, bot, fan, owner_id, community_id)
    await stage.keep(fake.issue_token(bot, *PURPOSES["bot"].scopes))
    return stage


def hook_of(stage: Stage) -> TwitchHook:
    """The stage's door."""
    return TwitchHook(SECRET, stage.adapter.take, SystemClock(), overhear=stage.adapter.overhear)
