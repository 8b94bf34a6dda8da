"""PostgreSQL is killed and comes back: what was accepted is there, and the work goes on."""

import asyncio

import asyncpg
import pytest

from tests.faults.rig import CONNECTION_ERRORS, Rig


@pytest.mark.req("R-062", "negative")
async def test_a_killed_and_restarted_database_loses_nothing(mortal_rig: Rig) -> None:
    rig, server = mortal_rig, mortal_rig.database.cluster.server
    async with rig.supervised(step_s=0.05):
        for _ in range(4):
            await rig.request()
        await rig.until("select exists (select from jobs where state = 'done')")
        server.crash()
        with pytest.raises(CONNECTION_ERRORS):
            await rig.request()
        await asyncio.sleep(0.3)
        server.start()
        await rig.all_ended()
        assert await rig.broken() == []
        assert await rig.value("select count(*) from requests") == 4


async def test_a_worker_whose_sessions_are_all_ended_leaves_and_is_replaced(rig: Rig) -> None:
    async with rig.supervised(step_s=0.05):
        await rig.request()
        await rig.until("select exists (select from jobs where state = 'running')")
        superuser = await asyncpg.connect(rig.database.superuser_url)
        await superuser.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'clipnet-worker%'"
        )
        await superuser.close()
        await rig.all_ended()
        assert await rig.broken() == []
        # All may have ended just before the sessions did.
        await rig.until("select epoch >= 2 from worker_lease")
