"""While the worker encodes and events pour in, nothing that was asked is lost and the api's memory stays."""

import random

import pytest

from bench.discord_ack import MB, encoding, pressed
from tests.e2e.platforms import Town
from tests.e2e.samples import Samples
from tests.e2e.site import Site

pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize("more", [{"TWITCH_TRANSPORT": "webhook", "ADAPTERS": "discord,twitch"}], ids=["hooks"])
async def test_every_request_under_load_is_one_job(town: Town, samples: Samples, site: Site) -> None:
    await town.open("discord", "twitch")
    town.discord.limits.off()
    await pressed(town, 1.0, dice=random.Random(1), load=False)
    await encoding(town, site, samples, length_s=20.0)

    found = await pressed(town, 4.0, dice=random.Random(2))

    assert found.unanswered == 0
    assert len(found.latencies) == 40
    assert set(found.statuses) == {204, 403}
    assert found.jobs == found.expected > 60
    assert await town.value("select count(*) from deliveries where given_up_at is not null") == 0
    assert found.grown < 50 * MB
