"""What is reported is held until a moderator decides; what is taken down stays away."""

import asyncpg
import pytest

from bot.commands.report import Reports
from bot.commands.takedown import TakenDown
from bot.views import ClipPage, Shown
from db import blocks, clips
from tests.bot.hall import Hall, done, refused
from tests.bot.rig import LINK


async def test_a_report_holds_the_clip_at_once_and_hides_it_from_others(hall: Hall) -> None:
    clip = await hall.clip()
    assert (await hall.bob.say(f"show {clip}")).problem is None
    said = (await done(hall.bob, f"report {clip} shows my address")).reply
    assert said.private
    assert await hall.of_clip(clip, "hold_reason") == "shows my address"
    await refused(hall.bob, f"show {clip}", 404)
    theirs, mods = [(await person.say(f"show {clip}")).reply.data for person in (hall.ann, hall.mod)]
    assert isinstance(theirs, Shown)
    assert theirs.clip
    assert theirs.clip.held == "shows my address"
    assert mods == theirs
    assert await clips.page(hall.ledger.conn, before=None, limit=9, community_id=hall.id) == []
    own = (await hall.ann.say("clips")).reply.data
    assert isinstance(own, ClipPage)
    assert [c.id for c in own.items] == [clip]


async def test_one_open_report_a_person_and_one_message_a_clip(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.bob, f"report {clip} rude")
    await done(hall.ann, f"report {clip} rude")
    assert "already" in await refused(hall.ann, f"report {clip} rude", 409)
    jobs = await hall.ledger.value("select count(*) from jobs where kind = 'clipbot:report'")
    assert jobs == 1
    assert await hall.ledger.value("select count(*) from reports") == 2


async def test_a_clip_of_another_place_can_not_be_reported(hall: Hall) -> None:
    clip = await hall.clip()
    await refused(hall.stranger, f"report {clip} rude", 404)
    alone = await hall.clip(by=hall.stranger)
    await refused(hall.stranger, f"report {alone} rude", 403)
    assert await hall.ledger.value("select count(*) from clips where held_at is not null") == 0


@pytest.mark.parametrize("state", ["approved", "posted"])
async def test_the_database_lets_no_held_clip_be_approved_or_posted(hall: Hall, state: str) -> None:
    clip = await hall.clip()
    await done(hall.mod, f"hold {clip}")
    with pytest.raises(asyncpg.CheckViolationError, match="on hold"):
        await hall.ledger.conn.execute("update clips set state = $1", state)
    await done(hall.mod, f"release {clip}")
    await hall.ledger.conn.execute("update clips set state = $1", state)


async def test_a_release_ends_it_and_the_same_person_can_not_hold_it_again(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.bob, f"report {clip} rude")
    await refused(hall.bob, f"release {clip}", 403)
    waiting = (await hall.mod.say("reports")).reply
    assert [action.command for action in waiting.actions] == ["release", "takedown"]
    await done(hall.mod, f"release {clip}")
    assert await hall.of_clip(clip, "held_at") is None
    mine = (await hall.bob.say("reports")).reply
    assert mine.private
    assert isinstance(mine.data, Reports)
    assert [report.state for report in mine.data.items] == ["released"]
    assert "found nothing wrong" in mine.fields[0].value
    assert "found nothing wrong" in await refused(hall.bob, f"report {clip} rude", 409)
    assert await hall.of_clip(clip, "held_at") is None
    assert ("release", "allowed") in await hall.ledger.audit()
    assert ("release", "refused") in await hall.ledger.audit()


