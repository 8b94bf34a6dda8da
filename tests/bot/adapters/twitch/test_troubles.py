"""Twitch shutting ClipNet out: who is to be told of it, and that it is said once."""

from typing import Any

from bot.adapters.twitch.consent import PURPOSES
from tests.bot.adapters.twitch.stage import Stage
from tests.fakes.twitch import Channel

LINK = "https://example.org/talk.mp4"


async def troubles(stage: Stage) -> list[tuple[Any, ...]]:
    """What the worker is to tell: community, what, whose name, in the order in which it came up."""
    rows = await stage.ledger.conn.fetch(
        """
        select (payload->>'community_id')::bigint, payload->>'what', payload->>'channel'
        from jobs where kind = 'clipbot:trouble' order by id
        """
    )
    return [tuple(row) for row in rows]


async def told(stage: Stage, count: int = 1) -> list[tuple[Any, ...]]:
    """Wait for that many."""

    async def there() -> bool:
        return len(await troubles(stage)) >= count

    await stage.until(there)
    return await troubles(stage)


async def second(stage: Stage) -> tuple[Channel, int]:
    """Another channel, of another community, which the bot moderates."""
    other = stage.fake.add_channel("Other")
    other.moderators.add(stage.bot.id)
    community_id = await stage.ledger.value("insert into communities (name) values ('Others') returning id")
    await stage.ledger.conn.execute("insert into community_places values ('twitch', $1, $2)", other.id, community_id)
    return other, community_id


async def test_the_bots_lost_consent_is_told_to_each_community_once_also_after_a_restart(stage: Stage) -> None:
    _, others = await second(stage)
    async with stage.listening():
        await stage.fake.revoke(stage.bot)
        first = await told(stage, 2)
        await stage.until(lambda: stage.adapter.status.state == "waiting")
    async with stage.running():
        await stage.until(lambda: stage.bot.id in stage.adapter.keeper.troubles)
        await stage.until(lambda: "connect twitch --as bot" in stage.adapter.status.note)
    assert sorted(first) == [(stage.community_id, "bot", "ClipBot"), (others, "bot", "ClipBot")]
    assert await troubles(stage) == first


async def test_a_consent_that_is_lost_again_is_told_again(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.revoke(stage.bot)
        await told(stage)
        await stage.keep(stage.fake.issue_token(stage.bot, *PURPOSES["bot"].scopes))
        await stage.until(lambda: stage.adapter.status.note == "" and stage.adapter.status.state == "running")
        await stage.fake.revoke(stage.bot)
        assert len(await told(stage, 2)) == 2


async def test_a_consent_that_somebody_else_gives_anew_counts(stage: Stage) -> None:
    async with stage.listening():
        await stage.fake.revoke(stage.bot)
        await stage.until(lambda: stage.adapter.status.state == "waiting")
        stage.owner_id = await stage.ledger.value(
            "insert into users overriding system value values (0, 'Earlier') returning id"
        )
        await stage.keep(stage.fake.issue_token(stage.bot, *PURPOSES["bot"].scopes))
        await stage.until(lambda: stage.adapter.status.state == "running")


async def test_a_ban_of_the_bot_is_told_to_that_channels_community_alone(stage: Stage) -> None:
    await second(stage)
    async with stage.listening():
        await stage.fake.ban(stage.channel, stage.bot)
        first = await told(stage)
        await stage.until(lambda: "chat_user_banned" in stage.adapter.status.note)
    assert first == await troubles(stage) == [(stage.community_id, "banned", "Streamer")]


async def test_one_broadcaster_who_leaves_takes_no_other_channel_along(door: Stage) -> None:
    other, others = await second(door)
    await door.keep(door.fake.issue_token(other.user, "channel:bot"), "broadcaster")
    async with door.listening():
        await door.fake.subscribed("channel.chat.message", other)
        await door.fake.revoke(other.user)
        assert await told(door) == [(others, "broadcaster", "Other")]
        await door.fake.chat(door.fan, door.channel, f"!clip {LINK}")
        await door.fake.heard(door.channel)
        assert door.adapter.status.state == "running"
    assert door.bot.id not in door.adapter.keeper.troubles
    assert await door.jobs() == 1


async def test_more_channels_than_a_socket_carries_stop_nobody(stage: Stage) -> None:
    for number in range(100):
        channel = stage.fake.add_channel(f"Many{number}")
        await stage.ledger.conn.execute(
            "insert into community_places values ('twitch', $1, $2)", channel.id, stage.community_id
        )
    async with stage.running():
        await stage.until(lambda: "TWITCH_TRANSPORT=webhook" in stage.adapter.status.note)
        await stage.fake.chat(stage.fan, stage.channel, f"!clip {LINK}")
        await stage.fake.heard(stage.channel)
