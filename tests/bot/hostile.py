"""What a hostile or changed platform could send: genuine events in which something is of another kind than it was.

Of each place in an event a few spoilt copies are made, by a seed, so that a run is quick and what it found is found
again.
"""

import copy
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from loguru import logger

Path = tuple[str | int, ...]


def _nested(depth: int) -> Any:
    found: Any = "clip"
    for _ in range(depth):
        found = [found]
    return found


HUGE = "A" * 1_000_000
MISSING = object()
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
OTHERS: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**63,
    -(2**70),
    10**400,
    1e308,
    [],
    {},
    [None],
    [[]],
    {"id": {"id": None}},
    _nested(900),
)


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


def spoilt(body: Any, dice: random.Random, *, most: int) -> Iterator[tuple[str, Any]]:
    """`most` copies of a body, each with one place spoilt or missing, and a name that tells which."""
    found = list(places(body))
    texts = [place for place in found if isinstance(at(body, place), str)]
    changes = [
        (place, value) for place in found for value in (MISSING, *dice.sample(OTHERS, 2), *dice.sample(WORDS, 2))
    ]
    for place, value in [*dice.sample(changes, min(most, len(changes))), (dice.choice(texts), HUGE)]:
        yield f"{'.'.join(map(str, place))} = {value!r:.40}", _put(body, place, value)


def _put(body: Any, place: Path, value: Any) -> Any:
    changed = copy.deepcopy(body)
    if value is MISSING:
        del at(changed, place[:-1])[place[-1]]
    else:
        at(changed, place[:-1])[place[-1]] = value
    return changed


@asynccontextmanager
async def listened(lines: list[str]) -> AsyncIterator[None]:
    """Collect everything that is logged within this block, with what each line carries."""
    sink = logger.add(lines.append, level="TRACE", format="{message} {extra} {exception}")
    try:
        yield
    finally:
        logger.remove(sink)
