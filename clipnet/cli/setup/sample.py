"""The last step: a clip through the whole pipeline, shown in the clip channel."""

import asyncio
from contextlib import AsyncExitStack
from uuid import uuid4

from bot.adapters import console
from bot.adapters.board import Board
from bot.vocabulary import Invocation, Place
from clipnet import carriers
from clipnet.cli.local_worker import local_worker
from clipnet.cli.setup.desk import Desk
from clipnet.cli.talk import Talk, started
from clipnet.errors import Conflict, Misconfigured, Unavailable
from db import clips, copies, requests
from web.serve import make_router

FOOTAGE = "bikes"


async def sample_clip(desk: Desk) -> None:
    """Make a clip of carried footage, see it shown, and ask whether it arrived."""
    await desk.ask("test.begin", "Enter makes a test clip, skip leaves it for later:")
    desk.tell("Making a test clip …")
    async with AsyncExitStack() as stack:
        if desk.surroundings.embedded:
            await stack.enter_async_context(local_worker(desk.surroundings))
        router = make_router(desk.services)
        talk = Talk(router, desk.base.queue, local=True)
        request = await _asked(desk, talk)
        state = await _followed(desk, talk, request)
        if state != "done":
            raise Conflict(
                f"The test clip {state}.", hint=f"clipnet say show {request} tells more; clipnet doctor too."
            )
        if await desk.wait(lambda: _shown(desk, request)) is None:
            raise Unavailable(
                "The clip is made, but it doesn't appear on Discord.",
                hint="clipnet doctor says what is wrong; then say clipnet setup --again test.",
            )
    if not await desk.agree("test.arrived", f"The clip is in {desk.found['channel_name']}. Do you see it?"):
        raise Conflict(
            "Discord took the clip, but you don't see it.",
            hint="Look whether you may see that channel; clipnet setup --again channel chooses another one.",
        )
    desk.good("Clips arrive.")
    await desk.keep("test", request=request)


async def _followed(desk: Desk, talk: Talk, request: str) -> str:
    try:
        async with asyncio.timeout(desk.wait_s):
            with Board(desk.out) as board:
                return await talk.follow(request, board)
    except TimeoutError:
        raise Unavailable(
            "The test clip isn't finished yet.", hint="See that a worker runs; clipnet doctor says what is wrong."
        ) from None


async def _asked(desk: Desk, talk: Talk) -> str:
    footage = carriers.demo_footage().get(FOOTAGE)
    if footage is None:
        raise Misconfigured("The carried footage is missing.", hint="Install requirements.lock; ./run does it.")
    place = Place("discord", str(desk.found["channel"]), within=str(desk.found["guild"]))
    said = Invocation(
        str(uuid4()),
        "console",
        console.actor(),
        place,
        command="clip",
        args={"source": str(footage), "length": 5, "no-captions": True, "alone": True},
        local=True,
    )
    answer = await talk.router.handle(said)
    request = started(answer) if answer else None
    if answer is None or request is None:
        raise Conflict(answer.reply.text if answer else "Nothing was said.")
    return request


async def _shown(desk: Desk, public_id: str) -> bool | None:
    """Whether a message on Discord shows the clip."""
    pool = desk.base.queue.pool
    request = await requests.by_public_id(pool, public_id)
    assert request is not None
    for clip in await clips.of_request(pool, request.id):
        if any(copy.platform == "discord" for copy in await copies.of_clip(pool, clip.id)):
            return True
    return None
