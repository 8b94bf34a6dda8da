"""`clipnet setup`: from nothing to a test clip in your server, each key checked as it is pasted.

It goes on where it stopped: what was answered is kept at once. Nothing of it needs an address that others can reach.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from rich.console import Console

from bot.adapters import console
from clipnet.cli.setup.asking import Asking, NoAnswer, Terminal, Written
from clipnet.cli.setup.desk import Desk
from clipnet.cli.setup.keeping import Values
from clipnet.cli.setup.walk import NAMES, walk
from clipnet.cli.surroundings import Surroundings, surroundings
from clipnet.errors import Misconfigured
from clipnet.logs import configure
from db import setups, users
from db.pool import transaction
from web.serve import open_services

PLACE = ("console", "installation")
"""What this setup is of, among the setups of the ledger."""
INTERRUPTED = 130


def main(argv: list[str]) -> int:
    """Exit status 1 when something is left to do; 130 when it was interrupted."""
    parser = argparse.ArgumentParser(prog="clipnet setup", description=__doc__)
    parser.add_argument("--again", action="append", default=[], choices=NAMES, help="ask for this step anew")
    parser.add_argument("--answers", type=Path, help="a file of lines `key = answer`; - reads them from the input")
    options = parser.parse_args(argv)
    asking = _asking(options.answers)
    with surroundings() as found:
        try:
            return asyncio.run(_run(found, asking, options.again))
        except KeyboardInterrupt:
            print("\nWhat was answered is kept; clipnet setup goes on from here.")
            return INTERRUPTED


def _asking(answers: Path | None) -> Asking:
    if answers is None and sys.stdin.isatty():
        return Terminal()
    if answers is None or str(answers) == "-":
        return Written(sys.stdin)
    try:
        return Written(answers.read_text().splitlines())
    except OSError as error:
        raise Misconfigured(f"{answers} can't be read: {type(error).__name__}.") from None


async def _run(found: Surroundings, asking: Asking, again: list[str]) -> int:
    values = Values(found.api, Path.cwd())
    settings = values.settings
    settings.state_dir.mkdir(parents=True, exist_ok=True)
    with (settings.state_dir / "setup.log").open("a") as log:
        configure(settings, "setup", stream=log)
        return await _set_up(found, values, asking, again)


async def _set_up(found: Surroundings, values: Values, asking: Asking, again: list[str]) -> int:
    async with open_services(values.settings) as services:
        who = console.actor()
        async with transaction(services.queue.pool) as conn:
            user = await users.of_identity(conn, who.platform, who.platform_user_id, who.name)
            if found.embedded:
                await users.grant(conn, user.id, "operator")
            setup = await setups.begin(conn, user.id, *PLACE)
        out = Console(soft_wrap=True)
        desk = Desk(asking, out, values, found, services, setup.id, user.id, dict(setup.found), frozenset(again))
        desk.tell("Each answer is checked and kept at once. “skip” leaves a step for later, Ctrl-C leaves them all.")
        try:
            whole = await walk(desk)
        except NoAnswer as missing:
            desk.tell(
                f"There is no answer to {missing.key}. What was answered is kept; clipnet setup goes on from here."
            )
            whole = False
        _tell_rest(desk, whole)
        return 0 if whole else 1


def _tell_rest(desk: Desk, whole: bool) -> None:
    if desk.values.to_set:
        names = ", ".join(dict.fromkeys(desk.values.to_set))
        desk.tell(f"Set these where ClipNet gets its variables from; nothing was written down here: {names}")
    if whole:
        desk.good("ClipNet is set up. clipnet up starts it; where it runs already, start it anew.")
    else:
        desk.tell("Something is left to do; clipnet setup goes on there.")
