"""A deleted post takes back what it asked for, also where X tells nothing by itself."""

from db import askers
from tests.bot.adapters.x.conftest import Scene
from tests.fakes.faults import Fault
from tests.fakes.x import Post

LOOKUPS = "GET /2/tweets"


async def _state(scene: Scene, post: Post) -> str:
    return str(
        await scene.ledger.value(
            "select r.state from requests r join request_askers a on a.request_id = r.id where a.message_id = $1",
            post.id,
        )
    )


async def test_a_deleted_post_takes_its_request_back(scene: Scene) -> None:
    gone, kept = scene.ask("clip"), scene.ask("clip")
    await scene.poller.poll()
    assert await scene.watch.look(scene.x) == 0

    scene.fake.delete_post(gone)
    assert await scene.watch.look(scene.x) == 1

    assert (await _state(scene, gone), await _state(scene, kept)) == ("cancelled", "queued")
    assert await scene.ledger.value("select count(*) from jobs where kind = 'clip:process' and state = 'ready'") == 1
    assert await scene.watch.look(scene.x) == 0
    assert scene.fake.calls(LOOKUPS)[-1].query["ids"] == kept.id
    assert scene.fake.calls("POST /2/tweets") == []


async def test_only_what_is_open_is_looked_up(scene: Scene) -> None:
    assert await scene.watch.look(scene.x) == 0
    post = scene.ask("clip")
    await scene.poller.poll()
    await scene.ledger.conn.execute("update jobs set state = 'cancelled', ended_at = now()")
    await scene.ledger.conn.execute("update requests set state = 'cancelled', ended_at = now()")
    scene.fake.delete_post(post)
    assert await scene.watch.look(scene.x) == 0
    assert scene.fake.calls(LOOKUPS) == []


async def test_who_is_hidden_has_deleted_nothing(scene: Scene) -> None:
    hidden = scene.ask("clip")
    await scene.poller.poll()
    scene.stage.ann.protected = True
    assert await scene.watch.look(scene.x) == 0
    assert await _state(scene, hidden) == "queued"
    scene.stage.ann.protected = False
    scene.fake.suspend(scene.stage.ann)
    assert await scene.watch.look(scene.x) == 0
    assert await _state(scene, hidden) == "queued"


async def test_who_joined_keeps_the_request(scene: Scene) -> None:
    await scene.ledger.community(scene.stage.bot.id, surface="x")
    first = scene.ask("clip 0:05-0:10")
    second = scene.fake.post(scene.fake.add_user("ben"), "@clipnet clip 0:05-0:10", reply_to=first.reply_to)
    await scene.poller.poll()
    assert await scene.jobs() == 1

    scene.fake.delete_post(first)
    assert await scene.watch.look(scene.x) == 1
    assert await _state(scene, second) == "queued"
    scene.fake.delete_post(second)
    assert await scene.watch.look(scene.x) == 1
    assert await _state(scene, second) == "cancelled"


async def test_more_than_a_hundred_take_turns(scene: Scene) -> None:
    for number in range(130):
        scene.ask(f"clip https://example.org/{number}.mp4", video=False)
    await scene.poller.poll()
    pool = scene.services.queue.pool
    wanted = set(await askers.open_messages(pool, "x", after="", limit=1000))
    for _ in range(3):
        await scene.watch.look(scene.x)
    looked = [call.query["ids"].split(",") for call in scene.fake.calls(LOOKUPS)]
    assert [len(ids) for ids in looked] == [100, 30, 100]
    assert len(wanted) == 130
    assert {one for ids in looked for one in ids} == wanted


async def test_x_not_telling_stops_nothing(scene: Scene) -> None:
    post = scene.ask("clip")
    await scene.poller.poll()
    scene.fake.delete_post(post)
    for fault in (Fault.HTML_503, Fault.DROP, Fault.TOO_MANY):
        scene.fake.faults.plan(LOOKUPS, fault, times=2 if fault == Fault.DROP else 1, after_s=60)
        assert await scene.watch.look(scene.x) == 0
    asked = len(scene.fake.calls(LOOKUPS))
    assert await scene.watch.look(scene.x) == 0
    assert len(scene.fake.calls(LOOKUPS)) == asked
    assert await scene.poller.poll() == 0

    scene.stage.clock.advance(61)
    assert await scene.watch.look(scene.x) == 1
    assert await _state(scene, post) == "cancelled"
