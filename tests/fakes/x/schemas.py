"""What a request body may be: closed models, so that an unknown key or a number for a string is refused."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from tests.fakes.server import Call
from tests.fakes.x.problems import invalid

Id = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
Body = TypeVar("Body", bound=BaseModel)


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class PostMedia(_Closed):
    """What a post shows."""

    media_ids: Annotated[list[Id], Field(min_length=1, max_length=4)]
    tagged_user_ids: Annotated[list[Id], Field(max_length=10)] | None = None


class PostReply(_Closed):
    """What a post answers."""

    in_reply_to_tweet_id: Id
    exclude_reply_user_ids: list[Id] = []
    auto_populate_reply_metadata: bool = True


class NewPost(_Closed):
    """Body of POST /2/tweets, as far as ClipNet could use it."""

    text: str = ""
    media: PostMedia | None = None
    reply: PostReply | None = None
    quote_tweet_id: Id | None = None
    reply_settings: Literal["following", "mentionedUsers", "subscribers", "verified"] | None = None
    made_with_ai: bool | None = None
    for_super_followers_only: bool | None = None
    nullcast: bool | None = None


class NewUpload(_Closed):
    """Body of POST /2/media/upload/initialize."""

    media_type: Literal[
        "video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt",
        "image/jpeg", "image/gif", "image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff",
    ]  # fmt: skip
    total_bytes: Annotated[int, Field(ge=1, le=17_179_869_184)]
    media_category: Literal[
        "amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles"
    ]
    additional_owners: list[Id] = []
    shared: bool = False


class NewWebhook(_Closed):
    """Body of POST /2/webhooks."""

    url: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class ActivityFilter(_Closed):
    """Whose activities are meant."""

    user_id: Id


class NewActivitySubscription(_Closed):
    """Body of POST /2/activity/subscriptions."""

    event_type: Literal["post.create", "post.delete", "post.mention.create", "post.reply.create", "post.quote.create"]
    filter: ActivityFilter
    tag: str | None = None
    webhook_id: Id | None = None


def read_body(call: Call, model: type[Body]) -> Body:
    """The JSON body as that model; whatever does not fit is refused, naming the place by a JSON path."""
    content_type = call.headers.get("Content-Type", "").split(";")[0]
    if content_type != "application/json":
        raise invalid(("Content-Type", content_type, f"the content type [{content_type}] is not application/json"))
    try:
        body = call.json()
    except ValueError:
        raise invalid(("body", "", "the body is not valid JSON")) from None
    return checked(body, model)


def checked(body: Any, model: type[Body]) -> Body:
    """A decoded body as that model, or the refusal that names every fault."""
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(
            *(
                (_path(fault["loc"]), _shown(fault["input"]), f"{_path(fault['loc'])}: {fault['msg']}")
                for fault in error.errors()
            )
        ) from None


def _path(where: tuple[int | str, ...]) -> str:
    return "$" + "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in where)


def _shown(value: Any) -> str:
    return str(value)[:50]
