"""What people and platforms hand over, as the ledger can keep it."""

import hashlib
from dataclasses import replace
from typing import Any

from bot.vocabulary import Invocation

LONGEST_ID = 200
"""Characters of an id as it is kept; no platform has longer ones, and an index takes no more than some."""
LEVELS = 20
"""How deep values may be nested; what lies deeper is left out."""
NAMELESS = "?"
_INSTEAD = "\ufffd"


def plain(words: str) -> str:
    """The words without NUL and without halves of letters, neither of which PostgreSQL keeps as text."""
    return words.replace("\x00", _INSTEAD).encode("utf-8", "replace").decode()


def identity(words: str) -> str:
    """An id as it is kept: a digest stands for one that is too long to be looked up."""
    kept = plain(words)
    return kept if len(kept) <= LONGEST_ID else hashlib.sha256(kept.encode()).hexdigest()


def storable(said: Invocation) -> Invocation:
    """The invocation with every string of it as the ledger can keep it."""
    who, where, this = said.actor, said.place, said.subject
    return replace(
        said,
        event_id=None if said.event_id is None else identity(said.event_id),
        actor=replace(who, platform_user_id=identity(who.platform_user_id), name=plain(who.name) or NAMELESS),
        place=replace(where, id=identity(where.id), within=identity(where.within), extra=_deep(where.extra)),
        text=_maybe(said.text),
        command=_maybe(said.command),
        args=_deep(said.args),
        subject=replace(this, video=_maybe(this.video), clip=_maybe(this.clip)),
        message_id=None if said.message_id is None else identity(said.message_id),
    )


def _maybe(words: str | None) -> str | None:
    return None if words is None else plain(words)


def _deep(value: Any, levels: int = LEVELS) -> Any:
    if isinstance(value, str):
        return plain(value)
    if isinstance(value, dict | list) and not levels:
        return _INSTEAD
    if isinstance(value, dict):
        return {plain(str(name)): _deep(inner, levels - 1) for name, inner in value.items()}
    return [_deep(inner, levels - 1) for inner in value] if isinstance(value, list) else value
