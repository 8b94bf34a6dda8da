"""`clipnet serve`: one process of a deployment, the API or the worker, by CLIPNET_ROLE."""

import argparse
import asyncio
import inspect
import os
import sys
from importlib import import_module
from typing import Final

from clipnet.logs import configure
from clipnet.metrics import BUILD
from clipnet.settings import load_settings

EX_USAGE = 64
ENTRIES: Final = {"api": "web.serve", "worker": "clipnet.cli.worker"}
"""By role, the module whose `main(settings)` is the process."""


def main(argv: list[str]) -> int:
    """Run until SIGTERM. Exit status 64: the role is unknown; 78: the settings are refused."""
    argparse.ArgumentParser(prog="clipnet serve", description=__doc__).parse_args(argv)
    role = os.environ.get("CLIPNET_ROLE", "")
    if role not in ENTRIES:
        sys.stderr.write(f"clipnet: CLIPNET_ROLE must be one of {', '.join(ENTRIES)}.\n")
        return EX_USAGE
    settings = load_settings()
    configure(settings, role)
    BUILD.labels(env=settings.env, service=role, version=settings.version).set(1)
    ended = import_module(ENTRIES[role]).main(settings)
    if inspect.isawaitable(ended):
        ended = asyncio.run(_awaited(ended))
    return ended if isinstance(ended, int) else 0


async def _awaited(running: object) -> object:
    return await running if inspect.isawaitable(running) else running
