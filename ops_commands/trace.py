"""`trace`: the way of a request through the stations."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel

from bot import lookup
from bot.command import OPERATOR_SURFACES, Command, Param
from bot.context import Context
from bot.params import CLIP_OR_REQUEST
from bot.vocabulary import Field, Reply
from db import requests, stations
from db.clips import Clip


class Stop(BaseModel):
    """One station; `since_s` is seconds since the request was made."""

    at: datetime
    since_s: float
    station: str
    what: str


class Trace(BaseModel):
    """The whole way of a request."""

    request: str
    state: str
    trace_id: UUID
    stations: list[Stop]


async def _trace(ctx: Context, *, id: str) -> Reply:  # noqa: A002
    found = await lookup.clip_or_request(ctx, id)
    request = await requests.by_id(ctx.conn, found.request_id) if isinstance(found, Clip) else found
    assert request is not None
    stops = [
        Stop(at=s.at, since_s=round((s.at - request.created_at).total_seconds(), 3), station=s.station, what=s.what)
        for s in await stations.way(ctx.conn, request.id)
    ]
    return Reply(
        f"Request {request.public_id} is {request.state}; trace id {request.trace_id}.",
        fields=tuple(Field(f"{stop.since_s:8.2f} s {stop.station}", stop.what) for stop in stops),
        data=Trace(request=request.public_id, state=request.state, trace_id=request.trace_id, stations=stops),
    )


TRACE = Command(
    name="trace",
    help="Show the way of a request through all stations",
    handler=_trace,
    data=Trace,
    params=(
        Param(
            "id",
            CLIP_OR_REQUEST,
            "the request or a clip of it",
            required=True,
            positional=True,
            complete=lookup.complete,
        ),
    ),
    role="viewer",
    private=True,
    surfaces=OPERATOR_SURFACES,
    examples=("trace 4N8WZ2",),
)
