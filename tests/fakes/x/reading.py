"""Reading accounts, posts and timelines."""

import secrets
from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.fakes.server import Call
from tests.fakes.x.problems import PROBLEMS, invalid, missing_resource, unavailable_user
from tests.fakes.x.query import POST_OBJECTS, USER_OBJECTS, Allowed, Query, path_id, read_query, timeline
from tests.fakes.x.render import Renderer
from tests.fakes.x.wire import answer
from tests.fakes.x.world import Post, User, World

ONE_POST = Allowed(POST_OBJECTS)
SOME_POSTS = Allowed(POST_OBJECTS, words=frozenset({"ids"}), required=frozenset({"ids"}))
ONE_USER = Allowed(USER_OBJECTS)
MENTIONS = timeline()
POSTS_OF = timeline(lists={"exclude": frozenset({"replies", "retweets"})})
SEARCH = timeline(
    lowest=10,
    lists={"sort_order": frozenset({"recency", "relevancy"})},
    words=frozenset({"query", "next_token"}),
    required=frozenset({"query"}),
)


class Reading:
    """The answers to GET; `url` tells where the media are served."""

    def __init__(self, world: World, url: Callable[[], str]) -> None:
        self._world = world
        self._url = url
        self._pages: dict[str, int] = {}

    async def me(self, call: Call, user: User) -> web.StreamResponse:
        """GET /2/users/me."""
        return answer({"data": self._renderer(_read(call, ONE_USER)).user(user)})

    async def user(self, call: Call) -> web.StreamResponse:
        """GET /2/users/{id}."""
        query = _read(call, ONE_USER)
        return self._account(self._world.users.get(path_id(call.args["id"])), call.args["id"], "id", query)

    async def user_named(self, call: Call) -> web.StreamResponse:
        """GET /2/users/by/username/{username}."""
        query = _read(call, ONE_USER)
        name = call.args["username"]
        if not name.replace("_", "").isalnum() or not name.isascii() or len(name) > 15:
            raise invalid(("username", name, f"The `username` query parameter value [{name}] is not valid"))
        return self._account(self._world.named(name), name, "username", query)

    async def post(self, call: Call) -> web.StreamResponse:
        """GET /2/tweets/{id}."""
        query = _read(call, ONE_POST)
        found, errors = self._find([path_id(call.args["id"])], "id")
        body = self._listed(found, query, errors)
        return answer(body | {"data": body["data"][0]} if found else body)

    async def posts(self, call: Call) -> web.StreamResponse:
        """GET /2/tweets?ids=."""
        query = _read(call, SOME_POSTS)
        ids = query.words["ids"].split(",")
        if len(ids) > 100:
            raise invalid(
                ("ids", len(ids), "The number of values in the `ids` query parameter list is not between 1 and 100")
            )
        found, errors = self._find([path_id(one) for one in ids], "ids")
        return answer(self._listed(found, query, errors))

    async def mentions(self, call: Call) -> web.StreamResponse:
        """GET /2/users/{id}/mentions."""
        query = _read(call, MENTIONS)
        user = self._world.users.get(path_id(call.args["id"]))
        return self._timeline(user, call, query, lambda post: user is not None and post.reaches(user))

    async def posts_of(self, call: Call) -> web.StreamResponse:
        """GET /2/users/{id}/tweets."""
        query = _read(call, POSTS_OF)
        user = self._world.users.get(path_id(call.args["id"]))
        no_replies = query.asks("exclude", "replies")
        return self._timeline(
            user, call, query, lambda post: post.author is user and not (no_replies and post.reply_to is not None)
        )

    async def search(self, call: Call) -> web.StreamResponse:
        """GET /2/tweets/search/recent, with words, @name, from:, to: and has:videos, negated by a minus."""
        query = _read(call, SEARCH)
        terms = query.words["query"].split()
        return answer(self._page([one for one in self._seen() if all(_matches(one, term) for term in terms)], query))

    def _renderer(self, query: Query) -> Renderer:
        return Renderer(self._world, self._url(), query)

    def _account(self, user: User | None, value: str, parameter: str, query: Query) -> web.StreamResponse:
        if user is None:
            return answer({"errors": [missing_resource("user", value, parameter)]})
        if user.suspended:
            return answer({"errors": [unavailable_user(value, parameter)]})
        return answer({"data": self._renderer(query).user(user)})

    def _find(self, ids: list[str], parameter: str) -> tuple[list[Post], list[dict[str, Any]]]:
        found: list[Post] = []
        errors: list[dict[str, Any]] = []
        for post_id in ids:
            post = self._world.posts.get(post_id)
            if post is None or post.deleted:
                errors.append(missing_resource("tweet", post_id, parameter))
            elif not post.visible:
                errors.append(_not_authorized(post_id, parameter))
            else:
                found.append(post)
        return found, errors

    def _listed(self, found: list[Post], query: Query, errors: list[dict[str, Any]]) -> dict[str, Any]:
        data, includes, more_errors = self._renderer(query).posts(found)
        body = {"data": data, "includes": includes, "errors": [*errors, *more_errors]}
        return {name: value for name, value in body.items() if value}

    def _seen(self) -> list[Post]:
        return [post for post in self._world.posts.values() if post.visible and not post.edited]

    def _timeline(
        self, user: User | None, call: Call, query: Query, belongs: Callable[[Post], bool]
    ) -> web.StreamResponse:
        if user is None:
            return answer({"errors": [missing_resource("user", call.args["id"], "id")]})
        if user.suspended:
            return answer({"errors": [unavailable_user(call.args["id"], "id")]})
        return answer(self._page([post for post in self._seen() if belongs(post)], query))

    def _page(self, posts: list[Post], query: Query) -> dict[str, Any]:
        """One page, newest first: `since_id` and `until_id` are strict, a token goes on below the last page."""
        below = self._below(query)
        chosen = [post for post in posts if _within(post, query) and (below is None or int(post.id) < below)]
        chosen.sort(key=lambda post: int(post.id), reverse=True)
        page, rest = chosen[: query.max_results], chosen[query.max_results :]
        meta: dict[str, Any] = {"result_count": len(page)}
        if page:
            meta |= {"newest_id": page[0].id, "oldest_id": page[-1].id}
        if rest:
            meta["next_token"] = secrets.token_hex(12)
            self._pages[meta["next_token"]] = int(page[-1].id)
        return self._listed(page, query, []) | {"meta": meta}

    def _below(self, query: Query) -> int | None:
        name = "next_token" if "next_token" in query.words else "pagination_token"
        token = query.words.get(name)
        if token is None:
            return None
        if token not in self._pages:
            raise invalid((name, token, f"The `{name}` query parameter value [{token}] is not valid"))
        return self._pages[token]


