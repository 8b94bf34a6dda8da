"""What is said of a stream's best moments, and the buttons that decide on them."""

from collections.abc import Sequence

from bot.views import clock
from bot.vocabulary import Action, Field, Reply
from bot.words import reason
from clipnet.texts import text
from db.recaps import Moment, Stream


def offer(stream: Stream, moments: Sequence[Moment]) -> Reply:
    """The message that offers the moments; of those that were decided on it says what, and offers nothing more."""
    fields = [Field(name_of(moment), _line(moment)) for moment in moments]
    actions = [action for moment in moments if moment.state == "offered" for action in _actions(moment)]
    told = text(
        "“{title}” is over. {n} moment that chat loved and nobody clipped:",
        "“{title}” is over. {n} moments that chat loved and nobody clipped:",
        title=stream.title or stream.channel_id,
        n=len(moments),
    )
    return Reply(told, tuple(fields), actions=tuple(actions))


def _line(moment: Moment) -> str:
    if moment.state == "dropped":
        return text("dropped: {why}", why=reason(moment.reason))
    if moment.state == "approved" and moment.request:
        return text("approved, request {id}: {why}", id=moment.request, why=reason(moment.reason))
    if moment.state == "approved":
        return text("approved: {why}", why=reason(moment.reason))
    return reason(moment.reason)


def name_of(moment: Moment) -> str:
    """A moment by its rank and where it lies in the stream."""
    began = moment.stream_started_s
    return f"#{moment.rank} {clock(max(0.0, moment.start_s - began))}–{clock(max(0.0, moment.end_s - began))}"


def _actions(moment: Moment) -> list[Action]:
    args = {"id": moment.id}
    began = moment.stream_started_s
    span = {"start": clock(max(0.0, moment.start_s - began)), "end": clock(max(0.0, moment.end_s - began))}
    return [
        Action(text("Approve #{rank}", rank=moment.rank), "recap approve", args),
        Action(text("Trim #{rank}", rank=moment.rank), "recap trim", args | span, ask=("start", "end")),
        Action(text("Drop #{rank}", rank=moment.rank), "recap drop", args),
    ]
