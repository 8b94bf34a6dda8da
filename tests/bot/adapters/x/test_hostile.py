"""What X says, in another shape than it has: left out or refused in words of ours, no job, and the rest is heard."""

import json
import random

import pytest

from bot.adapters.x import mentions
from bot.adapters.x.webhook import SIGNATURE, XHook, signature
from bot.hooks import Knock
from clipnet.errors import BadInput, ClipNetError
from tests.bot.adapters.x.conftest import Scene
from tests.bot.hostile import listened, spoilt
from tests.fakes.x.events import account_activity, activity

SECRET = "consumer-secret"


async def test_a_mention_that_is_not_what_it_should_be_holds_up_no_other_one(scene: Scene) -> None:
    me = scene.listener.connected().me
    scene.ask("clip that https://nowhere", video=False)
    scene.ask("show 000000")
    page = await scene.x.mentions(me.id, since_id="1")
    assert len(page["data"]) == 2
    heard, logged = [], list[str]()
    async with listened(logged):
        for _, body in spoilt(page, random.Random(5), most=100):
            found = list(mentions.read(body, me))
            heard.append(len(found))
            for mention in found:
                try:
                    await scene.listener.hear(mention)
                except ClipNetError:
                    continue
    assert heard.count(1) > 10
    assert set(heard) == {0, 1, 2}
    assert await scene.jobs() == 0
    assert not any(SECRET in line or "access-token" in line for line in logged)
    scene.ask("clip")
    assert await scene.poller.poll() == 3
    assert await scene.jobs() == 1
    scene.fake.forgive()


@pytest.mark.parametrize("shape", ["classic", "activity"])
async def test_an_event_that_is_not_what_it_should_be_is_no_work(scene: Scene, shape: str) -> None:
    world, post = scene.fake.world, scene.ask("clip that https://nowhere", video=False)
    event = (
        account_activity(post, scene.stage.bot, world, scene.fake.url)
        if shape == "classic"
        else activity(post, scene.stage.bot, "post.mention.create", None, world, scene.fake.url)
    )
    hook, declared = XHook(scene.listener, SECRET), []
    for _, body in spoilt(event, random.Random(6), most=60):
        raw = json.dumps(body).encode()
        try:
            answer = hook.open(Knock("POST", {SIGNATURE: signature(SECRET, raw)}, {}, raw))
            if answer.delivery is not None:
                await hook.handle(answer.delivery)
        except ClipNetError as error:
            declared.append(type(error))
    assert BadInput in declared
    assert await scene.jobs() == 0
