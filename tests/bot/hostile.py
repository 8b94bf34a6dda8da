"""What a hostile or changed platform could send: genuine events in which something is of another kind than it should be.

Of each place in an event a few spoilt copies are made, by a seed, so that a run is quick and what it found is found
again.
"""

import copy
import random
from collections.abc import Iterator, Sequence
from typing import Any

Path = tuple[str | int, ...]


def _nested(depth: int) -> Any:
    found: Any = "clip"
    for _ in range(depth):
        found = [found]
    return found


HUGE = "A" * 1_000_000
WORDS = (
    "",
    "\x00",
    "\ud800",
    "\u202e\u2066!clip\u200b\u200d\ufeff",
    "\u202d" * 3000,
    "' or 1=1 --",
    "{0.__class__}%s%n${jndi:x}",
    "-1",
    "9" * 400,
    "1" * 5000,
    "NaN",
    "2026-13-45T99:99:99Z",
    "0001-01-01T00:00:00+23:59",
    "../../../etc/passwd",
)
OTHERS = (None, True, 0, -1, 2**63, -(2**70), 10**400, 1e308, [], {}, [None], [[]], {"id": {"id": None}}, _nested(400))


def places(body: Any, here: Path = ()) -> Iterator[Path]:
    """Every place in a body, the whole left out."""
    inner: Any = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        yield (*here, name)
        yield from places(value, (*here, name))


def at(body: Any, place: Path) -> Any:
    """What stands there."""
    for step in place:
        body = body[step]
    return body


def put(body: Any, place: Path, value: Any) -> Any:
    """A copy in which something else stands there."""
    spoilt = copy.deepcopy(body)
    at(spoilt, place[:-1])[place[-1]] = value
    return spoilt


def without(body: Any, place: Path) -> Any:
    """A copy in which nothing stands there."""
    spoilt = copy.deepcopy(body)
    del at(spoilt, place[:-1])[place[-1]]
    return spoilt


def spoilt(body: Any, dice: random.Random, *, each: int = 2, whole: Sequence[Path] = ()) -> Iterator[tuple[str, Any]]:
    """Copies of a body with one place spoilt or missing, each with a name that tells which; `whole` ones are left."""
    for place in places(body):
        if place in whole:
            continue
        name = ".".join(map(str, place))
        yield f"{name} missing", without(body, place)
        for value in (*dice.sample(OTHERS, each), *dice.sample(WORDS, each)):
            yield f"{name} = {value!r:.40}", put(body, place, value)
    texts = [place for place in places(body) if isinstance(at(body, place), str) and place not in whole]
    for place in dice.sample(texts, min(3, len(texts))):
        yield f"{'.'.join(map(str, place))} = a megabyte", put(body, place, HUGE)
