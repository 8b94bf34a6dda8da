"""Listens on Discord: by the gateway, or by HTTP where interactions are posted to us. The same code handles both."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
import discord
from loguru import logger

from bot.adapters.base import AdapterStatus, Presence
from bot.adapters.discord.answering import Answers
from bot.adapters.discord.budget import Budget
from bot.adapters.discord.buttons import Shelf
from bot.adapters.discord.client import HEARTBEAT_TIMEOUT_S, Listener
from bot.adapters.discord.events import Events
from bot.adapters.discord.hook import DiscordHook
from bot.adapters.discord.interactions import Interactions
from bot.adapters.discord.library import interaction_of, let_go, point, translated
from bot.adapters.discord.progress import Follower
from bot.adapters.discord.reading import Met
from bot.adapters.discord.rooms import DiscordRooms
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.adapters.discord.sync import sync
from bot.hooks import legible
from bot.router import Router
from clipnet.clock import Clock, SystemClock
from clipnet.ending import end, whole
from clipnet.errors import Misconfigured, Unavailable
from clipnet.texts import text

ONLINE_S = 2.0
"""Seconds that an interaction by HTTP waits for us to be signed in."""
FINISH_S = 1.5
"""Seconds that what is being answered gets when the adapter ends; with the goodbye less than the supervisor gives."""


class DiscordAdapter:
    """One bot on Discord. It is its clients' `Ears`, and the line that its speaker speaks over."""

    platform = "discord"

    def __init__(
        self, router: Router, *, clock: Clock | None = None, heartbeat_timeout_s: float = HEARTBEAT_TIMEOUT_S
    ) -> None:
        services, self._clock = router.services, clock or SystemClock()
        self.status = AdapterStatus()
        self._router = router
        self._heartbeat_timeout_s = heartbeat_timeout_s
        self._settings = services.settings.discord
        self._budget = Budget(services.queue.pool, self._clock)
        shelf = Shelf(services.queue.pool)
        base_url = services.settings.web.base_url
        self.speaker = DiscordSpeaker(self, base_url, clock=self._clock, shelf=shelf)
        answers = Answers(services.queue, self.speaker, shelf, base_url)
        self._interactions = Interactions(router, answers, shelf, self._clock)
        self._events = Events(router, self.speaker, answers)
        self._follower = Follower(services.queue, self.speaker, self._clock)
        self._client: Listener | None = None
        self._online = asyncio.Event()
        self._working: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Listen until cancelled. Raises `Misconfigured` for a token that Discord refuses, else `Unavailable`."""
        point(self._settings)
        client = Listener(
            self,
            message_content=self._settings.message_content,
            heartbeat_timeout_s=self._heartbeat_timeout_s,
        )
        try:
            with translated():
                await self._sign_in(client)
                await self._live(client)
        finally:
            await whole(self._leave(client))

    async def client(self) -> discord.Client:
        """The client, signed in; raises `Unavailable` while it isn't."""
        try:
            async with asyncio.timeout(ONLINE_S):
                await self._online.wait()
        except TimeoutError:
            pass
        if self._client is None:
            raise Unavailable(text("Discord can't take that now."), retry_after_s=5.0)
        return self._client

    async def take(self, payload: dict[str, Any], acknowledged: bool) -> None:
        """An interaction that came by HTTP. Raises `Unavailable` to be called again, `BadInput` for what is none."""
        client = await self.client()
        with legible():
            met = interaction_of(client, payload)
        await self._interactions.take(met, acknowledged=acknowledged)

    async def _sign_in(self, client: Listener) -> None:
        assert self._settings.token is not None
        await client.login(self._settings.token)
        assert client.user is not None
        self._interactions.bot_id = self._events.bot_id = str(client.user.id)
        await sync(client, self._router.registry, self._router.services.queue)
        self._client = client
        self._online.set()

    async def _live(self, client: Listener) -> None:
        """Listen and follow what the worker does; the end of either is the end of both."""
        listen = client.connect() if self._settings.transport == "gateway" else self._idle()
        tasks = [asyncio.create_task(listen), asyncio.create_task(self._follower.run())]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await whole(end(tasks))

    @contextmanager
    def _work(self) -> Iterator[None]:
        """What is begun within this block gets a little time when we end; the library starts tasks and forgets them."""
        task = asyncio.current_task()
        assert task is not None
        self._working.add(task)
        try:
            yield
        finally:
            self._working.discard(task)

    async def _leave(self, client: Listener) -> None:
        """Let what is being done come to its end, and close what is open."""
        if self._working:
            await asyncio.wait(self._working, timeout=FINISH_S)
        await end(self._working)
        self._online.clear()
        self._client = None
        await let_go(client)

    async def _idle(self) -> None:
        """By HTTP there is nothing to listen to: whoever knocks is heard by the hook."""
        await self.ready()
        await asyncio.Event().wait()

    async def _check_limits(self) -> None:
        """What Discord itself says is left of today's sessions; raises `Unavailable` when nothing is."""
        client = await self.client()
        try:
            _, _, limit = await client.http.get_bot_gateway()
        except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
            logger.info("Discord doesn't say how many sessions are left", error=type(error).__name__)
            return
        self.status.limits["sessions left today"] = f"{limit['remaining']} of {limit['total']}"
        if limit["remaining"] <= 0:
            raise Unavailable(
                text("Discord lets ClipNet start no more sessions today."), retry_after_s=limit["reset_after"] / 1000
            )

    async def identify(self) -> None:
        """A session may be begun, or `Unavailable` says when."""
        await self._check_limits()
        await self._budget.take()
        self.status.limits["identifies today"] = self._budget.used

    async def ready(self) -> None:
        """Events arrive."""
        self.status.state, self.status.note = "running", ""
        self.status.since = self._clock.now()

    async def lost(self) -> None:
        """The connection broke; the library makes it anew."""
        if self.status.state == "running":
            self.status.state, self.status.note = "waiting", "the gateway is being connected again"

    async def met(self, met: Met) -> None:
        """Somebody used a command, a button or a form."""
        with self._work():
            await self._interactions.take(met)

    async def heard(self, message: discord.Message) -> None:
        """Somebody wrote."""
        with self._work():
            await self._events.heard(message)

    async def deleted(self, message_ids: set[int]) -> None:
        """Messages are gone."""
        with self._work():
            await self._events.deleted(message_ids)

    async def joined(self, guild: discord.Guild) -> None:
        """The bot was added to a server."""
        with self._work():
            await self._events.joined(guild)

    async def closed(self, channel: discord.abc.GuildChannel) -> None:
        """A channel is gone."""
        with self._work():
            await self._events.closed(channel)

    async def banned(self, guild: discord.Guild, user: discord.User | discord.Member) -> None:
        """Somebody was banned from a server."""
        with self._work():
            await self._events.banned(guild.id, user.id)


def join(router: Router) -> Presence:
    """What Discord brings, by the settings. Raises `Misconfigured`."""
    settings = router.services.settings.discord
    if not settings.token:
        return Presence(lacks="DISCORD_TOKEN is not set")
    if settings.transport == "gateway":
        adapter = DiscordAdapter(router)
        router.services.rooms["discord"] = DiscordRooms(adapter)
        return Presence(adapter)
    if not settings.public_key:
        raise Misconfigured(
            text("DISCORD_TRANSPORT is http, but DISCORD_PUBLIC_KEY is not set."),
            hint=text("Copy it from the application's page “General Information”."),
        )
    adapter = DiscordAdapter(router)
    router.services.rooms["discord"] = DiscordRooms(adapter)
    return Presence(adapter, DiscordHook(settings.public_key, router.registry, adapter.take, SystemClock()))
