"""After a stream its best moments are offered; what is decided on them becomes a request, or nothing."""

from typing import Any

import pytest

from bot.commands.recap import Offer
from bot.context import Services
from bot.router import Router
from clipnet.settings import Settings
from db.recaps import NewMoment
from pipeline.highlights.recap import rank
from pipeline.steps import recap_job
from tests.bot.life import accepted, community, go_live, moderator, refused
from tests.bot.rig import Ledger, Person
from tests.bot.senders.speaking import Chat, ended, run, working

CHANNEL = {"platform": "discord", "id": "clips"}


async def stream(ledger: Ledger, *, asked_at_s: float | None = None, **settings: Any) -> tuple[int, int]:
    """A stream of an hour that ended, whose chat went wild at 600 s and at 1800 s; its community and its id."""
    here = await community(
        ledger, ("twitch", "arena"), ("discord", "lounge"), **{"recap": True, "clip_channel": CHANNEL, **settings}
    )
    found = await go_live(ledger, here)
    await ledger.conn.execute(
        "update streams set state = 'ended', started_at = now() - interval '1 h', ended_at = now() where id = $1", found
    )
    await ledger.conn.execute(
        """
        insert into chat_counts (platform, channel_id, at, messages, chatters, emotes)
        select 'twitch', 'arena', s.started_at + make_interval(secs => n),
               case when n in (610, 1810) then 80 else 3 + n % 2 end,
               case when n in (610, 1810) then n / 20 else 3 end, 0
        from streams s, generate_series(0, 3595, 5) n
        """
    )
    if asked_at_s is not None:
        await ledger.conn.execute(
            """
            insert into stream_marks (platform, channel_id, at, kind)
            select 'twitch', 'arena', started_at + make_interval(secs => $1), 'ask' from streams
            """,
            asked_at_s,
        )
    return here, found


async def offered(
    settings: Settings, services: Services, ledger: Ledger, stream_id: int, *, discord: Chat | None = None
) -> Chat:
    """Have the recap of a stream told; returns what Discord heard."""
    discord = discord or Chat("discord")
    async with working(settings, discord, rank=rank):
        await run(services, ledger, recap_job(stream_id))
        await run(services, ledger, recap_job(stream_id))
    return discord


def mod(router: Router) -> Person:
    return Person(router, "mo", surface="discord", place="lounge")


