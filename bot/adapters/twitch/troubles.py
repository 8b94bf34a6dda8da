"""Twitch shutting ClipNet out, as those who look after its communities are told of it: once each time."""

import hashlib
from collections.abc import Collection

import aiohttp
import twitchio
from loguru import logger

from bot.adapters.twitch.client import Client
from bot.adapters.twitch.keeping import PROVIDER, Keeper
from clipnet.clock import Clock
from db import communities
from pipeline.jobs import Trouble, TroubleKind
from pipeline.queue.facade import Queue
from pipeline.steps import trouble_job


class Troubles:
    """Has the worker tell of consents that are gone and of bans."""

    def __init__(self, client: Client, keeper: Keeper, queue: Queue, clock: Clock, *, bot_id: str) -> None:
        self._client = client
        self._keeper = keeper
        self._queue = queue
        self._clock = clock
        self._bot_id = bot_id
        self._told: set[str] = set()

    async def tell(self, channels: Collection[str], banned: Collection[str]) -> None:
        """Tell what is new: consents that the keeper misses, and channels that the bot was just banned from.

        What was told before this process began is told again only to the worker, who knows that it was said.
        """
        today = self._clock.now().date().isoformat()
        found: dict[str, tuple[TroubleKind, str]] = {f"banned:{each}:{today}": ("banned", each) for each in banned}
        for account in self._keeper.troubles:
            what: TroubleKind = "bot" if account == self._bot_id else "broadcaster"
            found[f"{what}:{account}:{self._keeper.episode(account)}"] = (what, account)
        for episode in found.keys() - self._told:
            await self._tell(episode, *found[episode], channels)
        self._told = {each for each in self._told if each.endswith(today)} | found.keys()

    async def _tell(self, episode: str, what: TroubleKind, account: str, channels: Collection[str]) -> None:
        name = await self._name(account)
        for community_id in await self._concerned(channels if what == "bot" else [account]):
            payload = Trouble(
                community_id=community_id, episode=_unnamed(episode), platform=PROVIDER, what=what, channel=name
            )
            await self._queue.enqueue(trouble_job(payload), created_by=PROVIDER)

    async def _concerned(self, channels: Collection[str]) -> list[int]:
        found = [await communities.at_place(self._queue.pool, PROVIDER, channel) for channel in channels]
        return sorted({community.id for community in found if community is not None})

    async def _name(self, account: str) -> str:
        try:
            for user in await self._client.fetch_users(ids=[account]):
                return user.display_name or user.name or account
        except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
            logger.info("Twitch doesn't name an account", account=account, error=type(error).__name__)
        return account


def _unnamed(episode: str) -> str:
    """The same without the account's id: it outlives the account's wish to be forgotten."""
    return f"{PROVIDER}:{hashlib.sha256(episode.encode()).hexdigest()[:16]}"
