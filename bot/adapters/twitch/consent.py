"""Connecting accounts of Twitch by its device code flow, with no more rights than what they are for.

Source: dev.twitch.tv "Getting OAuth Access Tokens", device code grant flow; `authorization_pending` until the person
has decided.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
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
from db import communities, consents, tokens
from db.consents import Begun
from db.pool import DATABASE_ERRORS, transaction
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

AWAY_S: Final = 1.0
"""Until Twitch is asked again that gave no answer."""


@dataclass(slots=True)
class _Flow:
    standing: Standing
    task: asyncio.Task[None] | None = None


class TwitchConsent:
    """A `Consent`. What is waited for stands in the ledger, so that `resume` goes on with it after a restart."""

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
        async with library.session() as wire:
            try:
                asked = await self._oauth(wire).device_code_flow(scopes=_scopes(purpose))
            except (twitchio.HTTPException, aiohttp.ClientError, TimeoutError) as error:
                raise away(error) from error
        until = self._clock.now() + timedelta(seconds=int(asked["expires_in"]))
        begun = Begun(
            user_id, PROVIDER, purpose, community_id, asked["device_code"], int(asked["interval"]), expires_at=until
        )
        self._follow(await consents.put(self._pool, self._ring, begun), begun)
        return Asked(asked["verification_uri"], asked["user_code"], int(asked["expires_in"]))

    async def resume(self) -> None:
        """Go on with what an earlier process began. Another process that does so too takes nothing away from it."""
        library.point(self._twitch)
        for begun_id, begun in await consents.waiting(self._pool, self._ring, PROVIDER):
            flow = self._flows.get((begun.user_id, begun.purpose))
            if flow is None or flow.task is None or flow.task.done():
                self._follow(begun_id, begun)

    async def standing(self, user_id: int) -> Sequence[Standing]:
        """What this person connected, or is about to."""
        waiting = [Standing(each, "waiting") for each in await consents.purposes(self._pool, user_id, PROVIDER)]
        known = {each.purpose for each in waiting}
        ended = [flow.standing for (owner, _), flow in self._flows.items() if owner == user_id]
        waiting += [each for each in ended if each.state in ("refused", "expired") and each.purpose not in known]
        try:
            kept = [token for token in await self._kept() if token.key.user_id == user_id]
        except CannotOpen:
            return [*waiting, Standing("", "refused", note=text("TOKEN_KEYS lacks the key that sealed a token"))]
        done = [
            Standing(token.key.purpose, "connected", token.key.account_id, until=token.expires_at) for token in kept
        ]
        return [*waiting, *done]

    async def end(self, user_id: int, purpose: str | None) -> int:
        """Take consents back, at Twitch as far as it answers; a broadcaster's channel leaves its community."""
        library.point(self._twitch)
        await consents.drop(self._pool, user_id, PROVIDER, purpose)
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

    def _follow(self, begun_id: int, begun: Begun) -> None:
        flow = self._flows[(begun.user_id, begun.purpose)] = _Flow(Standing(begun.purpose, "waiting"))
        flow.task = asyncio.create_task(self._wait(flow, begun_id, begun), name="twitch consent")

    async def _wait(self, flow: _Flow, begun_id: int, begun: Begun) -> None:
        try:
            flow.standing = await self._asked(begun_id, begun)
        except TimeoutError:
            note = text("nobody typed the code in time: `connect twitch` again")
            flow.standing = Standing(begun.purpose, "expired", note=note)
        except twitchio.DeviceCodeFlowException:
            flow.standing = Standing(begun.purpose, "refused", note=text("Twitch says no: `connect twitch` again"))
        except (twitchio.HTTPException, aiohttp.ClientError, ClipNetError, ValueError, *DATABASE_ERRORS) as error:
            note = text("it failed ({kind}): `connect twitch` again", kind=type(error).__name__)
            flow.standing = Standing(begun.purpose, "refused", note=note)
        logger.info("connecting an account of Twitch ended", purpose=begun.purpose, state=flow.standing.state)
        with suppress(*DATABASE_ERRORS):
            await consents.forget(self._pool, begun_id)

    async def _asked(self, begun_id: int, begun: Begun) -> Standing:
        left_s = (begun.expires_at - self._clock.now()).total_seconds()
        async with library.session() as wire, asyncio.timeout(left_s):
            oauth = self._oauth(wire)
            got = await self._given(oauth, begun)
            whose = await oauth.validate_token(got["access_token"])
        return await self._keep(begun_id, begun, got, whose)

    async def _given(self, oauth: OAuth, begun: Begun) -> Mapping[str, Any]:
        """What Twitch gives once the person has consented; it is asked again where it is away and the library gives up.

        Raises:
            twitchio.DeviceCodeFlowException: the person, or Twitch, says no.
        """
        while True:
            await asyncio.sleep(begun.interval_s)
            try:
                return await oauth.device_code_authorization(
                    scopes=_scopes(begun.purpose), device_code=begun.code, interval=begun.interval_s
                )
            except twitchio.DeviceCodeFlowException as error:
                if error.status < 500 and error.status != 429:
                    raise
            except (aiohttp.ClientError, TimeoutError) as error:
                logger.info("Twitch doesn't say whether a code was typed", error=type(error).__name__)
            await asyncio.sleep(AWAY_S)

    async def _keep(self, begun_id: int, begun: Begun, got: Mapping[str, Any], whose: Any) -> Standing:
        account, purpose = str(whose.user_id), begun.purpose
        if purpose == BOT and account != self._twitch.bot_id:
            return Standing(
                purpose, "refused", str(whose.login), "this is not the account of TWITCH_BOT_ID: sign in as the bot"
            )
        key = TokenKey(begun.user_id, PROVIDER, purpose, account)
        until = self._clock.now() + timedelta(seconds=int(got["expires_in"]))
        async with transaction(self._pool) as conn:
            if not await consents.forget(conn, begun_id):
                return Standing(
                    purpose, "refused", str(whose.login), text("this was called off: `connect twitch` again")
                )
            await tokens.put(
                conn,
                self._ring,
                key,
                access=got["access_token"],
                refresh=got["refresh_token"],
                scopes=list(whose.scopes),
                expires_at=until,
            )
            if purpose == BROADCASTER and begun.community_id is not None:
                await communities.join(conn, begun.community_id, PROVIDER, account)
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
