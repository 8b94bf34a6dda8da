"""`trim`: move the edges of a clip."""

from dataclasses import dataclass

from bot import edits as editing
from bot import lookup
from bot.command import Command, Param
from bot.context import Context
from bot.params import CLIP, Kind, read_time
from bot.views import Changed, clock
from bot.vocabulary import Reply
from clipnet.errors import BadInput, Conflict
from clipnet.texts import text
from db import edits
from db.clips import Clip
from pipeline.options import MAX_LENGTH_S, ClipOptions

LEAST_S = 1.0
REACH_S = 60.0
"""How far from where it was an edge may go when only the surroundings of a moment were looked at."""
_MINUS = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


@dataclass(frozen=True, slots=True)
class Edge:
    """Where an edge goes: a second of the source, or (`relative`) so much later than it is now."""

    seconds: float
    relative: bool

    def applied(self, now_s: float) -> float:
        """The second of the source."""
        return round(now_s + self.seconds if self.relative else self.seconds, 3)


def _read_edge(typed: str) -> Edge:
    clean = typed.strip().translate({ord(dash): "-" for dash in _MINUS})
    if clean[:1] in ("+", "-"):
        return Edge(read_time(clean[1:]) * (-1 if clean[0] == "-" else 1), relative=True)
    return Edge(read_time(clean), relative=False)


EDGE = Kind(
    "edge", _read_edge, {"type": ["string", "number"], "description": "a time of the source, or +2s or -1.5"}, "+2s"
)


async def _trim(ctx: Context, *, id: str, start: Edge | None, end: Edge | None) -> Reply:  # noqa: A002
    clip = await editing.editable(ctx, id)
    start_s = start.applied(clip.start_s) if start else clip.start_s
    end_s = end.applied(clip.end_s) if end else clip.end_s
    if (start_s, end_s) == (clip.start_s, clip.end_s):
        raise Conflict(
            text("Clip {id} is cut like that already.", id=clip.public_id),
            hint=text("Say where it starts and ends, like `trim {id} +2 -1`", id=clip.public_id),
        )
    _check(await edits.material(ctx.conn, clip.id), clip, start_s, end_s)
    said = text("Clip {id} goes from {start} to {end} now.", id=clip.public_id, start=clock(start_s), end=clock(end_s))
    return await editing.remake(ctx, clip, "trim", said, start_s=start_s, end_s=end_s)


def _check(material: edits.Material, clip: Clip, start_s: float, end_s: float) -> None:
    if start_s < 0:
        raise BadInput(text("A clip can't start before its video."), hint=text("The earliest start is 0:00."))
    if material.duration_s is not None and end_s > material.duration_s + 0.05:
        raise BadInput(
            text("{end} lies beyond the end of the video.", end=clock(end_s)),
            hint=text("It ends at {end}.", end=clock(material.duration_s)),
        )
    if end_s - start_s < LEAST_S:
        raise BadInput(
            text(
                "That leaves nothing of the clip: it would go from {start} to {end}.",
                start=clock(start_s),
                end=clock(end_s),
            ),
            hint=text("It goes from {start} to {end} now.", start=clock(clip.start_s), end=clock(clip.end_s)),
        )
    if end_s - start_s > MAX_LENGTH_S:
        raise BadInput(text("A clip lasts at most {most} seconds.", most=f"{MAX_LENGTH_S:.0f}"))
    asked = ClipOptions.model_validate(material.asked)
    near = asked.at_s is not None or asked.range is not None
    if near and (start_s < clip.start_s - REACH_S or end_s > clip.end_s + REACH_S):
        raise BadInput(
            text("That is too far from the moment you asked for."), hint=text("Ask for a new clip of that part.")
        )


TRIM = Command(
    name="trim",
    help="Move the start and the end of a clip",
    handler=_trim,
    data=Changed,
    params=(
        Param("id", CLIP, "the clip", required=True, positional=True, complete=lookup.complete_clip),
        Param("start", EDGE, "a time of the video, or +2 for two seconds later", positional=True),
        Param("end", EDGE, "a time of the video, or -1.5 for earlier", positional=True),
    ),
    changes="remakes the clip with another start or end; undo takes it back",
    starts_work=True,
    examples=("trim 7K3QX9 1:22 1:48", "trim 7K3QX9 +2 -1.5"),
)
