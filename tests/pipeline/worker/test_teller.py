"""What followers hear of a job that is over in a moment."""

import json
from typing import Any

from pipeline.jobs import OPS_PRUNE, Maintenance
from pipeline.worker.handler import Done, JobContext
from tests.pipeline.shop import Shop


async def test_the_last_word_of_each_short_stage_is_told_before_the_end(shop: Shop) -> None:
    async def short(ctx: JobContext, _: Maintenance) -> Done:
        ctx.progress("score", 0.0)
        ctx.progress("score", 1.0, "3 moments")
        ctx.progress("store", 0.0)
        ctx.progress("store", 0.5)
        ctx.progress("store", 1.0)
        return Done()

    await shop.open({OPS_PRUNE.kind: short})
    await shop.until(await shop.chore(), "done")
    await shop.close()
    stream: Any = await shop.redis.xrange(shop.queue.keys.events)
    told = [json.loads(fields[b"e"]) for _, fields in stream]
    heard = [(event["state"], event.get("stage"), event.get("fraction"), event.get("note")) for event in told]
    assert ("running", "score", 1.0, "3 moments") in heard
    assert ("running", "store", 1.0, None) in heard
    assert heard[-1] == ("done", None, None, None)
    assert [event["at"] for event in told] == sorted(event["at"] for event in told)
