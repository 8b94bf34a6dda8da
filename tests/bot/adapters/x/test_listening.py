"""What is meant for us and what is not, and that nobody is told in public what failed."""

import pytest

from bot.adapters.x import mentions
from bot.vocabulary import Place
from db import clips, communities, copies
from tests.bot.adapters.x.conftest import Scene
from tests.fakes.x import Post


async def _options(scene: Scene) -> list[dict[str, object]]:
    return [dict(row["options"]) for row in await scene.ledger.conn.fetch("select options::text as options from requests")]


@pytest.mark.parametrize("words", ["clip", "", "this", "That!", "clip this", "CLIP that", "@bob clip", "clip please?"[:4]])
async def test_a_mention_under_a_video_clips_it(scene: Scene, words: str) -> None:
    scene.ask(words)
    await scene.poller.poll()
    assert await scene.jobs() == 1
    assert "/720x1280/clip.mp4" in (await scene.origins())[0]


@pytest.mark.parametrize(
    ("words", "at_s"), [("clip 0:05", None), ("0:05-0:12", None), ("clip --at 0:05", 5.0), ("this --at 0:05", 5.0)]
)
async def test_a_time_may_be_given(scene: Scene, words: str, at_s: float | None) -> None:
    scene.ask(words)
    await scene.poller.poll()
    assert await scene.jobs() == 1
    stored = await scene.ledger.value("select options ->> 'at_s' from requests")
    assert at_s is None or float(stored) == at_s


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


@pytest.mark.parametrize("words", ["hello", "you are great", "deploy production", "clap", "👍", "status"])
async def test_unknown_words_are_ignored(scene: Scene, words: str) -> None:
    scene.ask(words)
    await scene.poller.poll()
    assert await scene.jobs() == 0
    assert await scene.ledger.value("select count(*) from inbox") == 0
    assert scene.fake.calls("POST /2/tweets") == []


@pytest.mark.parametrize("words", ["clip", "clip --at x", "clip one two three", "show ZZZZZZ", "cancel ZZZZZZ", "vote"])
async def test_what_fails_is_not_told_in_public(scene: Scene, words: str) -> None:
    scene.ask(words, video=False)
    await scene.poller.poll()
    assert await scene.jobs() == 0
    assert scene.fake.calls("POST /2/tweets") == []


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


@pytest.mark.parametrize(
    ("words", "choice"), [("👍", 1), ("👍🏽", 1), ("+1", 1), ("vote", 1), ("👎", -1), ("@clipnet vote down", -1)]
)
async def test_an_answer_to_a_clip_is_a_vote(scene: Scene, words: str, choice: int) -> None:
    async with scene.services.queue.pool.acquire() as conn, conn.transaction():
        await communities.create(conn, "here", [("x", scene.stage.bot.id)])
    _, post = await _answered_clip(scene)
    await scene.ledger.conn.execute(
        "insert into polls (clip_id, community_id, quorum, closes_at)"
        " select k.id, r.community_id, 3, now() + interval '1 day' from clips k join requests r on r.id = k.request_id"
    )
    cat = scene.fake.add_user("cat")
    typed = words if words.startswith("@") or not words[0].isalpha() else f"@clipnet {words}"
    scene.fake.post(cat, typed, reply_to=post)
    scene.fake.post(cat, "nice one", reply_to=post)

    await scene.poller.poll()

    rows = await scene.ledger.conn.fetch("select * from votes")
    assert len(rows) == 1
    assert scene.fake.replies_to(post) != []
    assert len(scene.fake.calls("POST /2/tweets")) == 1
    assert choice


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
        return mentions._said("clip https://t.co/abc", post, has_video=True)  # noqa: SLF001

    assert one("https://youtu.be/abc") == "clip https://youtu.be/abc"
    assert one("https://x.com/bob/status/12/video/1") == "clip"
