"""`clipnet say`: give one command and wait for its answer, for scripts."""

import argparse
import asyncio
import json
import shlex
import sys

from rich.console import Console

from bot.adapters.board import Board
from bot.adapters.console import show, show_reply
from bot.answer import Answer
from clipnet.cli.surroundings import surroundings
from clipnet.cli.talk import Talk, started, talking


def main(argv: list[str]) -> int:
    """Exit status 1 when the command is refused, or the request it waited for didn't end well."""
    parser = argparse.ArgumentParser(prog="clipnet say", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the answer as one JSON object")
    parser.add_argument("--wait", action="store_true", help="wait until the request that was started has ended")
    parser.add_argument("--yes", action="store_true", help="confirm what has to be confirmed")
    parser.add_argument("words", nargs=argparse.REMAINDER, metavar="COMMAND", help="such as: clip talk.mp4 --at 1:20")
    options = parser.parse_args(argv)
    text = options.words[0] if len(options.words) == 1 else shlex.join(options.words)
    with surroundings() as found:
        return asyncio.run(_say(found.settings(), found.embedded, text, options))


async def _say(settings: object, embedded: bool, text: str, options: argparse.Namespace) -> int:
    out = Console(soft_wrap=True)
    async with talking(settings, embedded=embedded) as talk:  # type: ignore[arg-type]
        answer = await talk.say(text)
        if answer.pending and options.yes:
            answer = await talk.say(f"confirm {answer.pending.confirmation}")
        request = started(answer)
        if not options.json:
            show(out, answer)
        if request and options.wait:
            return await _wait(talk, request, out, as_json=options.json)
        if options.json:
            print(json.dumps(_as_json(answer)))
    return 1 if answer.problem else 0


async def _wait(talk: Talk, request: str, out: Console, *, as_json: bool) -> int:
    with Board(Console(stderr=True)) as board:
        await talk.follow(request, board)
    view = await talk.outcome(request)
    if as_json:
        print(view.model_dump_json())
    else:
        show_reply(out, await talk.last_word(request))
    return 0 if view.state == "done" else 1


def _as_json(answer: Answer) -> dict[str, object]:
    stored = answer.stored()
    fields = [{"label": label, "value": value} for label, value in stored["fields"]]
    actions = [{"label": label, "command": command, "args": args} for label, command, args in stored["actions"]]
    return {**stored, "fields": fields, "actions": actions}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