def _read(call: Call, allowed: Allowed) -> Query:
    assert call.request is not None
    return read_query(call.request.query, allowed)


def _within(post: Post, query: Query) -> bool:
    """Whether a post lies in the span of ids and times asked for."""
    number, at = int(post.id), post.created_at
    return (
        number > query.ids.get("since_id", -1)
        and ("until_id" not in query.ids or number < query.ids["until_id"])
        and ("start_time" not in query.times or at >= query.times["start_time"])
        and ("end_time" not in query.times or at < query.times["end_time"])
    )


def _matches(post: Post, term: str) -> bool:
    if term.startswith("-"):
        return not _matches(post, term[1:])
    name, colon, value = term.lower().partition(":")
    match name if colon else "":
        case "from":
            return post.author.username.lower() == value
        case "to":
            return post.reply_to is not None and post.reply_to.author.username.lower() == value
        case "has":
            return any(one.kind == "video" for one in post.media)
        case "is":
            return value == "reply" and post.reply_to is not None
    return term.lower().strip('"') in post.text.lower()


def _not_authorized(post_id: str, parameter: str) -> dict[str, Any]:
    return {
        "value": post_id,
        "detail": f"Sorry, you are not authorized to see the Tweet with {parameter}: [{post_id}].",
        "title": "Authorization Error",
        "resource_type": "tweet",
        "parameter": parameter,
        "resource_id": post_id,
        "section": "data",
        "type": PROBLEMS + "not-authorized-for-resource",
    }
