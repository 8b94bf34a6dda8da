"""The terminal: what is said, how progress looks, what completion offers."""

import io
from uuid import uuid4

from rich.console import Console

from bot.adapters.board import Board
from bot.adapters.completion import complete
from bot.adapters.console import invocation, show
from bot.answer import Answer, refuse
from bot.commands import COMMANDS
from bot.registry import Registry
from bot.vocabulary import Action, Field, Reply
from clipnet.errors import BadInput
from ops_commands import COMMANDS as OPERATORS
from pipeline.events import Event

REGISTRY = Registry((*COMMANDS, *OPERATORS))


def screen(*, terminal: bool = False) -> Console:
    return Console(file=io.StringIO(), record=True, width=100, force_terminal=terminal, color_system=None)


def event(stage: str, fraction: float, *, job: int = 1, state: str = "running", eta_s: float | None = None) -> Event:
    return Event(1, job, "clip:process", state, stage=stage, fraction=fraction, eta_s=eta_s)


def test_a_reply_is_shown_with_its_fields_and_next_words_and_markup_stays_text() -> None:
    out = screen()
    reply = Reply(
        "[red]Done[/red].", (Field("why", "[bold]loud[/bold]"),), actions=(Action("Show", "show", {"id": "7K3QX9"}),)
    )
    show(out, Answer(reply, uuid4()))
    assert out.export_text().split("\n")[:3] == ["[red]Done[/red].", " why  [bold]loud[/bold] ", "next: show 7K3QX9"]


def test_a_refusal_is_shown_with_its_hint() -> None:
    out = screen()
    show(out, refuse(BadInput("That is not a time.", hint="Write it like 1:20."), uuid4()))
    assert out.export_text() == "That is not a time.\nWrite it like 1:20.\n"


def test_each_line_typed_is_an_event_of_its_own() -> None:
    assert invocation("help", local=True).event_id != invocation("help", local=True).event_id
    assert invocation("help", local=True).actor == invocation("clips", local=False).actor


def test_on_a_terminal_each_stage_is_one_line_with_bar_and_time_left() -> None:
    out = screen()
    with Board(screen(terminal=True)) as board:
        board.tell(event("ingest", 0.5))
        board.tell(event("analyse", 0.25, eta_s=12.4))
        board.tell(event("", 0, job=2, state="ready"))
        out.print(board._bars)
    last = out.export_text().rstrip("\n").split("\n")[-2:]
    assert last[0].startswith("fetching the video")
    assert "100 %" in last[0]
    assert last[1].startswith("watching and listening")
    assert "25 %" in last[1]
    assert "12 s left" in last[1]


def test_elsewhere_each_stage_is_told_once_when_it_begins_and_ends() -> None:
    out = screen()
    with Board(out) as board:
        for fraction in (0.0, 0.3, 0.9):
            board.tell(event("ingest", fraction))
        board.tell(event("analyse", 0.1))
        board.tell(event("", 0, state="dead"))
        board.tell(Event(1, None, "request", "failed"))
    assert out.export_text() == (
        "fetching the video …\nfetching the video: done\nwatching and listening …\nwatching and listening: dead\n"
    )


async def suggestions(line: str) -> list[str]:
    async def suggest(command: str, param: str, typed: str) -> list[str]:
        return [f"<{command} {param} {typed}>"]

    return [value for value, _ in [item async for item in complete(REGISTRY, "console", line, suggest)]]


async def test_completion_follows_the_declarations() -> None:
    assert await suggestions("cl") == ["clip", "clips"]
    assert await suggestions("jobs re") == ["jobs retry"]
    assert await suggestions("show 7K") == ["<show id 7K>"]
    assert await suggestions("clip a.mp4 --le") == ["--length"]
    assert await suggestions("clip a.mp4 --aspect 9") == ["<clip aspect 9>"]
    assert await suggestions("clip a.mp4 --at 1:20 1") == ["<clip range 1>"]
    assert await suggestions("dead-letter discard 4 --n") == ["--noop"]
    assert await suggestions("why 7K3QX9 ") == []
