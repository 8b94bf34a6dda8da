"""`clipnet console`: talk to ClipNet in this terminal, with completion and live progress."""

import argparse
import asyncio
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AsyncExitStack

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory
from rich.console import Console

from bot.adapters import console as terminal
from bot.adapters.board import Board
from bot.adapters.completion import complete
from clipnet.cli.local_worker import local_worker
from clipnet.cli.surroundings import Surroundings, surroundings
from clipnet.cli.talk import Talk, started, talking

LEAVE = frozenset({"exit", "quit"})


class FromRegistry(Completer):
    """Completes from the router's declarations and the ledger."""

    def __init__(self, talk: Talk) -> None:
        self._talk = talk

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:  # noqa: ARG002
        """Nothing without waiting: everything comes from `get_completions_async`."""
        return iter(())

    async def get_completions_async(
        self,
        document: Document,
        complete_event: CompleteEvent,  # noqa: ARG002
    ) -> AsyncGenerator[Completion, None]:
        """What may follow the cursor."""
        router, line = self._talk.router, document.text_before_cursor

        async def suggest(command: str, param: str, typed: str) -> list[str]:
            return await router.suggest(terminal.invocation(line, local=True), command, param, typed)

        async for value, replaces in complete(router.registry, "console", line, suggest):
            yield Completion(value, start_position=-replaces)


def main(argv: list[str]) -> int:
    """Talk until exit, end of input or Ctrl-D; Ctrl-C cancels the request that is being worked on."""
    parser = argparse.ArgumentParser(prog="clipnet console", description=__doc__)
    parser.add_argument("--no-worker", action="store_true", help="start no worker of its own beside it")
    options = parser.parse_args(argv)
    with surroundings() as found:
        return asyncio.run(_run(found, worker=found.embedded and not options.no_worker))


async def _run(found: Surroundings, *, worker: bool) -> int:
    out = Console(soft_wrap=True)
    async with AsyncExitStack() as stack:
        if worker:
            await stack.enter_async_context(local_worker(found))
        talk = await stack.enter_async_context(talking(found.settings(), embedded=found.embedded))
        out.print("ClipNet. help says what can be done; Ctrl-C cancels, Ctrl-D leaves.", highlight=False)
        async for line in _lines(talk, found):
            if line.strip() in LEAVE:
                break
            if line.strip():
                await _turn(talk, line, out)
    return 0


async def _turn(talk: Talk, line: str, out: Console) -> None:
    answer = await talk.say(line)
    terminal.show(out, answer)
    request = started(answer)
    if request is None:
        return
    if await _followed(talk, request, out):
        terminal.show_reply(out, await talk.last_word(request))
    else:
        terminal.show(out, await talk.say(f"cancel {request}"))


async def _followed(talk: Talk, request: str, out: Console) -> bool:
    """Show progress until the request ends; False when Ctrl-C came first, which ends the looking and nothing else."""
    loop = asyncio.get_running_loop()
    with Board(out) as board:
        following = asyncio.ensure_future(talk.follow(request, board))
        loop.add_signal_handler(signal.SIGINT, following.cancel)
        try:
            await asyncio.wait((following,))
        finally:
            loop.remove_signal_handler(signal.SIGINT)
            following.cancel()
    if following.cancelled():
        return False
    following.result()
    return True


async def _lines(talk: Talk, found: Surroundings) -> AsyncIterator[str]:
    if not sys.stdin.isatty():
        while line := await asyncio.to_thread(sys.stdin.readline):
            yield line
        return
    history = found.settings().state_dir / "console-history"
    session: PromptSession[str] = PromptSession(
        "> ", completer=FromRegistry(talk), history=FileHistory(str(history)), complete_while_typing=True
    )
    while True:
        try:
            yield await session.prompt_async()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
