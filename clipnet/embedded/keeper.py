"""The process that owns the embedded servers: starts them, revives one that dies, ends with its last user."""

import asyncio
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

from clipnet.embedded.locks import FileLock
from clipnet.embedded.postgres import PostgresServer
from clipnet.embedded.roles import DATABASE, ROLES, account, load_secrets, provision
from clipnet.embedded.stack import StackFiles, StackUrls, write_state
from clipnet.embedded.valkey import ValkeyServer
from clipnet.errors import ClipNetError

_ENDS = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_WAITS_FOR = _ENDS | {signal.SIGCHLD}
REVIVE_PAUSE_S = 0.2
"""Pause before a dead server is started again, so that one that can't run doesn't spin."""


class Keeper:
    """The two servers of one folder."""

    def __init__(self, folder: Path) -> None:
        self.files = StackFiles(folder)
        self.secrets = load_secrets(self.files.secrets)
        self.postgres = PostgresServer(folder / "postgres", password=self.secrets["superuser"])
        self.valkey = ValkeyServer(folder / "valkey", password=self.secrets["redis"])

    def start(self) -> None:
        """Start both, make accounts and database, announce them. Raises `ClipNetError` when a server can't start."""
        self.valkey.start()
        self.postgres.start()
        asyncio.run(provision(self.postgres.url(), self.secrets))
        by_role = {role: self.postgres.url(account(role), self.secrets[role], DATABASE) for role in ROLES}
        write_state(self.files, StackUrls(superuser=self.postgres.url(), redis=self.valkey.url(), **by_role))

    def keep(self) -> None:
        """Until a signal says to end: start again, on the same port, whatever dies."""
        while signal.sigwait(_WAITS_FOR) not in _ENDS:
            for server in (self.postgres, self.valkey):
                if not server.alive():
                    time.sleep(REVIVE_PAUSE_S)
                    server.start()

    def stop(self) -> None:
        """Withdraw the announcement and shut both down."""
        self.files.state.unlink(missing_ok=True)
        self.postgres.stop()
        self.valkey.stop()


def _end_when_alone(path: Path) -> None:
    users = FileLock(path)
    users.take_whenever()
    os.kill(os.getpid(), signal.SIGTERM)


def main(folder: Path) -> int:
    """Keep the servers of `folder`; the first line on stdout is `ready` or what went wrong, as JSON."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WAITS_FOR)
    files = StackFiles(folder)
    alive = FileLock(files.keeper)
    alive.take(timeout_s=5.0)
    threading.Thread(target=_end_when_alone, args=(files.users,), daemon=True).start()
    keeper = Keeper(folder)
    try:
        keeper.start()
        _say("ready")
        keeper.keep()
    except ClipNetError as error:
        _say(json.dumps({"sentence": error.sentence, "hint": error.hint}))
        return 1
    finally:
        keeper.stop()
    return 0


def _say(line: str) -> None:
    """To the process that started us, which may be gone."""
    try:
        os.write(sys.stdout.fileno(), f"{line}\n".encode())
    except BrokenPipeError:
        return


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
