"""The terminal: what is typed there as an invocation, what is answered as lines."""

import getpass
import os
from uuid import uuid4

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bot.answer import Answer
from bot.vocabulary import Actor, Invocation, Place, Reply

PLATFORM = "console"


def actor() -> Actor:
    """The user of the operating system; known by number, shown by name."""
    uid = os.getuid()
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = f"user {uid}"
    return Actor(PLATFORM, f"uid:{uid}", name)


def invocation(text: str, *, local: bool) -> Invocation:
    """What was typed; `local` when this terminal is on the worker's own machine."""
    return Invocation(
        str(uuid4()), "console", actor(), Place(PLATFORM, "terminal", private=True), text=text, local=local
    )


def show(console: Console, answer: Answer) -> None:
    """Print an answer; a refusal goes in red with its hint below."""
    if answer.problem is None:
        show_reply(console, answer.reply)
        return
    console.print(f"[red]{escape(answer.problem.sentence)}[/red]", highlight=False, soft_wrap=True)
    if answer.problem.hint:
        console.print(escape(answer.problem.hint), style="dim", highlight=False, soft_wrap=True)


def show_reply(console: Console, reply: Reply) -> None:
    """Print a reply: its text, its fields as a table, its media, and what can be typed next."""
    console.print(escape(reply.text), highlight=False, soft_wrap=True)
    if reply.fields:
        table = Table(box=None, show_header=False, pad_edge=True)
        table.add_column(style="cyan", no_wrap=True)
        table.add_column(overflow="fold")
        for field in reply.fields:
            table.add_row(escape(field.label), escape(field.value))
        console.print(table)
    if said := [action for action in reply.actions if not action.ask]:
        next_words = " · ".join(" ".join([a.command, *map(str, a.args.values())]) for a in said)
        console.print(f"next: {escape(next_words)}", style="dim", highlight=False, soft_wrap=True)