async def test_a_stream_is_followed_by_one_message_with_its_moments(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    _, stream_id = await stream(ledger)
    (message,) = (await offered(settings, services, ledger, stream_id)).in_place("clips")
    reply = message.now.reply
    assert "“Finals” is over. 2 moments" in reply.text
    assert [field.label.split()[0] for field in reply.fields] == ["#1", "#2"]
    assert reply.fields[0].label == "#1 29:43–30:13"
    ids = [row["id"] for row in await ledger.conn.fetch("select id from recap_moments order by rank")]
    assert [(action.command, action.args["id"]) for action in reply.actions] == [
        (f"recap {verb}", moment) for moment in ids for verb in ("approve", "trim", "drop")
    ]


async def test_a_stream_that_was_too_short_for_a_title_has_its_channels_name(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    _, stream_id = await stream(ledger)
    await ledger.conn.execute("update streams set title = '', url = 'https://twitch.tv/robin'")
    (message,) = (await offered(settings, services, ledger, stream_id)).in_place("clips")
    assert "“robin” is over" in message.now.reply.text


async def test_what_was_asked_for_is_not_offered(settings: Settings, services: Services, ledger: Ledger) -> None:
    _, stream_id = await stream(ledger, asked_at_s=1810)
    await offered(settings, services, ledger, stream_id)
    assert await ledger.value("select count(*) from recap_moments") == 1


@pytest.mark.parametrize("decided", [{"recap": False}, {"clip_channel": None}])
async def test_nobody_who_did_not_opt_in_hears_of_it(
    settings: Settings, services: Services, ledger: Ledger, decided: dict[str, Any]
) -> None:
    _, stream_id = await stream(ledger, **decided)
    discord = await offered(settings, services, ledger, stream_id)
    assert not discord.messages
    assert await ledger.value("select count(*) from recap_moments") == 0


async def test_a_stream_in_which_nothing_stood_out_is_followed_by_nothing(
    settings: Settings, services: Services, ledger: Ledger
) -> None:
    _, stream_id = await stream(ledger)
    await ledger.conn.execute("update chat_counts set messages = 3, chatters = 3")
    assert not (await offered(settings, services, ledger, stream_id)).messages


async def test_a_lost_answer_makes_no_second_offer(settings: Settings, services: Services, ledger: Ledger) -> None:
    _, stream_id = await stream(ledger)
    discord = Chat("discord", lose=[ConnectionResetError()])
    await offered(settings, services, ledger, stream_id, discord=discord)
    assert len(discord.messages) == 1


@pytest.fixture
async def moments(router: Router, ledger: Ledger) -> list[int]:
    """Two moments of a stream that ended, and a moderator of its community; returns their numbers."""
    here, stream_id = await stream(ledger)
    await moderator(ledger, mod(router), here)
    began = await ledger.value("select extract(epoch from started_at)::float8 from streams")
    found = [NewMoment(began + at, began + at + 30, 5.0, "loud") for at in (100, 900)]
    for number, moment in enumerate(found, 1):
        await ledger.conn.execute(
            """
            insert into recap_moments (stream_id, rank, start_at, end_at, score, reason)
            values ($1, $2, to_timestamp($3), to_timestamp($4), $5, $6)
            """,
            stream_id,
            number,
            moment.start_s,
            moment.end_s,
            moment.score,
            moment.reason,
        )
    return [row["id"] for row in await ledger.conn.fetch("select id from recap_moments order by rank")]


async def stretch(ledger: Ledger) -> tuple[str, float, float]:
    """Origin of the request, and from and to in seconds of the stream."""
    row = await ledger.conn.fetchrow(
        """
        select origin, (r.options ->> 'live_from')::float8 - extract(epoch from t.started_at)::float8,
               (r.options ->> 'live_to')::float8 - extract(epoch from t.started_at)::float8
        from requests r join sources s on s.id = r.source_id, streams t
        """
    )
    assert row is not None
    return row[0], round(row[1], 2), round(row[2], 2)


async def test_approving_asks_for_what_was_kept(router: Router, ledger: Ledger, moments: list[int]) -> None:
    request = accepted(await mod(router).say(f"!recap approve {moments[0]}")).request
    assert await stretch(ledger) == ("live:twitch:arena", 100, 130)
    data = (await mod(router).say("!recap show")).reply.data
    assert isinstance(data, Offer)
    assert [(moment.state, moment.request) for moment in data.moments] == [("approved", request), ("offered", None)]
    assert "already" in await refused(mod(router), f"!recap drop {moments[0]}", 409)


async def test_trimming_asks_for_the_stretch_that_was_named(router: Router, ledger: Ledger, moments: list[int]) -> None:
    assert "recap trim" in await refused(mod(router), f"!recap trim {moments[0]}", 422)
    assert "1 to 180" in await refused(mod(router), f"!recap trim {moments[0]} 2:00 1:30", 422)
    accepted(await mod(router).say(f"!recap trim {moments[0]} 1:30 2:05"))
    assert await stretch(ledger) == ("live:twitch:arena", 90, 125)


async def test_dropping_offers_it_no_more(router: Router, ledger: Ledger, moments: list[int]) -> None:
    assert (await mod(router).say(f"!recap drop {moments[1]}")).problem is None
    reply = (await mod(router).say("!recap show")).reply
    assert [field.value.startswith("dropped") for field in reply.fields] == [False, True]
    assert {action.args["id"] for action in reply.actions} == {moments[0]}
    assert await ledger.value("select count(*) from requests") == 0


async def test_the_message_shows_what_was_decided_and_loses_its_buttons(
    settings: Settings, services: Services, router: Router, ledger: Ledger, moments: list[int]
) -> None:
    discord = Chat("discord")
    async with working(settings, discord, rank=rank):
        await run(services, ledger, recap_job(await ledger.value("select id from streams")))
        (message,) = discord.in_place("clips")
        assert {action.args["id"] for action in message.now.reply.actions} == set(moments)
        assert (await mod(router).say(f"!recap drop {moments[1]}")).problem is None
        await ended(ledger)
        assert {action.args["id"] for action in message.now.reply.actions} == {moments[0]}
        request = accepted(await mod(router).say(f"!recap approve {moments[0]}")).request
        await ended(ledger)
    assert len(discord.messages) == 1
    assert not message.now.reply.actions
    assert [field.value for field in message.now.reply.fields] == [
        f"approved, request {request}: loud",
        "dropped: loud",
    ]


async def test_only_moderators_of_that_community_decide(router: Router, ledger: Ledger, moments: list[int]) -> None:
    eve = Person(router, "eve", surface="discord", place="lounge")
    other = await community(ledger, ("discord", "other"))
    stranger = await moderator(ledger, Person(router, "s", surface="discord", place="other"), other)
    for verb in ("approve", "trim", "drop"):
        await refused(eve, f"!recap {verb} {moments[0]}", 403)
        await refused(stranger, f"!recap {verb} {moments[0]}", 404)


async def test_the_broadcaster_opts_in(router: Router, ledger: Ledger) -> None:
    here = await community(ledger, ("discord", "lounge"))
    person = await moderator(ledger, mod(router), here)
    await refused(person, "!recap on", 403)
    owner = await moderator(ledger, Person(router, "own", surface="discord", place="lounge"), here, "owner")
    assert "no clip channel" in (await owner.say("!recap on")).reply.text
    assert await ledger.value("select settings ->> 'recap' from communities") == "true"
    assert (await owner.say("!recap off")).problem is None
    assert await ledger.value("select settings ->> 'recap' from communities") == "false"
    assert "no recap yet" in (await owner.say("!recap show")).reply.text
