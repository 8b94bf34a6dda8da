"""What a community sees of itself and decides: post, leaderboard, feedback, settings, clips."""

from typing import Any

import pytest

from bot.commands.feedback import Words
from bot.commands.leaderboard import Leaders
from bot.commands.post import Posting
from bot.commands.settings import NAMES, OWNERS, Decided
from bot.community import CommunitySettings
from bot.router import Router
from bot.views import ClipPage
from tests.bot.life import community, configure, moderator, refused
from tests.bot.rig import Grant, Ledger, Person
from tests.bot.senders.making import MOMENT, arena, asked, made


def lounge(router: Router, name: str) -> Person:
    return Person(router, name, surface="discord", place="lounge")


async def mod_of(router: Router, ledger: Ledger, here: int, role: str = "moderator") -> Person:
    return await moderator(ledger, lounge(router, role), here, role)


async def test_a_clip_is_posted_by_its_owner_or_a_moderator(router: Router, ledger: Ledger) -> None:
    here, ann, clip = await arena(router, ledger)
    await refused(lounge(router, "eve"), f"!post {clip}", 403)
    data = (await ann.say(f"!post {clip}")).reply.data
    assert isinstance(data, Posting)
    assert (data.platform, data.channel, data.in_s) == ("discord", "clips", 0)
    mod = await mod_of(router, ledger, here)
    assert (await mod.say(f"!post {clip}")).problem is None
    assert await ledger.value("select count(*) from jobs where kind = 'clipbot:post'") == 1
    assert "yet" in await refused(mod, f"!post {clip} youtube", 409)
    await configure(ledger, here, clip_channel=None)
    assert "no clip channel" in await refused(mod, f"!post {clip}", 409)
    await ledger.conn.execute("update clips set held_at = now()")
    assert "is held" in await refused(mod, f"!post {clip}", 409)


async def test_the_leaderboard_ranks_clips_by_votes_and_people_by_clips(router: Router, ledger: Ledger) -> None:
    _, ann, best = await arena(router, ledger)
    bob = lounge(router, "bob")
    await asked(bob)
    other = await made(ledger, await asked(bob, f"{MOMENT} --alone --aspect 1:1"))
    hidden = await made(ledger, await asked(bob, f"{MOMENT} --alone --aspect 16:9"))
    await ledger.conn.execute("update clips set held_at = now() where public_id = $1", hidden)
    for clip, name, value in [(best, "a", 1), (best, "b", 1), (other, "a", 1), (hidden, "a", 1), (hidden, "b", 1)]:
        await ledger.conn.execute(
            """
            insert into votes (clip_id, user_id, value, platform) select id, $2, $3, 'x' from clips where public_id = $1
            """,
            clip,
            await lounge(router, name).user_id(),
            value,
        )
    data = (await ann.say("!leaderboard")).reply.data
    assert isinstance(data, Leaders)
    assert [(place.clip, place.up) for place in data.clips] == [(best, 2), (other, 1)]
    assert [(who.name, who.clips) for who in data.clippers] == [("Bob", 2), ("Ann", 1)]
    await ledger.conn.execute("update clips set created_at = now() - interval '8 days'")
    week = (await ann.say("!leaderboard")).reply.data
    month = (await ann.say("!leaderboard month")).reply.data
    assert isinstance(week, Leaders)
    assert isinstance(month, Leaders)
    assert (week.clips, len(month.clips)) == ([], 2)
    elsewhere = (await Person(router, "zed", surface="discord", place="other").say("!leaderboard all")).reply.data
    assert isinstance(elsewhere, Leaders)
    assert elsewhere.clips == []


async def test_feedback_reaches_the_operators_and_nobody_else(router: Router, ledger: Ledger, grant: Grant) -> None:
    _, ann, clip = await arena(router, ledger)
    assert (await ann.say("!feedback The captions cover my score")).problem is None
    assert (await ann.say(f'!feedback "Too dark" --clip {clip}')).problem is None
    await refused(ann, "!feedback", 422)
    await refused(ann, "!feedback list", 422)
    olga = await grant("olga", "viewer")
    data = (await olga.say("feedback list")).reply.data
    assert isinstance(data, Words)
    assert [(w.by, w.text, w.clip, w.community) for w in data.items] == [
        ("Ann", "Too dark", clip, "Arena"),
        ("Ann", "The captions cover my score", None, "Arena"),
    ]
    assert ("feedback", "allowed") in await ledger.audit()


