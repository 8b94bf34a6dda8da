"""Speaks on X: one answer to each mention, with the clip or a link to it, within 280."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from asyncpg import Pool
from loguru import logger

from bot.adapters.x import budget, media
from bot.adapters.x.client import Account, Unsure, X
from bot.adapters.x.limits import POSTS
from bot.adapters.x.words import LINK, LONGEST, fitted, quiet, weight
from bot.speaker import MediaFile, Spoken, Telling
from bot.vocabulary import Place, Reply
from clipnet.errors import BadInput, ClipNetError, Conflict, NotAllowed, NotFound
from clipnet.texts import text

PAGES: Final = 5
"""Pages of our own posts that are looked through for one."""
LEAST_FIELD: Final = 20
"""A field is left out rather than cut to less."""


@dataclass
class XSpeaker:
    """See `bot.speaker.Speaker`. Posts can't be changed, so nothing is told before the end.

    What can't be known to have been posted raises no `ClipNetError`: the effect stays open, and `find` is asked before
    it is tried again.

    Attributes:
        a_day: how many posts ClipNet allows itself.
        known: the bot's account; asked for when it is left out.
    """

    x: X
    pool: Pool
    a_day: int
    platform: str = "x"
    can_edit: bool = False
    known: Account | None = None

    async def say(self, place: Place, telling: Telling) -> Spoken:
        """Answer a mention, which is done once whatever is said, or (in the bot's own place) post."""
        answers = telling.answers or place.extra.get("post")
        if answers is None and place.id != (await self._me()).id:
            raise NotFound(text("The post that asked is not known any more."))
        if answers is not None and (said := await self.find(place, telling.key, answers=answers)):
            return said
        await budget.hear(self.pool, self.x.limits)
        self.x.limits.check(POSTS)
        media_id = await self._media(telling)
        await budget.take(self.pool, self.a_day, self.x.clock)
        mark = "" if answers else mark_of(telling.key)
        try:
            return await self._post_once(place, telling, mark, answers, media_id)
        except BadInput as error:
            if media_id is None:
                raise
            logger.warning("X doesn't take an uploaded video; a link is posted", why=error.sentence)
            return await self._post_once(place, telling, mark, answers, None)

    async def _post_once(
        self, place: Place, telling: Telling, mark: str, answers: str | None, media_id: str | None
    ) -> Spoken:
        """Post; what X has heard before within a day gets a mark. Raises as `X.post`."""
        shown = without_first(telling.reply) if media_id else telling.reply
        try:
            return await self._post(place, telling, words_of(shown, mark), answers, media_id)
        except Conflict:
            if said := await self.find(place, telling.key, answers=answers):
                return said
            if mark:
                raise
            return await self._post(place, telling, words_of(shown, mark_of(telling.key)), answers, media_id)

    async def edit(self, spoken: Spoken, telling: Telling) -> Spoken:  # noqa: ARG002
        """Never possible."""
        raise NotAllowed(text("Posts on X can't be changed."))

    async def delete(self, spoken: Spoken) -> bool:
        """Delete a post of ours; True also when it was gone already."""
        try:
            return await self.x.delete(spoken.id)
        except NotFound:
            return True

    async def find(self, place: Place, key: str, *, answers: str | None = None) -> Spoken | None:
        """Our answer to the mention, or our own post with the mark of that key.

        Raises:
            Conflict: there are too many posts since then to look through.
        """
        answers = answers or place.extra.get("post")
        me, page = await self._me(), None
        for _ in range(PAGES):
            body = await self.x.posted_by(me.id, since_id=answers, page=page)
            for post in body.get("data") or []:
                if _answered(post) == answers if answers else mark_of(key) in str(post["text"]):
                    return _spoken(me, str(post["id"]), place)
            page = (body.get("meta") or {}).get("next_token")
            if page is None:
                return None
        raise Conflict(
            text("Too much was posted on X since then to say whether this went out."),
            hint=text("Look there, then decide."),
        )

    async def _post(
        self, place: Place, telling: Telling, words: str, answers: str | None, media_id: str | None
    ) -> Spoken:
        try:
            return await self._sent(place, telling, words, answers, media_id)
        finally:
            await budget.tell(self.pool, self.x.limits)

    async def _sent(
        self, place: Place, telling: Telling, words: str, answers: str | None, media_id: str | None
    ) -> Spoken:
        """Post once; whether it happened where no answer came is looked up. Raises as `X.post`."""
        unnamed = [other for other in place.extra.get("others", "").split(",") if other]
        try:
            post_id = await self.x.post(words, answers=answers, media_id=media_id, unnamed=unnamed if answers else ())
        except Unsure:
            try:
                said = await self.find(place, telling.key, answers=answers)
            except ClipNetError:
                said = None
            if said is None:
                raise
            return said
        return _spoken(await self._me(), post_id, place)

    async def _media(self, telling: Telling) -> str | None:
        """The first clip as a video of X; None where a link has to do."""
        file = next(iter(_files(telling)), None)
        if file is None or not await media.takes(file):
            return None
        try:
            return await media.upload(self.x, file)
        except (BadInput, NotAllowed, NotFound) as error:
            logger.warning("X takes no upload; a link is posted", why=error.sentence)
            return None

    async def _me(self) -> Account:
        if self.known is None:
            self.known = await self.x.me()
        return self.known


def _spoken(me: Account, post_id: str, place: Place) -> Spoken:
    return Spoken(post_id, place, f"https://x.com/{me.username}/status/{post_id}")


def words_of(reply: Reply, mark: str = "") -> str:
    """A reply in at most 280: its text, what fits of its fields, and the first link that it has."""
    link = next((shown.url for shown in reply.media if shown.url), "")
    room = LONGEST - (LINK + 1 if link else 0) - (weight(mark) + 1 if mark else 0)
    lines = [fitted(quiet(str(reply.text)), room)]
    room -= weight(lines[0])
    for field in reply.fields:
        line = fitted(quiet(f"{field.label}: {field.value}"), room - 1) if room > LEAST_FIELD else ""
        if not line:
            break
        lines.append(line)
        room -= weight(line) + 1
    return "\n".join(part for part in (*lines, link, mark) if part)


def without_first(reply: Reply) -> Reply:
    """What is left to be shown by link once the first clip is shown itself."""
    return Reply(reply.text, reply.fields, reply.media[1:])


def mark_of(key: str) -> str:
    """The few letters at the end of a post by which it is found again."""
    return f"·{zlib.crc32(key.encode()):08x}"


def _files(telling: Telling) -> Iterator[MediaFile]:
    for shown in telling.reply.media:
        if shown.kind == "video" and (file := telling.files.get(shown.key)):
            yield file


def _answered(post: dict[str, Any]) -> str | None:
    """The id of the post that this one answers to."""
    found = (one for one in post.get("referenced_tweets") or [] if one["type"] == "replied_to")
    return next((str(one["id"]) for one in found), None)
