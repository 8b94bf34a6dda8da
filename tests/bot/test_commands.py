"""What each command does and says, on a real ledger."""

from pathlib import Path

import pytest

from bot.router import Router
from bot.views import Accepted, ClipPage, Explained, Shown
from db import communities
from tests.bot.rig import LINK, Grant, Ledger, Person


async def asked(person: Person) -> str:
    data = (await person.say(f"clip {LINK}")).reply.data
    assert isinstance(data, Accepted)
    return data.request


async def refused(person: Person, text: str, status: int) -> str:
    answer = await person.say(text)
    assert answer.problem, answer.reply.text
    assert answer.problem.status == status
    return answer.reply.text


async def test_a_path_means_something_only_on_the_workers_own_machine(
    router: Router, ledger: Ledger, tmp_path: Path
) -> None:
    video = tmp_path / "my talk.mp4"
    video.write_bytes(b"x")
    here = Person(router, "ann", local=True)
    assert (await here.say(f'clip "{video}" --count 2')).problem is None
    assert await ledger.value("select origin from sources") == str(video)
    assert "not a link" in await refused(Person(router, "ann"), f'clip "{video}"', 422)
    assert "doesn't exist" in await refused(here, "clip /no/such.mp4", 422)
    assert "a folder" in await refused(here, f"clip {tmp_path}", 422)


@pytest.mark.parametrize(
    "wish",
    [
        "1:20-1:50 --find goal",
        "--at 1:20 --find goal",
        "1:20 --at 1:30",
        "1:20-9:50",
        "--length 2",
        "--count 99",
        "--language english",
    ],
)
async def test_wishes_that_do_not_go_together_are_refused(ann: Person, ledger: Ledger, wish: str) -> None:
    await refused(ann, f"clip {LINK} {wish}", 422)
    assert await ledger.value("select count(*) from requests") == 0


