"""What can be changed of a clip, by whom, when, and how to go back."""

import json
from typing import Any

import pytest

from db import clips
from tests.bot.hall import Hall, done, refused

LAST = "select payload from jobs where kind = 'ffmpeg:polish' and state = 'ready' order by id desc limit 1"


async def queued(hall: Hall, clip: str) -> dict[str, Any]:
    """What the clip is to become, and for which revision it was asked."""
    row = await hall.ledger.conn.fetchrow(
        "select state, start_s, end_s, options, revision from clips where public_id = $1", clip
    )
    assert row is not None
    payload = json.loads(await hall.ledger.value(LAST))
    found = dict(row) | {"options": json.loads(row["options"])}
    assert (payload.get("revision"), row["state"]) == (row["revision"], "queued")
    return found


async def made(hall: Hall) -> None:
    """What the worker does then."""
    await hall.ledger.conn.execute("update clips set state = 'rendering' where state = 'queued'")
    await hall.ledger.conn.execute("update clips set state = 'ready' where state = 'rendering'")


@pytest.mark.parametrize(
    ("edges", "span"),
    [
        ("+2 -1.5", (82.0, 108.5)),
        ("1:22 1:48", (82.0, 108.0)),
        ("—2 +3", (78.0, 113.0)),
        ("+2", (82.0, 110.0)),
        ("--end -3", (80.0, 107.0)),
    ],
)
async def test_edges_move_to_a_time_or_by_seconds(hall: Hall, edges: str, span: tuple[float, float]) -> None:
    clip = await hall.clip()
    await done(hall.ann, f"trim {clip} {edges}")
    now = await queued(hall, clip)
    assert (now["start_s"], now["end_s"], now["revision"]) == (*span, 2)


@pytest.mark.parametrize(
    ("edges", "sentence"),
    [
        ("-90", "before its video"),
        ("+0 +600", "beyond the end"),
        ("1:50 1:20", "leaves nothing"),
        ("0:00 3:30", "at most 180"),
        ("soon", "not a time"),
        ("+29.5", "leaves nothing"),
    ],
)
async def test_a_wrong_time_is_told_and_changes_nothing(hall: Hall, edges: str, sentence: str) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute("update sources set duration_s = 300")
    before = await hall.ledger.contents()
    assert sentence in await refused(hall.ann, f"trim {clip} {edges}", 422)
    assert await hall.ledger.contents() == before


async def test_nobody_trims_into_what_was_taken_down(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute(
        "update sources set content_hash = repeat('a', 64), store_key = 'k', duration_s = 300"
    )
    await hall.ledger.conn.execute(
        "insert into blocked_moments (content_hash, start_s, end_s) values (repeat('a', 64), 112, 120)"
    )
    assert "taken down" in await refused(hall.ann, f"trim {clip} +0 +5", 422)
    await done(hall.ann, f"trim {clip} +0 +1")


@pytest.mark.parametrize(
    ("words", "options"),
    [
        ("captions {} off", {"captions": False}),
        ("captions {} karaoke", {"captions": True, "template": "karaoke"}),
        ("template {} clean", {"template": "clean"}),
        ("reframe {} 1:1", {"aspect": "1:1"}),
    ],
)
async def test_a_look_is_made_anew_and_undo_brings_the_old_one_back(
    hall: Hall, words: str, options: dict[str, Any]
) -> None:
    clip = await hall.clip()
    said = (await done(hall.ann, words.format(clip))).reply
    assert [(action.command, action.args) for action in said.actions] == [("undo", {"id": clip})]
    assert (await queued(hall, clip))["options"] == options
    await made(hall)
    await refused(hall.ann, words.format(clip), 409)
    await done(hall.ann, f"undo {clip}")
    assert (await queued(hall, clip)) | {"options": {}, "revision": 3} == await queued(hall, clip)
    await made(hall)
    assert "Nothing was changed" in await refused(hall.ann, f"undo {clip}", 409)


async def test_a_title_changes_without_another_encode_and_can_be_taken_back(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.ann, f'title {clip} "What a goal"')
    await done(hall.ann, f"title {clip} Even better")
    assert await hall.of_clip(clip, "title") == "Even better"
    assert (await hall.of_clip(clip, "state"), await hall.of_clip(clip, "revision")) == ("ready", 1)
    await done(hall.ann, f"undo {clip}")
    assert await hall.of_clip(clip, "title") == "What a goal"
    await refused(hall.ann, f"title {clip} {'x' * 101}", 422)


async def test_who_changes_a_clip_that_nobody_asks_for_any_more_asks_for_it(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute("update request_askers set withdrawn_at = now()")
    await done(hall.mod, f"trim {clip} +1")
    asks = "select user_id from request_askers where withdrawn_at is null"
    assert await hall.ledger.value(asks) == await hall.mod.user_id()
    assert await hall.ledger.value("select user_id from requests") == await hall.mod.user_id()


@pytest.mark.parametrize("change", ["trim {} +1", "captions {} off", "reframe {} 1:1", "title {} New", "undo {}"])
@pytest.mark.parametrize(
    ("state", "sentence"), [("posted", "was posted"), ("rendering", "being made"), ("queued", "being made")]
)
async def test_what_is_posted_or_being_made_stays_as_it_is(hall: Hall, change: str, state: str, sentence: str) -> None:
    clip = await hall.clip(state)
    assert sentence in await refused(hall.ann, change.format(clip), 409)
    assert await hall.of_clip(clip, "revision") == 1


@pytest.mark.parametrize(
    "change", ["trim {} +1", "captions {} off", "template {} clean", "reframe {} 1:1", "title {} New", "undo {}"]
)
async def test_only_the_owner_and_moderators_change_a_clip(hall: Hall, change: str) -> None:
    clip = await hall.clip()
    await refused(hall.bob, change.format(clip), 403)
    await refused(hall.stranger, change.format(clip), 404)
    assert await hall.ledger.value("select count(*) from clip_edits") == 0


async def test_an_approved_clip_waits_for_its_approval_again_unless_a_moderator_changed_its_title(hall: Hall) -> None:
    clip = await hall.clip("approved")
    await done(hall.mod, f"title {clip} Mine")
    assert await hall.of_clip(clip, "state") == "approved"
    assert "approved again" in (await done(hall.ann, f"title {clip} Ours")).reply.text
    assert await hall.of_clip(clip, "state") == "ready"
    await hall.ledger.conn.execute("update clips set state = 'approved'")
    assert "approved again" in (await done(hall.mod, f"trim {clip} +1")).reply.text
    assert await hall.of_clip(clip, "state") == "queued"


async def test_a_held_clip_is_not_changed_by_its_owner(hall: Hall) -> None:
    clip = await hall.clip()
    await done(hall.bob, f"report {clip} rude")
    assert "on hold" in await refused(hall.ann, f"title {clip} Nice", 409)
    await done(hall.mod, f"title {clip} Nice")


async def test_files_shown_are_those_of_the_newest_revision_alone(hall: Hall) -> None:
    clip = await hall.clip()
    await hall.ledger.conn.execute(
        """
        insert into assets (clip_id, kind, revision, store_key, sha256, bytes, mime)
        select id, k, r, k || r, repeat('a', 64), 1, 'video/mp4'
        from clips, (values ('video', 1), ('captions', 1), ('video', 2)) v (k, r)
        """
    )
    (files,) = (await clips.stored(hall.ledger.conn, [await hall.of_clip(clip, "id")])).values()
    assert [file.store_key for file in files] == ["video2"]
