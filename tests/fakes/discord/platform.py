"""The platform as such: ids, time, credentials, guilds and direct messages; routes and acting people build on it."""

import base64
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from clipnet.clock import Clock
from tests.fakes.discord.errors import rate_limited, refused, unauthorized
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.ledger import Ledger
from tests.fakes.discord.people import Channel, Guild, User, Wire, new_guild
from tests.fakes.discord.pulse import Pulse
from tests.fakes.discord.rate_limits import RateLimits
from tests.fakes.server import Call, Fake, Refusal

API = "/api/v10"
EPOCH = datetime(2015, 1, 1, tzinfo=UTC)

Handler = Callable[[Call], Awaitable[web.StreamResponse]]


class Platform(Fake):
    """Discord without its routes.

    Attributes:
        ledger: what Discord holds.
        limits: the rate limits.
        gateway: the websocket, its sessions and its faults.
        public_key: verifies interactions that come by HTTP, in hexadecimal.
        pulse: beats when something changed; see `Pulse.until`.
    """

    name = "discord"

    def __init__(
        self,
        clock: Clock,
        *,
        application_id: str = "1100000000000000001",
        bot_token: str | None = None,
        bot_name: str = "ClipNet",
    ) -> None:
        super().__init__(clock)
        self.application_id = application_id
        prefix = base64.urlsafe_b64encode(application_id.encode()).decode().rstrip("=")
        self.bot_token = bot_token or f"{prefix}.fake00.{secrets.token_urlsafe(28)}"
        self.signing_key = Ed25519PrivateKey.generate()
        self.public_key = self.signing_key.public_key().public_bytes_raw().hex()
        self.bot = User(application_id, bot_name, bot=True)
        self.ledger = Ledger()
        self.limits = RateLimits(clock)
        self.pulse = Pulse()
        self.guilds: dict[str, Guild] = {}
        self.users: dict[str, User] = {self.bot.id: self.bot}
        self.channels: dict[str, Channel] = {}
        self._last_id = 0
        self.gateway = Gateway(self)

    @property
    def api_base(self) -> str:
        """Where the REST API is."""
        return f"{self.url}{API}"

    @property
    def gateway_url(self) -> str:
        """Where the websocket is."""
        return f"{self.url.replace('http', 'ws', 1)}/gateway/"

    @property
    def cdn_base(self) -> str:
        """Where files are."""
        return self.url

    def now(self) -> datetime:
        """The platform's time."""
        return self.clock.now()

    def snowflake(self) -> str:
        """A new id, greater than all before, which tells the time of the fake's clock."""
        ms = (self.clock.now() - EPOCH) // timedelta(milliseconds=1)
        self._last_id = max(self._last_id + 1, ms << 22)
        return str(self._last_id)

    def known(self, what: User | Guild | Channel) -> None:
        """Remember something that ids can name from now on."""
        if isinstance(what, User):
            self.users[what.id] = what
        elif isinstance(what, Guild):
            self.guilds[what.id] = what
        else:
            self.channels[what.id] = what

    def emit(self, event: str, data: Wire) -> None:
        """Send an event to every session whose intents include it."""
        self.gateway.dispatch(event, data)

    def add_guild(
        self, name: str = "Guild", *, tier: int = 0, owner: User | None = None, bot_permissions: int | None = None
    ) -> Guild:
        """A new guild with the bot in it; `tier` 0 to 3 sets the size of files, `bot_permissions` a role of the bot."""
        owner = owner or User(self.snowflake(), f"{name} owner")
        guild = new_guild(self, name, tier=tier, owner=owner, permissions=bot_permissions)
        self.known(owner)
        self.known(guild)
        # Only what comes back says that it isn't unavailable; what is new says nothing of it.
        self.emit("GUILD_CREATE", {key: part for key, part in guild.wire(full=True).items() if key != "unavailable"})
        return guild

    def remove_guild(self, guild: Guild) -> None:
        """The bot is thrown out of a guild."""
        self.guilds.pop(guild.id)
        for channel in guild.channels:
            self.channels.pop(channel.id)
        self.emit("GUILD_DELETE", {"id": guild.id})

    def dm(self, user: User) -> Channel:
        """The direct messages of the bot and a person."""
        for channel in self.channels.values():
            if channel.recipient is user:
                return channel
        channel = Channel(self.snowflake(), user.name, recipient=user)
        self.known(channel)
        return channel

    def refused(self, status: int, message: str) -> Refusal:
        """A refusal without a code of its own."""
        return Refusal(status, {"message": f"{status}: {message}", "code": 0})

    def too_many(self, after_s: float) -> Refusal:
        """A 429 as Discord sends it."""
        return rate_limited(after_s)

    async def close(self) -> None:
        """Close every socket."""
        await self.gateway.close()

    def api(self, method: str, path: str, handler: Handler, *, bot: bool = True) -> None:
        """Answer on a path below the API; `bot` routes want the bot's token and count against its 50 a second."""

        async def limited(call: Call) -> web.StreamResponse:
            self._admit(call, bot=bot)
            headers = self.limits.count(f"{method} {path}", _major(call))
            try:
                response = await handler(call)
            except Refusal as refusal:
                refusal.headers |= headers
                raise
            except Exception as error:
                self.violation(f"the fake broke at {call.method} {call.path}: {error!r}")
                raise
            response.headers.update(headers)
            self.pulse.beat()
            return response

        self.route(method, API + path, limited)

    def _admit(self, call: Call, *, bot: bool) -> None:
        given = call.headers.get("Authorization")
        if not bot:
            if given is not None:
                self.violation(f"{call.method} {call.path} carries Authorization, its token is in the path")
            return
        if given is None or not given.startswith("Bot "):
            raise unauthorized("no Authorization: Bot …")
        if given != f"Bot {self.bot_token}":
            raise unauthorized()
        if not call.headers.get("User-Agent", "").startswith("DiscordBot ("):
            self.violation(f"{call.method} {call.path} lacks the User-Agent that bots have to send")
        self.limits.count_all()

    def channel(self, channel_id: str) -> Channel:
        """A channel that the bot could know.

        Raises:
            Refusal: 10003.
        """
        if channel_id not in self.channels:
            raise refused(404, 10003)
        return self.channels[channel_id]


def _major(call: Call) -> str:
    return call.args.get("channel") or call.args.get("guild") or call.args.get("token") or ""
