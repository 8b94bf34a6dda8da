"""What is learned from X's answers and errors, with both kinds of credentials, by the real tweepy."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest

from bot.adapters.x import keys
from bot.adapters.x.client import X, connected
from bot.adapters.x.keys import Kept
from bot.adapters.x.limits import Limits
from bot.context import Services
from clipnet.crypto import new_key, read_key_ring
from clipnet.errors import Conflict, Misconfigured, NotAllowed, NotFound, Unavailable
from clipnet.settings import Settings
from db import tokens, users
from db.tokens import TokenKey
from tests.bot.adapters.x.conftest import Scene
from tests.bot.rig import Ledger
from tests.fakes.faults import Fault
from tests.fakes.x.clients import Stage

MENTIONS = "GET /2/users/{id}/mentions"


async def test_a_window_that_is_used_up_is_not_asked_again_before_its_end(scene: Scene) -> None:
    scene.stage.clock.advance(901)
    scene.fake.limits.by_route[MENTIONS].user = 1
    await scene.poller.poll()

    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await scene.poller.poll()
        assert 890 < (caught.value.retry_after_s or 0) <= 901

    assert len(scene.fake.calls(MENTIONS)) == 2
    scene.stage.clock.advance(901)
    await scene.poller.poll()


async def test_a_429_is_waited_out(scene: Scene) -> None:
    scene.fake.faults.plan(MENTIONS, Fault.TOO_MANY, after_s=30)

    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            await scene.poller.poll()
        assert 20 < (caught.value.retry_after_s or 0) <= 31

    assert len(scene.fake.calls(MENTIONS)) == 2
    scene.stage.clock.advance(31)
    await scene.poller.poll()


async def test_limits_are_shown_and_set_the_pace(scene: Scene) -> None:
    limits = scene.listener.limits
    assert "of 300 for the next" in limits.shown()["looks for mentions"]
    assert 0 < limits.pace_s(MENTIONS) < 5


async def test_a_page_of_html_is_x_being_away(scene: Scene) -> None:
    scene.fake.faults.plan(MENTIONS, Fault.HTML_503)
    with pytest.raises(Unavailable):
        await scene.poller.poll()


@pytest.mark.parametrize("fault", [Fault.DROP, Fault.SERVER_ERROR])
async def test_no_answer_is_x_being_away(scene: Scene, fault: Fault) -> None:
    scene.fake.faults.plan(MENTIONS, fault, times=2)
    with pytest.raises(Unavailable):
        await scene.poller.poll()


async def test_refusals_are_told_apart(scene: Scene) -> None:
    mention = scene.ask("clip")
    await scene.x.post("once")
    with pytest.raises(Conflict):
        await scene.x.post("once")
    scene.fake.delete_post(mention)
    with pytest.raises(NotFound):
        await scene.x.post("late", answers=mention.id)
    with pytest.raises(NotFound):
        await scene.x.delete("1")


async def test_keys_that_x_refuses_are_no_matter_of_patience(scene: Scene) -> None:
    scene.fake.suspend(scene.stage.bot)
    with pytest.raises(NotAllowed):
        await scene.x.me()


class TestKept:
    """A token of OAuth 2, kept sealed."""

    @pytest.fixture
    def variables(self, variables: dict[str, str]) -> dict[str, str]:
        left = {name: value for name, value in variables.items() if not name.startswith("X_ACCESS")}
        return left | {"X_CLIENT_ID": "client-id", "X_CLIENT_SECRET": "client-secret", "TOKEN_KEYS": new_key("k1")}

    @pytest.fixture
    async def key(self, x: Stage, services: Services, api_settings: Settings) -> TokenKey:
        ring = read_key_ring(api_settings.adapters.token_keys or "")
        async with services.queue.pool.acquire() as conn, conn.transaction():
            user = await users.of_identity(conn, "x", x.bot.id, "clipnet")
            found = TokenKey(user.id, keys.PROVIDER, keys.PURPOSE, x.bot.id)
            await tokens.put(
                conn,
                ring,
                found,
                access=x.grant.access,
                refresh=x.grant.refresh,
                scopes=keys.SCOPES,
                expires_at=x.clock.now() + timedelta(hours=2),
            )
        return found

    @pytest.fixture
    async def clients(
        self, x: Stage, services: Services, api_settings: Settings, key: TokenKey
    ) -> AsyncIterator[list[X]]:
        """Two processes with the same token."""
        assert key.provider == "x"
        async with AsyncExitStack() as stack:
            found: list[X] = []
            for _ in range(2):
                kept = await keys.find(api_settings, services.queue.pool, x.clock)
                assert isinstance(kept, Kept)
                found.append(await stack.enter_async_context(connected(api_settings.x, kept, Limits(x.clock), x.clock)))
            yield found

    async def test_it_reads_and_posts(self, x: Stage, clients: list[X]) -> None:
        mention = x.fake.mention(x.ann, x.bot, "clip")
        assert (await clients[0].me()).username == "clipnet"
        assert len((await clients[0].mentions(x.bot.id, since_id="1"))["data"]) == 1
        await clients[0].post("done", answers=mention.id)
        assert [post.typed for post in x.fake.replies_to(mention)] == ["done"]

    async def test_it_is_renewed_once_by_all_who_want_it(
        self, x: Stage, clients: list[X], services: Services, api_settings: Settings, key: TokenKey, ledger: Ledger
    ) -> None:
        x.clock.advance(7200)
        await asyncio.gather(*(client.me() for client in clients for _ in range(2)))

        assert len(x.fake.calls("POST /2/oauth2/token")) == 1
        assert x.fake.oauth2.reused == []
        ring = read_key_ring(api_settings.adapters.token_keys or "")
        held = await tokens.get(services.queue.pool, ring, key)
        assert held is not None
        assert (held.access, held.refresh, held.revision) == (x.grant.access, x.grant.refresh, 2)
        row = await ledger.value("select t::text || encode(ciphertext, 'escape') from oauth_tokens t")
        assert x.grant.access not in row
        assert str(x.grant.refresh) not in row

    async def test_one_that_x_refuses_is_renewed(self, x: Stage, clients: list[X]) -> None:
        x.grant.expires_at = x.clock.now()
        assert (await clients[0].me()).username == "clipnet"
        assert len(x.fake.calls("POST /2/oauth2/token")) == 1

    async def test_one_that_was_taken_back_is_no_matter_of_patience(self, x: Stage, clients: list[X]) -> None:
        x.fake.oauth2.grants.clear()
        with pytest.raises(NotAllowed):
            await clients[0].me()

    async def test_without_an_account_there_is_nothing_to_run(
        self, services: Services, api_settings: Settings, x: Stage
    ) -> None:
        with pytest.raises(Misconfigured):
            await keys.find(api_settings, services.queue.pool, x.clock)
