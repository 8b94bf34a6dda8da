"""Twitch's own clip: a first one that never comes, and a minute that is over."""

from collections.abc import AsyncIterator

import pytest

from bot.adapters.twitch.client import Client, logged_in
from bot.adapters.twitch.keeping import Keeper
from bot.adapters.twitch.own_clips import ANOTHER_S, GIVE_UP_S, LOOK_S, OwnClips
from clipnet.clock import SystemClock
from tests.bot.adapters.twitch.stage import Hurried, Stage
from tests.fakes.faults import Fault


@pytest.fixture
async def client(stage: Stage) -> AsyncIterator[Client]:
    """A login with the bot's token."""
    keeper = Keeper(stage.services.queue.pool, stage.ring, SystemClock(), bot_id=stage.bot.id)
    stage.adapter.keeper = keeper
    async with logged_in(stage.services.settings.twitch, keeper=keeper) as client:
        yield client


async def make(stage: Stage, client: Client, clock: Hurried) -> tuple[str | None, list[str]]:
    """Ask for a clip; where it is, and the ids that became known on the way."""
    ids: list[str] = []

    async def made(clip_id: str) -> None:
        ids.append(clip_id)

    return await OwnClips(client, stage.adapter.keeper, clock).make(stage.channel.id, made), ids


async def test_where_a_streams_first_clip_never_comes_a_second_one_is_asked_for(stage: Stage, client: Client) -> None:
    stage.fake.channels.failing_clips = 1
    stage.fake.channels.clip_polls = 0
    clock = Hurried()
    url, ids = await make(stage, client, clock)
    assert ids == [clip.id for clip in stage.fake.clips]
    assert url == f"https://clips.twitch.tv/{ids[1]}"
    assert ANOTHER_S <= clock.passed_s <= ANOTHER_S + LOOK_S


async def test_after_a_minute_nobody_waits_any_more(stage: Stage, client: Client) -> None:
    stage.fake.channels.clip_polls = 10**6
    clock = Hurried()
    url, ids = await make(stage, client, clock)
    assert url is None
    assert len(ids) == len(stage.fake.clips) == 2
    assert GIVE_UP_S <= clock.passed_s <= GIVE_UP_S + LOOK_S


async def test_a_look_that_fails_is_only_one_look(stage: Stage, client: Client) -> None:
    stage.fake.faults.plan("GET /helix/clips", Fault.SERVER_ERROR)
    stage.fake.faults.plan("GET /helix/clips", Fault.DROP)
    url, ids = await make(stage, client, Hurried())
    assert url == f"https://clips.twitch.tv/{ids[0]}"
    assert len(stage.fake.clips) == 1
