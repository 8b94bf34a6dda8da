"""Operators' commands on a real ledger."""

import asyncio

import pytest

from bot.command import OPERATOR_ROLES
from bot.views import Accepted
from ops_commands.health import Health
from ops_commands.queue import QueueView
from ops_commands.trace import Trace
from ops_commands.views import JobList, JobView
from tests.bot.rig import LINK, Grant, Ledger, Person

_WHOM = "discord:1 viewer"
_ARGUMENT = dict.fromkeys(("queue", "health", "dead-letter list", "deliveries list", "roles list"), "") | {
    "trace": "7K3QX9",
    "roles grant": _WHOM,
    "roles revoke": _WHOM,
}


@pytest.mark.req("R-116", "positive")
@pytest.mark.req("R-116", "negative")
async def test_each_role_may_exactly_what_its_place_on_the_ladder_allows(ann: Person, grant: Grant) -> None:
    people = {role: await grant(role, role) for role in OPERATOR_ROLES} | {
        "nobody": ann,
        "owner": await grant("o", "owner"),
    }
    needed = {c.name: c.role for c in ann.router.registry if c.operators}
    for name, role in needed.items():
        assert role in OPERATOR_ROLES
        for held, person in people.items():
            answer = await person.say(f"{name} {_ARGUMENT.get(name, '1')}")
            allowed = held in OPERATOR_ROLES and OPERATOR_ROLES.index(held) >= OPERATOR_ROLES.index(role)
            refused = answer.problem is not None and answer.problem.status == 403
            assert refused == (not allowed), (name, held)


async def test_stuck_jobs_are_those_that_wait_or_run_too_long(grant: Grant, ledger: Ledger) -> None:
    olga = await grant("olga", "viewer")
    fresh, waiting, late, silent = [await ledger.job("ops:prune", "ready") for _ in range(4)]
    await ledger.conn.execute("update jobs set run_at = now() - interval '1 h' where id = $1", waiting)
    for job, started_s, heard_s in ((late, 3600, 0), (silent, 0, 3600)):
        await ledger.conn.execute(
            """
            update jobs set state = 'running', epoch = 1, started_at = now() - make_interval(secs => $2),
                   heartbeat_at = now() - make_interval(secs => $3) where id = $1
            """,
            job,
            started_s,
            heard_s,
        )
    found = (await olga.say("jobs stuck 10m")).reply.data
    assert isinstance(found, JobList)
    assert [job.id for job in found.items] == [waiting, late, silent]
    assert fresh not in [job.id for job in found.items]


@pytest.mark.req("R-112", "negative")
async def test_two_replays_at_once_make_one_life(grant: Grant, ann: Person, ledger: Ledger) -> None:
    olga, otto = await grant("olga", "operator"), await grant("otto", "operator")
    job = await ledger.job("ops:synthetic_fail", "dead")
    assert (await ann.say(f"dead-letter replay {job}")).problem
    answers = await asyncio.gather(olga.say(f"dead-letter replay {job}"), otto.say(f"dead-letter replay {job}"))
    assert sorted(a.problem.status if a.problem else 200 for a in answers) == [200, 409]
    births = await ledger.value("select count(*) from job_events where from_state = 'dead' and job_id = $1", job)
    assert births == 1


async def test_a_replayed_step_opens_its_request_again(grant: Grant, ann: Person, ledger: Ledger) -> None:
    olga = await grant("olga", "operator")
    data = (await ann.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    await ledger.end(data.request, "failed")
    listed = (await olga.say("dead-letter list clip:process")).reply.data
    assert isinstance(listed, JobList)
    (dead,) = listed.items
    assert (dead.request, dead.error and dead.error.sentence) == (data.request, "It broke.")
    await olga.say(f"dead-letter replay {dead.id}")
    assert await ledger.value("select state from requests") == "queued"


async def test_a_discarded_letter_leaves_the_list_and_can_still_be_retried(grant: Grant, ledger: Ledger) -> None:
    olga = await grant("olga", "operator")
    job = await ledger.job("ops:synthetic_fail", "dead")
    assert (await olga.say(f"dead-letter discard {job}")).pending
    done = (await olga.say("confirm")).reply.data
    assert isinstance(done, JobView)
    assert done.state == "cancelled"
    left = (await olga.say("dead-letter list")).reply.data
    assert isinstance(left, JobList)
    assert left.items == []
    assert (await olga.say(f"jobs retry {job}")).problem is None


@pytest.mark.req("R-096", "positive")
@pytest.mark.req("R-096", "negative")
async def test_trace_names_the_stations_in_order_and_no_secret(grant: Grant, ann: Person, ledger: Ledger) -> None:
    olga = await grant("olga", "viewer")
    data = (await ann.say("clip https://user:hunter2@example.org/x.mp4?token=s3cret")).reply.data
    assert isinstance(data, Accepted)
    await ledger.clip(data.request)
    await ledger.conn.execute("update requests set state = 'working'")
    await ledger.end(data.request, "done")
    reply = (await olga.say(f"trace {data.request}")).reply
    assert isinstance(reply.data, Trace)
    stations = [stop.station for stop in reply.data.stations]
    assert stations[:2] == ["command", "ledger"]
    assert "clip" in stations
    assert reply.data.trace_id == data.trace_id
    assert [s.at for s in reply.data.stations] == sorted(s.at for s in reply.data.stations)
    assert "hunter2" not in str(reply)
    assert "s3cret" not in str(reply)
    unknown = await olga.say("trace 222222")
    assert unknown.problem
    assert "There is nothing with the id 222222." in unknown.reply.text


async def test_queue_and_health_say_how_things_stand(grant: Grant, ann: Person, ledger: Ledger) -> None:
    olga = await grant("olga", "viewer")
    await ann.say(f"clip {LINK}")
    view = (await olga.say("queue")).reply.data
    assert isinstance(view, QueueView)
    assert {lane.lane: lane.ready for lane in view.lanes} == {"media": 1, "io": 0}
    assert [job.kind for job in view.jobs] == ["clip:process"]
    health = (await olga.say("health")).reply.data
    assert isinstance(health, Health)
    assert health.status == "degraded"
    await ledger.conn.execute("update worker_lease set holder = 'w', heartbeat_at = now()")
    health = (await olga.say("health")).reply.data
    assert isinstance(health, Health)
    assert health.status == "ok"
