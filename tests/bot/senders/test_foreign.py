"""A vote alone approves what is a community's own; of anything else a moderator has to say so."""

from typing import Any

import pytest

from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings
from tests.bot.life import moderator, refused
from tests.bot.rig import Ledger, Person
from tests.bot.senders.making import arena, open_poll, request_of, told
from tests.bot.senders.speaking import Chat, ended, working

OPS = {"ops_channel": {"platform": "discord", "id": "desk"}}


def labels(message: Any) -> list[str]:
    return [action.label for action in message.now.reply.actions]


async def test_a_vote_that_passes_on_anothers_video_waits_for_a_moderator(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    here, ann, clip = await arena(router, ledger, own=False, quorum=2, **OPS)
    mod = await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await Person(router, "bob", surface="discord", place="lounge").say(f"!vote {clip}")
        assert "press Approve" in (await ann.say(f"!vote {clip}")).reply.text
        await ended(ledger)
        assert await ledger.value("select state from polls") == "passed"
        assert await ledger.value("select state from clips") == "ready"
        (announced,) = discord.in_place("clips")
        assert labels(announced) == ["Approve"]
        assert "has to press Approve" in next(f.value for f in announced.now.reply.fields if f.label == "Vote")
        (asked,) = discord.in_place("desk")
        assert labels(asked) == ["Approve", "Reject", "Show"]
        assert "Nobody knows whose video it is" in str(asked.now.reply.fields)
        await refused(ann, f"!approve {clip}", 403)
        assert (await mod.say(f"!approve {clip}")).problem is None
        await ended(ledger)
    assert await ledger.value("select state from clips") == "approved"
    assert labels(announced) == []
    assert len(discord.in_place("desk")) == 1


@pytest.mark.parametrize(("change", "state"), [
    ("insert into community_sources select id, 'youtube', 'them' from communities", "approved"),
    ("insert into community_places values ('youtube', 'them', (select id from communities))", "approved"),
    ("update requests set moment_key = 'live:twitch:live'", "approved"),
    ("update requests set moment_key = 'live:twitch:others'", "ready"),
    ("insert into community_sources select id, 'youtube', 'others' from communities", "ready"),
])  # fmt: skip
async def test_own_are_linked_channels_and_those_that_are_places(
    router: Router, ledger: Ledger, change: str, state: str
) -> None:
    _, ann, clip = await arena(router, ledger, own=False)
    await ledger.conn.execute("update sources set channels = '{youtube:them}'")
    await ledger.conn.execute(change)
    await open_poll(ledger, clip, quorum=1)
    assert (await ann.say(f"!vote {clip}")).problem is None
    assert await ledger.value("select state from clips") == state


async def test_what_moderators_agreed_to_before_needs_them_no_more(router: Router, ledger: Ledger) -> None:
    here, ann, clip = await arena(router, ledger, own=False, approval="moderator")
    await open_poll(ledger, clip, quorum=1, needs_moderator=True)
    mod = await moderator(ledger, Person(router, "mo", surface="discord", place="lounge"), here)
    await mod.say(f"!approve {clip}")
    await ann.say(f"!vote {clip}")
    assert await ledger.value("select state from clips") == "approved"
