"""The two pages on which a person allows or declines something, for whoever plays one in a browser."""

from html import escape
from urllib.parse import urlencode

from aiohttp import web

from tests.fakes.server import Call
from tests.fakes.twitch.core import Core
from tests.fakes.twitch.identity import Identity, id_refusal
from tests.fakes.twitch.world import User


class Pages:
    """`/oauth2/authorize` and `/activate`, with one link for each person and one to decline."""

    def __init__(self, core: Core, identity: Identity) -> None:
        self._core = core
        self._identity = identity
        core.route("GET", "/id/oauth2/authorize", self._authorize)
        core.route("GET", "/id/oauth2/authorize/decide", self._authorized)
        core.route("GET", "/activate", self._activate)
        core.route("GET", "/activate/decide", self._activated)

    async def _authorize(self, call: Call) -> web.StreamResponse:
        self._identity.check_request(call.query)
        return self._page(f"Allow {call.query.get('scope', '')}?", "/id/oauth2/authorize/decide", call.query)

    async def _authorized(self, call: Call) -> web.StreamResponse:
        user = self._person(call)
        to = self._identity.allow(call.query, user) if user else self._identity.deny(call.query)
        return web.Response(status=302, headers={"Location": to})

    async def _activate(self, call: Call) -> web.StreamResponse:
        self._device_code(call)
        return self._page("Allow this device?", "/activate/decide", call.query)

    async def _activated(self, call: Call) -> web.StreamResponse:
        device = self._identity.device(self._device_code(call))
        device.user = self._person(call)
        device.denied = device.user is None
        return web.Response(text="<h1>Done. You may close this page.</h1>", content_type="text/html")

    def _device_code(self, call: Call) -> str:
        code = call.query.get("device-code", "")
        if all(device.user_code != code for device in self._identity.devices.values()):
            raise id_refusal(404, "unknown code")
        return code

    def _person(self, call: Call) -> User | None:
        return self._core.world.users.get(call.query.get("person", ""))

    def _page(self, question: str, path: str, query: dict[str, str]) -> web.Response:
        people = [("", "nobody: decline"), *((user.id, user.name) for user in self._core.world.users.values())]
        links = "".join(
            f'<li><a href="{path}?{escape(urlencode({**query, "person": person}))}">{escape(name)}</a></li>'
            for person, name in people
        )
        return web.Response(
            text=f"<h1>{escape(question)}</h1><p>As whom?</p><ul>{links}</ul>", content_type="text/html"
        )
