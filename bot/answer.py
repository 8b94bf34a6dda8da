"""What the router hands back to an adapter, and the one place where errors become words."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from bot.vocabulary import Action, Field, Media, Reply
from clipnet.errors import ClipNetError
from clipnet.texts import Sentence, joined, text


class Problem(BaseModel):
    """Why a command had no effect. `status` is the HTTP one; `retry_after_s` in seconds, where waiting helps."""

    code: str
    status: int
    sentence: Sentence
    hint: Sentence = ""
    retry_after_s: float | None = None


class Pending(BaseModel):
    """An action that waits for its confirmation: say `confirm` with this id within `expires_in_s` seconds."""

    confirmation: UUID
    command: str
    plan: str
    expires_in_s: int


@dataclass(frozen=True, slots=True)
class Answer:
    """The end of one invocation.

    Attributes:
        problem: set when the command had no effect.
        replayed: this event was seen before; the reply is the first one's.
        quiet: the same refusal was said a moment ago; a chat says nothing this time.
    """

    reply: Reply
    trace_id: UUID
    command: str | None = None
    problem: Problem | None = None
    replayed: bool = False
    quiet: bool = False

    @property
    def pending(self) -> Pending | None:
        """What waits for a confirmation, if this is the question."""
        return self.reply.data if isinstance(self.reply.data, Pending) else None

    def stored(self) -> dict[str, Any]:
        """As kept for a second delivery."""
        reply = self.reply
        return {
            "trace_id": str(self.trace_id),
            "command": self.command,
            "problem": self.problem.model_dump() if self.problem else None,
            "pending": self.pending is not None,
            "text": reply.text,
            "fields": [[f.label, f.value] for f in reply.fields],
            "media": [[m.kind, m.key, m.label, m.url] for m in reply.media],
            "actions": [[a.label, a.command, a.args, list(a.ask)] for a in reply.actions],
            "private": reply.private,
            "aside": reply.aside,
            "as_file": reply.as_file,
            "without_file": reply.without_file,
            "data": reply.data.model_dump(mode="json") if reply.data else None,
        }


def restore(stored: dict[str, Any], model: type[BaseModel] | None) -> Answer:
    """The answer that the first delivery of an event was given; `model` types its data."""
    data, problem = stored["data"], stored["problem"]
    typed = Pending if stored["pending"] else model
    return Answer(
        Reply(
            stored["text"],
            fields=tuple(Field(*f) for f in stored["fields"]),
            media=tuple(Media(*m) for m in stored["media"]),
            actions=tuple(action_of(a) for a in stored["actions"]),
            private=stored["private"],
            aside=stored.get("aside", False),
            as_file=stored.get("as_file", False),
            without_file=stored.get("without_file", ""),
            data=typed.model_validate(data) if typed and data else None,
        ),
        UUID(stored["trace_id"]),
        command=stored["command"],
        problem=Problem.model_validate(problem) if problem else None,
        replayed=True,
    )


def action_of(stored: list[Any]) -> Action:
    """A button as `Answer.stored` kept it."""
    label, command, args, *ask = stored
    return Action(label, command, args, tuple(ask[0]) if ask else ())


def refuse(error: ClipNetError, trace_id: UUID, command: str | None = None, *, quiet: bool = False) -> Answer:
    """An error in words, for the actor's eyes."""
    problem = Problem(
        code=error.code,
        status=error.status,
        sentence=error.sentence,
        hint=error.hint,
        retry_after_s=getattr(error, "retry_after_s", None),
    )
    return Answer(Reply(joined([error.sentence, error.hint]), private=True), trace_id, command, problem, quiet=quiet)


def apologise(trace_id: UUID, command: str | None = None) -> Answer:
    """Something of ours broke: no detail, but the id under which it was logged."""
    sentence = text("Something went wrong on our side.")
    hint = text("Tell an operator this trace id: {trace_id}.", trace_id=str(trace_id))
    problem = Problem(code="internal", status=500, sentence=sentence, hint=hint)
    return Answer(Reply(joined([sentence, hint]), private=True), trace_id, command, problem)
