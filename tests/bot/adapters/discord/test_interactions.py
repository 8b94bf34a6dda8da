"""Commands, buttons, forms and completion on Discord: acknowledged at once, answered where they were asked."""

import asyncio

import pytest

from bot.adapters.discord.interactions import SUGGEST_S
from clipnet.settings import Settings
from tests.bot.adapters.discord.conftest import Scene, pruned
from tests.bot.rig import LINK, Ledger
from tests.fakes.discord import Upload
from tests.fakes.discord.handles import FIRST_RESPONSE
from tests.fakes.faults import Fault

JOBS = "select count(*) from jobs where kind = 'clip:process'"
CALLBACK = "POST /api/v10/interactions/{interaction}/{token}/callback"


async def test_a_slash_command_is_deferred_and_answered_in_its_place(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK, "length": "45"})
        message = await handle.says("On it")
        await scene.becomes(message.id, lambda: ledger.value("select handle from notices"))
    assert handle.callback == 5
    assert not message.ephemeral
    assert await ledger.value(JOBS) == 1
    options = await ledger.value("select options from requests")
    assert '"length_s": 45' in str(options)


async def test_it_is_acknowledged_while_the_database_hangs(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        async with ledger.conn.transaction():
            await ledger.conn.execute("lock table users, inbox, communities, community_places")
            handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
            assert await handle.acknowledged() == 5
            assert handle.real_latency_s is not None
            assert handle.real_latency_s < FIRST_RESPONSE.total_seconds()
            assert await ledger.value(JOBS) == 0
        await handle.says("On it")


async def test_an_attachment_is_clipped(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        video = Upload("talk.mp4", b"moov", "video/mp4")
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"file": video})
        await handle.says("On it")
    assert "/talk.mp4" in await ledger.value("select origin from sources")


async def test_clip_this_takes_the_video_of_a_message(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        linked = await scene.fake.say(scene.bob, scene.channel, f"look at {LINK}!")
        sent = await scene.fake.say(
            scene.bob, scene.channel, "or this", attachments=[Upload("v.mp4", b"m", "video/mp4")]
        )
        for message in (linked, sent):
            handle = await scene.fake.context_menu(scene.ann, scene.channel, "Clip this", message)
            await handle.says("On it")
    origins = [row["origin"] for row in await ledger.conn.fetch("select origin from sources order by id")]
    assert origins[0] == LINK
    assert origins[1].startswith(scene.fake.cdn_base)


async def test_an_error_is_for_the_one_who_asked_only(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": "ftp://example.org/x"})
        message = await handle.says("Only http and https")
    assert message.ephemeral
    assert scene.shown() == []
    assert await ledger.value(JOBS) == 0


async def test_a_private_command_is_private_from_the_start(scene: Scene) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "whisper", {"words": "hush"})
        assert (await handle.says("hush")).ephemeral
    assert handle.callback_data["flags"] == 64


async def test_a_limit_is_told_once_and_then_kept_silently(scene: Scene) -> None:
    async with scene.online():
        first = await scene.fake.slash(scene.ann, scene.channel, "once", {"words": "a"})
        await first.says("says: a")
        second, third = [await scene.fake.slash(scene.ann, scene.channel, "once", {"words": word}) for word in "bc"]
        told = await scene.fake.pulse.until(lambda: second.ephemeral or third.ephemeral)
        assert "too often" in told[0].text
        await scene.soon(lambda: all(h.original and h.original.deleted_at for h in (second, third)))
    assert len(second.ephemeral) + len(third.ephemeral) == 1


@pytest.mark.req("R-061", "negative")
async def test_an_event_that_comes_twice_is_one_job(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        scene.fake.gateway.duplicate()
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await handle.says("On it")
        last = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "over"})
        await last.says("over")
    assert await ledger.value(JOBS) == 1
    scene.fake.forgive()  # the second callback of the duplicate is what 40060 is for


async def test_an_acknowledgement_that_discord_took_and_denied_counts(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        scene.fake.faults.plan(CALLBACK, Fault.DENIED)
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await handle.says("On it")
    assert await ledger.value(JOBS) == 1
    assert [call.status for call in scene.fake.calls(CALLBACK)] == [503, 400]
    scene.fake.forgive()  # as the library asks again after a 503, 40060 is what the answer was


async def test_events_that_come_out_of_order_are_each_answered_in_their_place(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        scene.fake.gateway.swap()
        first = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": f"{LINK}?first"})
        second = await scene.fake.slash(scene.bob, scene.channel, "clip", {"source": f"{LINK}?second"})
        messages = [await handle.says("On it") for handle in (first, second)]
        await scene.becomes(2, lambda: ledger.value("select count(handle) from notices"))
    rows = await ledger.conn.fetch(
        "select s.origin, n.handle from notices n join requests r on r.id = n.request_id "
        "join sources s on s.id = r.source_id"
    )
    assert {(row["origin"], row["handle"]) for row in rows} == {
        (f"{LINK}?first", messages[0].id),
        (f"{LINK}?second", messages[1].id),
    }


async def test_too_late_is_too_late_and_nothing_is_done(scene: Scene, ledger: Ledger) -> None:
    async with scene.online() as adapter:
        scene.fake.faults.plan(CALLBACK, Fault.SLOW, after_s=4)
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await scene.soon(lambda: scene.fake.calls(CALLBACK))
        scene.clock.advance(4)
        other = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "next"})
        await other.says("next")
        assert adapter.status.state == "running"
    assert handle.callback is None
    assert await ledger.value(JOBS) == 0


