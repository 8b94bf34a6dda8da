"""What is learned from X's answers and errors, with both kinds of credentials, by the real tweepy."""

from datetime import UTC, datetime

import pytest

from bot.adapters.x.limits import Limits
from clipnet.clock import ManualClock
from clipnet.errors import Conflict, NotAllowed, NotFound, Unavailable
from tests.bot.adapters.x.conftest import Scene
from tests.fakes.faults import Fault

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


async def test_an_app_without_credits_takes_whoever_pays(scene: Scene) -> None:
    scene.fake.credits = False
    with pytest.raises(Unavailable, match="no credits left") as caught:
        await scene.poller.poll()
    assert caught.value.retry_after_s == 900
    scene.fake.credits = True
    await scene.poller.poll()


def test_a_429_that_says_nothing_rests_its_route_alone() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    limits = Limits(clock)
    limits.learn(MENTIONS, 429, {})
    with pytest.raises(Unavailable) as caught:
        limits.check(MENTIONS)
    assert 55 < (caught.value.retry_after_s or 0) <= 60
    limits.check("POST /2/tweets")
    clock.advance(60)
    limits.check(MENTIONS)
    limits.learn(MENTIONS, 200, {"x-rate-limit-limit": "many", "x-rate-limit-remaining": "", "x-rate-limit-reset": "1"})
    limits.check(MENTIONS)


async def test_a_day_s_cap_is_respected_and_shown(scene: Scene) -> None:
    scene.fake.limits.by_route["POST /2/tweets"].app_daily = 1
    await scene.x.post("once")
    assert "0 of 1 for the next" in scene.listener.limits.shown()["posts today"]
    for words in ("twice", "thrice"):
        with pytest.raises(Unavailable) as caught:
            await scene.x.post(words)
        assert (caught.value.retry_after_s or 0) > 23 * 3600
    assert len(scene.fake.calls("POST /2/tweets")) == 1
