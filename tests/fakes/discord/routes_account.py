"""The bot's own account, its application, guilds and members, and the gateway's address."""

from urllib.parse import urlsplit

from aiohttp import web

from tests.fakes.discord.endpoint import check_endpoint
from tests.fakes.discord.errors import form_error, refused
from tests.fakes.discord.forms import read_form
from tests.fakes.discord.gateway import DAILY_SESSIONS
from tests.fakes.discord.people import Guild, Wire
from tests.fakes.discord.platform import Platform
from tests.fakes.discord.rest import answer, may, snowflake
from tests.fakes.server import Call


class AccountRoutes:
    """GET and PATCH of what the bot is, and GET of where it is."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        api = platform.api
        api("GET", "/users/@me", self.me)
        api("GET", "/users/@me/guilds", self.my_guilds)
        api("POST", "/users/@me/channels", self.open_dm)
        api("GET", "/users/{user}", self.user)
        for path in ("/applications/@me", "/oauth2/applications/@me"):
            api("GET", path, self.application)
        api("PATCH", "/applications/@me", self.change_application)
        api("GET", "/gateway", self.gateway, bot=False)
        api("GET", "/gateway/bot", self.gateway_bot)
        api("GET", "/guilds/{guild}", self.guild)
        api("GET", "/guilds/{guild}/channels", self.guild_channels)
        api("GET", "/guilds/{guild}/roles", self.roles)
        api("GET", "/guilds/{guild}/members/{user}", self.member)
        api("GET", "/channels/{channel}", self.channel)

    async def me(self, _: Call) -> web.Response:
        """The bot's user."""
        return answer(
            self._platform.bot.wire() | {"verified": True, "mfa_enabled": False, "email": None, "locale": "en-US"}
        )

    async def my_guilds(self, _: Call) -> web.Response:
        """Where the bot is a member."""
        return answer([guild.wire() for guild in self._platform.guilds.values()])

    async def user(self, call: Call) -> web.Response:
        """Anybody known."""
        found = self._platform.users.get(snowflake(call, "user"))
        if found is None:
            raise refused(404, 10013)
        return answer(found.wire())

    async def open_dm(self, call: Call) -> web.Response:
        """The channel of direct messages with somebody."""
        body = (await read_form(call)).body
        recipient = str(body.get("recipient_id", "")) if isinstance(body, dict) else ""
        if not recipient.isdigit():
            raise form_error(["recipient_id"], "BASE_TYPE_REQUIRED", "This field is required")
        user = self._platform.users.get(recipient)
        if user is None:
            raise refused(404, 10013)
        return answer(self._platform.dm(user).wire())

    async def application(self, _: Call) -> web.Response:
        """The bot's application."""
        platform = self._platform
        about: Wire = {"id": platform.application_id, "name": platform.bot.name, "icon": None, "description": ""}
        about |= {"bot_public": True, "bot_require_code_grant": False, "verify_key": platform.public_key, "flags": 0}
        about |= {"owner": next(iter(platform.users.values())).wire(), "team": None, "summary": "", "rpc_origins": []}
        about |= {"bot": platform.bot.wire(), "interactions_endpoint_url": platform.ledger.endpoint_url, "hook": True}
        return answer(about | {"approximate_guild_count": len(platform.guilds), "install_params": None})

    async def change_application(self, call: Call) -> web.Response:
        """The address that interactions are posted to; Discord tries it before it is taken."""
        body = (await read_form(call)).body
        url = body.get("interactions_endpoint_url", "")
        if url:
            parts = urlsplit(url)
            if parts.scheme != "https" and parts.hostname != "127.0.0.1":
                raise form_error(["interactions_endpoint_url"], "URL_TYPE_INVALID_SCHEME", "Scheme must be https.")
            if not await check_endpoint(self._platform, url):
                message = "The specified interactions endpoint url could not be verified."
                code = "APPLICATION_INTERACTIONS_ENDPOINT_VERIFICATION_FAILED"
                raise form_error(["interactions_endpoint_url"], code, message)
        if "interactions_endpoint_url" in body:
            self._platform.ledger.endpoint_url = url or None
        return await self.application(call)

    async def gateway(self, _: Call) -> web.Response:
        """Where the gateway is."""
        return answer({"url": self._platform.gateway_url})

    async def gateway_bot(self, _: Call) -> web.Response:
        """Where the gateway is, and how many sessions may still be begun today."""
        remaining = max(0, DAILY_SESSIONS - self._platform.ledger.identifies)
        limit = {"total": DAILY_SESSIONS, "remaining": remaining, "reset_after": 86_400_000, "max_concurrency": 1}
        return answer({"url": self._platform.gateway_url, "shards": 1, "session_start_limit": limit})

    def _guild(self, call: Call) -> Guild:
        guild = self._platform.guilds.get(snowflake(call, "guild"))
        if guild is None:
            raise refused(404, 10004)
        return guild

    async def guild(self, call: Call) -> web.Response:
        """A guild."""
        return answer(self._guild(call).wire())

    async def guild_channels(self, call: Call) -> web.Response:
        """A guild's channels."""
        return answer([channel.wire() for channel in self._guild(call).channels])

    async def roles(self, call: Call) -> web.Response:
        """A guild's roles."""
        return answer([role.wire() for role in self._guild(call).roles])

    async def member(self, call: Call) -> web.Response:
        """Somebody in a guild."""
        member = self._guild(call).members.get(snowflake(call, "user"))
        if member is None:
            raise refused(404, 10007)
        return answer(member.wire())

    async def channel(self, call: Call) -> web.Response:
        """A channel."""
        channel = self._platform.channel(snowflake(call, "channel"))
        may(channel)
        return answer(channel.wire())
