"""Tokens of Twitch: sealed, refreshed by one process at a time, and what happens when one is lost."""

import asyncio
from pathlib import Path

import pytest
import twitchio

from bot.adapters.twitch.client import logged_in
from bot.adapters.twitch.consent import PURPOSES
from bot.adapters.twitch.keeping import Keeper, Pair
from clipnet.clock import SystemClock
from clipnet.crypto import new_key, read_key_ring
from clipnet.errors import Misconfigured
from tests.bot.adapters.twitch.stage import Stage
from tests.fakes.faults import Fault

SCOPES = tuple(PURPOSES["bot"].scopes)


async def test_a_token_near_its_end_is_refreshed_and_stored(stage: Stage) -> None:
    old = stage.fake.issue_token(stage.bot, *SCOPES, expires_in_s=1800)
    await stage.keep(old)
    async with stage.listening():
        kept = await stage.kept(stage.bot)
    assert kept.refresh not in (None, old.refresh)
    assert stage.fake.tokens.find(kept.access) is not None
    assert kept.revision == 3


async def test_two_processes_refresh_a_token_once(stage: Stage) -> None:
    old = stage.fake.issue_token(stage.bot, *SCOPES, expires_in_s=1800)
    await stage.keep(old)
    keepers = [Keeper(stage.services.queue.pool, stage.ring, SystemClock(), bot_id=stage.bot.id) for _ in range(2)]
    for keeper in keepers:
        await keeper.load()
    asked: list[str] = []

    async def ask(refresh: str) -> Pair:
        asked.append(refresh)
        await asyncio.sleep(0.05)
        renewed = stage.fake.tokens.renew(refresh)
        assert renewed is not None
        return Pair(renewed.access, renewed.refresh, renewed.scopes, 14_000)

    first, second = await asyncio.gather(*(keeper.refreshed(old.refresh, ask) for keeper in keepers))
    assert asked == [old.refresh]
    assert first["access_token"] == second["access_token"] == (await stage.kept(stage.bot)).access


async def test_a_token_that_expires_mid_flight_is_refreshed_and_stored(stage: Stage) -> None:
    async with stage.listening():
        before = await stage.kept(stage.bot)
        held = stage.fake.tokens.find(before.access)
        assert held is not None
        held.expires_at = stage.fake.now()
        await stage.fake.chat(stage.fan, stage.channel, "!clip")
        said = await stage.fake.heard(stage.channel)
    after = await stage.kept(stage.bot)
    assert "clips.twitch.tv" in said[0].text
    assert after.refresh != before.refresh


async def test_a_refresh_whose_answer_is_lost_asks_for_a_new_consent_and_ends_nothing(stage: Stage) -> None:
    await stage.keep(stage.fake.issue_token(stage.bot, *SCOPES, expires_in_s=1800))
    stage.fake.faults.plan("POST /id/oauth2/token", Fault.SLOW, after_s=0.0)  # the application's own token
    stage.fake.faults.plan("POST /id/oauth2/token", Fault.LOST)
    async with stage.running() as task:
        await stage.until(lambda: stage.bot.id in stage.adapter.keeper.troubles)
        await stage.until(lambda: stage.adapter.status.state == "waiting")
        assert "connect twitch --as bot" in stage.adapter.status.note
        asked = len([call for call in stage.fake.calls("POST /id/oauth2/token") if call.query.get("refresh_token")])
        await asyncio.sleep(0.3)
        again = len([call for call in stage.fake.calls("POST /id/oauth2/token") if call.query.get("refresh_token")])
        assert again == asked
        assert not task.done()
        await stage.keep(stage.fake.issue_token(stage.bot, *SCOPES))
        await stage.fake.subscribed("channel.chat.message", stage.channel)
        await stage.until(lambda: stage.adapter.status.note == "")


