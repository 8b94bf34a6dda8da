"""Progress in a terminal: one line per stage with a bar and what is left, edited in place; plain lines elsewhere."""

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from bot.words import note, stage
from pipeline.events import REQUEST, Event

QUIET = frozenset({"clipbot:notify", "clipbot:vote", "clipbot:post"})
_Key = tuple[int | None, str]


class Board:
    """Shows events. On a terminal the lines live; elsewhere each stage is told when it begins and when it is done."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:<26}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[left]}", style="dim"),
            console=console,
            transient=False,
        )
        self._lines: dict[_Key, TaskID] = {}
        self._current: dict[int | None, _Key] = {}

    def __enter__(self) -> Self:
        if self._live:
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._bars.stop()

    def tell(self, event: Event) -> None:
        """Show one event."""
        if event.kind in QUIET or event.kind == REQUEST:
            return
        if event.state == "running" and event.stage:
            self._advance(event)
        elif event.state in ("done", "dead", "cancelled", "ready"):
            self._finish(event.job_id, event.state)

    def _advance(self, event: Event) -> None:
        key = (event.job_id, event.stage)
        before = self._current.get(event.job_id)
        if before is not None and before != key:
            self._finish(event.job_id, "done")
        if key not in self._lines:
            self._lines[key] = self._bars.add_task(stage(event.stage), total=1.0, left="")
            if not self._live:
                self._console.print(f"{stage(event.stage)} …", highlight=False)
        self._current[event.job_id] = key
        left = f"{event.eta_s:.0f} s left" if event.eta_s else ""
        self._bars.update(self._lines[key], completed=event.fraction or 0.0, left=f"{left} {note(event.note)}".strip())

    def _finish(self, job_id: int | None, state: str) -> None:
        key = self._current.pop(job_id, None)
        if key is None:
            return
        if state == "done":
            self._bars.update(self._lines[key], completed=1.0, left="")
        else:
            self._bars.update(self._lines[key], left={"ready": "again soon", "dead": "failed"}.get(state, state))
        if not self._live:
            self._console.print(f"{stage(key[1])}: {'done' if state == 'done' else state}", highlight=False)