async def test_clips_and_show_and_why_tell_of_the_same_clip(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    clip = await ledger.clip(request)
    page = (await ann.say("clips ready")).reply.data
    assert isinstance(page, ClipPage)
    assert [(c.id, c.reason) for c in page.items] == [(clip, "a loud cheer")]
    shown = (await ann.say(f"show {clip.lower()}")).reply.data
    assert isinstance(shown, Shown)
    assert shown.clip == page.items[0]
    whole = (await ann.say(f"show {request}")).reply.data
    assert isinstance(whole, Shown)
    assert whole.request
    assert whole.request.clips == page.items
    why = (await ann.say(f"why {request}")).reply
    assert isinstance(why.data, Explained)
    assert why.data.signals == {"loudness": 0.9, "motion": 0.4}
    assert "a loud cheer" in why.text


async def test_what_is_not_theirs_does_not_exist_for_others(ann: Person, router: Router, ledger: Ledger) -> None:
    request = await asked(ann)
    clip = await ledger.clip(request)
    eve = Person(router, "eve")
    for verb in ("show", "why", "cancel", "retry", "delete"):
        assert "There is nothing" in await refused(eve, f"{verb} {clip}", 404)
    assert "Only operators" in await refused(eve, "clips --all", 403)
    page = (await eve.say("clips")).reply.data
    assert isinstance(page, ClipPage)
    assert page.items == []


async def test_a_slip_in_an_id_is_answered_with_the_id_that_was_meant(ann: Person) -> None:
    request = await asked(ann)
    slip = ("2" if request[0] != "2" else "3") + request[1:]
    assert f"Did you mean {request}?" in await refused(ann, f"show {slip}", 404)


async def test_a_moderator_may_cancel_in_their_community_and_it_is_audited(router: Router, ledger: Ledger) -> None:
    community = await communities.create(ledger.conn, "c", [("console", "arena")])
    ann, mod = Person(router, "ann", place="arena"), Person(router, "mo", place="arena")
    elsewhere = Person(router, "mo", place="here")
    await ledger.conn.execute("insert into user_roles values ($1, 'moderator', $2)", await mod.user_id(), community)
    bob = Person(router, "bob", place="arena")
    request = await asked(ann)
    await refused(bob, f"cancel {request}", 403)
    await refused(elsewhere, f"cancel {request}", 404)
    assert (await mod.say(f"cancel {request}")).problem is None
    assert await ledger.audit() == [("cancel", "allowed")]


async def test_cancel_stops_everything_of_a_request_and_retry_starts_it_again(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    clip = await ledger.clip(request, "rendering")
    await ann.say(f"cancel {request}")
    assert await ledger.value("select state from requests") == "cancelled"
    assert await ledger.value("select state from clips where public_id = $1", clip) == "cancelled"
    assert await ledger.value("select array_agg(kind order by id) from jobs where state = 'ready'") == [
        "clipbot:notify"
    ]
    assert "already" in await refused(ann, f"cancel {request}", 409)
    before = await ledger.value("select revision from notices")
    await ann.say(f"retry {request}")
    assert await ledger.value("select state from requests") == "queued"
    assert await ledger.value("select state from clips where public_id = $1", clip) == "queued"
    assert await ledger.value("select count(*) from jobs where state = 'ready'") == 3
    assert await ledger.value("select revision from notices") > before
    assert "nothing to retry" in await refused(ann, f"retry {request}", 409)


async def test_cancelling_the_last_open_clip_ends_the_request(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    await ledger.conn.execute("update requests set state = 'working'")
    clip = await ledger.clip(request, "rendering")
    await ann.say(f"cancel {clip}")
    assert await ledger.value("select state from requests") == "cancelled"
    await ann.say(f"retry {clip}")
    assert await ledger.value("select state from requests") == "queued"


async def test_a_failed_clip_is_retried_alone(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    good, bad = await ledger.clip(request, "ready"), await ledger.clip(request, "failed")
    assert "nothing to retry" in await refused(ann, f"retry {good}", 409)
    await ann.say(f"retry {bad}")
    assert await ledger.value("select state from clips where public_id = $1", bad) == "queued"
    assert await ledger.value("select state from clips where public_id = $1", good) == "ready"


async def test_deleting_hides_a_clip_and_has_its_files_removed_by_the_worker(ann: Person, ledger: Ledger) -> None:
    clip = await ledger.clip(await asked(ann))
    await ann.say(f"delete {clip}")
    await ann.say("confirm")
    assert "There is nothing" in await refused(ann, f"show {clip}", 404)
    assert await ledger.value("select count(*) from jobs where kind = 'ops:prune' and state = 'ready'") == 1


async def test_deleting_the_last_open_clip_ends_its_request(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    clip = await ledger.clip(request, "rendering")
    await ledger.conn.execute("update requests set state = 'working'")
    await ann.say(f"delete {clip}")
    await ann.say("confirm")
    assert await ledger.value("select state from requests") == "cancelled"
    assert await ledger.value("select state from jobs where kind = 'ffmpeg:polish'") == "cancelled"
    assert await ledger.value("select count(*) from jobs where kind = 'clipbot:notify'") == 1


async def test_help_tells_each_person_what_they_may(ann: Person, grant: Grant, router: Router) -> None:
    olga = await grant("olga", "operator")
    assert "jobs retry" not in str((await ann.say("help")).reply.fields)
    assert "jobs retry" not in str((await ann.say("help all")).reply.fields)
    assert "jobs retry" in str((await olga.say("help all")).reply.fields)
    assert "Usage" not in (await ann.say("help clip")).reply.text
    assert "Did you mean cancel?" in await refused(ann, "help cancle", 404)
    twitch = await router.handle(Person(router, "t", surface="twitch").invocation("!help"))
    assert twitch
    assert twitch.reply.private


async def test_completion_knows_the_persons_ids(ann: Person, router: Router, ledger: Ledger) -> None:
    request = await asked(ann)
    clip = await ledger.clip(request)
    found = await router.suggest(ann.invocation("show "), "show", "id", "")
    assert set(found) == {request, clip}
    assert await router.suggest(Person(router, "eve").invocation("show "), "show", "id", "") == []
    assert await router.suggest(ann.invocation("clip "), "clip", "aspect", "1") == ["1:1", "16:9"]


async def test_cancelling_a_request_leaves_what_is_told_of_its_ready_clips(ann: Person, ledger: Ledger) -> None:
    request = await asked(ann)
    ready, open_clip = await ledger.clip(request), await ledger.clip(request, "queued")
    ids = {row["public_id"]: row["id"] for row in await ledger.conn.fetch("select public_id, id from clips")}
    request_id = await ledger.value("select id from requests")
    telling = [
        await ledger.job(kind, "ready", request_id, ids[ready])
        for kind in ("clipbot:notify", "clipbot:vote", "clipbot:post", "post:x")
    ]
    await ann.say(f"cancel {request}")
    states = {row["id"]: row["state"] for row in await ledger.conn.fetch("select id, state from jobs")}
    assert [states[job] for job in telling] == ["ready"] * 4
    assert await ledger.value("select state from clips where public_id = $1", open_clip) == "cancelled"
    assert await ledger.value("select count(*) from jobs where kind = 'clip:process' and state = 'ready'") == 0
