"""The router's promises, one by one, on real servers."""

import asyncio
import time
from contextlib import AsyncExitStack
from uuid import UUID

import pytest

from bot.command import Command, Limit
from bot.commands import COMMANDS
from bot.commands.help import Help
from bot.context import Context, Services
from bot.registry import Registry
from bot.router import OPEN_S, Router
from bot.views import Accepted
from bot.vocabulary import Reply
from db import audit
from pipeline.queue.keys import member
from tests.bot.rig import LINK, Grant, Ledger, Person


async def test_a_request_is_written_with_its_source_notice_and_job_at_once(ann: Person, ledger: Ledger) -> None:
    answer = await ann.say(f"clip {LINK} --at 1:20")
    assert isinstance(answer.reply.data, Accepted)
    row = await ledger.conn.fetchrow(
        """
        select r.options ->> 'at_s' as at_s, r.trace_id, s.origin, n.place ->> 'platform' as platform, j.kind,
               j.serial_key, j.requester, j.trace_id as job_trace, j.created_by, r.id, r.user_id
        from requests r join sources s on s.id = r.source_id join notices n on n.request_id = r.id
        join jobs j on j.request_id = r.id where r.public_id = $1
        """,
        answer.reply.data.request,
    )
    assert row is not None
    assert (row["at_s"], row["origin"], row["platform"], row["kind"]) == ("80.0", LINK, "console", "clip:process")
    assert row["serial_key"] == f"request:{row['id']}"
    assert row["requester"] == f"user:{row['user_id']}"
    assert row["trace_id"] == row["job_trace"] == answer.trace_id


@pytest.mark.req("R-085", "positive")
async def test_the_api_enqueues_and_announces_after_the_commit(ann: Person, services: Services, ledger: Ledger) -> None:
    await ann.say(f"clip {LINK}")
    (job_id,) = [r["id"] for r in await ledger.conn.fetch("select id from jobs")]
    waiting = await services.queue.redis.zrange(services.queue.keys.lane("media"), 0, -1)
    assert waiting == [member(job_id).encode()]
    assert await ledger.value("select created_by from jobs") == "api"


@pytest.mark.req("R-014", "negative")
async def test_a_second_delivery_gets_the_first_ones_answer_and_does_nothing(ann: Person, ledger: Ledger) -> None:
    first = await ann.say(f"clip {LINK}", event="7")
    again = await ann.say(f"clip {LINK}", event="7")
    assert not first.replayed
    assert again.replayed
    assert again.reply == first.reply
    assert await ledger.value("select count(*) from jobs") == 1


async def test_two_deliveries_at_once_make_one_effect(ann: Person, ledger: Ledger) -> None:
    answers = await asyncio.gather(*(ann.say(f"clip {LINK}", event="7") for _ in range(5)))
    assert len({a.reply.text for a in answers}) == 1
    assert sum(not a.replayed for a in answers) == 1
    assert await ledger.value("select count(*) from jobs") == 1


async def test_an_event_id_used_for_something_else_is_refused(ann: Person, ledger: Ledger) -> None:
    await ann.say(f"clip {LINK}", event="7")
    answer = await ann.say("clip https://example.org/other.mp4", event="7")
    assert answer.problem
    assert answer.problem.status == 422
    assert await ledger.value("select count(*) from jobs") == 1


async def test_what_is_not_for_us_leaves_no_trace(router: Router, ledger: Ledger) -> None:
    for surface in ("twitch", "discord"):
        chatter = Person(router, "bob", surface=surface)
        assert await router.handle(chatter.invocation("clip that was great")) is None
        assert await router.handle(chatter.invocation("!unheard of")) is None
    assert await ledger.value("select count(*) from inbox") == 0


async def test_a_limit_says_how_long_to_wait_once(services: Services, ledger: Ledger) -> None:
    limited = [c for c in COMMANDS if c.name != "clip"]
    clip = next(c for c in COMMANDS if c.name == "clip")
    router = Router(services, Registry([*limited, _limited(clip, Limit(2, 60))]))
    ann, bob = Person(router, "ann"), Person(router, "bob")
    began = time.monotonic()
    assert all([(await ann.say(f"clip {LINK}")).problem is None for _ in range(2)])
    told, silent = await ann.say(f"clip {LINK}"), await ann.say(f"clip {LINK}")
    assert told.problem
    assert told.problem.status == 429
    wait_s = told.problem.retry_after_s or 0
    assert 30 - (time.monotonic() - began) <= wait_s <= 30
    assert f"Wait {wait_s:.0f} s" in told.reply.text
    assert (told.quiet, silent.quiet) == (False, True)
    assert (await bob.say(f"clip {LINK}")).problem is None
    assert (await Person(router, "ann", place="elsewhere").say(f"clip {LINK}")).problem is None
    assert await ledger.value("select count(*) from jobs") == 4


@pytest.mark.req("R-063", "negative")
async def test_without_redis_requests_are_accepted_and_limits_still_hold(services: Services, ledger: Ledger) -> None:
    services.queue.redis.connection_pool.connection_kwargs["port"] = 1
    await services.queue.redis.connection_pool.disconnect()
    clip = next(c for c in COMMANDS if c.name == "clip")
    router = Router(services, Registry([*(c for c in COMMANDS if c is not clip), _limited(clip, Limit(1, 60))]))
    ann = Person(router, "ann")
    assert (await ann.say(f"clip {LINK}")).problem is None
    assert (await ann.say(f"clip {LINK}")).problem
    assert await ledger.value("select array_agg(state) from jobs") == ["ready"]


