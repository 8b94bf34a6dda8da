"""Another cut of a clip is voted on for itself."""

from typing import Any

from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings
from tests.bot.rig import Ledger
from tests.bot.senders.making import arena, request_of, told
from tests.bot.senders.speaking import Chat, ended, working


def labels(message: Any) -> list[str]:
    return [action.label for action in message.now.reply.actions]


async def test_a_vote_is_opened_anew_for_another_cut_and_counts_nobody_twice(
    settings: Settings, services: Services, router: Router, ledger: Ledger
) -> None:
    _, ann, clip = await arena(router, ledger, quorum=1)
    discord, twitch = Chat("discord"), Chat("twitch", can_edit=False)
    async with working(settings, discord, twitch):
        await told(services, ledger, await request_of(ledger, clip), clip)
        await ann.say(f"!vote {clip}")
        await ended(ledger)
        assert await ledger.value("select state from clips") == "approved"
        assert (await ann.say(f"!trim {clip} +1s -1s")).problem is None
        assert await ledger.value("select count(*) from votes") == 0
        await _ready_again(ledger)
        await told(services, ledger, await request_of(ledger, clip), clip)
        (announced,) = discord.in_place("clips")
        assert labels(announced) == ["👍 0", "👎 0"]
        assert await ledger.value("select state from polls") == "open"
        closings = "select count(*) from jobs where unique_key like 'vote:close:%' and state = 'ready'"
        assert await ledger.value(closings) == 2
        await ann.say(f"!vote {clip}")
        await ended(ledger)
    assert await ledger.value("select state from clips") == "approved"


async def _ready_again(ledger: Ledger) -> None:
    """What the worker does when it has made the new cut."""
    await ledger.conn.execute("update clips set state = 'rendering'")
    await ledger.conn.execute("update clips set state = 'ready'")
    await ledger.conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
        select id, 'video', 2, 'new.mp4', repeat('b', 64), 11, 'video/mp4' from clips
        """
    )
