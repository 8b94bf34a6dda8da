"""What is meant for us and what is not, and that nobody is told in public what failed."""

import json

import pytest

from bot.adapters.x import mentions
from bot.vocabulary import Place
from clipnet.errors import Unavailable
from db import clips, communities, copies
from tests.bot.adapters.x.conftest import Scene
from tests.fakes.faults import Fault
from tests.fakes.x import Post


async def test_a_mention_under_a_video_clips_it(scene: Scene) -> None:
    asked = [scene.ask(words) for words in ("clip", "", "this", "That!", "clip this", "CLIP that", "@bob clip")]
    await scene.poller.poll()
    assert await scene.jobs() == len(asked)
    assert all("/720x1280/clip.mp4" in origin for origin in await scene.origins())


async def test_a_time_may_be_given(scene: Scene) -> None:
    for words in ("0:05-0:12", "this 0:05-0:12", "clip --at 0:05", "this --at 0:05", "clip 20"):
        scene.ask(words)
    await scene.poller.poll()
    rows = await scene.ledger.conn.fetch("select options::text as said from requests order by id")
    ranged, ranged_too, at, at_too, length = (json.loads(row["said"]) for row in rows)
    assert (ranged["start_s"], ranged["end_s"]) == (ranged_too["start_s"], ranged_too["end_s"]) == (5.0, 12.0)
    assert at["at_s"] == at_too["at_s"] == 5.0
    assert length["length_s"] == 20.0


async def test_the_video_may_be_the_mention_s_own_or_quoted(scene: Scene) -> None:
    bob = scene.fake.add_user("bob")
    video = scene.fake.post(bob, "look", video=b"bytes")
    scene.fake.post(scene.stage.ann, "@clipnet clip", video=b"mine")
    scene.fake.post(scene.stage.ann, "@ClipNet this", quoting=video)
    about = scene.fake.post(bob, "so true", quoting=video)
    scene.fake.post(scene.stage.ann, "@clipnet", reply_to=about)

    assert await scene.poller.poll() == 3

    own, *quoted = await scene.origins()
    assert own not in quoted
    assert len(set(quoted)) == 1


async def test_a_link_in_the_mention_is_clipped(scene: Scene) -> None:
    scene.ask("clip https://example.org/talk.mp4 1:20-1:50", video=False)
    await scene.poller.poll()
    assert await scene.origins() == ["https://example.org/talk.mp4"]


async def test_unknown_words_are_ignored(scene: Scene) -> None:
    for words in ("hello", "you are great", "deploy production", "clap", "👍", "status"):
        scene.ask(words)
    assert await scene.poller.poll() == 6
    assert await scene.jobs() == 0
    assert await scene.ledger.value("select count(*) from inbox") == 0
    assert scene.fake.calls("POST /2/tweets") == []


async def test_what_fails_is_not_told_in_public(scene: Scene) -> None:
    for words in ("clip", "clip --at x", "clip one two three", "show ZZZZZZ", "cancel ZZZZZZ", "vote", "link"):
        scene.ask(words, video=False)
    assert await scene.poller.poll() == 7
    assert await scene.jobs() == 0
    assert scene.fake.calls("POST /2/tweets") == []


async def test_who_wants_their_data_is_told_where_to_ask_for_it(scene: Scene) -> None:
    mention = scene.ask("export-me", video=False)
    await scene.poller.poll()
    (answer,) = scene.fake.replies_to(mention)
    assert "on Discord" in answer.text


async def test_handles_that_x_put_there_ask_for_nothing(scene: Scene) -> None:
    """Who answers to our answer reaches the bot without naming it."""
    mention = scene.ask("help", video=False)
    await scene.poller.poll()
    (answer,) = scene.fake.replies_to(mention)
    for words in ("thanks!", "clip https://example.org/talk.mp4", "help"):
        scene.fake.post(scene.stage.ann, words, reply_to=answer)

    assert await scene.poller.poll() == 3

    assert await scene.jobs() == 0
    assert len(scene.fake.calls("POST /2/tweets")) == 1


