"""What people and platforms hand over, as the ledger can keep it."""

from dataclasses import replace
from typing import Any

from bot.vocabulary import Invocation

_INSTEAD = "\ufffd"


def plain(words: str) -> str:
    """The words without NUL and without halves of letters, neither of which PostgreSQL keeps as text."""
    return words.replace("\x00", _INSTEAD).encode("utf-8", "replace").decode()


def storable(said: Invocation) -> Invocation:
    """The invocation with every string of it as the ledger can keep it."""
    actor = replace(said.actor, platform_user_id=plain(said.actor.platform_user_id), name=plain(said.actor.name))
    place = replace(said.place, id=plain(said.place.id), within=plain(said.place.within), extra=_deep(said.place.extra))
    return replace(
        said,
        event_id=_maybe(said.event_id),
        actor=actor,
        place=place,
        text=_maybe(said.text),
        command=_maybe(said.command),
        args=_deep(said.args),
        subject=replace(said.subject, video=_maybe(said.subject.video), clip=_maybe(said.subject.clip)),
        message_id=_maybe(said.message_id),
    )


def _maybe(words: str | None) -> str | None:
    return None if words is None else plain(words)


def _deep(value: Any) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict):
        return {plain(str(name)): _deep(inner) for name, inner in value.items()}
    return [_deep(inner) for inner in value] if isinstance(value, list) else value