async def test_completion_offers_at_most_25_of_a_length_that_discord_takes(scene: Scene) -> None:
    async with scene.online():
        offered = await scene.fake.autocomplete(scene.ann, scene.channel, "pick", {"one": "ab"}, "one")
        again = await scene.fake.autocomplete(scene.ann, scene.channel, "pick", {"one": "ab"}, "one")
    assert [one["value"] for one in offered] == [f"ab{number}" for number in range(25)]
    assert again == offered


async def test_completion_gives_up_before_discord_does(scene: Scene, ledger: Ledger) -> None:
    async with scene.online(), ledger.conn.transaction():
        await ledger.conn.execute("lock table users, communities, community_places")
        async with asyncio.timeout(5 * SUGGEST_S):
            assert await scene.fake.autocomplete(scene.ann, scene.channel, "pick", {"one": "z"}, "one") == []
    assert FIRST_RESPONSE.total_seconds() > SUGGEST_S


async def test_buttons_of_an_earlier_process_work_and_the_long_ones_too(scene: Scene) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "pick", {"one": "7K3QX9"})
        message = await handle.says("This is")
    async with scene.online():
        pressed = await scene.fake.press(scene.bob, message, "Long")
        said = await pressed.says("w" * 150)
    assert pressed.callback == 6
    assert said.ephemeral


async def test_a_button_that_says_nothing_to_us_any_more_is_answered(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "pick", {"one": "7K3QX9"})
        message = await handle.says("This is")
        await ledger.conn.execute("delete from cursors where name like 'discord:button:%'")
        pressed = await scene.fake.press(scene.bob, message, "Long")
        assert (await pressed.says("too old")).ephemeral


async def test_what_stands_behind_a_button_goes_some_months_after_it_was_shown_last(
    scene: Scene, settings: Settings, ledger: Ledger
) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "pick", {"one": "7K3QX9"})
        message = await handle.says("This is")
        await ledger.conn.execute("insert into cursors (name, value) values ('x:mentions', '7')")
        await ledger.conn.execute("update cursors set updated_at = now() - interval '91 days'")
        await (await scene.fake.slash(scene.ann, scene.channel, "pick", {"one": "7K3QX9"})).says("This is")
        assert (await pruned(settings)).buttons == 0
        await (await scene.fake.press(scene.bob, message, "Long")).says("w" * 150)

        await ledger.conn.execute("update cursors set updated_at = now() - interval '91 days'")
        assert (await pruned(settings)).buttons == 1
        assert (await (await scene.fake.press(scene.bob, message, "Long")).says("too old")).ephemeral
        assert await ledger.value("select value from cursors where name = 'x:mentions'") == "7"


async def test_a_button_asks_by_a_form_filled_in_with_what_is_there(scene: Scene) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "pick", {"one": "7K3QX9"})
        message = await handle.says("This is")
        opened = await scene.fake.press(scene.ann, message, "Rename")
        assert await opened.acknowledged() == 9
        assert opened.modal is not None
        assert "as it was" in str(opened.modal)
        sent = await scene.fake.submit_modal(scene.ann, opened, {"Words": "another name"})
        said = await sent.says("another name")
    assert said.ephemeral
    assert scene.shown() == [message.text]


async def test_only_the_one_who_was_asked_can_confirm(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await handle.says("On it")
        clip = await ledger.clip(await ledger.value("select public_id from requests"))
        asked = await scene.fake.slash(scene.ann, scene.channel, "delete", {"id": clip})
        question = await asked.says("Confirm within")
        assert question.ephemeral
        with pytest.raises(ValueError, match="doesn't see"):
            await scene.fake.press(scene.bob, question, "Confirm")
        pressed = await scene.fake.press(scene.ann, question, "Confirm")
        await scene.soon(lambda: question.buttons() == [] or pressed.failed)
    assert await ledger.value("select state from clips") == "deleted"


async def test_an_answer_past_the_tokens_life_is_a_message_of_the_bots_own(scene: Scene, ledger: Ledger) -> None:
    async with scene.online():
        async with ledger.conn.transaction():
            await ledger.conn.execute("lock table inbox")
            handle = await scene.fake.slash(scene.ann, scene.channel, "echo", {"words": "late"})
            await handle.acknowledged()
            scene.clock.advance(16 * 60)
        await scene.soon(lambda: any("late" in text for text in scene.shown()))
    assert all("late" not in message.text for message in handle.messages)


async def test_an_unknown_option_of_an_old_payload_is_answered_not_dropped(scene: Scene) -> None:
    async with scene.online():
        handle = await scene.fake.slash(scene.ann, scene.channel, "shape", {"words": "round"})
        await handle.says("round")
