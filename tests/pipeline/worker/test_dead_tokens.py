"""What reached a message for some minutes only goes soon after these, and not with the next night."""

from uuid import uuid4

from pipeline.jobs import OPS_PRUNE, Maintenance
from pipeline.worker.handler import Done, JobContext
from tests.pipeline.shop import Shop

PLACE = {"platform": "discord", "id": "1", "extra": {"token": "secret", "application": "2"}}
KEPT = "select count(*) from requests where place::text like '%secret%'"


async def put(shop: Shop, *, ends_in_s: float) -> int:
    """A request whose place reaches its message for so long."""
    found: int = await shop.pool.fetchval(
        """
        with source as (insert into sources (kind, origin) values ('file', 'talk.mp4') returning id)
        insert into requests (source_id, place, options, trace_id)
        select id, jsonb_set($1::jsonb, '{extra,until}', to_jsonb((extract(epoch from now()) + $2::float8)::text)),
          '{}', $3 from source returning id
        """,
        PLACE,
        ends_in_s,
        uuid4(),
    )
    return found


async def nothing(ctx: JobContext, _: Maintenance) -> Done:  # noqa: ARG001
    return Done()


async def test_a_dead_token_is_thrown_away_while_the_worker_works_and_one_that_lives_stays(shop: Shop) -> None:
    living = await put(shop, ends_in_s=600)
    await put(shop, ends_in_s=-1)
    await shop.open({OPS_PRUNE.kind: nothing}, reconcile_every_s=0.01)
    await shop.until_true(f"select ({KEPT}) = 1", within_s=30)
    await put(shop, ends_in_s=-1)
    await shop.until_true(f"select ({KEPT}) = 1", within_s=30)
    assert await shop.pool.fetchval("select id from requests where place::text like '%secret%'") == living
    place = await shop.pool.fetchval("select place from requests order by id desc limit 1")
    assert place == {"platform": "discord", "id": "1", "extra": {}}


async def test_nobody_waits_for_a_row_that_others_work_with(shop: Shop) -> None:
    held = await put(shop, ends_in_s=-1)
    async with shop.pool.acquire() as conn, conn.transaction():
        await conn.execute("select from requests where id = $1 for update", held)
        await put(shop, ends_in_s=-1)
        await shop.open({OPS_PRUNE.kind: nothing}, reconcile_every_s=0.01)
        await shop.until_true(f"select ({KEPT}) = 1", within_s=30)
    await shop.until_true(f"select ({KEPT}) = 0", within_s=30)


async def test_the_dead_ones_are_found_without_reading_all_places(shop: Shop) -> None:
    async with shop.pool.acquire() as conn:
        await conn.execute("set enable_seqscan to off")
        for table in ("requests", "notices", "request_askers", "copies"):
            dead = "(place #>> '{extra,until}')::float8 < extract(epoch from now())::float8"
            plan = await conn.fetch(f"explain select from {table} where {dead}")
            assert f"{table}_until" in str(plan), table
