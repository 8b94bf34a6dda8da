"""Posting and deleting, with X's rules for texts, media and replies."""

from collections.abc import Callable
from datetime import timedelta

from aiohttp import web

from tests.fakes.server import Call, Refusal
from tests.fakes.x.problems import forbidden, invalid, not_found
from tests.fakes.x.query import path_id
from tests.fakes.x.schemas import NewPost, read_body
from tests.fakes.x.text import LONGEST, weighted_length
from tests.fakes.x.uploads import Uploads
from tests.fakes.x.wire import answer
from tests.fakes.x.world import Media, Post, User, World

DUPLICATE_WITHIN = timedelta(hours=24)


class Posting:
    """What apps post. `violation` notes what X's rules for automated accounts forbid, though its server does it."""

    def __init__(self, world: World, uploads: Uploads, violation: Callable[[str], None]) -> None:
        self._world = world
        self._uploads = uploads
        self._violation = violation

    async def create(self, call: Call, user: User) -> web.StreamResponse:
        """POST /2/tweets."""
        body = read_body(call, NewPost)
        self._check_text(body)
        target = self._seen(body.reply.in_reply_to_tweet_id, "reply to", user) if body.reply else None
        quoting = self._seen(body.quote_tweet_id, "quote", user) if body.quote_tweet_id else None
        media = self._media(body.media.media_ids, user) if body.media else []
        excluded = self._excluded(body)
        self._refuse_duplicate(user, body.text, target, excluded, media)
        if target is not None:
            self._check_reply(user, target)
        post = self._world.add_post(
            user, body.text, media=media, reply_to=target, quoting=quoting, automated=True, excluded=excluded
        )
        return answer({"data": {"id": post.id, "text": post.text, "edit_history_tweet_ids": [post.id]}}, 201)

    async def delete(self, call: Call, user: User) -> web.StreamResponse:
        """DELETE /2/tweets/{id}."""
        post = self._world.posts.get(path_id(call.args["id"]))
        if post is None or post.deleted:
            raise not_found("tweet", call.args["id"], "id")
        if post.author is not user:
            text = "You are not authorized to delete this Tweet."
            raise forbidden(text, violation="deleting the post of somebody else")
        post.deleted = True
        return answer({"data": {"deleted": True}})

    def _excluded(self, body: NewPost) -> frozenset[str]:
        """Ids of the accounts whose handles are not put before the reply."""
        if body.reply is None:
            return frozenset()
        return frozenset(
            body.reply.exclude_reply_user_ids if body.reply.auto_populate_reply_metadata else self._world.users
        )

    def _check_text(self, body: NewPost) -> None:
        if not body.text.strip() and body.media is None:
            raise invalid(("text", body.text, "a post needs a text or media"))
        length = weighted_length(body.text)
        if length > LONGEST:
            text = "Your Tweet text is too long."
            raise forbidden(text, violation=f"a text of weighted length {length}")

    def _seen(self, post_id: str, action: str, user: User) -> Post:
        post = self._world.posts.get(post_id)
        if post is None or post.deleted or not (post.visible or post.author is user):
            raise forbidden(f"You attempted to {action} a Tweet that is deleted or not visible to you.")
        return post

    def _media(self, media_ids: list[str], user: User) -> list[Media]:
        if len(set(media_ids)) < len(media_ids):
            raise _bad_media(media_ids, "a media id was given twice")
        found = [self._uploads.usable(media_id, user) for media_id in media_ids]
        media = [one for one in found if one is not None]
        if len(media) < len(found):
            mistake = "the media are not ready, expired, or not the poster's own"
            raise _bad_media(media_ids, "" if self._uploads.spoilt else mistake)
        if len(media) > 1 and any(one.kind != "photo" for one in media):
            raise _bad_media(media_ids, "more than one video, or a video among photos")
        return media

    def _refuse_duplicate(
        self, user: User, typed: str, target: Post | None, excluded: frozenset[str], media: list[Media]
    ) -> None:
        text = self._world.prefix(user, typed, target, excluded) + typed
        since = self._world.clock.now() - DUPLICATE_WITHIN
        for post in self._world.posts.values():
            same = post.author is user and post.text == text and (text or post.media == media)
            if same and not post.deleted and post.created_at > since:
                raise forbidden("You are not allowed to create a Tweet with duplicate content.")

    def _check_reply(self, user: User, target: Post) -> None:
        if target.author is user:
            return
        if not target.names(user):
            self._violation(f"{user.username} replied to post {target.id}, which does not mention it")
        versions = (target, *(self._world.posts[version] for version in target.versions))
        if any(one.author is user and one.automated for each in versions for one in self._world.replies_to(each)):
            self._violation(f"{user.username} replied to post {target.id} a second time")


def _bad_media(media_ids: list[str], violation: str) -> Refusal:
    refusal = invalid(("media.media_ids", ",".join(media_ids), "Your media IDs are invalid."))
    refusal.violation = violation
    return refusal
