"""The three platforms, the api and the worker as processes of their own, on one fresh ledger: a whole town."""

import asyncio
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
import av
import psutil
from aiohttp import ClientError, ClientSession, ClientTimeout

from bot.adapters.twitch.consent import PURPOSES
from clipnet import processes
from clipnet.clock import SystemClock
from clipnet.crypto import KeyRing, new_key, read_key_ring
from clipnet.embedded.ports import hold
from db import communities, tokens
from db.tokens import TokenKey
from tests.e2e.stack import CHECKOUT
from tests.fakes.discord import Channel, FakeDiscord, Guild, Member, Message
from tests.fakes.discord.permissions import EVERYDAY
from tests.fakes.twitch import Channel as TwitchChannel
from tests.fakes.twitch import FakeTwitch
from tests.fakes.twitch import User as TwitchUser
from tests.fakes.x import FakeX
from tests.fakes.x import User as XUser

SECRET = "a secret of the webhooks"
UP_S = 60.0
CLIPPED_S = 120.0
PATIENCE_S = 60.0
"""Long, as only what is broken takes it all: other tests and encoders share the machine."""
CHAT = ("channel.chat.message", "channel.chat.message_delete", "channel.chat.clear_user_messages")
PLATFORMS = ("discord", "twitch", "x")


