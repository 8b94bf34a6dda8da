"""Words that a community doesn't want to read."""

import pytest

from bot.commands.words import Words
from tests.bot.hall import Hall, done, refused


async def test_words_are_listed_added_and_removed_in_one_spelling(hall: Hall) -> None:
    await done(hall.mod, "words add DÁRN")
    await refused(hall.mod, "words add darn", 409)
    told = (await hall.mod.say("words list")).reply.data
    assert isinstance(told, Words)
    assert told.words == ["darn"]
    await refused(hall.ann, "words add nice", 403)
    await refused(hall.stranger, "words list", 403)
    await refused(hall.mod, "words add !!!", 422)
    await done(hall.mod, "words remove Darn")
    await refused(hall.mod, "words remove darn", 409)


@pytest.mark.parametrize("title", ["what the darn", "d a r n it", "D4RN!", "dаrn"])
async def test_a_title_with_a_banned_word_is_refused_however_it_is_spelled(hall: Hall, title: str) -> None:
    clip = await hall.clip()
    await done(hall.mod, "words add darn")
    answer = await refused(hall.ann, f'title {clip} "{title}"', 422)
    assert "darn" not in answer.lower()
    assert await hall.of_clip(clip, "title") == ""
    await done(hall.ann, f'title {clip} "darning socks"')


async def test_another_community_reads_what_it_likes(hall: Hall) -> None:
    await done(hall.mod, "words add darn")
    clip = await hall.clip(by=hall.stranger)
    await done(hall.stranger, f'title {clip} "darn"')
