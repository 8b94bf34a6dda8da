"""An interaction's token reaches its message for 15 minutes: then it is forgotten, and nobody is ever shown it."""

import json

from bot.adapters.discord.speaker import DiscordSpeaker
from bot.context import Services
from bot.places import place_of
from bot.senders.desk import packed
from bot.speaker import Spoken, Telling
from bot.vocabulary import Place, Reply
from clipnet.settings import Settings
from db import copies, notices
from tests.bot.adapters.discord.conftest import Scene, pruned
from tests.bot.rig import LINK, Ledger

PLACES = ("requests", "notices", "request_askers", "copies")


async def ends(ledger: Ledger, in_s: float) -> None:
    """Let the tokens end so long from now."""
    for table in PLACES:
        await ledger.conn.execute(
            f"""
            update {table} set place = jsonb_set(place, '{{extra,until}}',
              to_jsonb(floor(extract(epoch from now()) + $1::float8)::text))
            """,
            in_s,
        )


async def test_what_ends_with_an_interaction_goes_and_the_message_can_still_be_changed(
    scene: Scene, settings: Settings, services: Services, ledger: Ledger
) -> None:
    async with scene.online() as adapter:
        handle = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        message = await handle.says("On it")
        await scene.becomes(message.id, lambda: ledger.value("select handle from notices"))
        place = (await notice(services, ledger)).place
        clip = await ledger.clip(await ledger.value("select public_id from requests"))
        clip_id = await ledger.value("select id from clips where public_id = $1", clip)
        remote_id = packed(Spoken(message.id, place_of(place)))
        async with services.queue.pool.acquire() as conn:
            await copies.put(conn, clip_id, "answer", place=place, remote_id=message.id, url=None)
            await conn.execute(
                "insert into effects (effect_key, epoch, state, remote_id) values ('n:1', 1, 'done', $1)", remote_id
            )
        assert all([handle.token in str(await contents(ledger, table)) for table in (*PLACES, "effects")])

        await ends(ledger, 60)
        assert (await pruned(settings)).place_tokens == 0
        assert place["extra"]["token"] == (await notice(services, ledger)).place["extra"]["token"] == handle.token

        await ends(ledger, -60)
        await ledger.conn.execute("update effects set updated_at = now() - interval '16 minutes'")
        assert (await pruned(settings)).place_tokens == len(PLACES) + 1
        assert (await pruned(settings)).place_tokens == 0
        for table in (*PLACES, "effects"):
            assert handle.token not in str(await contents(ledger, table)), table
        kept = await notice(services, ledger)
        assert kept.handle == message.id
        assert place_of(kept.place) == Place("discord", scene.channel.id, within=scene.guild.id)

        speaker: DiscordSpeaker = adapter.speaker
        await speaker.edit(Spoken(message.id, place_of(kept.place)), Telling(Reply("It is done."), "n1"))
    assert "It is done." in message.text


async def test_nobody_is_given_a_token_with_what_is_kept_about_them(scene: Scene) -> None:
    async with scene.online():
        asked = await scene.fake.slash(scene.ann, scene.channel, "clip", {"source": LINK})
        await asked.says("On it")
        handle = await scene.fake.slash(scene.ann, scene.channel, "export-me", {})
        answer = await handle.answered()
    (file,) = answer.attachments
    shown = answer.text + file.upload.read().decode()
    assert LINK in shown
    assert asked.token not in shown
    assert handle.token not in shown


async def contents(ledger: Ledger, table: str) -> str:
    """Everything in a table."""
    rows = await ledger.conn.fetch(f"select to_jsonb(t) as row from {table} t")
    return json.dumps([row["row"] for row in rows])


async def notice(services: Services, ledger: Ledger) -> notices.Notice:
    found = await notices.get(services.queue.pool, await ledger.value("select id from requests"))
    assert found is not None
    return found
