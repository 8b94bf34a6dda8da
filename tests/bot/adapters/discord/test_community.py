"""What a community decides on Discord, by the real library and a real worker: reports, takedowns, recaps, votes."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from bot import senders
from bot.adapters.discord.buttons import Shelf
from bot.adapters.discord.line import OwnLine
from bot.adapters.discord.speaker import DiscordSpeaker
from bot.context import Services
from clipnet.settings import Settings
from db import communities
from pipeline.jobs import NewJob, OfClip
from pipeline.steps import announce_job, recap_job
from pipeline.worker.main import run_worker
from tests.bot.adapters.discord.conftest import Scene
from tests.bot.life import go_live
from tests.bot.rig import LINK, Ledger
from tests.bot.senders.making import made, open_poll
from tests.fakes.discord import Channel, Message


@dataclass
class Town:
    """A server that is a community: Ann asks, Bob moderates; its clip channel and its moderators' one."""

    scene: Scene
    services: Services
    ledger: Ledger
    community: int
    clips: Channel
    desk: Channel

    @asynccontextmanager
    async def awake(self, settings: Settings) -> AsyncIterator[None]:
        """The api and the worker, while the block runs."""
        line = OwnLine(settings.discord)
        desk = senders.Desk(
            {"discord": DiscordSpeaker(line, "https://clips.test", shelf=Shelf(self.services.queue.pool))}
        )
        worker = asyncio.create_task(run_worker(settings, senders.handlers(desk)))
        try:
            async with self.scene.online():
                yield
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            assert await worker == 0
            await line.close()

    async def clip(self) -> str:
        """A finished clip that Ann asked for; its public id."""
        handle = await self.scene.fake.slash(self.scene.ann, self.scene.channel, "clip", {"source": LINK})
        await handle.says("On it")
        await self.ledger.conn.execute("delete from jobs where kind = 'clip:process'")
        return await made(self.ledger, await self.ledger.value("select public_id from requests"))

    async def announced(self) -> Message:
        """The announcement of the one clip, which is voted on."""
        job: NewJob[OfClip] = announce_job(await self.ledger.value("select id from clips"), 1)
        await self.services.queue.enqueue(job)
        return await self.shown(self.clips)

    async def shown(self, channel: Channel) -> Message:
        """The one message that stands in a channel, once it does."""
        await self.scene.soon(lambda: self.scene.fake.ledger.in_channel(channel))
        (message,) = self.scene.fake.ledger.in_channel(channel)
        return message


@pytest.fixture
async def town(scene: Scene, services: Services, ledger: Ledger) -> Town:
    """The server as it is once it was set up."""
    crew = scene.guild.add_role("crew")
    scene.guild.set_roles(scene.bob, [crew])
    clips, desk = scene.guild.add_channel("best-of"), scene.guild.add_channel("desk")
    found = await communities.create(ledger.conn, "Ours", [("discord", scene.guild.id)])
    await ledger.conn.execute(
        """
        update communities set settings = jsonb_build_object('recap', true, 'roles', jsonb_build_object($1::text,
          'moderator'), 'clip_channel', jsonb_build_object('platform', 'discord', 'id', $2::text),
          'ops_channel', jsonb_build_object('platform', 'discord', 'id', $3::text))
        """,
        f"discord:{crew.id}",
        clips.id,
        desk.id,
    )
    return Town(scene, services, ledger, found, clips, desk)


async def test_a_report_holds_moderators_decide_and_the_message_is_gone(town: Town, settings: Settings) -> None:
    fake, ann, bob = town.scene.fake, town.scene.ann, town.scene.bob
    async with town.awake(settings):
        clip = await town.clip()
        message = await town.announced()
        told = await fake.slash(ann, town.scene.channel, "report", {"id": clip, "reason": "shows @everyone my street"})
        assert (await told.says("on hold")).ephemeral
        await town.scene.soon(lambda: "on hold" in message.text)
        notice = await town.shown(town.desk)
        assert not notice.pings
        assert (await (await fake.press(ann, notice, "Take down")).says("is for the role")).ephemeral
        question = await (await fake.press(bob, notice, "Take down")).says("Confirm within")
        assert question.ephemeral
        assert f"channels/{town.scene.guild.id}/{town.clips.id}/{message.id}" in question.text
        await fake.press(bob, question, "Confirm")
        await town.scene.soon(lambda: not fake.ledger.in_channel(town.clips))
    assert await town.ledger.value("select state from clips") == "deleted"
    assert await town.ledger.value("select state from copies where kind = 'announcement'") == "deleted"
    assert await town.ledger.value("select state from reports") == "upheld"
    assert await town.ledger.value("select count(*) from blocked_moments") >= 1


async def test_a_released_clip_is_shown_and_voted_on_again(town: Town, settings: Settings) -> None:
    fake, ann, bob = town.scene.fake, town.scene.ann, town.scene.bob
    async with town.awake(settings):
        clip = await town.clip()
        await open_poll(town.ledger, clip)
        message = await town.announced()
        await fake.slash(ann, town.scene.channel, "report", {"id": clip, "reason": "rude"})
        await town.scene.soon(lambda: "on hold" in message.text)
        assert message.buttons() == []
        notice = await town.shown(town.desk)
        await (await fake.press(bob, notice, "Release")).says("goes on")
        await town.scene.soon(lambda: len(message.buttons()) == 2)
        await (await fake.press(ann, message, "👍 0")).says("1 for")
        await town.scene.soon(lambda: any(one["label"] == "👍 1" for one in message.buttons()))
    assert await town.ledger.value("select count(*) from votes") == 1


async def test_a_recap_is_one_message_whose_moments_are_approved_trimmed_and_dropped(
    town: Town, settings: Settings
) -> None:
    fake, ann, bob = town.scene.fake, town.scene.ann, town.scene.bob
    stream = await go_live(town.ledger, town.community)
    await town.ledger.conn.execute(
        "update streams set state = 'ended', started_at = now() - interval '1 h', ended_at = now()"
    )
    await town.ledger.conn.execute(
        """
        insert into recap_moments (stream_id, rank, start_at, end_at, score, reason)
        select $1, n, started_at + make_interval(secs => n * 60), started_at + make_interval(secs => n * 60 + 30), 5,
          'loud' from streams, generate_series(1, 5) n
        """,
        stream,
    )
    async with town.awake(settings):
        await town.services.queue.enqueue(recap_job(stream))
        message = await town.shown(town.clips)
        assert len(message.buttons()) == 15
        assert (await (await fake.press(ann, message, "Drop #1")).says("is for the role")).ephemeral
        await (await fake.press(bob, message, "Drop #1")).says("Dropped #1")
        await (await fake.press(bob, message, "Approve #2")).says("On it")
        form = await fake.press(bob, message, "Trim #3")
        assert await form.acknowledged() == 9
        await (await fake.submit_modal(bob, form, {"Start": "3:05", "End": "3:25"})).says("On it")
        await town.scene.soon(lambda: len(message.buttons()) == 6)
    wanted = await town.ledger.value(
        """
        select array_agg(round((r.options ->> 'live_to')::numeric - (r.options ->> 'live_from')::numeric) order by r.id)
        from requests r
        """
    )
    assert list(map(int, wanted)) == [30, 20]
    assert len(fake.ledger.in_channel(town.clips)) == 1
