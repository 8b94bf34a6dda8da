"""Connecting accounts by a code, from the command to the listening adapter."""

import asyncio

import pytest

from bot.adapters.twitch import check, joining
from bot.adapters.twitch.consent import PURPOSES, TwitchConsent
from bot.answer import Answer
from bot.commands.connect import Connections
from bot.vocabulary import Actor, Invocation, Place
from clipnet.clock import SystemClock
from clipnet.crypto import new_key, read_key_ring
from clipnet.ending import end
from tests.bot.adapters.twitch.stage import Stage
from tests.fakes.faults import Fault


@pytest.fixture
async def consent(stage: Stage) -> TwitchConsent:
    """The stage's way to connect accounts, joined as the api does it."""
    await stage.ledger.conn.execute("delete from oauth_tokens")
    stage.fake.identity.device_interval_s = 0
    settings = stage.services.settings
    adapters = settings.adapters.model_copy(update={"token_keys": new_key("k1")})
    stage.router.services = type(stage.services)(
        settings.model_copy(update={"adapters": adapters}), stage.services.queue
    )
    presence = joining.join(stage.router)
    assert presence.adapter is not None
    assert presence.hook is None
    found = stage.router.services.consents["twitch"]
    assert isinstance(found, TwitchConsent)
    return found


async def say(stage: Stage, text: str, event: str, place: str = "terminal") -> Answer:
    answer = await stage.router.handle(
        Invocation(event, "console", Actor("console", "ann", "Ann"), Place("console", place), text=text)
    )
    assert answer is not None
    return answer


async def asked(stage: Stage, text: str, event: str, place: str = "terminal") -> Connections:
    answer = await say(stage, text, event, place)
    assert answer.problem is None, answer.reply.text
    assert answer.reply.private
    assert isinstance(answer.reply.data, Connections)
    return answer.reply.data


async def test_the_bot_is_connected_with_the_least_it_needs(stage: Stage, consent: TwitchConsent) -> None:
    told = await asked(stage, "connect twitch --as bot", "1")
    assert told.code in told.url
    user_id = await stage.ledger.value("select user_id from identities where platform_user_id = 'ann'")
    stage.fake.approve_device(told.code, stage.bot)
    assert (await consent.settled(user_id, "bot")).state == "connected"
    row = await stage.ledger.conn.fetchrow("select * from oauth_tokens")
    assert row is not None
    assert set(row["scopes"]) == set(PURPOSES["bot"].scopes)
    assert (row["account_id"], row["purpose"]) == (stage.bot.id, "bot")
    shown = await asked(stage, "connect", "2")
    assert [(one.purpose, one.state, one.account) for one in shown.connections] == [("bot", "connected", stage.bot.id)]


async def test_another_account_is_not_the_bot(stage: Stage, consent: TwitchConsent) -> None:
    told = await asked(stage, "connect twitch --as bot", "1")
    user_id = await stage.ledger.value("select user_id from identities where platform_user_id = 'ann'")
    stage.fake.approve_device(told.code, stage.fan)
    ended = await consent.settled(user_id, "bot")
    assert (ended.state, "TWITCH_BOT_ID" in ended.note) == ("refused", True)
    assert await stage.ledger.value("select count(*) from oauth_tokens") == 0


async def test_a_person_who_declines_is_told_so(stage: Stage, consent: TwitchConsent) -> None:
    told = await asked(stage, "connect twitch --as bot", "1")
    user_id = await stage.ledger.value("select user_id from identities where platform_user_id = 'ann'")
    stage.fake.deny_device(told.code)
    assert (await consent.settled(user_id, "bot")).state == "refused"


async def test_a_connected_channel_joins_its_community(stage: Stage, consent: TwitchConsent) -> None:
    other = stage.fake.add_channel("Other")
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    began = await consent.start(user_id, "broadcaster", stage.community_id)
    stage.fake.approve_device(began.code, other.user)
    await consent.settled(user_id, "broadcaster")
    assert await stage.ledger.value("select community_id from community_places where platform_place_id = $1", other.id)


async def test_a_disconnected_channel_leaves_its_community_and_is_not_its_own_any_more(
    stage: Stage, consent: TwitchConsent
) -> None:
    other = stage.fake.add_channel("Other")
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    began = await consent.start(user_id, "broadcaster", stage.community_id)
    stage.fake.approve_device(began.code, other.user)
    await consent.settled(user_id, "broadcaster")
    await stage.ledger.conn.execute(
        "insert into community_sources values ($1, 'twitch', $2), ($1, 'youtube', 'mine')", stage.community_id, other.id
    )
    places = await stage.ledger.value("select count(*) from community_places")
    assert await consent.end(user_id, None) == 1
    assert await stage.ledger.value("select count(*) from community_places") == places - 1
    assert await stage.ledger.value("select array_agg(channel_id) from community_sources") == ["mine"]


async def killed() -> None:
    """The process that waited for codes is gone, without a word."""
    for task in asyncio.all_tasks():
        if task.get_name() == "twitch consent":
            await end([task])