async def test_moderators_of_one_community_decide_nothing_in_another(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.community("field")
    elsewhere = await hall.ledger.value("select community_id from community_places where platform_place_id = 'field'")
    await hall.ledger.conn.execute(
        "insert into user_roles (user_id, role, community_id) values ($1, 'owner', $2)",
        await hall.stranger.user_id(),
        elsewhere,
    )
    foreign = type(hall.stranger)(hall.router, hall.stranger.id, place="field")
    for verb in ("hold", "takedown", "unblock", "release"):
        await refused(foreign, f"{verb} {clip}", 404)
    assert await hall.of_clip(clip, "state") == "ready"


async def test_a_takedown_lists_every_copy_deletes_and_blocks_the_moment(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.copy(clip)
    await hall.copy(clip, platform="x", url="https://x.example/2")
    await done(hall.bob, f"report {clip} rude")
    plan = await hall.mod.say(f'takedown {clip} "shows an address"')
    assert plan.pending
    assert "https://x.example/2" in plan.reply.text
    assert await hall.of_clip(clip, "state") == "ready"
    told = (await hall.mod.say("confirm")).reply.data
    assert isinstance(told, TakenDown)
    assert [copy.url for copy in told.copies] == ["https://chat.example/1", "https://x.example/2"]
    assert await hall.of_clip(clip, "state") == "deleted"
    assert await hall.ledger.value("select state from reports") == "upheld"
    kinds = "select count(*) from jobs where state = 'ready' and kind = $1"
    assert await hall.ledger.value(kinds, "clipbot:takedown") == 2
    assert await hall.ledger.value(kinds, "ops:prune") == 1
    assert ("takedown", "allowed") in await hall.ledger.audit()

    async def blocked(at_s: float, community: int | None) -> bool:
        return await blocks.blocked(hall.ledger.conn, f"url:{LINK}", at_s, community_id=community)

    assert await blocked(90.0, hall.id)
    assert await blocked(78.0, hall.id)
    assert not await blocked(60.0, hall.id)
    assert not await blocked(90.0, None), "one community decides for itself"
    await done(hall.mod, f"unblock {clip}")
    assert not await blocked(90.0, hall.id)
    await refused(hall.mod, f"unblock {clip}", 409)


async def test_a_changed_clip_voids_the_confirmation_of_its_takedown(hall: Hall) -> None:
    clip = await hall.clip()
    assert (await hall.mod.say(f"takedown {clip}")).pending
    await hall.copy(clip)
    await refused(hall.mod, "confirm", 409)
    assert await hall.of_clip(clip, "state") == "ready"


async def test_a_moment_of_a_stream_is_blocked_by_the_time_of_day(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute("update requests set moment_key = 'live:twitch:7', moment_s = 1000000")
    await done(hall.mod, f"takedown {clip}")
    found = [
        await blocks.blocked(hall.ledger.conn, "live:twitch:7", at_s, community_id=hall.id)
        for at_s in (999_900.0, 999_950.0, 1_000_012.0, 1_000_020.0)
    ]
    assert found == [False, True, True, False]


@pytest.mark.req("R-022", "negative")
async def test_the_way_of_a_foreign_clip_is_not_told(hall: Hall) -> None:
    clip = await hall.clip()
    assert "There is nothing" in await refused(hall.stranger, f"why {clip}", 404)
    await refused(hall.stranger, f"trace {clip}", 403)


async def test_asking_for_what_was_taken_down_is_refused_at_once(hall: Hall) -> None:
    line = f"clip {LINK} --at 1:35"
    await done(hall.ann, line)
    clip = await hall.ledger.clip(await hall.ledger.value("select public_id from requests"))
    await done(hall.mod, f"takedown {clip}")
    requests = await hall.ledger.value("select count(*) from requests")
    assert "taken down" in await refused(hall.bob, line, 422)
    assert await hall.ledger.value("select count(*) from requests") == requests
    await done(hall.bob, f"clip {LINK} --at 9:00")
    await done(hall.mod, f"unblock {clip}")
    await done(hall.bob, line)


async def test_what_is_looked_for_is_polite_too(hall: Hall) -> None:
    await done(hall.mod, "words add darn")
    assert "word" in await refused(hall.ann, f"clip {LINK} --find darn", 422)
