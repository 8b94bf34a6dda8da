"""Only who names the bot is heard, and each of them once: however their words are repeated, changed or handed on."""

from bot.adapters.x import mentions
from tests.bot.adapters.x.conftest import Scene

POSTS = "POST /2/tweets"


async def test_who_answers_somebody_s_mention_asks_for_nothing(scene: Scene) -> None:
    """X puts the bot's handle in front of every answer below a mention."""
    mention = scene.ask("clip")
    await scene.poller.poll()
    ben = scene.fake.add_user("ben")
    answer = scene.fake.post(ben, "clip this", reply_to=mention)
    scene.fake.post(scene.stage.ann, "this 0:05", reply_to=answer)

    assert await scene.poller.poll() == 2
    assert await scene.jobs() == 1

    scene.fake.post(ben, "@clipnet help", reply_to=answer)
    await scene.poller.poll()
    assert len(scene.fake.calls(POSTS)) == 1


async def test_what_is_retweeted_or_quoted_is_heard_once(scene: Scene) -> None:
    mention = scene.ask("clip")
    await scene.poller.poll()
    ben = scene.fake.add_user("ben")
    retweet = scene.fake.retweet(ben, mention)
    scene.fake.post(ben, "look at that", quoting=mention)

    body = await scene.x.mentions(scene.stage.bot.id, since_id=mention.id)
    assert [one["id"] for one in body["data"]] == [retweet.id]
    assert await scene.poller.poll() == 0
    assert await scene.jobs() == 1


async def test_who_quotes_a_mention_and_names_the_bot_asks_for_themselves(scene: Scene) -> None:
    """Of a quoted mention only its own video counts, which it has not."""
    mention = scene.ask("clip")
    scene.fake.post(scene.fake.add_user("ben"), "@clipnet clip", quoting=mention)
    assert await scene.poller.poll() == 2
    assert await scene.jobs() == 1
    assert scene.fake.calls(POSTS) == []


async def test_a_mention_that_is_edited_is_heard_and_answered_once(scene: Scene) -> None:
    clip, asked = scene.ask("clip"), scene.ask("help", video=False)
    await scene.poller.poll()
    scene.stage.clock.advance(60)
    scene.fake.edit_post(clip, "@clipnet clip this please")
    again = scene.fake.edit_post(asked, "@clipnet help")
    assert await scene.poller.poll() == 2
    scene.fake.edit_post(again, "@clipnet help!")
    await scene.poller.poll()

    assert await scene.jobs() == 1
    assert len(scene.fake.calls(POSTS)) == 1


async def test_a_mention_may_be_mended_by_an_edit(scene: Scene) -> None:
    post = scene.ask("clpi")
    await scene.poller.poll()
    assert await scene.jobs() == 0
    edited = scene.fake.edit_post(post, "@clipnet clip")
    await scene.poller.poll()
    assert await scene.jobs() == 1
    scene.fake.delete_post(edited)
    assert await scene.watch.look(scene.x) == 1


async def test_a_video_that_nobody_can_see_is_asked_for_in_vain(scene: Scene) -> None:
    """Deleted, of a protected account, of a suspended one: no job, and no word in public."""
    owners = [scene.fake.add_user(name) for name in ("gone", "locked", "barred")]
    videos = [scene.fake.post(owner, "a goal", video=b"bytes") for owner in owners]
    about = [scene.fake.post(scene.fake.add_user(f"fan{n}"), "so true", quoting=v) for n, v in enumerate(videos)]
    for shown in (*videos, *about):
        scene.fake.post(scene.stage.ann, "@clipnet clip", reply_to=shown)
    scene.fake.delete_post(videos[0])
    owners[1].protected = True
    scene.fake.suspend(owners[2])

    assert await scene.poller.poll() == 6

    assert await scene.jobs() == 0
    assert scene.fake.calls(POSTS) == []
    assert await scene.poller.poll() == 0


async def test_pictures_and_what_loops_are_no_videos(scene: Scene) -> None:
    shown = scene.fake.post(scene.fake.add_user("bob"), "look", photo=b"bytes")
    scene.fake.post(scene.stage.ann, "@clipnet clip", reply_to=shown)
    gif = {"type": "animated_gif", "variants": [{"content_type": "video/mp4", "url": "https://video.example/a.mp4"}]}
    playlist = {"type": "video", "variants": [{"content_type": "application/x-mpegURL", "url": "https://a.example/l"}]}
    await scene.poller.poll()
    assert await scene.jobs() == 0
    assert mentions.best(gif) is None
    assert mentions.best(playlist) is None
