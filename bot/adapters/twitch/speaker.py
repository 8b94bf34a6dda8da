"""Speaks in Twitch chats: within Twitch's limits, which all processes share, and so that what was said can be found."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp
import redis.asyncio
import twitchio
from redis.exceptions import RedisError

from bot.adapters.twitch.client import Client, logged_in
from bot.adapters.twitch.line import line, varied
from bot.command import Limit
from bot.limits import Limiter
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place
from clipnet.errors import ClipNetError, Conflict, NotAllowed, NotFound, Unavailable
from clipnet.settings import Settings
from clipnet.texts import text

PLATFORM: Final = "twitch"
IN_A_CHANNEL: Final = Limit(1, 1.0)
# A bucket of half the window's messages, refilled at that rate, never lets more than the whole through in a window.
AS_ANYBODY: Final = Limit(10, 30.0)
AS_MODERATOR: Final = Limit(50, 30.0)
PATIENCE_S: Final = 2.0
"""Longer waits are handed back to whoever speaks."""
ALIKE_S: Final = 31
REMEMBER_S: Final = 24 * 3600
_RATE: Final = frozenset({"msg_ratelimit", "msg_duplicate", "msg_slowmode"})
_AWAY = (RedisError, OSError, TimeoutError)


class TwitchSpeaker:
    """A `Speaker`. It sends as the bot's account with the application's token, and as the bot itself where it may."""

    platform = PLATFORM
    can_edit = False

    def __init__(self, client: Client, connection: redis.asyncio.Redis, prefix: str, *, base_url: str | None) -> None:
        self._client = client
        self._redis = connection
        self._limiter = Limiter(connection, prefix)
        self._prefix = f"{prefix}twitch:"
        self._base_url = base_url

    @property
    def bot_id(self) -> str:
        """The account that speaks."""
        return self._client.bot_id or ""

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """Send a message.

        Raises:
            TimeoutError, aiohttp.ClientError: nobody can say whether it was sent; `find` may know.
        """
        words = line(telling.reply, base_url=self._base_url)
        words = await self._unlike(place, words)
        await self._wait(place)
        await self._note(f"key:{place.id}:{telling.key}", f"?{_digest(words)}")
        message_id = await self._send(place, words, telling.answers)
        await self._note(f"key:{place.id}:{telling.key}", message_id)
        return Spoken(message_id, place)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:  # noqa: ARG002
        """Nobody can change what stands in a Twitch chat."""
        raise NotAllowed(text("A message on Twitch can't be changed."))

    async def delete(self, spoken: Spoken) -> bool:  # noqa: ARG002
        """The bot asks for no right to delete messages, its own included."""
        return False

    async def find(self, place: Place, key: str) -> Spoken | None:
        """The message of that key, as it was answered or as it came back with what everybody hears."""
        try:
            noted = await self._redis.get(f"{self._prefix}key:{place.id}:{key}")
            found = _text(noted)
            if found.startswith("?"):
                found = _text(await self._redis.get(f"{self._prefix}echo:{place.id}:{found[1:]}"))
        except _AWAY as error:
            raise Unavailable(text("Redis can't be reached."), retry_after_s=5.0) from error
        if not found:
            raise Conflict(
                text("It can't be known whether this was said on Twitch."),
                hint=text("Look there, then say: done, or do it again."),
            )
        return Spoken(found, place)

    async def heard(self, channel_id: str, words: str, message_id: str, *, moderates: bool) -> None:
        """A message of the bot's own came back: remember that it stands there, and what the bot is there."""
        await self._note(f"echo:{channel_id}:{_digest(' '.join(words.split()))}", message_id)
        if moderates:
            await self._note(f"moderates:{channel_id}", "1")

    async def first(self, event_id: str) -> bool | None:
        """Whether nobody has answered this event yet; None when that can't be known."""
        try:
            return bool(await self._redis.set(f"{self._prefix}answered:{event_id}", 1, nx=True, ex=3600))
        except _AWAY:
            return None

    async def _unlike(self, place: Place, words: str) -> str:
        """The words, changed if the same ones stand there since less than half a minute."""
        name = f"{self._prefix}alike:{place.id}:{_digest(words)}"
        try:
            async with self._redis.pipeline() as pipe:
                pipe.incr(name)
                pipe.expire(name, ALIKE_S)
                said, _ = await pipe.execute()
        except _AWAY:
            said = 1
        return words if said == 1 else varied(words, str(said))

    async def news(self, channel_id: str, words: str) -> bool:
        """Whether nobody in the channel was told this within a minute; everybody there reads what one is told."""
        try:
            return bool(await self._redis.set(f"{self._prefix}told:{channel_id}:{_digest(words)}", 1, nx=True, ex=60))
        except _AWAY:
            return True

    async def _wait(self, place: Place) -> None:
        """Wait for room under Twitch's limits. Raises Unavailable where that takes long."""
        try:
            moderates = bool(await self._redis.exists(f"{self._prefix}moderates:{place.id}"))
        except _AWAY:
            moderates = False
        account = (
            f"twitch:{self.bot_id}:{'moderator' if moderates else 'anybody'}",
            AS_MODERATOR if moderates else AS_ANYBODY,
        )
        buckets = [account] if moderates else [(f"twitch:{self.bot_id}:in:{place.id}", IN_A_CHANNEL), account]
        for bucket, limit in buckets:
            waited = 0.0
            while (wait := await self._limiter.take(bucket, limit)) is not None:
                waited += wait.seconds
                if waited > PATIENCE_S:
                    raise Unavailable(text("Twitch accepts no more messages right now."), retry_after_s=wait.seconds)
                await asyncio.sleep(wait.seconds)

    async def _send(self, place: Place, words: str, answers: str | None) -> str:
        channel = self._client.create_partialuser(place.id)
        as_bot = False
        while True:
            try:
                sent = await channel.send_message(
                    words,
                    sender=self.bot_id,
                    reply_to_message_id=answers,
                    token_for=self.bot_id if as_bot else None,
                )
            except twitchio.MessageRejectedError as error:
                raise dropped(error.code or "", error.message or "") from error
            except aiohttp.ClientConnectorError as error:
                raise Unavailable(text("Twitch can't be reached.")) from error
            except twitchio.HTTPException as error:
                if error.status == 400 and answers is not None:
                    answers = None  # the message that asked is gone
                elif error.status == 401 and not as_bot and self.bot_id in self._client.tokens:
                    as_bot = True  # the channel has not let the application in, but the bot's account may write
                else:
                    raise refused(error) from error
            else:
                return str(sent.id)

    async def _note(self, name: str, value: str) -> None:
        try:
            await self._redis.set(f"{self._prefix}{name}", value, ex=REMEMBER_S)
        except _AWAY:
            return


