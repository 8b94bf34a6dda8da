"""Places as they are kept in rows."""

from typing import Any

from bot.vocabulary import Place


def place_of(stored: dict[str, Any]) -> Place:
    """The place that `Place.stored` wrote."""
    return Place(
        str(stored.get("platform", "")),
        str(stored.get("id", "")),
        bool(stored.get("private", False)),
        dict(stored.get("extra") or {}),
        str(stored.get("within") or ""),
    )


def same(one: Place, other: Place) -> bool:
    """Whether two places are one channel of one platform."""
    return (one.platform, one.id) == (other.platform, other.id)
