"""Requests that the fake Twitch has to refuse, as data: sent raw, each with the answer that is right.

Texts in braces are filled in by the test (ids, tokens, codes). `wrong` says that no correct client sends it, so that it
has to be noted as a violation; the others are refusals of the world (unknown, expired, used up).
"""

from dataclasses import dataclass, field
from typing import Any

APP, BOT, BARE, STREAMER, OLD = "app", "bot", "bare", "streamer", "old"


@dataclass(frozen=True, slots=True)
class Bad:
    """One request and its answer. `before` sends it that many times first; `token` is a name of the test's tokens."""

    name: str
    method: str
    path: str
    status: int
    message: str
    wrong: bool = True
    token: str = ""
    query: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] = field(default_factory=dict)
    json: Any = None
    raw: bytes | None = None
    headers: dict[str, str] = field(default_factory=dict)
    before: int = 0