@asynccontextmanager
async def open_speaker(settings: Settings, connection: redis.asyncio.Redis) -> AsyncIterator[TwitchSpeaker]:
    """A speaker with the application's token alone, for this block; what a worker needs.

    Raises:
        Misconfigured: Twitch doesn't know the application.
        Unavailable: Twitch can't be reached.
    """
    async with logged_in(settings.twitch) as client:
        yield TwitchSpeaker(client, connection, settings.redis.prefix, base_url=settings.web.base_url)


def dropped(code: str, words: str) -> ClipNetError:
    """What it means that Twitch took a message and didn't send it."""
    if code in _RATE:
        return Unavailable(
            text("Twitch accepts no more messages right now."), retry_after_s=30.0 if code == "msg_duplicate" else 5.0
        )
    if "banned" in code or "timedout" in code or "suspended" in code:
        return NotAllowed(
            text("The bot is banned in this Twitch chat."), hint=text("A moderator there can lift it: /unban.")
        )
    return NotAllowed(
        text("Twitch held a message back ({code}: {words})", code=code, words=words[:120]),
        hint=text("Make the bot a moderator of the channel: what moderators write isn't held back."),
    )


def refused(error: twitchio.HTTPException) -> ClipNetError:
    """What an error to a message means."""
    said = str(error.extra.get("message", ""))[:200] if isinstance(error.extra, dict) else ""
    if error.status in (401, 403):
        return NotAllowed(
            text("The bot may not write in this Twitch chat ({said}).", said=said),
            hint=text("Make it a moderator there, or have the broadcaster say: `connect twitch`."),
        )
    if error.status in (400, 404):
        return NotFound(text("That Twitch chat is gone ({said}).", said=said))
    return Unavailable(
        text("Twitch can't be used now ({status}).", status=error.status),
        retry_after_s=30.0 if error.status == 429 else None,
    )


def _digest(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:24]


def _text(found: bytes | str | None) -> str:
    return found.decode() if isinstance(found, bytes) else found or ""
