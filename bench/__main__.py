"""`python -m bench [NAME …] [--quick] [--json] [--write]`: measure, show, record."""

import argparse
import asyncio
import json
import shlex
import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table

from bench.context import Bench
from bench.record import Machine, cells, remember
from bench.runner import Outcome, UnknownBench, choose, discover, run

EX_USAGE = 64


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description="Measures ClipNet against floors and peers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help="a bench, or the module of several; all without one")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, for a first impression")
    parser.add_argument("--json", action="store_true", help="end with one line: an object with the rows")
    parser.add_argument("--write", action="store_true", help="record the figures in docs/benchmarks.md")
    parser.add_argument("--list", action="store_true", help="name the benches and stop")
    options = parser.parse_args(argv)
    if options.quick and options.write:
        parser.error("quick figures are not recorded: leave out --quick or --write")
    return options


def _show(console: Console, outcome: Outcome) -> None:
    if outcome.skipped:
        console.print(f"{outcome.bench}: skipped, {outcome.skipped}", markup=False)
    if outcome.failed:
        console.print(f"{outcome.bench}: FAILED\n{outcome.failed}", markup=False)
    if outcome.rows:
        table = Table(title=outcome.bench, title_justify="left")
        for heading in ("what", "value", "floor", "ratio", "goal", "met"):
            table.add_column(heading)
        for row in outcome.rows:
            table.add_row(*cells(row))
        console.print(table)
    for note in outcome.notes:
        console.print(f"  {note}", markup=False)


def main(argv: Sequence[str], benches: Mapping[str, Bench] | None = None) -> int:
    """Measure what was asked for.

    Exit status: 0 all ran or were skipped with a reason, 1 a bench failed, 64 an unknown name. A missed goal is told,
    not an error.
    """
    options, console = _options(argv), Console(stderr="--json" in argv)
    try:
        chosen = choose(discover() if benches is None else benches, options.names)
    except UnknownBench as error:
        console.print(str(error), markup=False)
        return EX_USAGE
    if options.list:
        for name in chosen:
            console.print(name)
        return 0
    console.print(str(Machine.this()), markup=False)
    outcomes = []
    for name, measure in chosen.items():
        outcomes.append(asyncio.run(run(name, measure, quick=options.quick)))
        _show(console, outcomes[-1])
    if options.write:
        remember(outcomes, shlex.join(["./run", "bench", *argv]))
    if options.json:
        print(json.dumps({"rows": [row.as_json() for outcome in outcomes for row in outcome.rows]}))
    return int(any(outcome.failed for outcome in outcomes))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
