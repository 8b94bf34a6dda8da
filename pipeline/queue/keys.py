"""The queue's keys in Redis; every one of them may be lost at any time without harm."""

from dataclasses import dataclass

PRIORITY_STEP = 2**40
"""Turns that fit between two priorities; (priority, turn) stays exact as a double."""

ID_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Keys:
    """Names under one environment's prefix, such as `clipnet:test:`."""

    prefix: str

    def lane(self, lane: str) -> str:
        """Sorted set of the ids of jobs that wait in a lane."""
        return f"{self.prefix}q:{lane}"

    @property
    def marker(self) -> str:
        """Present while Redis holds what we put there; gone after a flush."""
        return f"{self.prefix}q:marker"

    @property
    def events(self) -> str:
        """Stream of what happens to jobs."""
        return f"{self.prefix}events"

    @property
    def bell(self) -> str:
        """Channel that tells the worker which running jobs were cancelled."""
        return f"{self.prefix}bell"


def score(priority: int, turn: int) -> float:
    """Where a job stands in its lane; the smallest goes first."""
    return float(priority * PRIORITY_STEP + turn)


def member(job_id: int) -> str:
    """The id padded, so that Redis, which compares equal scores as text, orders as the ledger does."""
    return f"{job_id:0{ID_DIGITS}d}"


def job_id(member: bytes | str) -> int | None:
    """The id back; None for what we never wrote."""
    text = member.decode("ascii", "replace") if isinstance(member, bytes) else member
    return int(text) if len(text) == ID_DIGITS and text.isascii() and text.isdigit() and int(text) < 2**63 else None
