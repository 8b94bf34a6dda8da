"""Finds the benches and runs them one after another."""

import importlib
import inspect
import pkgutil
import tempfile
import traceback
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import bench
from bench.context import Bench, BenchContext, Skipped, find_media
from bench.rows import Row


class UnknownBench(Exception):
    """No bench is called so; the message lists those there are."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How one bench went.

    Attributes:
        skipped: why it could not run here; empty when it ran.
        failed: the end of a traceback; empty when it ran.
    """

    bench: str
    rows: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    skipped: str = ""
    failed: str = ""


def discover() -> dict[str, Bench]:
    """Every bench by its name, from the `BENCHES` of each module of this package.

    Raises:
        ValueError: two modules use one name.
    """
    found: dict[str, Bench] = {}
    for module in pkgutil.iter_modules(bench.__path__):
        if module.name == "__main__":
            continue
        for name, measure in getattr(importlib.import_module(f"bench.{module.name}"), "BENCHES", {}).items():
            if name in found:
                raise ValueError(f"two benches are called {name}")
            found[name] = measure
    return found


def choose(benches: Mapping[str, Bench], names: Iterable[str]) -> dict[str, Bench]:
    """Those of `benches` that were asked for, in their own order; all without names.

    A name also stands for the benches of the module called so: `queue`.

    Raises:
        UnknownBench: a name fits nothing.
    """
    wanted: set[str] = set()
    for name in names:
        fits = {n for n, measure in benches.items() if name in (n, measure.__module__.rpartition(".")[2])}
        if not fits:
            raise UnknownBench(f"there is no bench {name}; there are {', '.join(sorted(benches)) or 'none'}")
        wanted |= fits
    return {n: measure for n, measure in benches.items() if n in wanted or not wanted}


async def run(name: str, measure: Bench, *, quick: bool) -> Outcome:
    """Run one bench in a scratch folder of its own; its error becomes part of the outcome."""
    with tempfile.TemporaryDirectory(prefix=f"bench-{name}-") as scratch:
        context = BenchContext(scratch=Path(scratch), quick=quick, media=find_media())
        try:
            made = measure(context)
            rows = await made if inspect.isawaitable(made) else made
        except Skipped as reason:
            return Outcome(name, notes=tuple(context.notes), skipped=str(reason))
        except Exception:
            return Outcome(name, notes=tuple(context.notes), failed=traceback.format_exc(limit=-3))
        return Outcome(name, tuple(rows), tuple(context.notes))
