"""The step on X: by keys or by signing in, and that one account serves one community."""

from pathlib import Path

import pytest

from bot.adapters.x import sign_in
from bot.context import Services
from clipnet.cli.setup import on_x
from clipnet.cli.setup.asking import NoAnswer, Written
from clipnet.cli.setup.desk import Desk
from clipnet.crypto import new_key
from clipnet.errors import Conflict
from db import communities
from db.pool import transaction
from tests.bot.rig import Ledger, api_settings, ledger, services
from tests.clipnet.cli.guided import Platforms, Sitting
from tests.clipnet.cli.test_setup import there
from tests.conftest import Database
from tests.fakes.x.world import User

__all__ = ["api_settings", "ledger", "services", "there"]
SIGN_IN = ["x.by = sign-in", "x.client_id = client-id", "x.client_secret = client-secret"]


class Person(Written):
    """Opens what the desk shows and pastes where X sends the browser; `says` is done with each address first."""

    def __init__(self, there: Platforms, who: User, sitting: Sitting, lines: list[str], *says: str) -> None:
        super().__init__(lines)
        self._there, self._who, self._sitting, self._says = there, who, sitting, list(says)

    async def ask(self, key: str, question: str, *, secret: bool = False) -> str:
        """See `Asking`."""
        if key != "x.address":
            return await super().ask(key, question, secret=secret)
        url = self._sitting.said.rsplit("open https://x.com", 1)[1].split()[0]
        ended = self._there.x.authorize(self._who, f"https://x.com{url}", deny=self._says[:1] == ["no"])
        match self._says.pop(0) if self._says else "":
            case "junk":
                return "what?"
            case "skip":
                return "skip"
        return ended


@pytest.fixture
def sitting(
    services: Services, there: Platforms, environ: dict[str, str], database: Database, tmp_path: Path
) -> Sitting:
    there.x.oauth2.redirect_uris = {sign_in.REDIRECT}
    api = environ | {"CLIPNET_ROLE": "api", "DATABASE_URL": database.url("api"), "TOKEN_KEYS": new_key("k1")}
    return Sitting(services, api | there.variables(), tmp_path)


async def _community(services: Services, name: str) -> int:
    async with transaction(services.queue.pool) as conn:
        return await communities.create(conn, name, [("discord", name)])


async def _desk(sitting: Sitting, services: Services, asking: list[str] | Written, *again: str) -> Desk:
    desk = await sitting.desk(asking, *again)
    if "community" not in desk.found:
        await desk.keep("invite", community=await _community(services, "Arena"))
    return desk


async def test_signing_in_is_led_through_and_what_goes_wrong_is_said(
    there: Platforms, sitting: Sitting, services: Services, ledger: Ledger
) -> None:
    bot = there.x.add_user("clipbot")
    person = Person(there, bot, sitting, SIGN_IN, "no", "junk")

    await on_x.account(await _desk(sitting, services, person))

    for sentence in ("The consent wasn't given.", "There is no code in that.", "✓ X knows the bot as @clipbot."):
        assert sentence in sitting.said
    assert sitting.said.count("open https://x.com/i/oauth2/authorize?") == 3
    assert "X_CLIENT_ID='client-id'" in sitting.kept
    assert await ledger.value("select account_id from oauth_tokens") == bot.id
    assert await ledger.value("select platform_place_id from community_places where platform = 'x'") == bot.id
    grant = there.x.oauth2.grants[-1]
    for secret in (grant.access, grant.refresh, "client-secret"):
        assert secret not in sitting.said
    assert grant.refresh not in sitting.kept


async def test_a_sign_in_that_holds_is_not_asked_for_again_and_a_lost_one_is(
    there: Platforms, sitting: Sitting, services: Services, ledger: Ledger
) -> None:
    bot, other = there.x.add_user("clipbot"), there.x.add_user("other")
    await on_x.account(await _desk(sitting, services, Person(there, bot, sitting, SIGN_IN)))
    await on_x.account(await _desk(sitting, services, []))
    await on_x.account(await _desk(sitting, services, ["x.keep = yes"], "x"))

    there.x.oauth2.grants.clear()
    with pytest.raises(NoAnswer) as missing:
        await on_x.account(await _desk(sitting, services, []))
    assert missing.value.key == "x.by"
    assert "X takes the sign-in of the bot's account no longer." in sitting.said
    await on_x.account(await _desk(sitting, services, Person(there, other, sitting, SIGN_IN)))
    assert await ledger.value("select string_agg(account_id, '') from oauth_tokens") == other.id


async def test_keys_that_would_go_before_a_sign_in_are_emptied(
    there: Platforms, sitting: Sitting, services: Services
) -> None:
    bot = there.x.add_user("clipbot")
    token, secret = there.x.oauth1.issue(bot)
    by_keys = ["x.by =", "x.consumer_key = consumer-key", "x.consumer_secret = consumer-secret"]
    await on_x.account(
        await _desk(sitting, services, [*by_keys, f"x.access_token = {token}", f"x.access_secret = {secret}"])
    )
    person = Person(there, bot, sitting, ["x.keep = no", *SIGN_IN])
    await on_x.account(await _desk(sitting, services, person, "x"))
    assert "X_ACCESS_TOKEN=''" in sitting.kept
    assert "X_CONSUMER_KEY='consumer-key'" in sitting.kept
    await on_x.account(await _desk(sitting, services, []))


async def test_an_account_serves_one_community(
    there: Platforms, sitting: Sitting, services: Services, ledger: Ledger
) -> None:
    bot = there.x.add_user("clipbot")
    await on_x.account(await _desk(sitting, services, Person(there, bot, sitting, SIGN_IN)))
    assert "in this community, and in no other" in sitting.said

    desk = await _desk(sitting, services, [])
    desk.found["community"] = await _community(services, "Other")
    with pytest.raises(Conflict) as refused:
        await on_x.account(desk)
    assert "@clipbot belongs to another community: Arena" in refused.value.sentence
    assert "One account of the bot serves one community" in refused.value.hint
    home = "select c.name from communities c join community_places p on p.community_id = c.id where p.platform = 'x'"
    assert await ledger.value(home) == "Arena"
