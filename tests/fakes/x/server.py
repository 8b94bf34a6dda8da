"""The fake X as a whole: its routes, and the people who act on it."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from aiohttp import web

from clipnet.clock import Clock, SystemClock
from tests.fakes.server import Call, Fake, Refusal
from tests.fakes.x.access import APP, OWN, READ, UPLOAD, WRITE, Access, Doors
from tests.fakes.x.limits import Limits
from tests.fakes.x.oauth1 import OAuth1
from tests.fakes.x.oauth2 import BOT_SCOPES, AppOnly, Grant, OAuth2
from tests.fakes.x.posting import Posting
from tests.fakes.x.problems import problem
from tests.fakes.x.reading import Reading
from tests.fakes.x.uploads import Uploads
from tests.fakes.x.webhooks import Signed, Webhooks
from tests.fakes.x.world import Media, Post, User, World

Handler = Callable[[Call], Awaitable[web.StreamResponse]]
UserHandler = Callable[[Call, User], Awaitable[web.StreamResponse]]


class FakeX(Fake):
    """X on loopback, for one app. Give clients `url`, or lead api.twitter.com and api.x.com there by a middleware.

    What people do is called on the fake itself (`add_user`, `post`, `mention`, ...); what was done stands in `posts`
    and `media`, apart from the journal. `oauth1`, `oauth2`, `limits`, `uploads` and `webhooks` have further settings.

    Attributes:
        credits: whether the app has any left to pay requests with.
    """

    name = "x"

    def __init__(
        self,
        clock: Clock,
        *,
        consumer_key: str = "consumer-key",
        consumer_secret: str = "consumer-secret",
        client_id: str = "client-id",
        client_secret: str = "client-secret",
        loopback_webhooks: bool = False,
        signing_clock: Clock | None = None,
    ) -> None:
        super().__init__(clock)
        self.credits = True
        self.world = World(clock)
        self.oauth1 = OAuth1(consumer_key, consumer_secret, signing_clock or SystemClock())
        self.oauth2 = OAuth2(client_id, client_secret, clock)
        self.app = AppOnly(consumer_key, consumer_secret)
        self.limits = Limits(clock)
        self.uploads = Uploads(self.world, self.violation)
        self.webhooks = Webhooks(
            self.world, consumer_secret, self.violation, lambda: self.url, loopback=loopback_webhooks
        )
        self._doors = Doors(self.oauth1, self.oauth2, self.app)
        self._posting = Posting(self.world, self.uploads, self.violation)
        self._reading = Reading(self.world, lambda: self.url)
        self._add_routes()

    def _add_routes(self) -> None:
        reading, posting, uploads, hooks = self._reading, self._posting, self.uploads, self.webhooks
        self.route("GET", "/i/oauth2/authorize", self.oauth2.page)
        self.route("POST", "/2/oauth2/token", self.oauth2.token)
        self.route("POST", "/2/oauth2/revoke", self.oauth2.revoke)
        self.route("POST", "/oauth2/token", self.app.token)
        for method in ("GET", "HEAD"):
            self.route(method, "/video/{id}/{size}/{file}", self._file)
            self.route(method, "/media/{id}.jpg", self._file)
        self._own("GET", "/2/users/me", reading.me, OWN)
        self._any("GET", "/2/users/by/username/{username}", reading.user_named, READ)
        self._any("GET", "/2/users/{id}", reading.user, READ)
        self._any("GET", "/2/users/{id}/mentions", reading.mentions, READ)
        self._any("GET", "/2/users/{id}/tweets", reading.posts_of, READ)
        self._any("GET", "/2/tweets/search/recent", reading.search, READ)
        self._any("GET", "/2/tweets", reading.posts, READ)
        self._any("GET", "/2/tweets/{id}", reading.post, READ)
        self._own("POST", "/2/tweets", posting.create, WRITE)
        self._own("DELETE", "/2/tweets/{id}", posting.delete, WRITE)
        self._own("POST", "/2/media/upload/initialize", uploads.initialize, UPLOAD)
        self._own("POST", "/2/media/upload/{id}/append", uploads.append, UPLOAD)
        self._own("POST", "/2/media/upload/{id}/finalize", uploads.finalize, UPLOAD)
        self._own("GET", "/2/media/upload", uploads.status, UPLOAD)
        self._any("POST", "/2/webhooks", hooks.create, APP)
        self._any("GET", "/2/webhooks", hooks.all, APP)
        self._any("PUT", "/2/webhooks/{id}", hooks.validate, APP)
        self._any("DELETE", "/2/webhooks/{id}", hooks.delete, APP)
        self._own("POST", "/2/account_activity/webhooks/{id}/subscriptions/all", hooks.subscribe, OWN)
        self._any("POST", "/2/activity/subscriptions", hooks.subscribe_activity, READ)

    def _any(self, method: str, path: str, handler: Handler, access: Access) -> None:
        """A route whose answer does not depend on who asks."""

        async def answer(call: Call, _user: User | None) -> web.StreamResponse:
            return await handler(call)

        self._api(method, path, answer, access)

    def _own(self, method: str, path: str, handler: UserHandler, access: Access) -> None:
        """A route that acts for the account that asks."""

        async def answer(call: Call, user: User | None) -> web.StreamResponse:
            assert user is not None
            return await handler(call, user)

        self._api(method, path, answer, access)

    def _api(
        self,
        method: str,
        path: str,
        handler: Callable[[Call, User | None], Awaitable[web.StreamResponse]],
        access: Access,
    ) -> None:
        """A route behind credentials and limits, whose headers stand on every answer."""
        route = f"{method} {path}"

        async def answer(call: Call) -> web.StreamResponse:
            user = self._doors.admit(call, access)
            if not self.credits:
                raise problem(402, "CreditsDepleted", "Your enrolled account does not have any credits.")
            headers = self.limits.count(route, user.id if user else None)
            try:
                response = await handler(call, user)
            except Refusal as refusal:
                refusal.headers = refusal.headers | headers
                raise
            response.headers.update(headers)
            return response

        self.route(method, path, answer)

    def refused(self, status: int, message: str) -> Refusal:
        """A problem document without details."""
        return problem(status, message, message)

    def too_many(self, after_s: float) -> Refusal:
        """A 429 whose window resets `after_s` from now; X sends no Retry-After."""
        reset = str(int(self.clock.now().timestamp() + after_s))
        return Limits.too_many({"x-rate-limit-limit": "1", "x-rate-limit-remaining": "0", "x-rate-limit-reset": reset})

    async def close(self) -> None:
        """End the connections to webhooks."""
        await self.webhooks.close()

    @property
    def bearer(self) -> str:
        """The app's own token, which reads and manages webhooks, and posts for nobody."""
        return self.app.bearer

    @property
    def posts(self) -> list[Post]:
        """All that was ever posted, deleted or not, oldest first."""
        return list(self.world.posts.values())

    @property
    def media(self) -> dict[str, Media]:
        """All pictures and videos by media id, with their bytes."""
        return self.world.media

    def add_user(self, username: str, name: str = "") -> User:
        """A new account; `username` without `@`."""
        return self.world.add_user(username, name)

    def user_token(self, user: User, scopes: Iterable[str] = BOT_SCOPES) -> Grant:
        """OAuth 2 tokens (`access`, `refresh`) for this account, as if it had signed in."""
        return self.oauth2.issue(user, frozenset(scopes))

    def authorize(self, user: User, url: str, *, deny: bool = False) -> str:
        """This person opens the authorize URL and agrees; returns the redirect with `code` and `state`.

        Raises:
            Refusal: X would show an error page for that URL; also noted as a violation.
        """
        try:
            return self.oauth2.authorize(user, url, deny=deny)
        except Refusal as refusal:
            self.violation(f"GET /i/oauth2/authorize: {refusal.violation}")
            raise

    def post(
        self,
        user: User,
        text: str = "",
        *,
        video: bytes | Path | None = None,
        duration_ms: int | None = None,
        photo: bytes | Path | None = None,
        reply_to: Post | None = None,
        quoting: Post | None = None,
    ) -> Post:
        """This person posts from a phone, so without the limits of the API."""
        media = []
        if video is not None:
            media.append(self.world.add_media(user, video, duration_ms=duration_ms))
        if photo is not None:
            media.append(self.world.add_media(user, photo, kind="photo", content_type="image/jpeg"))
        return self.world.add_post(user, text, media=media, reply_to=reply_to, quoting=quoting)

    def mention(self, user: User, bot: User, text: str, *, reply_to: Post | None = None) -> Post:
        """This person asks the bot for something: `@bot` goes in front unless the text names it already."""
        named = f"@{bot.username}".lower() in text.lower()
        return self.post(user, text if named else f"@{bot.username} {text}", reply_to=reply_to)

    def retweet(self, user: User, post: Post) -> Post:
        """This person retweets."""
        retweet = self.world.add_post(user, f"RT @{post.author.username}: {post.text}")
        retweet.retweeting = post
        return retweet

    def edit_post(self, post: Post, text: str) -> Post:
        """Its author changes the post, which gets a new id."""
        return self.world.edit(post, text)

    def delete_post(self, post: Post) -> None:
        """Its author takes the post back, with all its versions."""
        for one in (post, *(self.world.posts[version] for version in post.versions)):
            one.deleted = True

    def suspend(self, user: User) -> None:
        """X suspends the account; its posts are gone, its tokens are refused."""
        user.suspended = True

    def replies_to(self, post: Post) -> list[Post]:
        """What stands under a post now, oldest first."""
        return self.world.replies_to(post)

    async def deliver(self, *posts: Post, signed: Signed = "right", times: int = 1, at_once: bool = False) -> list[int]:
        """Tell the subscribed webhooks of these posts, each `times` times; returns the statuses (0: no answer)."""
        return await self.webhooks.deliver(posts, signed=signed, times=times, at_once=at_once)

    async def crc_check(self, url: str) -> bool:
        """Challenge the webhook at `url` as X does every hour; one that fails is told nothing more."""
        hook = next(hook for hook in self.webhooks.by_id.values() if hook.url == url)
        return await self.webhooks.challenge(hook)

    async def _file(self, call: Call) -> web.StreamResponse:
        media = self.world.media.get(call.args["id"])
        if media is None or not media.ready or call.path.endswith(".m3u8"):
            return web.Response(status=404)
        if media.path is not None:
            return web.FileResponse(media.path, headers={"Content-Type": media.content_type})
        return web.Response(body=media.data, content_type=media.content_type)
