"""A token of OAuth 2: kept sealed, renewed once by all who want it, and never lost by what we do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from bot.adapters.x import keys, webhook
from bot.adapters.x.client import X, connected
from bot.adapters.x.keys import Kept, NotConnected
from bot.adapters.x.limits import Limits
from bot.adapters.x.speaker import XSpeaker
from bot.context import Services
from bot.speaker import Telling
from bot.vocabulary import Media, Place, Reply
from clipnet.crypto import read_key_ring
from clipnet.errors import ClipNetError, Misconfigured, NotAllowed, Unavailable
from clipnet.settings import Settings
from db import tokens
from db.pool import DATABASE_ERRORS, open_pool
from db.tokens import Token, TokenKey
from tests.bot.adapters.x.signed_in import key, variables
from tests.bot.adapters.x.videos import video
from tests.bot.rig import Ledger
from tests.fakes.faults import Fault
from tests.fakes.server import PATIENCE_S
from tests.fakes.x.clients import Stage

__all__ = ["key", "variables"]
TOKEN = "POST /2/oauth2/token"


@pytest.fixture
async def clients(x: Stage, api_settings: Settings, key: TokenKey) -> AsyncIterator[list[X]]:
    """Two processes with the same token, each with connections of its own."""
    assert key.provider == "x"
    async with AsyncExitStack() as stack:
        found: list[X] = []
        for _ in range(2):
            pool = await open_pool(api_settings.database.url, env="test", max_size=2)
            stack.push_async_callback(pool.close)
            kept = await keys.find(api_settings, pool, x.clock)
            assert isinstance(kept, Kept)
            found.append(await stack.enter_async_context(connected(api_settings.x, kept, Limits(x.clock), x.clock)))
        yield found


async def _held(settings: Settings, services: Services, key: TokenKey) -> Token:
    found = await tokens.get(services.queue.pool, read_key_ring(settings.adapters.token_keys or ""), key)
    assert found is not None
    return found


async def _asked(x: Stage, times: int = 1) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while len(x.fake.calls(TOKEN)) < times:  # noqa: ASYNC110 - the fake has no event
            await asyncio.sleep(0.01)


async def test_it_reads_and_posts(x: Stage, clients: list[X]) -> None:
    mention = x.fake.mention(x.ann, x.bot, "clip")
    assert (await clients[0].me()).username == "clipnet"
    assert len((await clients[0].mentions(x.bot.id, since_id="1"))["data"]) == 1
    await clients[0].post("done", answers=mention.id)
    assert [post.typed for post in x.fake.replies_to(mention)] == ["done"]


async def test_all_that_is_asked_of_x_can_be_asked_so(
    x: Stage, clients: list[X], services: Services, tmp_path: Path
) -> None:
    """Media, posts, looking for them, deleting; the webhook's subscription too."""
    x.fake.uploads.processing_s = 0
    client = clients[0]
    speaker = XSpeaker(client, services.queue.pool, 10)
    mention = x.fake.mention(x.ann, x.bot, "clip")
    place = Place("x", mention.id, extra={"post": mention.id}, within=x.bot.id)
    file = await asyncio.to_thread(video, tmp_path / "clip.mp4")
    telling = Telling(Reply("Done.", (), (Media("video", "key", "7K3QX9"),)), "n1-0", files={"key": file})

    spoken = await speaker.say(place, telling)

    (answer,) = x.fake.replies_to(mention)
    assert len(answer.media) == 1
    assert await speaker.find(place, "n1-0") == spoken
    assert await client.missing([mention.id, "12"]) == {"12"}
    assert len((await client.posts([mention.id]))["data"]) == 1
    assert await speaker.delete(spoken)
    with pytest.raises(ClipNetError):
        await webhook.register(client, "http://nowhere.example/hooks/x")
    assert "is not https" in x.fake.violations.pop()
    signed = {call.headers.get("Authorization", "").partition(" ")[0].lower() for call in x.fake.journal}
    assert "oauth" not in signed


async def test_it_is_renewed_once_by_all_who_want_it(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey, ledger: Ledger
) -> None:
    x.clock.advance(7200)
    await asyncio.gather(*(client.me() for client in clients for _ in range(2)))

    assert len(x.fake.calls(TOKEN)) == 1
    assert x.fake.oauth2.reused == []
    held = await _held(api_settings, services, key)
    assert (held.access, held.refresh, held.revision) == (x.grant.access, x.grant.refresh, 2)
    row = await ledger.value("select t::text || encode(ciphertext, 'escape') from oauth_tokens t")
    assert x.grant.access not in row
    assert str(x.grant.refresh) not in row


async def test_one_that_x_refuses_is_renewed(x: Stage, clients: list[X]) -> None:
    x.grant.expires_at = x.clock.now()
    assert (await clients[0].me()).username == "clipnet"
    assert len(x.fake.calls(TOKEN)) == 1