@pytest.mark.req("R-062", "negative")
async def test_without_the_database_the_answer_is_try_again_and_nothing_waits(ann: Person, services: Services) -> None:
    await services.queue.pool.close()
    answer = await ann.say(f"clip {LINK}")
    assert answer.problem
    assert (answer.problem.status, answer.problem.code) == (503, "unavailable")
    assert answer.problem.retry_after_s
    assert await services.queue.redis.exists(services.queue.keys.lane("media")) == 0


async def test_while_the_database_is_busy_with_others_the_answer_comes_in_time(services: Services) -> None:
    assert OPEN_S < 3
    ann = Person(Router(services, Registry(COMMANDS), open_s=0.2), "ann")
    async with AsyncExitStack() as others:
        for _ in range(services.queue.pool.get_max_size()):
            await others.enter_async_context(services.queue.pool.acquire())
        answer = await ann.say(f"clip {LINK}")
    assert answer.problem
    assert (answer.problem.status, answer.problem.code) == (503, "unavailable")
    ann = Person(Router(services, Registry(COMMANDS), open_s=30), "ann")
    assert (await ann.say(f"clip {LINK}")).problem is None


async def test_a_bug_is_answered_with_the_trace_id_and_leaves_nothing(services: Services, ledger: Ledger) -> None:
    async def fail(ctx: Context) -> Reply:
        await ctx.conn.execute("insert into communities (name) values ('half done')")
        raise ZeroDivisionError("secret detail")

    router = Router(services, Registry([Command(name="break", help="x", handler=fail, data=Help)]))
    answer = await Person(router, "ann").say("break")
    assert answer.problem
    assert answer.problem.status == 500
    assert str(answer.trace_id) in answer.reply.text
    assert "secret" not in answer.reply.text
    assert await ledger.value("select count(*) from communities") == 0


async def test_a_confirmation_is_for_the_same_person_once_in_time_and_while_nothing_changed(
    ann: Person, router: Router, ledger: Ledger
) -> None:
    accepted = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(accepted, Accepted)
    clip = await ledger.clip(accepted.request)

    async def state() -> str:
        return str(await ledger.value("select state from clips where public_id = $1", clip))

    async def ask() -> UUID:
        answer = await ann.say(f"delete {clip}")
        assert answer.pending
        return answer.pending.confirmation

    asked = await ask()
    stranger = await Person(router, "eve").say(command="confirm", args={"id": str(asked)})
    assert stranger.problem
    assert await state() == "ready"

    await ledger.conn.execute("update confirmations set expires_at = now() - interval '1 s'")
    assert (await ann.say("confirm")).problem
    assert await state() == "ready"

    await ask()
    await ledger.conn.execute("update clips set revision = revision + 1")
    changed = await ann.say("confirm")
    assert changed.problem
    assert changed.problem.status == 409
    assert await state() == "ready"

    asked = await ask()
    assert (await ann.say(command="confirm", args={"id": str(asked)})).problem is None
    assert await state() == "deleted"
    assert (await ann.say(command="confirm", args={"id": str(asked)})).problem


async def test_noop_shows_the_plan_and_does_nothing(ann: Person, ledger: Ledger) -> None:
    accepted = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(accepted, Accepted)
    clip = await ledger.clip(accepted.request)
    before = await ledger.contents()
    answer = await ann.say(f"delete {clip} --noop")
    assert "Nothing was done" in answer.reply.text
    assert await ledger.contents() == before
    assert await ledger.value("select count(*) from confirmations") == 0


async def test_the_audit_is_a_chain_that_shows_a_changed_row(ann: Person, grant: Grant, ledger: Ledger) -> None:
    olga = await grant("olga", "operator")
    await ann.say("queue")
    await olga.say("queue")
    await olga.say("jobs retry 999")
    await asyncio.gather(*(olga.say("health") for _ in range(3)))
    assert (await ledger.audit())[:3] == [("queue", "refused"), ("queue", "allowed"), ("jobs retry", "failed")]
    pool = olga.router.services.queue.pool
    async with pool.acquire() as conn:
        assert await audit.first_broken(conn) is None
    await ledger.conn.execute("set session_replication_role = replica")
    await ledger.conn.execute("update audit set actor = 'console:mallory' where id = 2")
    async with pool.acquire() as conn:
        assert await audit.first_broken(conn) == 2


@pytest.mark.req("R-090", "positive")
@pytest.mark.req("R-085", "negative")
def test_no_command_knows_a_platform_or_a_stage() -> None:
    import subprocess
    import sys

    code = (
        "import sys, bot.commands, ops_commands, bot.router;"
        "print([m for m in sys.modules if m.split('.')[0] in ('discord', 'twitchio', 'tweepy', 'aiohttp')"
        " or m.startswith(('pipeline.stages', 'pipeline.media', 'pipeline.worker'))])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def _limited(command: Command, limit: Limit) -> Command:
    from dataclasses import replace

    return replace(command, limit=limit)
