"""Without any fault: the flow ends, and the invariants hold. What the other tests compare with."""

from tests.faults.rig import Rig


async def test_a_flow_without_faults_keeps_every_invariant(rig: Rig) -> None:
    rig.worker()
    for _ in range(3):
        await rig.request()
    await rig.all_ended()
    assert await rig.broken() == []
    assert len(rig.world.done) == 6
    assert await rig.value("select count(distinct executed_by) from jobs") == 1
