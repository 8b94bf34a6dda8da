"""Who is on the fake X and what they have posted."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from clipnet.clock import Clock
from tests.fakes.x.text import mentions_in

SNOWFLAKE_EPOCH_MS = 1288834974657


@dataclass(slots=True, eq=False)
class User:
    """An account. `protected` posts are seen by nobody else; a `suspended` one is gone with all its posts."""

    id: str
    username: str
    name: str
    created_at: datetime
    suspended: bool = False
    protected: bool = False


@dataclass(slots=True, eq=False)
class Media:
    """A picture or video. `data` or `path` holds its bytes; `ready` once it may be used in a post."""

    id: str
    key: str
    owner: User
    kind: str
    content_type: str
    data: bytes = b""
    path: Path | None = None
    duration_ms: int | None = None
    width: int = 720
    height: int = 1280
    ready: bool = True

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size if self.path else len(self.data)


@dataclass(slots=True, eq=False)
class Post:
    """A post. `typed` is what its author wrote; `text` has the handles in front that X adds to a reply.

    Attributes:
        versions: ids of the post before it was edited, oldest first; each of them can still be looked up.
        edited: whether there is a later version, which stands in the timelines instead.
    """

    id: str
    author: User
    typed: str
    text: str
    created_at: datetime
    media: list[Media] = field(default_factory=list)
    reply_to: "Post | None" = None
    quoting: "Post | None" = None
    retweeting: "Post | None" = None
    automated: bool = False
    deleted: bool = False
    versions: list[str] = field(default_factory=list)
    edited: bool = False

    @property
    def conversation_id(self) -> str:
        """Id of the post that began the thread."""
        return self.reply_to.conversation_id if self.reply_to else self.id

    @property
    def visible(self) -> bool:
        """Whether others can see it."""
        return not (self.deleted or self.author.suspended or self.author.protected)

    def names(self, user: User) -> bool:
        """Whether its author typed this account's handle, other than X that adds handles to a reply."""
        return any(one.name.lower() == user.username.lower() for one in mentions_in(self.typed))

    def reaches(self, user: User) -> bool:
        """Whether it stands in this account's mentions."""
        return self.author is not user and any(
            one.name.lower() == user.username.lower() for one in mentions_in(self.text)
        )


class World:
    """The accounts, posts and media, in the order in which they came."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.users: dict[str, User] = {}
        self.posts: dict[str, Post] = {}
        self.media: dict[str, Media] = {}
        self._latest_id = 0

    def new_id(self) -> str:
        """An id that sorts by time, as X makes them."""
        since_ms = int(self.clock.now().timestamp() * 1000) - SNOWFLAKE_EPOCH_MS
        self._latest_id = max(self._latest_id + 1, since_ms << 22)
        return str(self._latest_id)

    def add_user(self, username: str, name: str = "") -> User:
        """A new account."""
        user = User(self.new_id(), username, name or username.title(), datetime(2020, 1, 1, tzinfo=UTC))
        self.users[user.id] = user
        return user

    def named(self, username: str) -> User | None:
        """The account of that handle, in any case."""
        return next((user for user in self.users.values() if user.username.lower() == username.lower()), None)

    def ids_by_name(self) -> dict[str, str]:
        """Ids of all accounts by lower-case handle."""
        return {user.username.lower(): user.id for user in self.users.values()}

    def add_media(
        self,
        owner: User,
        content: bytes | Path,
        *,
        kind: str = "video",
        content_type: str = "video/mp4",
        duration_ms: int | None = None,
        ready: bool = True,
    ) -> Media:
        """A picture or video of somebody; `kind` is X's word: video, photo or animated_gif."""
        media_id = self.new_id()
        prefix = {"video": "13", "photo": "3", "animated_gif": "16"}[kind]
        media = Media(media_id, f"{prefix}_{media_id}", owner, kind, content_type, ready=ready, duration_ms=duration_ms)
        if isinstance(content, bytes):
            media.data = content
        else:
            media.path = content
        self.media[media_id] = media
        return media

    def add_post(
        self,
        author: User,
        typed: str,
        *,
        media: list[Media] | None = None,
        reply_to: Post | None = None,
        quoting: Post | None = None,
        automated: bool = False,
        excluded: frozenset[str] = frozenset(),
    ) -> Post:
        """A new post; `excluded` are ids of accounts whose handles X shall not put in front of the reply."""
        text = self.prefix(author, typed, reply_to, excluded) + typed
        post = Post(
            self.new_id(),
            author,
            typed,
            text,
            self.clock.now(),
            media=media or [],
            reply_to=reply_to,
            quoting=quoting,
            automated=automated,
        )
        self.posts[post.id] = post
        return post

    def edit(self, post: Post, typed: str) -> Post:
        """The post with another text: a new one, with a new id."""
        edited = self.add_post(post.author, typed, media=post.media, reply_to=post.reply_to, quoting=post.quoting)
        edited.versions = [*post.versions, post.id]
        post.edited = True
        return edited

    def prefix(self, author: User, typed: str, reply_to: Post | None, excluded: frozenset[str] = frozenset()) -> str:
        """The handles that X puts in front of a reply: whom it answers, and whom that post reached."""
        if reply_to is None:
            return ""
        typed_names = {one.name.lower() for one in mentions_in(typed)}
        reached = [reply_to.author.username, *(one.name for one in mentions_in(reply_to.text))]
        handles: list[str] = []
        for name in reached:
            user = self.named(name)
            if user is None or user is author or user.id in excluded:
                continue
            if user.username.lower() not in typed_names and user.username not in handles:
                handles.append(user.username)
        return "".join(f"@{name} " for name in handles)

    def replies_to(self, post: Post) -> list[Post]:
        """What stands under a post, oldest first."""
        return [one for one in self.posts.values() if one.reply_to is post and not one.deleted]
