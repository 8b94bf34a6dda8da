"""Whoever asks to be forgotten is found in no column of the ledger any more; a new one has to be made known here."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from bot import senders
from bot.commands.forget_me import Forgotten
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place
from clipnet.settings import Settings
from pipeline.jobs import OPS_PRUNE, Maintenance, NewJob
from pipeline.storage import LocalStorage
from pipeline.worker import maintenance
from pipeline.worker.main import run_worker
from tests.bot.hall import Hall, done
from tests.bot.scenes import Door
from tests.bot.trail import HANDLE, ID, Trail, columns, hits, leave_a_trail, of_people, rows_of


def named(words: str) -> set[str]:
    """`table: column column; …` as columns with their tables."""
    found = set()
    for each in words.split(";"):
        table, _, names = each.strip().partition(":")
        found |= {f"{table}.{name}" for name in names.split()}
    return found


PERSONAL = named(
    """
    bans: reason; chat_counts: channel_id; clip_edits: before; clips: error hold_reason metadata options reason title;
    communities: settings; community_places: platform_place_id; community_sources: channel_id name; confirmations: args;
    copies: place url; deliveries: body; effects: detail remote_id; feedback: text;
    identities: handle platform_user_id; inbox: reply; job_events: note; jobs: error note payload progress;
    link_codes: claimed_name; notices: body handle place; oauth_tokens: account_id; reports: reason;
    request_askers: message_id place; requests: error options place; segments: reason; setups: found place_id;
    sources: channels live origin probe title; stream_marks: channel_id note;
    streams: channel_id recording remote_id title url; transcripts: words; users: display_name
    """
)
"""Where something of a person can stand, or of a channel that is their own; filled before, and empty after."""
OF_OFFICE = named("audit: args detail place; banned_words: word; blocked_moments: moment_key reason; communities: name")
"""What moderators decided, in their words, and what a community is called: it stays, and says of nobody who it was."""
OURS = named(
    """
    assets: kind mime sha256 store_key; audit: actor command hash outcome platform previous_hash roles;
    blocked_moments: content_hash; chat_counts: platform shares; clip_edits: kind; clips: public_id state;
    community_places: platform; community_sources: platform; confirmations: command state_hash;
    copies: kind platform remote_id state; cursors: name value; deliveries: error event_id kind lane platform;
    effects: effect_key state; env_marker: env; identities: platform; inbox: event_id platform;
    job_events: from_state to_state;
    jobs: created_by executed_by kind lane requester result serial_key state unique_key;
    lanes: lane paused_by; link_codes: claimed_platform code_hash; oauth_tokens: key_id provider purpose scopes;
    polls: state; recap_moments: reason state store_key; reports: state; requester_turns: lane requester;
    requests: moment_key public_id state; schedule_fires: name; scores: inputs_hash model signal version;
    setups: platform step; sources: content_hash kind store_key;
    stage_results: inputs_hash result stage version; state_edges: from_state machine to_state;
    stream_marks: kind platform; streams: platform state; transcripts: inputs_hash language model; user_roles: role;
    votes: platform; waiting_consents: key_id provider purpose; worker_lease: config_hash holder status version
    """
)
"""Ids, hashes, states, names of platforms and things of ours: no words of people, and nothing that tells who one is."""


async def test_of_every_column_it_is_known_whether_a_person_can_stand_in_it(hall: Hall) -> None:
    assert await columns(hall) == PERSONAL | OF_OFFICE | OURS
    assert not PERSONAL & OF_OFFICE
    assert not OURS & (PERSONAL | OF_OFFICE)


@pytest.fixture
async def trail(hall: Hall) -> Trail:
    """Somebody who is found wherever a person can be."""
    found = await leave_a_trail(hall)
    assert await hits(hall, ID, HANDLE) >= PERSONAL
    assert await rows_of(hall, found.user) == await of_people(hall)
    return found


async def work(settings: Settings, hall: Hall, folder: Path) -> None:
    """Let the worker do what follows, and then what it does every night."""
    handlers: Any = senders.handlers(senders.Desk({"chat": Deleting()}))
    chores = maintenance.handlers(LocalStorage(folder, "staging_clips"))
    await hall.ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now() where kind = 'clip:process'")
    worker = asyncio.create_task(run_worker(settings, handlers | chores))
    try:
        await ended(hall)
        await hall.router.services.queue.enqueue(NewJob(OPS_PRUNE, Maintenance(note="nightly")))
        await ended(hall)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
        assert await worker == 0


async def ended(hall: Hall) -> None:
    """Wait until nothing is to be done any more."""
    async with asyncio.timeout(20):
        while await hall.ledger.value("select exists (select from jobs where state in ('ready', 'running'))"):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


class Deleting:
    """A platform on which messages can be changed and deleted."""

    platform = "chat"
    can_edit = True

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:  # noqa: ARG002 - the protocol's
        """See `Speaker.edit`."""
        return spoken

    async def say(self, place: Place, telling: Telling) -> Spoken:  # noqa: ARG002 - the protocol's
        """See `Speaker.say`."""
        return Spoken("said", place)

    async def find(self, place: Place, key: str) -> Spoken | None:  # noqa: ARG002 - the protocol's
        """See `Speaker.find`."""
        return None

    async def delete(self, spoken: Spoken) -> bool:  # noqa: ARG002 - the protocol's
        """See `Speaker.delete`."""
        return True


async def forget(trail: Trail) -> Forgotten:
    """Ask to be forgotten, and say yes."""
    assert (await trail.zeb.say("!forget-me")).pending
    answer = await trail.zeb.say("!confirm")
    assert isinstance(answer.reply.data, Forgotten), answer.reply.text
    return answer.reply.data


async def test_nothing_of_a_person_is_left_in_any_column(
    settings: Settings, hall: Hall, trail: Trail, tmp_path: Path
) -> None:
    receipt = await forget(trail)
    assert (receipt.clips, receipt.left) == (1, 1)
    assert await rows_of(hall, trail.user) == set()
    await work(settings, hall, tmp_path)
    assert await hits(hall, ID, HANDLE) - OF_OFFICE == set()
    assert await hall.of_clip(trail.own, "state") == "deleted"
    assert await hall.of_clip(trail.shared, "state") == "ready"
    assert await hall.of_clip(trail.shared, "hold_reason") == ""
    assert (
        await hall.ledger.value("select body ->> 'fields' from notices n where body ? 'fields'") == '[["Why", "loud"]]'
    )


async def test_nothing_of_a_person_is_left_in_redis(hall: Hall, trail: Trail) -> None:
    redis = hall.router.services.queue.redis
    limits = f"{hall.router.services.settings.redis.prefix}limit:{trail.user}:*"
    assert [key async for key in redis.scan_iter(match=limits)]
    await forget(trail)
    assert [key async for key in redis.scan_iter(match=limits)] == []
    for key in [key async for key in redis.scan_iter(match="*")]:
        whole = f"{key!r} {await redis.dump(key)!r}"
        assert ID not in whole
        assert HANDLE not in whole


async def test_the_record_of_what_was_done_names_nobody(hall: Hall, trail: Trail) -> None:
    await forget(trail)
    rows = await hall.ledger.conn.fetch("select command, args, detail, place, actor from audit order by id")
    told = [tuple(row) for row in rows]
    assert [row[0] for row in told] == ["hold", "unban", "ban", "unban", "forget-me"]
    assert f"user:{trail.user} isn't banned." in told[1][2]
    assert told[0][3] == ""
    assert not [row for row in told if ID in str(row) or HANDLE in str(row[1]).replace(f"{HANDLE} spams", "")]


async def test_what_others_asked_for_stays_theirs_though_they_ask_no_more(hall: Hall) -> None:
    clip = await hall.clip(by=hall.bob)
    request = await hall.ledger.value("select public_id from requests")
    await hall.asks_too(request, hall.ann)
    await hall.ledger.conn.execute("update request_askers set withdrawn_at = now()")
    await done(hall.ann, "forget-me")
    assert await hall.of_clip(clip, "state") == "ready"
    assert await hall.ledger.value("select user_id from requests") == await hall.bob.user_id()


async def test_who_forgets_takes_consents_back_at_the_platform_too(hall: Hall) -> None:
    consent = Kept()
    hall.router.services.consents["twitch"] = consent
    await done(hall.ann, "forget-me")
    assert len(consent.ended) == 1


class Kept(Door):
    """A platform that notes whose consents were taken back."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: list[int] = []

    async def end(self, user_id: int, purpose: str | None) -> int:
        """See `Consent.end`."""
        self.ended.append(user_id)
        return await super().end(user_id, purpose)
