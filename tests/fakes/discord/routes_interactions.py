"""Answers to interactions: the callback, and the webhook of the interaction's token. None carries the bot's token."""

import asyncio

from aiohttp import web

from tests.fakes.discord import posting
from tests.fakes.discord.callbacks import answer_in_channel, callback_answer, respond
from tests.fakes.discord.errors import refused
from tests.fakes.discord.forms import read_form
from tests.fakes.discord.handles import InteractionHandle
from tests.fakes.discord.messages import EPHEMERAL, Message
from tests.fakes.discord.platform import Platform
from tests.fakes.discord.rest import answer, message_form, nothing
from tests.fakes.server import Call

WEBHOOK = "/webhooks/{application}/{token}"
ONE = WEBHOOK + "/messages/{message}"
DEFERRED = 5
ROUNDS = 50
"""Rounds of the loop in which everything that has arrived is read."""


class InteractionRoutes:
    """The callback and everything below /webhooks/{application}/{token}."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        api = platform.api
        api("POST", "/interactions/{interaction}/{token}/callback", self.callback, bot=False)
        api("POST", WEBHOOK, self.follow_up, bot=False)
        api("GET", ONE, self.read, bot=False)
        api("PATCH", ONE, self.edit, bot=False)
        api("DELETE", ONE, self.delete, bot=False)

    async def callback(self, call: Call) -> web.Response:
        """The first response."""
        handle = self._platform.ledger.interactions.get(call.args["token"])
        if handle is None or handle.id != call.args["interaction"]:
            raise refused(404, 10062)
        form = await read_form(call)
        message = respond(self._platform, handle, form, call)
        if call.query.get("with_response", "").lower() not in ("true", "1"):
            return nothing()
        return answer(callback_answer(handle, message))

    async def _handle(self, call: Call) -> InteractionHandle:
        handle = self._platform.ledger.interactions.get(call.args["token"])
        if call.args["application"] != self._platform.application_id or handle is None:
            raise refused(404, 10015)
        for _ in range(ROUNDS):
            # A callback by HTTP that has arrived, but that we have not got round to reading, came first.
            if handle.callback is not None or self._platform.ledger.endpoint_url is None:
                break
            await asyncio.sleep(0)
        if handle.callback is None:
            violation = (
                "" if handle.expired(self._platform.now()) else "the webhook of an interaction before its callback"
            )
            raise refused(404, 10015, violation=violation)
        if handle.expired(self._platform.now()):
            raise refused(401, 50027)
        return handle

    async def follow_up(self, call: Call) -> web.Response:
        """A further message; the first one after a deferral takes the deferred one's place."""
        handle = await self._handle(call)
        form = await message_form(self._platform, call, "IncomingWebhookRequestPartial", handle.channel)
        waiting = handle.original if handle.callback == DEFERRED else None
        if waiting is not None and waiting.loading and waiting.deleted_at is None:
            posting.edit(self._platform, waiting, form.body, form.files)
            message = waiting
        else:
            message = answer_in_channel(self._platform, handle, form.body, form.files)
        if call.query.get("wait", "").lower() not in ("true", "1"):
            return nothing()
        return answer(message.wire())

    def _message(self, call: Call, handle: InteractionHandle) -> Message:
        named = call.args["message"]
        message = handle.original if named == "@original" else self._platform.ledger.shown(named)
        known = message is not None and message.deleted_at is None
        if message is None or not known or (message not in handle.messages and message is not handle.original):
            raise refused(404, 10008)
        return message

    async def read(self, call: Call) -> web.Response:
        """One of the interaction's messages."""
        return answer(self._message(call, await self._handle(call)).wire())

    async def edit(self, call: Call) -> web.Response:
        """A new version of one of the interaction's messages."""
        handle = await self._handle(call)
        message = self._message(call, handle)
        form = await message_form(self._platform, call, "IncomingWebhookUpdateRequestPartial", handle.channel, message)
        if (form.body.get("flags") or 0) & EPHEMERAL and not message.ephemeral:
            self._platform.violation("an edit can't make a message ephemeral: that is decided with the first response")
        posting.edit(self._platform, message, form.body, form.files)
        if message not in handle.messages:
            handle.messages.append(message)
        return answer(message.wire())

    async def delete(self, call: Call) -> web.Response:
        """Take one of the interaction's messages away."""
        posting.delete(self._platform, self._message(call, await self._handle(call)))
        return nothing()
