"""The last word on a request, said by a real worker to everyone who asked."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import pytest

from bot.context import Services
from bot.router import Router
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place
from clipnet.errors import NotAllowed, Unavailable
from clipnet.settings import Settings
from tests.bot.life import community
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import asked, made, open_poll, told
from tests.bot.senders.speaking import Chat, Folder, ended, working
from tests.conftest import Database


async def replay(ledger: Ledger, kind: str) -> None:
    """Let the worker run the jobs of a kind once more, as after a crash."""
    await ledger.conn.execute("set session_replication_role = replica")
    await ledger.conn.execute(
        "update jobs set state = 'ready', ended_at = null, attempt = 0, run_at = now() where kind = $1", kind
    )
    await ledger.conn.execute("set session_replication_role = default")
    await ended(ledger)


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
async def test_the_notice_says_how_it_ended_and_nothing_after_it(
    settings: Settings, services: Services, ann: Person, ledger: Ledger, state: str
) -> None:
    request = await asked(ann)
    await ledger.end(request, state)
    async with working(settings):
        await told(services, ledger, request)
    row = await ledger.conn.fetchrow("select revision, final, body ->> 'text' as text from notices")
    assert row is not None
    assert (row["revision"], row["final"]) == (1, True)
    expected = {"done": "is done", "failed": "It broke.", "cancelled": "was cancelled"}
    assert expected[state] in row["text"]


async def test_the_message_is_said_once_and_edited_after_that(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    ann = Person(router, "ann", surface="discord", place="arena")
    request = await asked(ann, message_id="m1")
    chat = Chat("discord")
    async with working(settings, chat):
        await told(services, ledger, request)
        await ledger.end(request, "done")
        await told(services, ledger, request)
    (message,) = chat.in_place("arena")
    assert [form.reply.text.split(" ")[2] for form in message.forms] == ["goes", "is"]
    assert message.forms[0].answers == "m1"
    assert await ledger.value("select handle from notices") == message.spoken.id


async def test_a_platform_hears_it_once_though_the_job_is_replayed(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="twitch", place="arena"))
    await made(ledger, request)
    chat = Chat("twitch", can_edit=False)
    async with working(settings, chat):
        await told(services, ledger, request)
        await replay(ledger, "clipbot:notify")
    assert len(chat.messages) == 1


async def test_a_message_whose_answer_was_lost_is_looked_for_before_it_is_said_again(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    clip = await made(ledger, request)
    chat = Chat("discord", lose=[ConnectionResetError()])
    async with working(settings, chat):
        await told(services, ledger, request)
    assert len(chat.messages) == 1
    assert await ledger.value("select state from jobs where kind = 'clipbot:notify'") == "done"
    copy = await ledger.conn.fetchrow("select c.*, k.public_id from copies c join clips k on k.id = c.clip_id")
    assert copy is not None
    assert (copy["public_id"], copy["kind"], copy["remote_id"]) == (clip, "answer", "discord-1")


async def test_where_nobody_can_look_a_person_decides(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="twitch", place="arena"))
    await made(ledger, request)
    chat = Chat("twitch", can_edit=False, can_find=False, lose=[ConnectionResetError()])
    async with working(settings, chat):
        await told(services, ledger, request)
    assert len(chat.messages) == 1
    assert await ledger.value("select state from effects") == "unknown"
    assert await ledger.value("select state from jobs where kind = 'clipbot:notify'") == "dead"


async def test_a_platform_that_is_away_is_tried_again(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    chat = Chat("discord", refuse=[Unavailable("Too many requests.", retry_after_s=0.1)])
    async with working(settings, chat):
        await told(services, ledger, request)
    assert len(chat.messages) == 1


async def test_everyone_who_asked_hears_of_it_where_they_asked_each_place_once(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    await community(ledger, ("discord", "arena"), ("twitch", "live"), ("discord", "side"), quorum=0)
    request = await asked(Person(router, "ann", surface="twitch", place="live"))
    for name, surface, place in [("bob", "twitch", "live"), ("cat", "discord", "arena"), ("dan", "discord", "arena")]:
        await asked(Person(router, name, surface=surface, place=place), message_id=f"of-{name}")  # type: ignore[arg-type]
    clip = await made(ledger, request)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, request, clip)
        assert not discord.messages
        assert not twitch.messages
        await told(services, ledger, request)
    (here,), (there,) = twitch.in_place("live"), discord.in_place("arena")
    credit = next(field.value for field in there.now.reply.fields if field.label == "Asked for by")
    assert credit == "Ann, Bob, Cat, Dan"
    assert there.now.answers == "of-cat"
    assert here.now.reply.media[0].url == f"https://clips.test/api/v1/media/{clip}.mp4"
    assert not discord.in_place("side")
    assert await ledger.value("select count(*) from copies where kind = 'answer'") == 2


async def test_a_place_that_refuses_keeps_nobody_else_from_hearing(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    await community(ledger, ("discord", "arena"), ("twitch", "live"), quorum=0)
    request = await asked(Person(router, "ann", surface="twitch", place="live"))
    await asked(Person(router, "cat", surface="discord", place="arena"))
    await made(ledger, request)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False, refuse=[NotAllowed("The bot is banned.")])
    async with working(settings, discord, twitch):
        await told(services, ledger, request)
    assert len(discord.messages) == 1
    assert await ledger.value("select error ->> 'sentence' from jobs where kind = 'clipbot:notify'") == (
        "The bot is banned."
    )


async def test_a_clip_goes_along_as_a_file_where_the_platform_takes_any(
    settings: Settings, services: Services, router: Router, ledger: Ledger, clips_dir: Any
) -> None:
    await community(ledger, ("discord", "arena"), ("twitch", "live"), quorum=0)
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    await asked(Person(router, "bob", surface="twitch", place="live"))
    folder = Folder(clips_dir)
    clip = await made(ledger, request, folder)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch, shelf=folder):
        await told(services, ledger, request)
    (file,) = discord.in_place("arena")[0].now.files.values()
    assert (file.name, file.mime) == (f"clip-{clip}.mp4", "video/mp4")
    assert not twitch.in_place("live")[0].now.files
    assert twitch.in_place("live")[0].now.reply.media[0].url == f"https://store.test/{clip}.mp4"


@pytest.mark.parametrize(("surface", "said"), [("discord", 1), ("twitch", 1), ("x", 0)])
async def test_a_failure_is_told_privately_and_on_x_not_at_all(
    settings: Settings, services: Services, router: Router, ledger: Ledger, surface: Any, said: int
) -> None:
    request = await asked(Person(router, "ann", surface=surface, place="arena"))
    await ledger.end(request, "failed")
    chat = Chat(surface, can_edit=surface == "discord")
    async with working(settings, chat):
        await told(services, ledger, request)
    assert len(chat.messages) == said
    assert all(message.now.reply.private for message in chat.messages.values())


async def test_a_cancelled_request_changes_its_message_and_makes_none(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    requests = [await asked(Person(router, name, surface="discord", place=name)) for name in ("ann", "bob")]
    chat = Chat("discord")
    async with working(settings, chat):
        await told(services, ledger, requests[1])
        for request in requests:
            await ledger.end(request, "cancelled")
            await told(services, ledger, request)
    assert not chat.in_place("ann")
    assert "was cancelled" in chat.in_place("bob")[0].now.reply.text


async def test_a_clip_on_hold_is_not_shown(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    await made(ledger, request)
    await ledger.conn.execute("update clips set held_at = now()")
    chat = Chat("discord")
    async with working(settings, chat):
        await told(services, ledger, request)
    assert not chat.in_place("arena")[0].now.reply.media
    assert await ledger.value("select count(*) from copies") == 0


async def test_a_message_that_is_gone_is_said_anew(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    chat = Chat("discord")
    async with working(settings, chat):
        await told(services, ledger, request)
        chat.messages.clear()
        await ledger.end(request, "done")
        await told(services, ledger, request)
    assert len(chat.messages) == 1


async def test_a_place_that_nobody_speaks_in_becomes_a_dead_letter(
    settings: Settings, services: Services, ann: Person, ledger: Ledger
) -> None:
    request = await asked(ann)
    await ledger.conn.execute('update notices set place = \'{"platform": "nowhere"}\'')
    async with working(settings):
        await told(services, ledger, request)
    assert await ledger.value("select error ->> 'sentence' from jobs where kind = 'clipbot:notify'") == (
        "Nobody here speaks on nowhere."
    )


@dataclass
class Slow(Chat):
    """Something happens while the first thing is said."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def say(self, place: Place, telling: Telling) -> Spoken:
        if self.meanwhile is not None:
            happens, self.meanwhile = self.meanwhile, None
            await happens()
        return await super().say(place, telling)


async def test_a_vote_that_is_opened_while_the_clip_is_told_is_shown_all_the_same(
    settings: Settings, services: Services, router: Router, ledger: Ledger, database: Database
) -> None:
    await community(ledger, ("discord", "arena"))
    request = await asked(Person(router, "ann", surface="discord", place="arena"))
    clip = await made(ledger, request)

    async def opens() -> None:
        conn = await asyncpg.connect(database.superuser_url)  # its own: the test asks the ledger all the while
        await open_poll(Ledger(conn), clip)
        await conn.close()

    chat = Slow("discord", meanwhile=opens)
    async with working(settings, chat):
        await told(services, ledger, request)
    (message,) = chat.in_place("arena")
    assert [bool(form.reply.actions) for form in message.forms] == [False, True]