@pytest.mark.parametrize(("words", "name", "value"), [
    ("quorum 5", "quorum", 5),
    ("language de", "language", "de"),
    ("clip_channel here", "clip_channel", {"platform": "discord", "id": "lounge", "name": ""}),
    ("clip_channel twitch:live", "clip_channel", {"platform": "twitch", "id": "live", "name": ""}),
    ("quiet_hours 22-7", "quiet_hours", "22-7"),
    ("chat_delay_s 7.5", "chat_delay_s", 7.5),
    ("voter_role discord:77", "voter_role", "discord:77"),
    ("recap on", "recap", True),
    ("record off", "record", False),
    ("roles discord:12=moderator", "roles", {"discord:12": "moderator"}),
    ("template none", "template", None),
])  # fmt: skip
async def test_a_setting_is_typed_and_can_be_reset(
    router: Router, ledger: Ledger, words: str, name: str, value: Any
) -> None:
    owner = await mod_of(router, ledger, await community(ledger, ("discord", "lounge")), "owner")
    data = (await owner.say(f"!settings set {words}")).reply.data
    assert isinstance(data, Decided)
    assert data.settings[name] == value
    assert data.set_here == ([name] if value is not None else [])
    data = (await owner.say(f"!settings reset {name}")).reply.data
    assert isinstance(data, Decided)
    assert data.settings == CommunitySettings().model_dump(mode="json")
    assert data.set_here == []


@pytest.mark.parametrize(("words", "hint"), [
    ("quorum many", "0 to 1000"),
    ("quorum 5000", "0 to 1000"),
    ("vote_window_s 3", "60 to 2592000"),
    ("language klingon", "en, de or es"),
    ("quiet_hours 25-7", "22-7"),
    ("clip_channel somewhere", "discord:123456"),
    ("roles admin", "discord:123=moderator"),
    ("roles discord:12=operator", "discord:123=moderator"),
    ("recap perhaps", "yes nor no"),
    ("colour red", "One of"),
])  # fmt: skip
async def test_what_does_not_fit_says_what_would(router: Router, ledger: Ledger, words: str, hint: str) -> None:
    here = await community(ledger, ("discord", "lounge"))
    owner = await mod_of(router, ledger, here, "owner")
    assert hint in await refused(owner, f"!settings set {words}", 422)
    assert await ledger.value("select settings from communities") == "{}"


async def test_roles_are_mapped_one_by_one(router: Router, ledger: Ledger) -> None:
    owner = await mod_of(router, ledger, await community(ledger, ("discord", "lounge")), "owner")
    for words in ("discord:1=moderator", "discord:2=owner", "discord:1=none"):
        data = (await owner.say(f"!settings set roles {words}")).reply.data
    assert isinstance(data, Decided)
    assert data.settings["roles"] == {"discord:2": "owner"}


@pytest.mark.parametrize("name", sorted(OWNERS))
async def test_some_settings_are_the_owners(router: Router, ledger: Ledger, name: str) -> None:
    mod = await mod_of(router, ledger, await community(ledger, ("discord", "lounge")))
    await refused(mod, f"!settings set {name} on", 403)
    await refused(mod, f"!settings reset {name}", 403)
    assert (await mod.say("!settings set quorum 4")).problem is None


async def test_settings_are_not_for_everybody(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"))
    for words in ("show", "set quorum 1", "reset quorum"):
        await refused(lounge(router, "eve"), f"!settings {words}", 403)
    mod = await mod_of(router, ledger, here)
    reply = (await mod.say("!settings show")).reply
    assert [field.label for field in reply.fields] == list(NAMES)
    assert reply.private
    elsewhere = await moderator(ledger, Person(router, "mo", surface="discord", place="none"), here)
    await refused(elsewhere, "!settings show", 403)


async def test_clips_of_the_community_leave_held_ones_out(router: Router, ledger: Ledger) -> None:
    _, _, clip = await arena(router, ledger)
    bob = lounge(router, "bob")
    held = await made(ledger, await asked(bob, f"{MOMENT} --alone"))
    await ledger.conn.execute("update clips set held_at = now() where public_id = $1", held)
    data = (await bob.say("!clips --here")).reply.data
    assert isinstance(data, ClipPage)
    assert [found.id for found in data.items] == [clip]
    await refused(Person(router, "zed", surface="discord", place="other"), "!clips --here", 422)