async def test_a_question_is_answered_once_and_the_same_for_two_is_no_duplicate(scene: Scene) -> None:
    first, second = scene.ask("help", video=False), scene.ask("help", video=False)
    await scene.poller.poll()
    await scene.ledger.conn.execute("update cursors set value = '1' where name like 'x:mentions:%'")
    await scene.poller.poll()

    for mention in (first, second):
        (answer,) = scene.fake.replies_to(mention)
        assert answer.author is scene.stage.bot


async def test_an_answer_that_may_be_lost_is_looked_for_and_not_repeated(scene: Scene) -> None:
    mention = scene.ask("help", video=False)
    scene.fake.faults.plan("POST /2/tweets", Fault.LOST)
    scene.fake.faults.plan("GET /2/users/{id}/tweets", Fault.HTML_503)
    with pytest.raises(Unavailable):
        await scene.poller.poll()
    await scene.poller.poll()
    assert len(scene.fake.replies_to(mention)) == 1


async def test_the_bot_does_not_hear_itself(scene: Scene) -> None:
    scene.fake.post(scene.stage.bot, "I am @clipnet help")
    assert await scene.poller.poll() == 0


async def _answered_clip(scene: Scene) -> tuple[str, Post]:
    """A finished clip of Ann's, and our post that shows it."""
    mention = scene.ask("clip")
    await scene.poller.poll()
    public_id = await scene.ledger.clip(await scene.ledger.value("select public_id from requests"))
    post_id = await scene.x.post(f"clip {public_id}", answers=mention.id)
    async with scene.services.queue.pool.acquire() as conn, conn.transaction():
        found = await clips.by_public_id(conn, public_id)
        assert found is not None
        place = Place("x", mention.conversation_id).stored()
        await copies.put(conn, found.id, "answer", place=place, remote_id=post_id, url=None)
    return public_id, scene.fake.world.posts[post_id]


async def test_answers_to_a_clip_are_votes(scene: Scene) -> None:
    async with scene.services.queue.pool.acquire() as conn, conn.transaction():
        await communities.create(conn, "here", [("x", scene.stage.bot.id)])
    _, post = await _answered_clip(scene)
    await scene.ledger.conn.execute(
        "insert into polls (clip_id, community_id, quorum, closes_at) select k.id, r.community_id, 100,"
        " now() + interval '1 day' from clips k join requests r on r.id = k.request_id"
    )
    for number, words in enumerate(("👍", "👍🏽", "+1", "@clipnet vote", "👎", "@clipnet vote down", "nice one")):
        scene.fake.post(scene.fake.add_user(f"voter{number}"), words, reply_to=post)

    await scene.poller.poll()

    votes = [row["value"] for row in await scene.ledger.conn.fetch("select value from votes")]
    assert sorted(votes) == [-1, -1, 1, 1, 1, 1]
    assert len(scene.fake.calls("POST /2/tweets")) == 1


async def test_what_a_mention_says(scene: Scene) -> None:
    bob = scene.fake.add_user("bob")
    video = scene.fake.post(bob, "look", video=b"bytes")
    scene.fake.post(scene.stage.ann, "@clipnet clip &amp; go @cat", reply_to=video)
    body = await scene.x.mentions(scene.stage.bot.id, since_id="1")

    (mention,) = mentions.read(body, scene.listener.connected().me)

    assert mention.said == "clip & go"
    assert mention.explicit
    assert mention.answers == video.id
    assert mention.others == (bob.id,)
    assert mention.conversation == video.id
    assert mention.author_since is not None


def test_short_links_are_written_out_and_the_video_s_own_left_out() -> None:
    def one(expanded: str) -> str:
        url = {"url": "https://t.co/abc", "expanded_url": expanded}
        post = {"entities": {"urls": [url]}}
        return mentions._said("clip https://t.co/abc", post, has_video=True)

    assert one("https://youtu.be/abc") == "clip https://youtu.be/abc"
    assert one("https://x.com/bob/status/12/video/1") == "clip"
