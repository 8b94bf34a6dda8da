"""The last word on a request, said by a real worker."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bot import senders
from bot.context import Services
from bot.senders import Sender
from bot.views import Accepted
from bot.vocabulary import Reply
from clipnet.errors import BadInput
from clipnet.settings import Settings
from clipnet.texts import text
from db import communities
from db.notices import Notice
from pipeline.jobs import CLIPBOT_NOTIFY, NewJob, Notify
from pipeline.worker.main import run_worker
from pipeline.worker.outcomes import describe
from tests.bot.rig import LINK, Ledger, Person


class Chat:
    """A platform that remembers what was said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def send(self, notice: Notice, reply: Reply) -> str:
        """See `Sender.send`."""
        self.said.append(f"{notice.handle}: {reply.text}")
        return f"message-{len(self.said)}"


@asynccontextmanager
async def working(settings: Settings, chats: dict[str, Sender]) -> AsyncIterator[None]:
    worker = asyncio.create_task(run_worker(settings, senders.handlers(chats)))
    try:
        yield
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await worker == 0


async def told(services: Services, ledger: Ledger, request: str) -> None:
    request_id = await ledger.value("select id from requests where public_id = $1", request)
    job = NewJob(CLIPBOT_NOTIFY, Notify(request_id=request_id, about="request"), request_id=request_id)
    (job_id,) = await services.queue.enqueue(job)
    async with asyncio.timeout(20):
        while await ledger.value("select state in ('ready', 'running') from jobs where id = $1", job_id):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
async def test_the_notice_says_how_it_ended_and_nothing_after_it(
    settings: Settings, services: Services, ann: Person, ledger: Ledger, state: str
) -> None:
    data = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    await ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now()")
    await ledger.end(data.request, state)
    async with working(settings, {}):
        await told(services, ledger, data.request)
        row = await ledger.conn.fetchrow("select revision, final, body ->> 'text' as text from notices")
        assert row is not None
        assert (row["revision"], row["final"]) == (1, True)
        expected = {"done": "is done", "failed": "It broke.", "cancelled": "was cancelled"}
        assert expected[state] in row["text"]


async def test_the_last_word_is_in_the_communitys_language(
    settings: Settings, services: Services, ann: Person, ledger: Ledger
) -> None:
    data = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    await ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now()")
    await ledger.end(data.request, "failed")
    community = await communities.create(ledger.conn, "aquí", [("console", "aquí")])
    await ledger.conn.execute('update communities set settings = \'{"language": "es"}\'')
    error = json.dumps(describe(BadInput(text("{param}: at least {least:g}, please.", param="{n}", least=5.0))))
    await ledger.conn.execute("update requests set community_id = $1, error = $2", community, error)
    async with working(settings, {}):
        await told(services, ledger, data.request)
        words = await ledger.value("select body ->> 'text' from notices")
    assert words == f"La petición {data.request} ha fallado: {{n}}: como mínimo 5, por favor."


async def test_a_platform_hears_it_once_though_the_job_is_replayed(
    settings: Settings, services: Services, ann: Person, ledger: Ledger
) -> None:
    data = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    await ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now()")
    await ledger.conn.execute('update notices set place = \'{"platform": "chat"}\'')
    chat = Chat()
    async with working(settings, {"chat": chat}):
        await told(services, ledger, data.request)
        assert await ledger.value("select handle from notices") == "message-1"
        job = await ledger.value("select id from jobs where kind = 'clipbot:notify'")
        await ledger.conn.execute("set session_replication_role = replica")
        await ledger.conn.execute(
            "update jobs set state = 'ready', ended_at = null, attempt = 0, run_at = now() where id = $1", job
        )
        async with asyncio.timeout(20):
            while await ledger.value("select state <> 'done' from jobs where id = $1", job):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert chat.said == [f"None: Request {data.request} goes on: 0 clips so far."]


async def test_a_place_that_nobody_speaks_in_becomes_a_dead_letter(
    settings: Settings, services: Services, ann: Person, ledger: Ledger
) -> None:
    data = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    await ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now()")
    await ledger.conn.execute('update notices set place = \'{"platform": "nowhere"}\'')
    async with working(settings, {}):
        await told(services, ledger, data.request)
    assert await ledger.value("select error ->> 'sentence' from jobs where kind = 'clipbot:notify'") == (
        "Nobody here speaks on nowhere."
    )
