"""A PostgreSQL cluster of our own: made, started, recovered and stopped without its packages' launchers."""

import locale
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import quote

from clipnet import carriers, processes
from clipnet.embedded.identity import WAYS, Ground, find_ground
from clipnet.embedded.ports import free_port
from clipnet.errors import Misconfigured, Unavailable

SUPERUSER = "postgres"
START_TIMEOUT_S = 60.0
"""How long it may take to start without a word: one that recovers from a crash tells how far it is."""
STOP_TIMEOUT_S = 10.0
AGAIN_S = 0.2
RECOVERING = "elapsed time:"
"""In what the server says every ten seconds while it recovers, which takes minutes where the disk is slow."""
STILL_HELD = "pre-existing shared memory block"
"""What the server says while a child of one that was killed lives on, as one that writes to a slow disk does."""


class PostgresServer:
    """One cluster in one folder, listening on 127.0.0.1 only, with passwords for everyone.

    The server is a child that shuts down cleanly when this process ends, even by kill -9. `start` recovers after a
    crash. `durable=False` (tests) trades the safety of the disk for speed.
    """

    def __init__(
        self,
        folder: Path,
        *,
        password: str,
        port: int | None = None,
        durable: bool = True,
        bin_dir: Path | None = None,
        ways: tuple[str, ...] = WAYS,
        start_timeout_s: float = START_TIMEOUT_S,
    ) -> None:
        self.folder = folder.absolute()
        self.password = password
        self.port = port
        self.durable = durable
        self._bin_dir = bin_dir
        self._ways = ways
        self._start_timeout_s = start_timeout_s
        self._ground: Ground | None = None
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file that the server writes its messages to."""
        return self.folder / "postgres.log"

    @property
    def ground(self) -> Ground:
        """Where and as whom it runs; found at the first call."""
        if self._ground is None:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            bin_dir = self._bin_dir or carriers.postgres_bin()
            self._ground = find_ground(bin_dir, self.folder / "data", ways=self._ways)
        return self._ground

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it doesn't run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def url(self, user: str = SUPERUSER, password: str | None = None, database: str = "postgres") -> str:
        """Connection URL for one account."""
        secret = quote(self.password if password is None else password, safe="")
        return f"postgresql://{quote(user, safe='')}:{secret}@127.0.0.1:{self.port}/{quote(database, safe='')}"

    def start(self) -> None:
        """Make the cluster if need be, start it and wait until it accepts connections.

        Raises `Unavailable` with the end of its log when it doesn't.
        """
        ground = self.ground
        ground.own()
        if not (ground.data_dir / "PG_VERSION").exists():
            self._initdb(ground)
        patient_until = time.monotonic() + self._start_timeout_s
        attempts, chosen = 3, self.port is None
        while attempts:
            if self.port is None:
                self.port = free_port()
            with self.log.open("ab") as log:
                # SIGINT is PostgreSQL's "fast shutdown": open sessions are ended, the disk is left clean.
                self._process = processes.start(
                    self._command(ground),
                    death_signal=signal.SIGINT,
                    account=ground.account,
                    cwd=ground.data_dir,
                    output=log,
                )
            if self._ready():
                return
            if STILL_HELD in self._tail() and time.monotonic() < patient_until:
                time.sleep(AGAIN_S)
                continue
            attempts -= 1
            if chosen:
                self.port = None
        raise Unavailable("The embedded PostgreSQL doesn't start.", hint=f"Its log, {self.log}, ends: {self._tail()}")

    def stop(self) -> None:
        """Fast shutdown; the data is clean on the disk afterwards."""
        if self._process is not None:
            processes.stop(self._process, gently=signal.SIGINT, grace_s=STOP_TIMEOUT_S)
            self._process = None

    def crash(self) -> None:
        """Kill -9 of the server and all its children, as a fault would do it; `start` recovers."""
        if self._process is not None:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def alive(self) -> bool:
        """Whether the server process runs."""
        return self.pid is not None

    def _command(self, ground: Ground) -> list[str]:
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "100",
            "shared_buffers": "64MB",
            "password_encryption": "scram-sha-256",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        words = [str(ground.bin_dir / "postgres"), "-D", str(ground.data_dir)]
        for name, value in options.items():
            words += ["-c", f"{name}={value}"]
        return words

    def _initdb(self, ground: Ground) -> None:
        for leftover in ground.data_dir.iterdir():
            raise Misconfigured(
                f"The folder {ground.data_dir} holds {leftover.name} but no PostgreSQL cluster.",
                hint="Move it away; a new cluster is made at the next start.",
            )
        with tempfile.NamedTemporaryFile("w", dir=ground.data_dir.parent, prefix="pw-") as secret:
            secret.write(self.password)
            secret.flush()
            os.chown(secret.name, ground.owner_uid, -1)
            words: list[str | Path] = [
                ground.bin_dir / "initdb",
                "--pgdata", ground.data_dir,
                "--username", SUPERUSER,
                "--auth=scram-sha-256",
                f"--pwfile={secret.name}",
                "--encoding=UTF8",
                f"--locale={_locale()}",
            ]  # fmt: skip
            if not self.durable:
                words.append("--no-sync")
            with self.log.open("ab") as log:
                made = processes.start(words, account=ground.account, cwd=ground.data_dir, output=log)
                status = made.wait()
        if status != 0:
            raise Unavailable("The embedded PostgreSQL can't be set up.", hint=f"{self.log} ends: {self._tail()}")

    def _ready(self) -> bool:
        """Wait for the word `ready` that the server writes into its own lock file."""
        assert self._process is not None
        status = self.ground.data_dir / "postmaster.pid"
        heard, deadline = self._recovery(), time.monotonic() + self._start_timeout_s
        while self._process.poll() is None and time.monotonic() < deadline:
            lines = _lines(status)
            if len(lines) >= 8 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                return True
            if (said := self._recovery()) != heard:
                heard, deadline = said, time.monotonic() + self._start_timeout_s
            time.sleep(0.01)
        self.crash()
        return False

    def _recovery(self) -> list[str]:
        """What it has said of recoveries so far."""
        return [line for line in _lines(self.log) if RECOVERING in line]

    def _tail(self) -> str:
        return " / ".join(_lines(self.log)[-3:])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return []


def _locale() -> str:
    """C.UTF-8 where the system has it, else C: both sort by code point, the same on every machine."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "C.UTF-8")
    except locale.Error:
        return "C"
    locale.setlocale(locale.LC_ALL, before)
    return "C.UTF-8"