@dataclass
class Process:
    """One role in a process of its own, which may be killed and started again."""

    environ: Mapping[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Begin; what it says goes behind what earlier ones said."""
        with self.log.open("ab") as said:
            argv = [sys.executable, "-m", "clipnet", "serve"]
            self.child = processes.start(argv, cwd=CHECKOUT, env=self.environ, output=said)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.child is not None
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def stop(self) -> None:
        """End it, if it runs."""
        if self.child is not None:
            processes.stop(self.child, grace_s=5)

    @property
    def memory_bytes(self) -> int:
        """What it has resident."""
        assert self.child is not None
        return int(psutil.Process(self.child.pid).memory_info().rss)

    def words(self) -> str:
        """The end of what it said."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-3000:] if self.log.exists() else ""


@dataclass
class Town:
    """A community that lives on Discord and Twitch, the bot's account on X, and people on all three."""

    discord: FakeDiscord
    twitch: FakeTwitch
    x: FakeX
    conn: asyncpg.Connection
    environ: dict[str, str]
    folder: Path
    token: str
    guild: Guild
    talk: Channel
    clips: Channel
    ann: Member
    bob: Member
    stream: TwitchChannel
    bot: TwitchUser
    fan: TwitchUser
    x_bot: XUser
    x_ann: XUser
    community_id: int
    api: Process = field(init=False)
    worker: Process = field(init=False)

    def __post_init__(self) -> None:
        self.api = Process(self.environ | {"CLIPNET_ROLE": "api"}, self.folder / "api.log")
        withheld = ("API_WRITE_TOKEN", "DATABASE_OWNER_URL", "API_DATABASE_URL")
        given = {name: value for name, value in self.environ.items() if name not in withheld}
        self.worker = Process(
            given | {"CLIPNET_ROLE": "worker", "DATABASE_URL": self.environ["WORKER_DATABASE_URL"]},
            self.folder / "worker.log",
        )

    @property
    def address(self) -> str:
        """Where the API is."""
        return self.environ["API_BASE_URL"]

    async def open(self, *listening: str, worker: bool = False) -> None:
        """Start the api (and the worker), and wait until the adapters named in `listening` listen."""
        self.api.start()
        if worker:
            self.worker.start()
        await self.until(self.answers, UP_S)
        for platform in listening:
            await self.listens(platform)

    async def listens(self, platform: str) -> None:
        """Wait until an adapter hears what is said."""
        match platform:
            case "discord" if self.api.environ.get("DISCORD_TRANSPORT") == "http":
                await self.until(lambda: self.runs("discord"), UP_S)
            case "discord":
                await self.discord.gateway.ready(UP_S)
            case "twitch":
                for kind in CHAT:  # by webhook each is verified for itself, in any order
                    await self.twitch.subscribed(kind, self.stream, UP_S)
            case "x":
                await self.until(lambda: self.x.calls("GET /2/users/{id}/mentions"), UP_S)

    async def answers(self) -> bool:
        """Whether the API answers."""
        assert self.api.child is not None
        assert self.api.child.poll() is None, self.api.words()
        try:
            async with (
                ClientSession(timeout=ClientTimeout(2)) as client,
                client.get(f"{self.address}/health/live") as r,
            ):
                return r.status == 200
        except (ClientError, TimeoutError):
            return False

    async def runs(self, platform: str) -> bool:
        """Whether the api says of an adapter that it runs."""
        async with ClientSession() as client, client.get(f"{self.address}/health/ready") as response:
            return bool((await response.json())["parts"][platform]["status"] == "ok")

    async def ask(self, command: str, **args: Any) -> tuple[int, dict[str, Any]]:
        """A command through the JSON API, by the machines' token; status and body."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            ClientSession(self.address, headers=headers, timeout=ClientTimeout(PATIENCE_S)) as client,
            client.post(f"/api/v1/{command}", json=args) as response,
        ):
            return response.status, await response.json()

    async def until(self, holds: Callable[[], Any | Awaitable[Any]], within_s: float = PATIENCE_S) -> Any:
        """Wait until something that no event tells of is so; what it found."""
        try:
            async with asyncio.timeout(within_s):
                while True:
                    found = holds()
                    found = await found if asyncio.iscoroutine(found) else found
                    if found:
                        return found
                    await asyncio.sleep(0.05)
        except TimeoutError:
            told = f"api: {self.api.words()}\nworker: {self.worker.words()}"
            raise AssertionError(f"waited {within_s:g} s in vain\n{told}") from None

    async def value(self, sql: str, *args: Any) -> Any:
        """One value of the ledger."""
        return await self.conn.fetchval(sql, *args)

    async def holds(self, sql: str, *args: Any, within_s: float = PATIENCE_S) -> Any:
        """Wait until a value of the ledger is true."""
        return await self.until(lambda: self.conn.fetchval(sql, *args), within_s)

    async def decide(self, **settings: Any) -> None:
        """Change the community's settings."""
        await self.conn.execute(
            "update communities set settings = settings || $2::jsonb where id = $1",
            self.community_id,
            json.dumps(settings),
        )

    async def shown_in(self, places: int) -> list[tuple[str, str, str]]:
        """The messages that show the clip, by kind, once the worker has noted so many; it does so after saying them."""
        await self.holds("select count(*) >= $1 from copies", places)
        rows = await self.conn.fetch("select kind, platform, remote_id from copies order by kind")
        return [(row["kind"], row["platform"], row["remote_id"]) for row in rows]

    async def jobs(self) -> int:
        """How many pieces of work there are."""
        return int(await self.value("select count(*) from jobs where kind = 'clip:process'"))

    def assert_ended_well(self) -> None:
        """Nothing went on in the processes when they had been told to end."""
        for process in (self.api, self.worker):
            words = process.words()
            assert "Exception in thread" not in words, words
            assert "was never awaited" not in words, words


async def clip_in(town: Town, message: Message) -> bytes:
    """The one file of a message on Discord, once it is there."""
    await town.until(lambda: message.attachments, CLIPPED_S)
    (file,) = message.attachments
    return file.upload.read()


async def agreed(town: Town, announcement: Message) -> None:
    """The vote has passed on what isn't the community's own: a member can't approve it alone, a moderator does."""
    await town.until(lambda: [one["label"] for one in announcement.buttons()] == ["Approve"])
    refused = await town.discord.press(town.bob, announcement, "Approve")
    assert (await refused.answered()).ephemeral
    assert await town.value("select state from clips") == "ready"
    role = town.guild.add_role("Moderators")
    moderator = town.guild.add_member("Moderator", roles=[role])
    await town.decide(roles={f"discord:{role.id}": "moderator"})
    pressed = await town.discord.press(moderator, announcement, "Approve")
    await pressed.says("is approved")
    await town.until(lambda: "approved with 2 for and 0 against" in announcement.text)
    assert await town.value("select state from clips") == "approved"


def frames_of(data: bytes, width: int, height: int) -> int:
    """How many pictures a video holds when all are decoded; fails unless it has this size and sound."""
    with av.open(io.BytesIO(data), "r") as container:
        picture = container.streams.video[0]
        assert (picture.width, picture.height) == (width, height)
        assert container.streams.audio
        return len(list(container.decode(picture)))


@asynccontextmanager
async def town(environ: Mapping[str, str], urls: Mapping[str, str], folder: Path, **more: str) -> AsyncIterator[Town]:
    """A town, its processes not started yet.

    Args:
        environ: variables of a test environment.
        urls: addresses of a marked database for `api` and `worker`, and for `owner`: who looks into it here.
        folder: logs go here.
        more: further variables of both processes.
    """
    discord, twitch = FakeDiscord(SystemClock()), FakeTwitch(SystemClock(), http_callbacks=True)
    x = FakeX(SystemClock(), loopback_webhooks=True)
    async with discord.serving(), twitch.serving(), x.serving(), _kept_port() as port:
        stream = twitch.add_channel("Streamer", title="A good day")
        bot = twitch.add_user("ClipBot", moderator_of=[stream])
        x_bot = x.add_user("clipnet")
        ring = new_key("k1")
        given = _variables(environ, discord, twitch, x, bot, x_bot) | _address(port)
        given |= {"TOKEN_KEYS": ring, "DATABASE_URL": urls["api"], "WORKER_DATABASE_URL": urls["worker"], **more}
        given["NET_ALLOW"] = ",".join(
            filter(
                None, [given.get("NET_ALLOW", ""), *(fake.url.removeprefix("http://") for fake in (discord, twitch, x))]
            )
        )
        guild = discord.add_guild(bot_permissions=EVERYDAY)
        conn = await asyncpg.connect(urls["owner"])
        try:
            found = Town(
                discord, twitch, x, conn, given, folder, given["API_WRITE_TOKEN"],
                guild, guild.add_channel("talk"), guild.add_channel("clips"),
                guild.add_member("Ann"), guild.add_member("Bob"),
                stream, bot, twitch.add_user("Fan"), x_bot, x.add_user("ann"),
                await _settle(conn, guild, stream, x_bot),
            )  # fmt: skip
            await _consent(conn, twitch, bot, read_key_ring(ring))
            await found.decide(quorum=2, clip_channel={"platform": "discord", "id": found.clips.id})
            try:
                yield found
            finally:
                found.api.stop()
                found.worker.stop()
        finally:
            await conn.close()


@asynccontextmanager
async def _kept_port() -> AsyncIterator[int]:
    """A port for the api, which nobody else gets before it listens, nor while it is started again."""
    port, kept = hold()
    with kept:
        yield port


def _address(port: int) -> dict[str, str]:
    return {"WEB_PORT": str(port), "API_BASE_URL": f"http://127.0.0.1:{port}"}


def _variables(
    environ: Mapping[str, str], discord: FakeDiscord, twitch: FakeTwitch, x: FakeX, bot: TwitchUser, x_bot: XUser
) -> dict[str, str]:
    signed = x.oauth1.issue(x_bot)
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **inherited,
        **environ,
        "PYTHONPATH": str(CHECKOUT),
        "DISCORD_TOKEN": discord.bot_token,
        "DISCORD_PUBLIC_KEY": discord.public_key,
        "DISCORD_API_BASE": discord.api_base,
        "DISCORD_GATEWAY": discord.gateway_url,
        "DISCORD_CDN_BASE": discord.cdn_base,
        "TWITCH_CLIENT_ID": twitch.client_id,
        "TWITCH_CLIENT_SECRET": twitch.client_secret or "",
        "TWITCH_BOT_ID": bot.id,
        "TWITCH_API_BASE": twitch.helix_base,
        "TWITCH_ID_BASE": twitch.id_base,
        "TWITCH_EVENTSUB": twitch.eventsub_ws,
        "TWITCH_WEBHOOK_SECRET": SECRET,
        "X_CONSUMER_KEY": "consumer-key",
        "X_CONSUMER_SECRET": "consumer-secret",
        "X_ACCESS_TOKEN": signed.token,
        "X_ACCESS_SECRET": signed.secret,
        "X_API_BASE": x.url,
        "X_POLL_S": "0.5",
        "WHISPER_LANGUAGE": "en",
    }


async def _settle(conn: asyncpg.Connection, guild: Guild, stream: TwitchChannel, x_bot: XUser) -> int:
    """The community of all of them."""
    return await communities.create(conn, "Town", [("discord", guild.id), ("twitch", stream.id), ("x", x_bot.id)])


async def _consent(conn: asyncpg.Connection, twitch: FakeTwitch, bot: TwitchUser, ring: KeyRing) -> None:
    """The bot's account has let the application in."""
    token = twitch.issue_token(bot, *PURPOSES["bot"].scopes)
    owner = await conn.fetchval("insert into users (display_name) values ('Owner') returning id")
    await tokens.put(
        conn,
        ring,
        TokenKey(owner, "twitch", "bot", bot.id),
        access=token.access,
        refresh=token.refresh,
        scopes=token.scopes,
        expires_at=SystemClock().now() + timedelta(seconds=twitch.tokens.expires_in_s(token)),
    )
