"""What a reading request may ask for, and what it asked."""

import re
from dataclasses import dataclass
from datetime import datetime

from multidict import MultiMapping

from tests.fakes.x.problems import invalid


def _words(names: str) -> frozenset[str]:
    return frozenset(names.split())


POST_FIELDS = _words(
    "article attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls edit_history_tweet_ids entities geo id in_reply_to_user_id lang media_metadata "
    "non_public_metrics note_tweet organic_metrics paid_partnership possibly_sensitive promoted_metrics "
    "public_metrics referenced_tweets reply_settings scopes source text withheld"
)
USER_FIELDS = _words(
    "affiliation confirmed_email connection_status created_at description entities id is_identity_verified location "
    "most_recent_tweet_id name parody pinned_tweet_id profile_banner_url profile_image_url protected public_metrics "
    "receives_your_dm subscription subscription_type url username verified verified_followers_count verified_type "
    "withheld"
)
MEDIA_FIELDS = _words(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics "
    "public_metrics type url variants width"
)
POLL_FIELDS = frozenset(["duration_minutes", "end_datetime", "id", "options", "voting_status"])
PLACE_FIELDS = _words("contained_within country country_code full_name geo id name place_type")
POST_EXPANSIONS = _words(
    "article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_tweet_ids entities.mentions.username geo.place_id "
    "in_reply_to_user_id referenced_tweets.id referenced_tweets.id.author_id "
    "referenced_tweets.id.attachments.media_keys"
)
USER_EXPANSIONS = frozenset(["affiliation.user_id", "most_recent_tweet_id", "pinned_tweet_id"])

POST_OBJECTS = {
    "tweet.fields": POST_FIELDS,
    "user.fields": USER_FIELDS,
    "media.fields": MEDIA_FIELDS,
    "poll.fields": POLL_FIELDS,
    "place.fields": PLACE_FIELDS,
    "expansions": POST_EXPANSIONS,
}
USER_OBJECTS = {"tweet.fields": POST_FIELDS, "user.fields": USER_FIELDS, "expansions": USER_EXPANSIONS}

_ID = re.compile(r"[0-9]{1,19}")


@dataclass(frozen=True, slots=True)
class Allowed:
    """The query parameters of one endpoint. `lists` hold words from a set, `results` bounds max_results."""

    lists: dict[str, frozenset[str]]
    results: tuple[int, int, int] | None = None
    ids: frozenset[str] = frozenset()
    times: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()

    @property
    def names(self) -> set[str]:
        """All of them."""
        bounded = {"max_results"} if self.results else set()
        return {*self.lists, *self.ids, *self.times, *self.words, *bounded}


def timeline(
    *,
    lowest: int = 5,
    lists: dict[str, frozenset[str]] | None = None,
    words: frozenset[str] = frozenset(),
    required: frozenset[str] = frozenset(),
) -> Allowed:
    """What the paged lists of posts take; `words` and `lists` are those of one list alone."""
    return Allowed(
        POST_OBJECTS | (lists or {}),
        results=(lowest, 100, 10),
        ids=frozenset({"since_id", "until_id"}),
        times=frozenset({"start_time", "end_time"}),
        words=frozenset({"pagination_token"}) | words,
        required=required,
    )


@dataclass(frozen=True, slots=True)
class Query:
    """A reading request, checked."""

    lists: dict[str, frozenset[str]]
    max_results: int
    ids: dict[str, int]
    times: dict[str, datetime]
    words: dict[str, str]

    def asks(self, kind: str, name: str) -> bool:
        """Whether a field (`tweet.fields`, `user.fields`, `media.fields`) or one of the `expansions` was asked for."""
        return name in self.lists.get(kind, ())


def read_query(query: MultiMapping[str], allowed: Allowed) -> Query:
    """The query of a request; unknown names, unknown words, bounds and forms are refused, all at once."""
    complaints: list[tuple[str, str, str]] = []
    for name in query:
        if name not in allowed.names:
            listed = ",".join(sorted(allowed.names))
            complaints.append((name, query[name], f"The query parameter [{name}] is not one of [{listed}]"))
        elif len(query.getall(name)) > 1:
            complaints.append((name, query[name], f"The query parameter [{name}] was given more than once"))
        elif wrong := _wrong(name, query[name], allowed):
            complaints.append((name, query[name], wrong))
    for name in sorted(allowed.required - set(query)):
        complaints.append((name, "", f"The `{name}` query parameter can not be empty"))
    if complaints:
        raise invalid(*dict.fromkeys(complaints))
    given = {name: query[name] for name in query}
    return Query(
        {name: frozenset(given[name].split(",")) for name in allowed.lists if name in given},
        int(given.get("max_results", allowed.results[2] if allowed.results else 0)),
        {name: int(given[name]) for name in allowed.ids if name in given},
        {name: datetime.fromisoformat(given[name]) for name in allowed.times if name in given},
        {name: given[name] for name in allowed.words if name in given},
    )


def _wrong(name: str, value: str, allowed: Allowed) -> str:
    if name in allowed.lists:
        words = allowed.lists[name]
        for word in value.split(","):
            if word not in words:
                return f"The `{name}` query parameter value [{word}] is not one of [{','.join(sorted(words))}]"
    elif name == "max_results" and allowed.results:
        low, high, _ = allowed.results
        if not value.isdecimal() or not low <= int(value) <= high:
            return f"The `max_results` query parameter value [{value}] is not between {low} and {high}"
    elif name in allowed.ids:
        if not _ID.fullmatch(value):
            return f"The `{name}` query parameter value [{value}] is not valid"
    elif name in allowed.times:
        return _wrong_time(name, value)
    elif not value:
        return f"The `{name}` query parameter can not be empty"
    return ""


def _wrong_time(name: str, value: str) -> str:
    try:
        if datetime.fromisoformat(value).tzinfo is not None:
            return ""
    except ValueError:
        pass
    return f"The `{name}` query parameter value [{value}] is not an RFC 3339 date and time"


def path_id(value: str) -> str:
    """An id in the path, or a refusal."""
    if not _ID.fullmatch(value):
        raise invalid(("id", value, f"The `id` query parameter value [{value}] is not valid"))
    return value
