"""Buttons that carry their whole command in their id, and so work after a restart, in any process."""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import discord
from asyncpg import Pool
from loguru import logger

from bot.vocabulary import Action
from db import cursors

LONGEST_ID = 100
LONGEST_LABEL = 80
A_ROW = 5
MOST = 25
_ID = re.compile(r"^(?P<kind>do|ask):(?P<command>[a-z][a-z -]*)(?:!(?P<ask>[a-z,-]+))?\?(?P<args>.*)$", re.DOTALL)
_KEPT = re.compile(r"^kept:(?P<digest>[0-9a-f]{32})$")


@dataclass(frozen=True, slots=True)
class Pressed:
    """What a button, or a form that was sent, says."""

    command: str
    args: dict[str, str] = field(default_factory=dict)
    ask: tuple[str, ...] = ()


def written(action: Action) -> str:
    """The id of a button; may be longer than Discord takes. A form's first values are left out where they don't fit."""
    whole = _written(action, action.args)
    if action.ask and len(whole) > LONGEST_ID:
        return _written(action, {name: value for name, value in action.args.items() if name not in action.ask})
    return whole


def read(custom_id: str) -> Pressed | None:
    """What the id of a button or form says; None when it is none of ours."""
    found = _ID.match(custom_id)
    if found is None:
        return None
    pairs = (pair.partition("=") for pair in found["args"].split("&") if pair)
    args = {_read(name): _read(value) for name, _, value in pairs}
    return Pressed(found["command"], args, tuple(found["ask"].split(",")) if found["ask"] else ())


class Shelf:
    """Where ids stand that are too long for Discord: in the ledger, under a hash of themselves.

    They are thrown away some months after a message that has them was sent or edited last (`db.retention`).
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def keep(self, custom_id: str) -> str:
        """A short id that `read` knows again."""
        digest = hashlib.sha256(custom_id.encode()).hexdigest()[:32]
        await cursors.put(self._pool, f"discord:button:{digest}", custom_id)
        return f"kept:{digest}"

    async def read(self, custom_id: str) -> Pressed | None:
        """What a button's id says, short or not."""
        kept = _KEPT.match(custom_id)
        if kept is None:
            return read(custom_id)
        return read(await cursors.get(self._pool, f"discord:button:{kept['digest']}") or "")


async def view_of(actions: Sequence[Action], shelf: Shelf | None = None) -> discord.ui.View | None:
    """The buttons of a message, five in a row; None where there are none.

    The view is stopped: the library is to remember nothing of it, as the ids say everything.
    """
    view = discord.ui.View(timeout=None)
    seen: set[str] = set()
    for action in actions:
        custom_id = written(action)
        if len(custom_id) > LONGEST_ID:
            if shelf is None:
                logger.warning("a button says too much and is left out", command=action.command)
                continue
            custom_id = await shelf.keep(custom_id)
        if custom_id in seen or len(seen) == MOST:
            continue
        view.add_item(_button(action, custom_id, len(seen) // A_ROW))
        seen.add(custom_id)
    view.stop()
    return view if seen else None


def _button(action: Action, custom_id: str, row: int) -> discord.ui.Button[Any]:
    firm = action.command == "confirm"
    style = discord.ButtonStyle.danger if firm else discord.ButtonStyle.secondary
    return discord.ui.Button(label=action.label[:LONGEST_LABEL], custom_id=custom_id, style=style, row=row)


def _written(action: Action, args: dict[str, Any]) -> str:
    said = {name: value for name, value in args.items() if value is not None}
    pairs = "&".join(f"{_plain(name)}={_plain(_word(value))}" for name, value in said.items())
    ask = f"!{','.join(action.ask)}" if action.ask else ""
    return f"{'ask' if action.ask else 'do'}:{action.command}{ask}?{pairs}"


def _word(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _plain(words: str) -> str:
    return words.replace("%", "%25").replace("&", "%26").replace("=", "%3D")


def _read(words: str) -> str:
    return words.replace("%3D", "=").replace("%26", "&").replace("%25", "%")