async def test_x_may_take_its_time_while_the_others_wait(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey, ledger: Ledger
) -> None:
    """No transaction is open meanwhile, which the database would end."""
    x.clock.advance(7200)
    x.fake.faults.plan(TOKEN, Fault.SLOW, after_s=5)
    asking = asyncio.gather(*(client.me() for client in clients))
    await _asked(x)
    holder = "select pid from pg_locks where locktype = 'advisory' and granted"
    assert await ledger.value(f"select count(*) from ({holder}) h") == 1
    open_ones = f"select count(*) from pg_locks where locktype = 'virtualxid' and pid in ({holder})"
    assert await ledger.value(open_ones) == 0
    x.clock.advance(5)
    await asking
    assert len(x.fake.calls(TOKEN)) == 1
    assert (await _held(api_settings, services, key)).refresh == x.grant.refresh


async def test_what_x_gave_is_kept_though_the_asker_is_cancelled(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey
) -> None:
    x.clock.advance(7200)
    x.fake.faults.plan(TOKEN, Fault.SLOW, after_s=5)
    asking = asyncio.create_task(clients[0].me())
    await _asked(x)
    for _ in range(3):
        asking.cancel()
        await asyncio.sleep(0)
    x.clock.advance(5)
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert (await _held(api_settings, services, key)).refresh == x.grant.refresh
    assert (await clients[1].me()).username == "clipnet"
    assert len(x.fake.calls(TOKEN)) == 1


async def test_what_the_ledger_does_not_take_is_held_until_it_does(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey, ledger: Ledger
) -> None:
    x.clock.advance(7200)
    x.fake.faults.plan(TOKEN, Fault.SLOW, after_s=5)
    asking = asyncio.create_task(clients[0].me())
    await _asked(x)
    await ledger.conn.execute("alter table oauth_tokens rename to elsewhere")
    x.clock.advance(5)
    with pytest.raises(DATABASE_ERRORS):
        await asking
    await ledger.conn.execute("alter table elsewhere rename to oauth_tokens")

    assert (await clients[0].me()).username == "clipnet"
    assert len(x.fake.calls(TOKEN)) == 1
    assert (await _held(api_settings, services, key)).refresh == x.grant.refresh


async def test_a_refused_one_asks_for_a_person_and_not_x_again(x: Stage, clients: list[X]) -> None:
    x.fake.oauth2.grants.clear()
    for _ in range(3):
        with pytest.raises(NotConnected) as refused:
            await clients[0].me()
        assert "clipnet setup --again x" in refused.value.hint
    assert len(x.fake.calls(TOKEN)) == 1


async def test_an_answer_that_was_lost_has_spent_it(x: Stage, clients: list[X]) -> None:
    """What nobody can prevent: X has renewed, and nobody heard of it."""
    x.clock.advance(7200)
    x.fake.faults.plan(TOKEN, Fault.LOST)
    with pytest.raises(Unavailable):
        await clients[0].me()
    for client in clients:
        with pytest.raises(NotConnected):
            await client.me()


async def test_a_wrong_client_secret_spends_nothing(x: Stage, clients: list[X]) -> None:
    x.clock.advance(7200)
    x.fake.oauth2.client_secret = "another"
    with pytest.raises(NotAllowed) as refused:
        await clients[0].me()
    assert not isinstance(refused.value, NotConnected)
    assert "Basic" in x.fake.violations.pop()
    x.fake.oauth2.client_secret = "client-secret"
    assert (await clients[0].me()).username == "clipnet"


async def test_who_signs_in_again_is_taken_up_by_all(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey
) -> None:
    x.fake.oauth2.grants.clear()
    for client in clients:
        with pytest.raises(NotConnected):
            await client.me()
    fresh = x.fake.user_token(x.bot)
    ring = read_key_ring(api_settings.adapters.token_keys or "")
    async with services.queue.pool.acquire() as conn:
        await tokens.put(
            conn,
            ring,
            key,
            access=fresh.access,
            refresh=fresh.refresh,
            scopes=keys.SCOPES,
            expires_at=x.clock.now() + timedelta(hours=2),
        )
    for client in clients:
        assert (await client.me()).username == "clipnet"
    assert len(x.fake.calls(TOKEN)) == 2


async def test_a_sign_in_during_a_renewal_is_what_counts(
    x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey
) -> None:
    x.clock.advance(7200)
    x.fake.faults.plan(TOKEN, Fault.SLOW, after_s=5)
    asking = asyncio.create_task(clients[0].me())
    await _asked(x)
    fresh = x.fake.user_token(x.bot)
    async with services.queue.pool.acquire() as conn:
        ring = read_key_ring(api_settings.adapters.token_keys or "")
        ends = x.clock.now() + timedelta(hours=2)
        await tokens.put(
            conn, ring, key, access=fresh.access, refresh=fresh.refresh, scopes=keys.SCOPES, expires_at=ends
        )
    x.clock.advance(5)
    await asking
    assert (await _held(api_settings, services, key)).refresh == fresh.refresh
    assert x.fake.journal[-1].headers["Authorization"] == f"Bearer {fresh.access}"


async def test_without_an_account_there_is_nothing_to_run(services: Services, api_settings: Settings, x: Stage) -> None:
    with pytest.raises(Misconfigured):
        await keys.find(api_settings, services.queue.pool, x.clock)
