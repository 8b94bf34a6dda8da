"""Operators see which deliveries were given up, have them tried anew, and never see what was said in them."""

from db import deliveries
from db.deliveries import Arrived
from ops_commands.deliveries import DeliveryList, Retried
from ops_commands.health import Health
from tests.bot.rig import Grant, Ledger, Person


async def _given_up(person: Person, ledger: Ledger, *ids: str) -> None:
    arrived = [Arrived("twitch", each, "", "chat", '{"text": "my secret"}') for each in ids]
    await deliveries.write(person.router.services.queue.pool, arrived)
    await ledger.conn.execute("update deliveries set given_up_at = now(), error = 'KeyError', tries = 6")


async def test_what_was_given_up_is_told_and_can_be_tried_anew(grant: Grant, ledger: Ledger) -> None:
    olga = await grant("olga", "operator")
    await _given_up(olga, ledger, "1", "2", "3")
    answer = await olga.say("deliveries list")
    assert isinstance(answer.reply.data, DeliveryList)
    assert [(each.kind, each.tries, each.error) for each in answer.reply.data.items] == [("chat", 6, "KeyError")] * 3
    assert "my secret" not in repr(answer)
    one = answer.reply.data.items[0].id
    assert (await olga.say(f"deliveries retry {one}")).reply.data == Retried(count=1)
    again = await olga.say(f"deliveries retry {one}")
    assert again.problem is not None
    assert again.problem.status == 404
    assert (await olga.say("deliveries retry")).reply.data == Retried(count=2)
    assert (await deliveries.backlog(ledger.conn)).waiting == 3


async def test_health_counts_those_of_a_day_and_tells_of_one_that_waits_for_long(grant: Grant, ledger: Ledger) -> None:
    olga = await grant("olga", "viewer")

    async def said() -> str:
        data = (await olga.say("health")).reply.data
        assert isinstance(data, Health)
        part = data.parts["deliveries"]
        return f"{part.status}: {part.detail}"

    assert await said() == "ok: 0 waiting, 0 given up today"
    await _given_up(olga, ledger, "1")
    assert (await said()).startswith("degraded: 0 waiting, 1 given up today")
    await ledger.conn.execute("update deliveries set given_up_at = now() - interval '25 hours'")
    assert await said() == "ok: 0 waiting, 0 given up today"
    await ledger.conn.execute("update deliveries set given_up_at = null, received_at = now() - interval '2 minutes'")
    assert (await said()).startswith("degraded: 1 waiting, 0 given up today; the oldest waits for 1")
