"""`clip`: ask for clips of a video."""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.command import Command, Limit, Param
from bot.context import Context
from bot.params import CHOICE, DURATION, FLAG, INTEGER, MOMENT, SOURCE, TEXT, TIME, Moment, Source
from bot.views import Accepted
from bot.vocabulary import Action, Reply
from clipnet.errors import BadInput
from clipnet.texts import Text, text
from db import requests
from pipeline.jobs import CLIP_PROCESS, NewJob, OfRequest
from pipeline.options import MAX_COUNT, MAX_LENGTH_S, MIN_LENGTH_S, ClipOptions

_WANTED = text("Give the path of a video file, or a link.")


async def _clip(ctx: Context, *, source: Source, range: Moment | None, **wishes: Any) -> Reply:  # noqa: A002
    options = _options(range, wishes)
    origin = _origin(ctx, source)
    request_id, public_id = await requests.create(
        ctx.conn,
        user_id=ctx.user.id,
        community_id=ctx.community_id,
        kind=source.kind,
        origin=origin,
        place=ctx.invocation.place.stored(),
        options=options.stored(),
        trace_id=ctx.trace_id,
    )
    await ctx.enqueue(
        NewJob(
            CLIP_PROCESS,
            OfRequest(request_id=request_id),
            request_id=request_id,
            serial_key=f"request:{request_id}",
            requester=f"user:{ctx.user.id}",
        )
    )
    return Reply(
        text("On it: request {id}.", id=public_id),
        actions=(Action(text("Cancel"), "cancel", {"id": public_id}),),
        data=Accepted(request=public_id, state="queued", trace_id=ctx.trace_id),
    )


def _options(moment: Moment | None, wishes: dict[str, Any]) -> ClipOptions:
    given = {
        "at_s": wishes["at"],
        "find": wishes["find"],
        "count": wishes["count"],
        "captions": not wishes["no-captions"],
        "language": wishes["language"],
        "length_s": wishes["length"],
        "aspect": wishes["aspect"],
        "template": wishes["template"],
    }
    if moment is not None and moment.end_s is not None:
        given |= {"start_s": moment.start_s, "end_s": moment.end_s}
    elif moment is not None:
        if given["at_s"] is not None:
            raise BadInput(text("The moment is given twice."), hint=text("Give it once, like --at 1:20."))
        given["at_s"] = moment.start_s
    try:
        return ClipOptions(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise BadInput(_sentence(error)) from None


def _sentence(error: ValidationError) -> Text:
    """What is wrong with the wishes: our own words where a rule of ours was broken."""
    first = error.errors()[0]
    broken = first.get("ctx", {}).get("error")
    if isinstance(broken, ValueError) and isinstance(broken.args[0], Text):
        return broken.args[0]
    name = ".".join(map(str, first["loc"]))
    return text("{name}: that value can't be used ({why}).", name=name, why=first["msg"])


def _origin(ctx: Context, source: Source) -> str:
    if source.kind == "url":
        return source.origin
    if not ctx.invocation.local:
        raise BadInput(text("That is not a link."), hint=text("Give a link that starts with https://."))
    shown = source.origin[-200:]
    try:
        path = Path(source.origin).expanduser().resolve()
        if path.is_file():
            return str(path)
        is_folder = path.is_dir()
    except (OSError, RuntimeError):
        raise BadInput(text("“{path}” is no path that can be read.", path=shown), hint=_WANTED) from None
    if is_folder:
        raise BadInput(text("“{path}” is a folder.", path=shown), hint=_WANTED)
    raise BadInput(text("“{path}” is no such file.", path=shown), hint=_WANTED)


CLIP = Command(
    name="clip",
    help="Make vertical, captioned clips of a video",
    handler=_clip,
    data=Accepted,
    params=(
        Param(
            "source", SOURCE, "the video: a link, or a file on the worker's own machine", required=True, positional=True
        ),
        Param("range", MOMENT, "a time, or from and to", positional=True),
        Param("at", TIME, "the moment that the clip must hold", minimum=0),
        Param("length", DURATION, "seconds that a clip should last", minimum=MIN_LENGTH_S, maximum=MAX_LENGTH_S),
        Param("find", TEXT, "words that are said at the moment you mean"),
        Param("count", INTEGER, "how many clips; the material decides when left out", minimum=1, maximum=MAX_COUNT),
        Param("aspect", CHOICE, "shape of the picture", choices=("9:16", "1:1", "16:9")),
        Param("template", CHOICE, "look of the captions", choices=("bold", "clean", "karaoke")),
        Param("language", TEXT, "what is spoken, as two letters such as en"),
        Param("no-captions", FLAG, "leave the captions out", default=False),
    ),
    changes="writes a request down and starts the work",
    limit=Limit(20, 60),
    starts_work=True,
    examples=(
        "clip https://example.org/talk.mp4",
        "clip https://example.org/talk.mp4 1:20-1:50",
        "clip https://example.org/talk.mp4 --at 1:20 --length 30",
        'clip https://example.org/talk.mp4 --find "what a goal" --count 2',
    ),
)
