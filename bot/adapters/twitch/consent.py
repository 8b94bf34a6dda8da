"""Connecting accounts of Twitch by its device code flow, with no more rights than what they are for.

Source: dev.twitch.tv "Getting OAuth Access Tokens", device code grant flow; `authorization_pending` until the person
has decided.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

import aiohttp
import twitchio
from loguru import logger
from twitchio.authentication.oauth import OAuth

from bot.adapters.twitch import library
from bot.adapters.twitch.client import away
from bot.adapters.twitch.keeping import BOT, BROADCASTER, PROVIDER
from bot.consent import Asked, Purpose, Standing
from bot.context import Services
from clipnet.clock import Clock
from clipnet.crypto import CannotOpen, KeyRing
from clipnet.ending import end
from clipnet.errors import ClipNetError
from clipnet.texts import text
from db import communities, tokens
from db.pool import transaction
from db.tokens import Token, TokenKey

PURPOSES: Final[Mapping[str, Purpose]] = MappingProxyType(
    {
        BOT: Purpose(
            text("the bot's own account, which reads and writes in chats"),
            MappingProxyType(
                {
                    "user:read:chat": text("to hear commands"),
                    "user:write:chat": text("to answer"),
                    "user:bot": text("to be in chats as a bot, by the application's token"),
                    "clips:edit": text("to make Twitch's own clips"),
                }
            ),
        ),
        BROADCASTER: Purpose(
            text("a channel that ClipNet may be in"),
            MappingProxyType(
                {
                    "channel:bot": text("to let the bot into the chat"),
                    "channel:manage:broadcast": text("to set markers in the stream"),
                }
            ),
        ),
    }
)


@dataclass(slots=True)
class _Flow:
    standing: Standing
    task: asyncio.Task[None] | None = None


class TwitchConsent:
    """A `Consent`. What is waited for lives in this process; a person whose code it lost asks for another."""

    platform = PROVIDER
    purposes = PURPOSES

    def __init__(self, services: Services, ring: KeyRing, clock: Clock) -> None:
        self._pool = services.queue.pool
        self._twitch = services.settings.twitch
        self._ring = ring
        self._clock = clock
        self._flows: dict[tuple[int, str], _Flow] = {}

    async def start(self, user_id: int, purpose: str, community_id: int | None) -> Asked:
        """Begin; see `Consent`."""
        library.point(self._twitch)
        await self._drop((user_id, purpose))
        scopes = _scopes(purpose)
        async with library.session() as wire:
            try:
                asked = await self._oauth(wire).device_code_flow(scopes=scopes)
            except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
                raise away(error) from error
        flow = self._flows[(user_id, purpose)] = _Flow(Standing(purpose, "waiting"))
        flow.task = asyncio.create_task(self._wait(flow, user_id, purpose, community_id, asked), name="twitch consent")
        return Asked(asked["verification_uri"], asked["user_code"], int(asked["expires_in"]))

    async def standing(self, user_id: int) -> Sequence[Standing]:
        """What this person connected, or is about to."""
        waiting = [flow.standing for (owner, _), flow in self._flows.items() if owner == user_id]
        try:
            kept = [token for token in await self._kept() if token.key.user_id == user_id]
        except CannotOpen:
            return [*waiting, Standing("", "refused", note=text("TOKEN_KEYS lacks the key that sealed a token"))]
        done = [
            Standing(token.key.purpose, "connected", token.key.account_id, until=token.expires_at) for token in kept
        ]
        return [*(each for each in waiting if each.state != "connected"), *done]

    async def end(self, user_id: int, purpose: str | None) -> int:
        """Take consents back, at Twitch as far as it answers; a broadcaster's channel leaves its community."""
        library.point(self._twitch)
        ended = 0
        for token in await self._kept():
            if token.key.user_id != user_id or purpose not in (None, token.key.purpose):
                continue
            async with transaction(self._pool) as conn:
                ended += await tokens.forget(conn, token.key)
                if token.key.purpose == BROADCASTER:
                    await communities.leave(conn, PROVIDER, token.key.account_id)
            await self._revoke(token)
        return ended

    async def settled(self, user_id: int, purpose: str) -> Standing:
        """How a beginning ended, once it has."""
        flow = self._flows[(user_id, purpose)]
        if flow.task is not None:
            await asyncio.wait([flow.task])
        return flow.standing

    async def _wait(
        self, flow: _Flow, user_id: int, purpose: str, community_id: int | None, asked: Mapping[str, Any]
    ) -> None:
        try:
            async with library.session() as wire, asyncio.timeout(int(asked["expires_in"])):
                oauth = self._oauth(wire)
                got = await oauth.device_code_authorization(
                    scopes=_scopes(purpose), device_code=asked["device_code"], interval=int(asked["interval"])
                )
                whose = await oauth.validate_token(got["access_token"])
            flow.standing = await self._keep(user_id, purpose, community_id, got, whose)
        except TimeoutError:
            flow.standing = Standing(
                purpose, "expired", note=text("nobody typed the code in time: connect twitch again")
            )
        except twitchio.DeviceCodeFlowException:
            flow.standing = Standing(purpose, "refused", note=text("Twitch says no: connect twitch again"))
        except (twitchio.HTTPException, aiohttp.ClientError, ClipNetError) as error:
            flow.standing = Standing(
                purpose, "refused", note=text("it failed ({kind}): connect twitch again", kind=type(error).__name__)
            )
        logger.info("connecting an account of Twitch ended", purpose=purpose, state=flow.standing.state)

    async def _keep(
        self, user_id: int, purpose: str, community_id: int | None, got: Mapping[str, Any], whose: Any
    ) -> Standing:
        account = str(whose.user_id)
        if purpose == BOT and account != self._twitch.bot_id:
            return Standing(
                purpose, "refused", str(whose.login), "this is not the account of TWITCH_BOT_ID: sign in as the bot"
            )
        key = TokenKey(user_id, PROVIDER, purpose, account)
        until = self._clock.now() + timedelta(seconds=int(got["expires_in"]))
        async with transaction(self._pool) as conn:
            await tokens.put(
                conn,
                self._ring,
                key,
                access=got["access_token"],
                refresh=got["refresh_token"],
                scopes=list(whose.scopes),
                expires_at=until,
            )
            if purpose == BROADCASTER and community_id is not None:
                await communities.join(conn, community_id, PROVIDER, account)
        return Standing(purpose, "connected", str(whose.login), until=until)

    async def _kept(self) -> list[Token]:
        return await tokens.of_provider(self._pool, self._ring, PROVIDER)

    async def _revoke(self, token: Token) -> None:
        async with library.session() as wire:
            try:
                await self._oauth(wire).revoke_token(token.access)
            except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
                logger.info("Twitch doesn't take a consent back", error=type(error).__name__)

    async def _drop(self, which: tuple[int, str]) -> None:
        flow = self._flows.pop(which, None)
        if flow is not None and flow.task is not None:
            await end([flow.task])

    def _oauth(self, wire: aiohttp.ClientSession) -> OAuth:
        return OAuth(client_id=self._twitch.client_id or "", client_secret=self._twitch.client_secret, session=wire)


def _scopes(purpose: str) -> twitchio.Scopes:
    return twitchio.Scopes(list(PURPOSES[purpose].scopes))
