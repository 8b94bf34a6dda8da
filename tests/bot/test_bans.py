"""Who is banned is not heard: nothing of theirs goes on, and nobody reads of it."""

import pytest

from bot.commands.ban import Banned
from bot.vocabulary import Surface
from tests.bot.hall import Hall, done, refused
from tests.bot.rig import LINK, Ledger, Person

JOBS = "select count(*) from jobs where state in ('ready', 'running') and kind <> 'clipbot:notify'"


async def test_a_ban_cancels_what_only_they_asked_for_and_takes_their_votes_back(hall: Hall) -> None:
    alone, shared = await hall.request(), await hall.request()
    await hall.asks_too(shared, hall.bob)
    voted = await hall.clip(by=hall.bob)
    user = await hall.ann.user_id()
    await hall.ledger.conn.execute("insert into votes select id, $1, 1, 'console' from clips", user)
    await hall.ledger.conn.execute(
        "insert into polls (clip_id, community_id, quorum, closes_at) select id, $1, 3, now() + '1 day' from clips",
        hall.id,
    )
    said = (await done(hall.mod, 'ban ann "spams" --days 7')).reply.data
    assert isinstance(said, Banned)
    assert (said.cancelled, said.votes) == (1, 1)
    states = "select state from requests where public_id = $1"
    assert await hall.ledger.value(states, alone) == "cancelled"
    assert await hall.ledger.value(states, shared) == "queued"
    assert await hall.ledger.value(
        "select u.display_name from requests r join users u on u.id = r.user_id where r.public_id = $1", shared
    ) in ("Bob", "bob")
    assert await hall.of_clip(voted, "state") == "ready"
    assert await hall.ledger.value("select count(*) from votes") == 0


async def test_a_banned_person_is_told_once_and_does_nothing(hall: Hall) -> None:
    await done(hall.mod, "ban ann")
    before = await hall.ledger.contents()
    first, second = [await hall.ann.say(f"clip {LINK}") for _ in range(2)]
    assert first.problem
    assert first.problem.status == 403
    assert (first.reply.private, first.quiet, second.quiet) == (True, False, True)
    assert await hall.ledger.contents() == before
    outside = Person(hall.router, "ann", place="elsewhere")
    assert (await outside.say(f"clip {LINK}")).problem is None
    await done(hall.mod, "unban ann")
    assert (await hall.ann.say(f"clip {LINK}")).problem is None


async def test_a_ban_ends_by_itself(hall: Hall) -> None:
    await done(hall.mod, "ban ann --days 1")
    await refused(hall.ann, "clips", 403)
    await hall.ledger.conn.execute(
        "update bans set banned_at = now() - interval '2 days', until = now() - interval '1 s'"
    )
    assert (await hall.ann.say("clips")).problem is None


@pytest.mark.parametrize("surface", ["twitch", "x"])
async def test_in_public_a_banned_person_is_met_with_silence(hall: Hall, surface: Surface) -> None:
    await hall.ledger.conn.execute("insert into community_places values ($1, 'room', $2)", surface, hall.id)
    troll = Person(hall.router, "troll", surface, "room")
    user = await troll.user_id()
    await hall.ledger.conn.execute("insert into bans (community_id, user_id) values ($1, $2)", hall.id, user)
    answer = await troll.say(f"{'!' if surface == 'twitch' else ''}clip {LINK}")
    assert answer.quiet
    assert answer.problem


async def test_a_ban_does_not_keep_their_own_data_from_them(hall: Hall) -> None:
    await done(hall.mod, "ban ann")
    assert (await hall.ann.say("export-me")).problem is None
    await done(hall.ann, "forget-me")
    assert await hall.ledger.value("select count(*) from identities where platform_user_id = 'ann'") == 0


async def test_who_starts_again_what_a_banned_person_asked_for_asks_for_it(hall: Hall) -> None:
    request = await hall.request()
    await done(hall.mod, "ban ann")
    await done(Person(hall.router, "mo", place="arena"), f"retry {request}")
    askers = await hall.ledger.conn.fetch("select user_id from request_askers where withdrawn_at is null")
    assert [row["user_id"] for row in askers] == [await hall.mod.user_id()]
    assert await hall.ledger.value("select user_id from requests") == await hall.mod.user_id()
    await done(hall.mod, f"cancel {request}")
    await done(hall.mod, "unban ann")
    await refused(hall.ann, f"retry {request}", 403)


async def test_nobody_bans_those_who_moderate_beside_or_above_them(hall: Hall, ledger: Ledger) -> None:
    await refused(hall.mod, "ban oz", 403)
    await refused(hall.mod, "ban mo", 403)
    await refused(hall.owner, "ban oz", 403)
    await refused(hall.ann, "ban bob", 403)
    await refused(hall.mod, "ban ann --everywhere", 403)
    await done(hall.owner, "ban mo")
    assert await ledger.value("select count(*) from bans") == 1


async def test_an_operators_ban_holds_everywhere(hall: Hall, ledger: Ledger) -> None:
    await ledger.conn.execute(
        "insert into user_roles (user_id, role) values ($1, 'operator')", await hall.stranger.user_id()
    )
    await hall.ann.user_id()
    await done(hall.stranger, "ban ann --everywhere")
    assert "any more" in await refused(Person(hall.router, "ann", place="anywhere"), "clips", 403)
    await done(hall.stranger, "unban ann --everywhere")
    assert (await hall.ann.say("clips")).problem is None


async def test_people_are_found_by_mention_id_or_name_and_never_by_guess(hall: Hall) -> None:
    await hall.ledger.conn.execute("insert into community_places values ('discord', 'guild', $1)", hall.id)
    mod = Person(hall.router, "11", "discord", "guild")
    await hall.ledger.conn.execute(
        "insert into user_roles (user_id, role, community_id) values ($1, 'moderator', $2)",
        await mod.user_id(),
        hall.id,
    )
    await done(mod, "!ban <@4711>")
    banned = "select platform_user_id from identities i join bans b using (user_id)"
    assert await hall.ledger.value(banned) == "4711"
    await refused(mod, "!ban @nobody", 404)
    for platform_id in ("21", "22"):
        await Person(hall.router, platform_id, "discord", "guild").user_id()
    await hall.ledger.conn.execute("update identities set handle = 'Robin' where platform_user_id in ('21', '22')")
    assert "21, 22" in await refused(mod, "!ban @robin", 422)
    assert await hall.ledger.value("select count(*) from bans") == 1
    assert "robin" not in str(await hall.ledger.conn.fetch("select args, detail from audit"))
