"""Discord's way to say no: a status, a code, a message, and for forms a tree of what is wrong where."""

import math
from collections.abc import Sequence
from typing import Any

from tests.fakes.server import Refusal

MESSAGES = {
    10002: "Unknown Application",
    10003: "Unknown Channel",
    10004: "Unknown Guild",
    10007: "Unknown Member",
    10008: "Unknown Message",
    10013: "Unknown User",
    10014: "Unknown Emoji",
    10015: "Unknown Webhook",
    10062: "Unknown interaction",
    10063: "Unknown application command",
    20012: "You are not authorized to perform this action on this application",
    30032: "Maximum number of application commands reached (100)",
    30034: "Max number of daily application command creates has been reached (200)",
    40005: "Request entity too large",
    40060: "Interaction has already been acknowledged.",
    50001: "Missing Access",
    50005: "Cannot edit a message authored by another user",
    50006: "Cannot send an empty message",
    50007: "Cannot send messages to this user",
    50013: "Missing Permissions",
    50027: "Invalid Webhook Token",
    50035: "Invalid Form Body",
    50083: "Thread is archived",
    50109: "The request body contains invalid JSON.",
}

Where = Sequence[str | int]


def refused(status: int, code: int, *, violation: str = "") -> Refusal:
    """The refusal of that code; `violation` where no correct client would have asked."""
    return Refusal(status, {"message": MESSAGES[code], "code": code}, violation=violation)


def unauthorized(violation: str = "") -> Refusal:
    """No token, or not the bot's."""
    return Refusal(401, {"message": "401: Unauthorized", "code": 0}, violation=violation)


def rate_limited(after_s: float, *, everywhere: bool = False) -> Refusal:
    """A window is used up. `Via` is what Discord's own edge adds; without it clients think of a ban."""
    body = {"message": "You are being rate limited.", "retry_after": round(after_s, 3), "global": everywhere}
    headers = {"Retry-After": str(math.ceil(after_s)), "Via": "1.1 google"}
    headers |= (
        {"X-RateLimit-Global": "true", "X-RateLimit-Scope": "global"} if everywhere else {"X-RateLimit-Scope": "user"}
    )
    return Refusal(429, body, headers=headers)


class FormErrors:
    """What is wrong with a form, collected by place."""

    def __init__(self) -> None:
        self._found: list[tuple[tuple[str, ...], str, str]] = []

    def __bool__(self) -> bool:
        return bool(self._found)

    def add(self, where: Where, code: str, message: str) -> None:
        """Note one thing."""
        self._found.append((tuple(str(step) for step in where), code, message))

    def too_long(self, where: Where, most: int) -> None:
        """A text or list has more than `most`."""
        self.add(where, "BASE_TYPE_MAX_LENGTH", f"Must be {most} or fewer in length.")

    def tree(self) -> dict[str, Any]:
        """As in the body's `errors`."""
        tree: dict[str, Any] = {}
        for path, code, message in self._found:
            node = tree
            for step in path:
                node = node.setdefault(step, {})
            node.setdefault("_errors", []).append({"code": code, "message": message})
        return tree

    def refuse(self) -> None:
        """Do nothing when all is well.

        Raises:
            Refusal: 50035 with all that was found.
        """
        if not self._found:
            return
        body = {"message": MESSAGES[50035], "code": 50035, "errors": self.tree()}
        listed = "; ".join(f"{'.'.join(path)}: {code}" for path, code, _ in self._found[:3])
        raise Refusal(400, body, violation=f"50035 {listed}")


def form_error(where: Where, code: str, message: str) -> Refusal:
    """A 50035 about one thing, ready to raise."""
    errors = FormErrors()
    errors.add(where, code, message)
    body = {"message": MESSAGES[50035], "code": 50035, "errors": errors.tree()}
    return Refusal(400, body, violation=f"50035 {'.'.join(str(step) for step in where)}: {code}")
