"""`python -m tests.requirements_check [--json] [--update]`: what the last whole test run proved."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from tests.requirements_catalogue import Catalogue
from tests.requirements_record import Record, record_path

CHECKOUT = Path(__file__).resolve().parent.parent


def main(argv: Sequence[str], checkout: Path = CHECKOUT) -> int:
    """Tell which rows pass.

    Exit status 1: no whole run has been recorded yet (all rows count as open), or a row that has passed before no
    longer does.
    """
    parser = argparse.ArgumentParser(prog="check requirements", description=__doc__)
    parser.add_argument("--json", action="store_true", help="end with one line: the ids that pass, and the open ones")
    parser.add_argument("--update", action="store_true", help="list newly passing rows as passed from now on")
    options = parser.parse_args(argv)
    console = Console(stderr=options.json, highlight=False, soft_wrap=True)
    catalogue, path = Catalogue.of(checkout), record_path(checkout)
    recorded = path.is_file()
    record, rows = Record.load(path) if recorded else Record(), list(catalogue.statuses())
    passing = record.passing(rows)
    if recorded and options.update:
        console.print(f"newly listed as passed: {' '.join(catalogue.take_up(passing)) or 'none'}")
    lost = sorted(catalogue.listed() - set(passing))
    _tell(console, record, rows, lost if recorded else [])
    if options.json:
        open_rows = [row for row in rows if row not in passing]
        sys.stdout.write(json.dumps({"passing": passing, "open": open_rows}) + "\n")
    return int(not recorded or bool(lost))


def _tell(console: Console, record: Record, rows: Sequence[str], lost: Sequence[str]) -> None:
    passing = record.passing(rows)
    for row in rows:
        if row not in passing and record.named(row):
            console.print(f"{row} open: {record.why_open(row)}", markup=False)
    unnamed = [row for row in rows if not record.named(row)]
    if unnamed:
        console.print(f"not named by any test: {' '.join(unnamed)}")
    for row in lost:
        console.print(f"{row} has passed before and no longer does", style="red")
    source = f"from the run of {record.at}" if record.at else "for no whole run was recorded yet: ./run test makes one"
    console.print(f"{len(passing)} of {len(rows)} rows passing, {source}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
