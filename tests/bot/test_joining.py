"""One moment, one clip: who asks for what somebody asked for already joins them, and may leave again."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from bot.answer import Answer
from bot.moments import canonical, time_in
from bot.router import Router
from bot.views import Accepted
from bot.vocabulary import Live, Subject
from bot.withdraw import withdraw
from tests.bot.life import TALK, accepted, community, configure, go_live, moderator, refused
from tests.bot.rig import LINK, Ledger, Person

NOW = datetime(2026, 5, 1, 20, 0, tzinfo=UTC)


def watching(at: datetime = NOW, channel: str = "arena") -> Subject:
    return Subject(live=Live("twitch", channel, at))


def viewer(router: Router, name: str) -> Person:
    return Person(router, name, surface="twitch", place="arena")


async def test_thirty_who_ask_within_ten_seconds_make_one_job_and_one_line(router: Router, ledger: Ledger) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")))

    async def ask(number: int) -> Answer:
        at = NOW + timedelta(seconds=number / 3)
        return await viewer(router, f"viewer{number}").say("!clip", subject=watching(at), message_id=f"m{number}")

    answers = await asyncio.gather(*map(ask, range(30)))

    assert await ledger.value("select count(*) from jobs") == 1
    assert await ledger.value("select count(*) from requests") == 1
    assert await ledger.value("select count(distinct user_id) from request_askers where withdrawn_at is null") == 30
    assert await ledger.value("select count(*) from stream_marks where kind = 'ask' and request_id is not null") == 30
    assert [answer.reply.aside for answer in answers].count(False) == 1
    assert sorted(accepted(answer).asker for answer in answers) == list(range(1, 31))
    assert len({accepted(answer).request for answer in answers}) == 1


async def test_those_who_ask_on_three_platforms_ask_for_one_clip(router: Router, ledger: Ledger) -> None:
    await go_live(ledger, await community(ledger, ("discord", "lounge"), ("twitch", "arena"), ("x", "bot")))
    now = datetime.now(UTC)
    people = [
        asking
        for number in range(10)
        for asking in (
            (Person(router, f"d{number}", surface="discord", place="lounge"), "!clip", Subject()),
            (Person(router, f"t{number}", surface="twitch", place="arena"), "!clip", watching(now)),
            (Person(router, f"x{number}", surface="x", place="bot"), "clip", Subject()),
        )
    ]

    answers = await asyncio.gather(*(person.say(words, subject=subject) for person, words, subject in people))

    assert await ledger.value("select count(*) from jobs") == 1
    assert sorted(accepted(answer).asker for answer in answers) == list(range(1, 31))
    places = await ledger.conn.fetch("select place ->> 'platform', count(*) from request_askers group by 1 order by 1")
    assert [tuple(row) for row in places] == [("discord", 10), ("twitch", 10), ("x", 10)]


async def test_a_live_request_names_its_moment_by_the_streams_delay(router: Router, ledger: Ledger) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")), delay_s=12.0)
    await viewer(router, "ann").say("!clip 45", subject=watching())
    row = await ledger.conn.fetchrow(
        "select kind, origin, moment_key, moment_s, options ->> 'live_at' as at, options ->> 'length_s' as length"
        " from requests join sources s on s.id = source_id"
    )
    assert row is not None
    assert (row["kind"], row["origin"], row["moment_key"]) == ("live", "live:twitch:arena", "live:twitch:arena")
    assert float(row["at"]) == NOW.timestamp()
    assert row["moment_s"] == NOW.timestamp() - 12
    assert float(row["length"]) == 45


@pytest.mark.parametrize(("over_s", "requests"), [(40, 1), (80, 0)])
async def test_the_end_of_a_stream_can_be_asked_for_while_people_speak_of_it(
    router: Router, ledger: Ledger, over_s: float, requests: int
) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")))
    await ledger.conn.execute(
        """
        update streams set state = 'ended', started_at = now() - interval '1 h',
          ended_at = now() - make_interval(secs => $1)
        """,
        over_s,
    )
    answer = await viewer(router, "ann").say("!clip 45")
    assert isinstance(answer.reply.data, Accepted) == bool(requests), answer.reply.text
    assert await ledger.value("select count(*) from requests where options ->> 'live_at' is not null") == requests


@pytest.mark.parametrize(("apart_s", "requests"), [(19.5, 1), (20.5, 2)])
async def test_only_what_lies_within_twenty_seconds_is_one_moment(
    router: Router, ledger: Ledger, apart_s: float, requests: int
) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")))
    await viewer(router, "ann").say("!clip", subject=watching())
    await viewer(router, "bob").say("!clip", subject=watching(NOW + timedelta(seconds=apart_s)))
    assert await ledger.value("select count(*) from requests") == requests


async def test_another_spelling_of_a_link_and_its_time_is_the_same_moment(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("discord", "arena"))
    ann, bob = (Person(router, name, surface="discord", place="arena") for name in ("ann", "bob"))
    first = accepted(await ann.say(f"!clip {TALK}&t=1m20s"))
    second = accepted(await bob.say("!clip https://youtu.be/dQw4w9WgXcQ?si=abc --at 1:32"))
    assert (second.request, second.asker) == (first.request, 2)
    assert await ledger.value("select options ->> 'at_s' from requests") == "80.0"


@pytest.mark.parametrize("ends", ["failed", "cancelled"])
async def test_nobody_joins_what_came_to_nothing(router: Router, ledger: Ledger, ends: str) -> None:
    await community(ledger, ("console", "arena"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    first = accepted(await ann.say(f"clip {LINK} --at 1:20"))
    await ledger.end(first.request, ends)
    assert accepted(await bob.say(f"clip {LINK} --at 1:20")).request != first.request


async def test_who_joins_what_is_done_is_told_at_once(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("console", "arena"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    first = accepted(await ann.say(f"clip {LINK} --at 1:20"))
    await ledger.clip(first.request)
    await ledger.end(first.request, "done")
    joined = await bob.say(f"clip {LINK} --at 1:25")
    assert accepted(joined).state == "done"
    assert await ledger.value("select count(*) from jobs where kind = 'clipbot:notify' and state = 'ready'") == 1
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process' and state = 'ready'") == 0


async def test_each_community_each_whole_video_and_each_wish_to_be_alone_stands_for_itself(
    router: Router, ledger: Ledger
) -> None:
    await community(ledger, ("console", "arena"))
    await community(ledger, ("console", "hall"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    await ann.say(f"clip {LINK} --at 1:20")
    await Person(router, "cat", place="hall").say(f"clip {LINK} --at 1:20")
    await bob.say(f"clip {LINK} --at 1:20 --alone")
    await ann.say(f"clip {LINK}")
    await bob.say(f"clip {LINK}")
    await Person(router, "dan").say(f"clip {LINK} --at 1:20")
    assert await ledger.value("select count(*) from requests") == 6


async def test_the_same_person_joins_nothing_but_gets_another_version(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("console", "arena"))
    ann = Person(router, "ann", place="arena")
    first = accepted(await ann.say(f"clip {LINK} --at 1:20"))
    again = await ann.say(f"clip {LINK} --at 1:20")
    assert again.reply.aside
    assert accepted(again).request == first.request
    assert accepted(await ann.say(f"clip {LINK} --at 1:20 --aspect 1:1")).request != first.request


async def test_deleting_the_asking_message_takes_only_that_asker_out(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("discord", "arena"), ("twitch", "arena"))
    ann = Person(router, "ann", surface="discord", place="arena")
    bob = Person(router, "bob", surface="twitch", place="arena")
    request = accepted(await ann.say(f"!clip {LINK} --at 1:20", message_id="m1")).request
    await bob.say(f"!clip {LINK} --at 1:20", message_id="m2")
    assert not await withdraw(router.services, "twitch", "m1")
    assert await withdraw(router.services, "discord", "m1")
    assert await ledger.value("select state from requests") == "queued"
    assert await ledger.value("select user_id from requests") == await bob.user_id()
    assert await ledger.value("select place ->> 'platform' from notices") == "twitch"
    assert await withdraw(router.services, "twitch", "m2")
    assert await ledger.value("select state from requests where public_id = $1", request) == "cancelled"
    assert await ledger.value("select state from jobs where kind = 'clip:process'") == "cancelled"
    assert not await withdraw(router.services, "twitch", "m2")


async def test_a_banned_asker_leaves_everything_of_that_community(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("console", "arena"))
    ann, bob = (Person(router, name, place="arena") for name in ("ann", "bob"))
    alone = accepted(await ann.say(f"clip {LINK}")).request
    shared = accepted(await ann.say(f"clip {LINK} --at 1:20")).request
    await bob.say(f"clip {LINK} --at 1:20")
    elsewhere = accepted(await Person(router, "ann").say(f"clip {LINK}")).request
    mod = await moderator(ledger, Person(router, "mo", place="arena"), here)
    assert (await mod.say("ban ann")).problem is None
    rows = await ledger.conn.fetch("select public_id, state from requests")
    assert {row["public_id"]: row["state"] for row in rows} == {
        alone: "cancelled",
        shared: "queued",
        elsewhere: "queued",
    }


async def test_cancel_of_one_who_joined_is_theirs_alone(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("console", "arena"))
    ann, bob, cat = (Person(router, name, place="arena") for name in ("ann", "bob", "cat"))
    request = accepted(await ann.say(f"clip {LINK} --at 1:20")).request
    await bob.say(f"clip {LINK} --at 1:20")
    assert (await bob.say(f"cancel {request}")).problem is None
    assert await ledger.value("select state from requests") == "queued"
    await refused(cat, f"cancel {request}", 403)
    await bob.say(f"clip {LINK} --at 1:20")
    await moderator(ledger, cat, here)
    await cat.say(f"cancel {request}")
    assert await ledger.value("select state from requests") == "cancelled"


async def test_nothing_to_clip_is_answered_by_the_usage(router: Router, ledger: Ledger) -> None:
    await community(ledger, ("twitch", "arena"))
    for words in ("!clip", "!clip 45", "!clip that"):
        assert "Usage: clip" in await refused(viewer(router, "ann"), words, 422)
    assert await ledger.value("select count(*) from requests") == 0


async def test_that_is_the_video_the_message_answers_to(router: Router, ledger: Ledger) -> None:
    ann = Person(router, "ann", surface="discord")
    for words in ("!clip", "!clip that 1:20", "!clip 1:20-1:50", "!clip 45"):
        accepted(await ann.say(words, subject=Subject(video=LINK)))
    found = await ledger.conn.fetch("select options from requests order by id")
    assert [row["options"] for row in found] == [
        "{}",
        '{"at_s": 80.0}',
        '{"end_s": 110.0, "start_s": 80.0}',
        '{"length_s": 45.0}',
    ]


async def test_answering_to_a_clip_means_its_moment(router: Router, ledger: Ledger) -> None:
    ann = Person(router, "ann", surface="discord")
    clip = await ledger.clip(accepted(await ann.say(f"!clip {LINK}")).request)
    accepted(await ann.say("!clip --aspect 1:1", subject=Subject(clip=clip)))
    assert await ledger.value("select options ->> 'at_s' from requests order by id desc limit 1") == "95.0"
    await refused(Person(router, "eve", surface="discord"), "!clip", 404, subject=Subject(clip=clip))


async def test_a_community_that_is_live_elsewhere_is_clipped_from_here(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"), ("twitch", "arena"), aspect="16:9", template="clean")
    ann = Person(router, "ann", surface="discord", place="lounge")
    await refused(ann, "!clip", 422)
    await go_live(ledger, here)
    accepted(await ann.say("!clip"))
    assert await ledger.value("select origin from sources") == "live:twitch:arena"
    assert await ledger.value("select (options ->> 'aspect', options ->> 'template') = ('16:9', 'clean') from requests")
    assert "no range" in await refused(ann, "!clip 1:20-1:50", 422)
    assert "5 to 180" in await refused(ann, "!clip 900", 422)
    assert "is always now" in await refused(ann, "!clip --at 1:20", 422)


@pytest.mark.parametrize(("who", "roles", "may"), [
    ("everyone", set(), True),
    ("subscribers", set(), False),
    ("subscribers", {"subscriber"}, True),
    ("moderators", {"subscriber"}, False),
    ("moderators", {"moderator"}, True),
])  # fmt: skip
async def test_a_community_says_who_may_ask(
    router: Router, ledger: Ledger, who: str, roles: set[str], may: bool
) -> None:
    here = await community(ledger, ("twitch", "arena"), who_clips=who, roles={"twitch:moderator": "moderator"})
    await go_live(ledger, here)
    answer = await viewer(router, "ann").say("!clip", place_roles=frozenset(roles))
    assert (answer.problem is None) == may
    await configure(ledger, here, who_clips="everyone")
    assert (await viewer(router, "bob").say("!clip")).problem is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://youtu.be/dQw4w9WgXcQ?t=3", "https://m.youtube.com/watch?v=dQw4w9WgXcQ&feature=share"),
        ("https://www.youtube.com/shorts/dQw4w9WgXcQ", "https://youtube.com/live/dQw4w9WgXcQ#x"),
        ("http://www.example.org/a/?b=1&a=2&utm_source=x", "https://example.org/a?a=2&b=1"),
        ("https://twitter.com/Ann/status/12?s=20", "https://x.com/ann/status/12"),
        ("https://www.twitch.tv/videos/12?t=1h2m3s", "https://m.twitch.tv/videos/12"),
    ],
)
def test_one_video_has_one_spelling(one: str, other: str) -> None:
    assert canonical(one) == canonical(other)


def test_what_is_another_video_is_spelt_apart() -> None:
    links = [
        "https://youtu.be/aaaaaaaaaaa",
        "https://youtu.be/bbbbbbbbbbb",
        "https://a.test/?id=1",
        "https://a.test/?id=2",
    ]
    assert len({canonical(link) for link in links}) == 4
    assert canonical("https://[broken") == "https://[broken"


def test_a_link_may_name_its_time() -> None:
    assert time_in("https://youtu.be/x?t=1m20s") == 80
    assert time_in("https://www.twitch.tv/videos/12?t=1h2m3s") == 3723
    assert time_in("https://example.org/a.mp4#t=90") == 90
    assert time_in("https://example.org/a.mp4?t=abc") is None
    assert time_in("https://example.org/a.mp4") is None


@pytest.mark.parametrize(("delay_s", "wait_s"), [(5.0, 9.0), (30.0, 4.0), (0.5, 13.5)])
async def test_the_work_on_a_stream_starts_when_its_recording_has_come_in(
    router: Router, ledger: Ledger, delay_s: float, wait_s: float
) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")), delay_s=delay_s)
    began = time.monotonic()
    await viewer(router, "ann").say("!clip", subject=watching(datetime.now(UTC)))
    took_s = time.monotonic() - began
    waits = await ledger.value("select extract(epoch from run_at - created_at)::float8 from jobs")
    assert max(0, wait_s - took_s) <= waits <= wait_s


async def test_the_work_on_what_is_long_over_starts_at_once(router: Router, ledger: Ledger) -> None:
    await go_live(ledger, await community(ledger, ("twitch", "arena")))
    await viewer(router, "ann").say("!clip", subject=watching())
    assert await ledger.value("select run_at <= now() from jobs")
