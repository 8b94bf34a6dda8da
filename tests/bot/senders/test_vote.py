"""A finished clip is put to the vote, announced, counted in its messages, and closed; by a real worker."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.context import Services
from bot.quiet import quiet_for_s
from bot.router import Router
from clipnet.errors import NotAllowed, Unavailable
from clipnet.settings import Settings
from tests.bot.life import moderator
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import MOMENT, arena, asked, made, request_of, told
from tests.bot.senders.speaking import Chat, Folder, ended, working


def labels(message: Any) -> list[str]:
    """The buttons of a message."""
    return [action.label for action in message.now.reply.actions]


async def test_asked_on_twitch_announced_on_discord(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    _, _, clip = await arena(router, ledger)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await told(services, ledger, await request_of(ledger, clip))
    (announced,) = discord.in_place("clips")
    assert announced.now.reply.text == f"New clip {clip}: a loud cheer"
    assert labels(announced) == ["👍 0", "👎 0"]
    assert announced.now.reply.actions[0].args == {"clip": clip, "choice": "up"}
    assert len(twitch.in_place("live")) == 1
    poll = await ledger.conn.fetchrow("select state, quorum from polls")
    assert poll is not None
    assert tuple(poll) == ("open", 3)
    close = await ledger.value("select run_at - now() from jobs where unique_key like 'vote:close:%'")
    assert timedelta(hours=23) < close <= timedelta(hours=24)
    kinds = await ledger.conn.fetch("select kind, platform, place ->> 'id' as id from copies order by id")
    assert {tuple(row) for row in kinds} == {("answer", "twitch", "live"), ("announcement", "discord", "clips")}


async def test_its_messages_show_how_the_vote_stands_and_that_it_passed(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    _, ann, clip = await arena(router, ledger, quorum=2)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        (announced,) = discord.in_place("clips")
        await Person(router, "bob", surface="discord", place="lounge").say(f"!vote {clip}")
        await ended(ledger)
        assert labels(announced) == ["👍 1", "👎 0"]
        await ann.say(f"!vote {clip}")
        await ended(ledger)
    assert labels(announced) == []
    assert "approved with 2 for" in next(f.value for f in announced.now.reply.fields if f.label == "Vote")
    assert await ledger.value("select state from clips") == "approved"


async def test_an_answer_that_can_be_edited_gets_the_buttons_and_no_announcement_beside_it(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    await arena(router, ledger)
    request = await asked(Person(router, "bob", surface="discord", place="clips"), f"{MOMENT} --alone")
    clip = await made(ledger, request)
    discord = Chat("discord")
    async with working(settings, discord):
        await told(services, ledger, request, clip)
        await told(services, ledger, request)
    (answer,) = discord.in_place("clips")
    assert labels(answer) == ["👍 0", "👎 0"]
    assert await ledger.value("select kind from copies") == "answer"


async def test_a_vote_whose_time_is_over_is_closed_and_shown_so(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, _, clip = await arena(router, ledger)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await ledger.conn.execute("update polls set closes_at = now()")
        await ledger.conn.execute("update jobs set run_at = now() where unique_key like 'vote:close:%'")
        await ended(ledger)
        (announced,) = discord.in_place("clips")
        assert labels(announced) == []
        assert await ledger.value("select state from polls") == "failed"
        assert await ledger.value("select state from clips") == "ready"
        mod = await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)
        await mod.say(f"!approve {clip}")
        await ended(ledger)
    assert "approved" in next(f.value for f in announced.now.reply.fields if f.label == "Vote")


@pytest.mark.parametrize(("decided", "opened", "announced"), [
    ({"quorum": 0}, 0, 1),
    ({"clip_channel": None}, 1, 0),
    ({"quorum": 0, "clip_channel": None}, 0, 0),
])  # fmt: skip
async def test_a_community_may_do_without(
    settings: Settings, services: Services, router: Router, ledger: Ledger,
    decided: dict[str, Any], opened: int, announced: int,
) -> None:  # fmt: skip
    _, _, clip = await arena(router, ledger, **decided)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
    assert await ledger.value("select count(*) from polls") == opened
    assert len(discord.in_place("clips")) == announced


async def test_quiet_hours_put_the_announcement_off(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    now = datetime.now(UTC)
    hours = f"{now.hour}-{(now.hour + 2) % 24}"
    _, _, clip = await arena(router, ledger, quiet_hours=hours)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        assert not discord.messages
        wait = await ledger.value("select run_at - now() from jobs where kind = 'clipbot:post'")
        assert timedelta(minutes=59) < wait <= timedelta(hours=2)
        await ledger.conn.execute("update jobs set run_at = now() where kind = 'clipbot:post'")
        await ended(ledger)
    assert not discord.messages
    assert await ledger.value("select count(*) from jobs where kind = 'clipbot:post' and state = 'ready'") == 1


async def test_another_cut_takes_the_place_of_the_announced_one(
    settings: Settings, services: Services, router: Router, ledger: Ledger, clips_dir: Any
) -> None:
    _, _, clip = await arena(router, ledger)
    folder = Folder(clips_dir)
    folder.put(f"{clip}.mp4", f"video of {clip}".encode())
    folder.put("new.mp4", b"another cut")
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch, shelf=folder):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await ledger.conn.execute("update clips set revision = 2")
        await ledger.conn.execute(
            """
            insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
            select id, 'video', 2, 'new.mp4', repeat('b', 64), 11, 'video/mp4' from clips
            """
        )
        await told(services, ledger, await request_of(ledger, clip), clip)
    (announced,) = discord.in_place("clips")
    assert [sorted(form.files) for form in announced.forms if form.files] == [[f"{clip}.mp4"], ["new.mp4"]]


@pytest.mark.parametrize("change", [
    "update clips set held_at = now()",
    "update clips set revision = 2",
    "update clips set state = 'deleted'",
])  # fmt: skip
async def test_what_changed_before_it_was_announced_is_not(
    settings: Settings, router: Router, ledger: Ledger, change: str
) -> None:
    here, _, clip = await arena(router, ledger, quorum=0)
    mod = await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)
    assert (await mod.say(f"!post {clip}")).problem is None
    await ledger.conn.execute(change)
    discord = Chat("discord")
    async with working(settings, discord):
        await ended(ledger)
    assert not discord.messages


async def test_a_lost_answer_makes_no_second_announcement(settings: Settings, router: Router, ledger: Ledger) -> None:
    here, _, clip = await arena(router, ledger, quorum=0)
    mod = await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)
    discord = Chat("discord", lose=[ConnectionResetError()])
    async with working(settings, discord):
        await mod.say(f"!post {clip}")
        await ended(ledger)
        answer = await mod.say(f"!post {clip}")
    assert len(discord.messages) == 1
    assert answer.problem
    assert "https://discord.test/1" in answer.reply.text


async def test_one_message_that_can_not_be_edited_keeps_no_other_from_it(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    _, ann, clip = await arena(router, ledger)
    discord, twitch = Stubborn("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await ledger.conn.execute(
            """
            insert into copies (clip_id, kind, platform, place, remote_id)
            select id, 'answer', 'discord', '{"platform": "discord", "id": "lounge"}', 'forbidden' from clips
            """
        )
        discord.faults = [NotAllowed("No."), Unavailable("Later.", retry_after_s=0.1)]
        await ann.say(f"!vote {clip}")
        await ended(ledger)
    assert labels(discord.in_place("clips")[0]) == ["👍 1", "👎 0"]


class Stubborn(Chat):
    """Raises its faults, one an edit, before it edits."""

    def __init__(self, platform: str) -> None:
        super().__init__(platform)
        self.faults: list[Exception] = []

    async def edit(self, spoken: Any, telling: Any) -> Any:
        if self.faults:
            raise self.faults.pop(0)
        return await super().edit(spoken, telling)


@pytest.mark.parametrize(("hours", "now", "wait_h"), [
    (None, 23, 0), ("22-7", 23, 8), ("22-7", 3, 4), ("22-7", 7, 0), ("22-7", 21, 0), ("9-17", 9, 8), ("9-17", 17, 0),
    ("5-5", 5, 0),
])  # fmt: skip
def test_quiet_hours_end(hours: str | None, now: int, wait_h: float) -> None:
    assert quiet_for_s(hours, datetime(2026, 5, 1, now, 0, tzinfo=UTC)) == wait_h * 3600