async def test_without_the_bots_consent_it_waits_for_it(stage: Stage) -> None:
    await stage.ledger.conn.execute("delete from oauth_tokens")
    async with stage.running():
        await stage.until(lambda: stage.adapter.status.state == "waiting")
        assert "has not consented" in stage.adapter.status.note
        await stage.keep(stage.fake.issue_token(stage.bot, *SCOPES))
        await stage.fake.subscribed("channel.chat.message", stage.channel)
    assert stage.fake.bus.subscriptions


async def test_an_application_token_that_is_born_dead_is_a_wrong_setting(stage: Stage) -> None:
    """The library alone would ask for another one until it runs out of stack."""
    stage.fake.tokens.app_s = 0
    with pytest.raises(Misconfigured):
        await stage.adapter.run()
    assert len(stage.fake.calls("POST /id/oauth2/token")) <= 3


async def test_an_application_token_that_dies_for_good_while_speaking_is_said_to(stage: Stage) -> None:
    async with logged_in(stage.services.settings.twitch) as client:
        stage.fake.tokens.app_s = 0
        for token in stage.fake.tokens.all:
            token.revoked = token.user is None
        with pytest.raises(twitchio.HTTPException) as refused:
            await client.create_partialuser(stage.channel.id).send_message("hello", sender=stage.bot.id)
    assert refused.value.status == 403


async def test_a_wrong_secret_is_a_wrong_setting(stage: Stage) -> None:
    stage.fake.client_secret = "another"
    with pytest.raises(Misconfigured):
        await stage.adapter.run()


async def test_tokens_can_not_be_read_from_the_database(stage: Stage) -> None:
    token = stage.fake.issue_token(stage.bot, *SCOPES)
    await stage.keep(token)
    row = str(dict(await stage.ledger.conn.fetchrow("select * from oauth_tokens")))  # type: ignore[arg-type]
    assert token.access not in row
    assert token.refresh not in row


async def test_a_key_ring_without_the_key_is_a_wrong_setting(stage: Stage) -> None:
    other = Keeper(stage.services.queue.pool, read_key_ring(new_key("k2")), SystemClock(), bot_id=stage.bot.id)
    with pytest.raises(Misconfigured):
        await other.load()


async def test_a_token_of_another_account_is_not_used(stage: Stage) -> None:
    await stage.ledger.conn.execute("delete from oauth_tokens")
    stolen = stage.fake.issue_token(stage.fan, *SCOPES)
    stolen.user, whose = stage.bot, stolen.user
    await stage.keep(stolen)
    stolen.user = whose
    async with stage.running():
        await stage.until(lambda: stage.bot.id in stage.adapter.keeper.troubles)
    assert stage.fake.bus.subscriptions == []


async def test_a_pair_that_the_ledger_lost_on_its_way_is_kept_when_it_is_back(stage: Stage) -> None:
    """The old refresh token is used up by then: without the new one the account would have to consent anew."""
    old = stage.fake.issue_token(stage.bot, *SCOPES, expires_in_s=1800)
    await stage.keep(old)
    keeper = Keeper(stage.services.queue.pool, stage.ring, SystemClock(), bot_id=stage.bot.id)
    await keeper.load()

    async def ask(refresh: str) -> Pair:
        renewed = stage.fake.tokens.renew(refresh)
        assert renewed is not None
        await stage.ledger.conn.execute(
            "select pg_terminate_backend(pid) from pg_locks where relation = 'oauth_tokens'::regclass and granted"
        )
        return Pair(renewed.access, renewed.refresh, renewed.scopes, 14_000)

    used = await keeper.refreshed(old.refresh, ask)
    assert (await stage.kept(stage.bot)).refresh == old.refresh
    loaded = await keeper.load()
    assert loaded[stage.bot.id].access == (await stage.kept(stage.bot)).access == used["access_token"]


async def test_no_token_lies_in_a_file(stage: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The library alone keeps `.tio.tokens.json` beside whatever runs."""
    monkeypatch.chdir(tmp_path)
    async with stage.listening():
        pass
    assert await asyncio.to_thread(lambda: [*tmp_path.iterdir()]) == []
