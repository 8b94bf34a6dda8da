"""What console, say and demo share: a router of their own on the services of this machine, and following a request."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bot.adapters import console
from bot.adapters.board import Board
from bot.answer import Answer
from bot.news import tell
from bot.router import Router
from bot.views import Accepted, Changed, RequestView, Shown
from bot.vocabulary import Reply
from clipnet.errors import NotFound
from clipnet.settings import Settings
from db import requests, users
from pipeline.queue.facade import Queue
from web.serve import make_router, open_services


@dataclass(frozen=True, slots=True)
class Talk:
    """One person at one terminal."""

    router: Router
    queue: Queue
    local: bool

    async def say(self, text: str) -> Answer:
        """Send a line through the router.

        Raises:
            NotFound: the line holds nothing.
        """
        answer = await self.router.handle(console.invocation(text, local=self.local))
        if answer is None:
            raise NotFound("Nothing was said.", hint="help lists the commands.")
        return answer

    async def follow(self, public_id: str, board: Board) -> str:
        """Show the progress of a request on `board` until it ends; returns its state."""
        request = await requests.by_public_id(self.queue.pool, public_id)
        if request is None:
            raise NotFound(f"There is no request {public_id}.")
        state = request.state
        async for event in self.queue.follow(request.id):
            board.tell(event)
            if event.last:
                state = event.state
                break
        return state

    async def outcome(self, public_id: str) -> RequestView:
        """A request with its clips, as `show` gives it."""
        answer = await self.say(f"show {public_id}")
        if not isinstance(answer.reply.data, Shown) or answer.reply.data.request is None:
            raise NotFound(answer.reply.text)
        return answer.reply.data.request

    async def last_word(self, public_id: str) -> Reply:
        """What is said at the end of a request."""
        return tell(await self.outcome(public_id))


def started(answer: Answer) -> str | None:
    """The request whose work an answer has started, if any."""
    data = answer.reply.data
    if isinstance(data, Accepted):
        return data.request
    if isinstance(data, Changed) and data.kind == "request" and data.state == "queued":
        return data.id
    return None


@asynccontextmanager
async def talking(settings: Settings, *, embedded: bool) -> AsyncIterator[Talk]:
    """Talk in the name of the operating system's user, who on services of their own is the operator."""
    async with open_services(settings) as services:
        if embedded:
            who = console.actor()
            async with services.queue.pool.acquire() as conn, conn.transaction():
                user = await users.of_identity(conn, who.platform, who.platform_user_id, who.name)
                await users.grant(conn, user.id, "operator")
        yield Talk(make_router(services), services.queue, local=embedded)