async def test_a_code_that_is_typed_after_a_restart_connects_the_channel(stage: Stage, consent: TwitchConsent) -> None:
    channel = stage.fake.add_channel("Other")
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    began = await consent.start(user_id, "broadcaster", stage.community_id)
    await killed()
    kept = await stage.ledger.value("select w::text || encode(ciphertext, 'escape') from waiting_consents w")
    assert stage.fake.identity.device(began.code).code not in kept
    stage.fake.approve_device(began.code, channel.user)
    presence = joining.join(stage.router)
    assert presence.adapter is not None
    after = stage.router.services.consents["twitch"]
    assert [one.state for one in await after.standing(user_id)] == ["waiting"]
    running = asyncio.create_task(presence.adapter.run())
    joined = "select count(*) = 1 from community_places where platform_place_id = $1 and community_id = $2"
    await stage.until(lambda: stage.ledger.value(joined, channel.id, stage.community_id))
    await end([running])
    assert [(one.state, one.account) for one in await after.standing(user_id)] == [("connected", channel.id)]
    assert await stage.ledger.value("select count(*) from waiting_consents") == 0


async def test_a_code_lasts_while_twitch_is_away(stage: Stage, consent: TwitchConsent) -> None:
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    stage.fake.faults.plan("POST /id/oauth2/token", Fault.SERVER_ERROR)
    began = await consent.start(user_id, "bot", None)
    stage.fake.approve_device(began.code, stage.bot)
    assert (await consent.settled(user_id, "bot")).state == "connected"


async def test_what_was_called_off_connects_nothing(stage: Stage, consent: TwitchConsent) -> None:
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    began = await consent.start(user_id, "bot", None)
    await consent.end(user_id, "bot")
    stage.fake.approve_device(began.code, stage.bot)
    assert (await consent.settled(user_id, "bot")).state == "refused"
    assert await stage.ledger.value("select count(*) from oauth_tokens") == 0


async def test_a_code_of_another_key_ring_is_left_alone(stage: Stage, consent: TwitchConsent) -> None:
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    await consent.start(user_id, "bot", None)
    await killed()
    other = TwitchConsent(stage.router.services, read_key_ring(new_key("k2")), SystemClock())
    asked = len(stage.fake.journal)
    await other.resume()
    await asyncio.sleep(0.05)
    assert len(stage.fake.journal) == asked


async def test_only_owners_connect_a_channel_to_a_community(stage: Stage, consent: TwitchConsent) -> None:
    assert consent.platform == "twitch"
    await stage.ledger.conn.execute("insert into community_places values ('console', 'here', $1)", stage.community_id)
    refused = await say(stage, "connect twitch", "1", place="here")
    assert refused.problem is not None
    assert refused.problem.status == 403
    assert stage.fake.calls("POST /id/oauth2/device") == []


async def test_disconnecting_throws_the_token_away_on_both_sides(stage: Stage, consent: TwitchConsent) -> None:
    told = await asked(stage, "connect twitch --as bot", "1")
    user_id = await stage.ledger.value("select user_id from identities where platform_user_id = 'ann'")
    stage.fake.approve_device(told.code, stage.bot)
    await consent.settled(user_id, "bot")
    assert (await say(stage, "disconnect twitch", "2")).problem is None
    assert await stage.ledger.value("select count(*) from oauth_tokens") == 0
    assert [token.revoked for token in stage.fake.tokens.all if token.user is stage.bot][-1]
    assert (await say(stage, "disconnect twitch", "3")).problem is not None


async def test_a_broadcaster_who_disconnects_is_left_alone(stage: Stage) -> None:
    stage.fake.identity.device_interval_s = 0
    consent = TwitchConsent(stage.services, stage.ring, SystemClock())
    told = await consent.start(stage.owner_id, "broadcaster", stage.community_id)
    stage.fake.approve_device(told.code, stage.channel.user)
    assert (await consent.settled(stage.owner_id, "broadcaster")).state == "connected"
    async with stage.listening():
        assert await consent.end(stage.owner_id, "broadcaster") == 1
        await stage.fake.until(lambda: not any(each.live for each in stage.fake.bus.subscriptions))
        await stage.until(lambda: stage.ledger.value("select state = 'ended' from streams"))
    assert await stage.ledger.value("select count(*) from community_places where platform = 'twitch'") == 0


async def test_what_is_missing_keeps_it_from_joining(stage: Stage) -> None:
    assert joining.join(stage.router).lacks == "TOKEN_KEYS is not set"


async def test_the_doctor_sees_consents_and_says_what_to_do(stage: Stage, consent: TwitchConsent) -> None:
    settings = stage.router.services.settings
    pool = stage.services.queue.pool
    assert (await check.examine(settings, pool)).todo == "The bot's account has not consented: connect twitch --as bot."
    user_id = await stage.ledger.value("insert into users (display_name) values ('Eve') returning id")
    began = await consent.start(user_id, "bot", None)
    stage.fake.approve_device(began.code, stage.bot, scopes=["user:read:chat", "user:write:chat", "user:bot"])
    await consent.settled(user_id, "bot")
    assert "clips:edit" in (await check.examine(settings, pool)).todo
    began = await consent.start(user_id, "bot", None)
    stage.fake.approve_device(began.code, stage.bot)
    await consent.settled(user_id, "bot")
    found = await check.examine(settings, pool)
    assert found.todo == ""
    assert stage.channel.id in found.saw
    await stage.fake.revoke(stage.bot)
    assert "taken back" in (await check.examine(settings, pool)).todo
