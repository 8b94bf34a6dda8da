"""`clipnet demo`: make finished clips of a video, or of built-in footage, by the very way that any request takes."""

import argparse
import asyncio
import json
import shlex
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from bot.adapters.board import Board
from bot.adapters.console import show
from clipnet.cli import demo_report
from clipnet.cli.demo_source import built_in
from clipnet.cli.local_worker import LocalWorker, local_worker
from clipnet.cli.surroundings import Surroundings, surroundings
from clipnet.cli.talk import Talk, started, talking
from clipnet.errors import ClipNetError
from pipeline.stages.tools import make_tools

WISHES = ("at", "length", "find", "count")


def main(argv: list[str]) -> int:
    """Exit status 1 when no clip was made; with --json the last line is one JSON object either way."""
    options = _parser().parse_args(argv)
    err = Console(stderr=True, soft_wrap=True)
    out = err if options.json else Console(soft_wrap=True)
    try:
        with surroundings() as found:
            report = asyncio.run(_demo(found, options, out))
    except ClipNetError as error:
        err.print(f"clipnet: {error.sentence} {error.hint}".rstrip(), style="red", markup=False, highlight=False)
        report = demo_report.failed(options.source, error)
    except KeyboardInterrupt:
        report = demo_report.cancelled(options.source)
    if options.json:
        print(json.dumps(report), flush=True)
    if report["state"] == "cancelled":
        return 130
    return 0 if any(clip["path"] for clip in report["clips"]) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clipnet demo", description=__doc__)
    parser.add_argument("source", nargs="?", metavar="FILE_OR_URL", help="a video; built-in footage without one")
    parser.add_argument("--at", help="the moment that the clip must hold, like 1:20")
    parser.add_argument("--length", help="seconds that a clip should last")
    parser.add_argument("--find", help="words that are said at the moment you mean")
    parser.add_argument("--count", help="how many clips")
    parser.add_argument("--out", type=Path, help="folder for the results (default: clips-ID)")
    parser.add_argument("--json", action="store_true", help="end with one JSON object; everything else goes to stderr")
    return parser


async def _demo(found: Surroundings, options: argparse.Namespace, out: Console) -> dict[str, Any]:
    settings = found.settings()
    tools = make_tools(settings)
    async with local_worker(found) as worker, talking(settings, embedded=found.embedded) as talk:
        own = None if options.source else await built_in(tools.settings.state_dir / "demo", tools, out)
        request = await _ask(talk, options, str(own.path) if own else _whole(options.source), out)
        await _until_the_end(talk, worker, request, out)
        report = await demo_report.collect(
            talk, tools, request, _folder(options.out, request), options.source or "built-in", own.text if own else None
        )
    demo_report.show(out, report)
    return report


async def _ask(talk: Talk, options: argparse.Namespace, source: str, out: Console) -> str:
    words = ["clip", source]
    for wish in WISHES:
        if (value := getattr(options, wish)) is not None:
            words += [f"--{wish}", value]
    line = " ".join(words[:1] + [_quoted(word) for word in words[1:]])
    out.print(f"> {line}", style="dim", markup=False, highlight=False)
    answer = await talk.say(line)
    if answer.problem:
        raise demo_report.Refused(answer.problem)
    show(out, answer)
    request = started(answer)
    assert request is not None
    return request


def _folder(wanted: Path | None, request: str) -> Path:
    return (wanted or Path(f"clips-{request}")).expanduser().absolute()


def _quoted(word: str) -> str:
    return word if shlex.quote(word) == word or word.startswith("--") else '"' + word.replace('"', "\u201d") + '"'


def _whole(source: str) -> str:
    return source if "://" in source else str(Path(source).expanduser().absolute())


async def _until_the_end(talk: Talk, worker: LocalWorker, request: str, out: Console) -> None:
    """Follow the request; a Ctrl-C cancels it, and a worker that can't run ends the waiting."""
    with Board(out) as board:
        following = asyncio.create_task(talk.follow(request, board))
        failing = asyncio.create_task(worker.failed())
        try:
            await asyncio.wait((following, failing), return_when=asyncio.FIRST_COMPLETED)
            if not following.done():
                await failing
            await following
        except asyncio.CancelledError:
            await talk.say(f"cancel {request}")
            raise
        finally:
            following.cancel()
            failing.cancel()
            await asyncio.gather(following, failing, return_exceptions=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
