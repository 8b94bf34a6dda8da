"""`clipnet playground`: three chats on one page, played by three pretended platforms, answered by the real ClipNet.

Everything but the platforms is real: PostgreSQL, Redis, the api with its adapters, the worker. The pretended platforms
are those that the tests use, so a checkout is needed.
"""

import argparse
import asyncio
import os
import shutil
import signal
import sys
from pathlib import Path
from typing import Final

from clipnet.cli.surroundings import surroundings
from clipnet.embedded.ports import hold, is_free
from clipnet.errors import Misconfigured

CHECKOUT: Final = Path(__file__).resolve().parents[3]
USUAL_PORT: Final = 8090
KEPT: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "LOG_LEVEL", "PYTHONSAFEPATH")
"""What the playground takes over from the environment: no setting that could lead to a real platform or service."""


def main(argv: list[str]) -> int:
    """Play until SIGINT or SIGTERM; then nothing is left running.

    Raises:
        Misconfigured: there is no checkout, or the port is taken.
    """
    options = _parser().parse_args(argv)
    _check_checkout(CHECKOUT)
    port = _port(options.port)
    state = Path(os.environ.get("CLIPNET_STATE_DIR") or ".clipnet").absolute() / "playground"
    if options.fresh:
        shutil.rmtree(state, ignore_errors=True)
    state.mkdir(parents=True, exist_ok=True)
    # Settings are also read from a file .env in the working folder; here there is none.
    os.chdir(state)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    from clipnet.cli.playground.running import play

    print("Starting PostgreSQL and Redis …", flush=True)
    api_port, kept = hold()
    with kept, surroundings(_environ(state, api_port)) as found:
        return asyncio.run(play(found, state, port))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="clipnet playground", description=__doc__)
    parser.add_argument("--port", type=int, help=f"port of the page (default: {USUAL_PORT}, else a free one)")
    parser.add_argument("--fresh", action="store_true", help="forget what was played before")
    return parser


def _check_checkout(checkout: Path) -> None:
    if not (checkout / "tests" / "fakes").is_dir():
        raise Misconfigured(
            "The playground needs a checkout of ClipNet: its pretended platforms live in tests/fakes.",
            hint="Clone the repository and say ./run playground there.",
        )


def _port(wanted: int | None) -> int:
    """The page's port; 0 for any that is free when it is served."""
    if wanted is None:
        return USUAL_PORT if is_free(USUAL_PORT) else 0
    if wanted and not is_free(wanted):
        raise Misconfigured(f"Port {wanted} is taken.", hint="Give another one with --port, or 0 for a free one.")
    return wanted


def _environ(state: Path, api_port: int) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {
        **kept,
        "ENV": "dev",
        "PYTHONPATH": str(CHECKOUT),
        "CLIPNET_STATE_DIR": str(state),
        "WEB_PORT": str(api_port),
    }
