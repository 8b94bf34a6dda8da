"""What must hold whatever happened: checked after every fault, from the ledger alone."""

from collections import defaultdict
from collections.abc import Callable

import asyncpg

from db.job_events import Transition, replayed_state

_CHECKS = {
    "a request without a job": """
        select r.id from requests r where not exists (select from jobs j where j.request_id = r.id)""",
    "running under an old epoch": """
        select j.id from jobs j, worker_lease w where j.state = 'running' and j.epoch < w.epoch""",
    "a job that never ends": "select id from jobs where state not in ('done', 'dead', 'cancelled')",
    "a request that never ends": "select id from requests where state in ('queued', 'working')",
    "a follow-up that started before its cause ended": """
        select c.id from jobs c join jobs p on p.id = c.parent_id where c.started_at < p.ended_at""",
    "a clip that is still to come of a request that has ended": """
        select c.id from clips c join requests r on r.id = c.request_id
        where c.state in ('queued', 'rendering') and r.state in ('done', 'failed', 'cancelled')""",
    "an open request without an open step": """
        select r.id from requests r where r.state in ('queued', 'working') and not exists (
          select from jobs j where j.request_id = r.id and j.state in ('ready', 'running'))""",
    "a request with other than two clips": """
        select r.id from requests r
        where r.state = 'done' and (select count(*) from clips c where c.request_id = r.id) <> 2""",
    "a step that was enqueued twice": """
        select min(id) from jobs where parent_id is not null group by parent_id, kind, payload having count(*) > 1""",
    "an effect of a cancelled job after its cancellation": """
        select j.id from effects e join jobs j on j.id = e.job_id where e.created_at > j.cancel_requested_at""",
    "an effect of a finished job without its end": """
        select j.id from effects e join jobs j on j.id = e.job_id where j.state = 'done' and e.state <> 'done'""",
}

_EVENTS = """
select e.id, e.job_id, e.from_state, e.to_state, e.attempt, e.epoch, e.note, e.at, j.serial_key, j.state
from job_events e join jobs j on j.id = e.job_id order by e.id
"""


async def violations(pool: asyncpg.Pool) -> list[str]:
    """One sentence for every invariant broken, naming the row."""
    found = [f"{name}: {row[0]}" for name, sql in _CHECKS.items() for row in await pool.fetch(sql)]
    events = [(Transition(*tuple(row)[:8]), row["serial_key"], row["state"]) for row in await pool.fetch(_EVENTS)]
    for check in (_replays, _in_order, _epochs_rise):
        found += check(events)
    return found


Event = tuple[Transition, str | None, str]
Check = Callable[[list[Event]], list[str]]


def _replays(events: list[Event]) -> list[str]:
    """The history of each job leads to the state it is in, and through `done` at most once."""
    by_job: defaultdict[int, list[Transition]] = defaultdict(list)
    states = {event.job_id: state for event, _, state in events}
    for event, _, _ in events:
        by_job[event.job_id].append(event)
    found = []
    for job, history in by_job.items():
        try:
            if replayed_state(history) != states[job]:
                found.append(f"history of {job} leads to {replayed_state(history)}, it is {states[job]}")
        except ValueError as error:
            found.append(str(error))
        if sum(event.to_state == "done" for event in history) > 1:
            found.append(f"job {job} was done twice")
    return found


def _in_order(events: list[Event]) -> list[str]:
    """Of one serial key at most one job runs at a time, and none starts while an earlier one hasn't ended."""
    unfinished: defaultdict[str, set[int]] = defaultdict(set)
    runs: defaultdict[str, set[int]] = defaultdict(set)
    found = []
    for event, key, _ in events:
        if key is None:
            continue
        runs[key].discard(event.job_id)
        if event.to_state == "running":
            if runs[key]:
                found.append(f"{event.job_id} and {runs[key]} of {key} ran at the same time")
            if any(earlier < event.job_id for earlier in unfinished[key]):
                found.append(f"{event.job_id} of {key} overtook {min(unfinished[key])}")
            runs[key].add(event.job_id)
        if event.to_state in ("ready", "running"):
            unfinished[key].add(event.job_id)
        else:
            unfinished[key].discard(event.job_id)
    return found


def _epochs_rise(events: list[Event]) -> list[str]:
    """No worker starts anything after another one with a higher epoch has."""
    highest, found = 0, []
    for event, _, _ in events:
        if event.to_state == "running":
            if (event.epoch or 0) < highest:
                found.append(f"job {event.job_id} was started under epoch {event.epoch} after epoch {highest}")
            highest = max(highest, event.epoch or 0)
    return found
