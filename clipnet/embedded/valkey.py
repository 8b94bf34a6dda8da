"""A server of our own that speaks the Redis protocol, with an append-only file so that a crash loses little."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

from clipnet import carriers, processes
from clipnet.embedded.ports import free_port
from clipnet.errors import Unavailable

START_TIMEOUT_S = 30.0
STOP_TIMEOUT_S = 5.0


class ValkeyServer:
    """One server in one folder, listening on 127.0.0.1 only, with a password; it ends with this process."""

    def __init__(
        self,
        folder: Path,
        *,
        password: str,
        port: int | None = None,
        durable: bool = True,
        binary: Path | None = None,
    ) -> None:
        self.folder = folder.absolute()
        self.password = password
        self.port = port
        self.durable = durable
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """The file that the server writes its messages to."""
        return self.folder / "valkey.log"

    @property
    def pid(self) -> int | None:
        """Process id of the server, None when it doesn't run."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def url(self, database: int = 0) -> str:
        """Connection URL; the password is URL-safe."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start and wait until the data is loaded. Raises `Unavailable` with the end of its log when it doesn't."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        binary = self._binary or carriers.valkey_server()
        for attempt in range(3):
            if self.port is None or attempt:
                self.port = free_port()
            config = self._write_config()
            with self.log.open("ab") as log:
                self._process = processes.start(
                    [binary, config.name], death_signal=signal.SIGTERM, cwd=self.folder, output=log
                )
            if self._ready():
                return
        tail = " / ".join(self.log.read_text(errors="replace").splitlines()[-3:])
        raise Unavailable("The embedded Redis server doesn't start.", hint=f"Its log, {self.log}, ends: {tail}")

    def stop(self) -> None:
        """Shut down cleanly."""
        if self._process is not None:
            processes.stop(self._process, grace_s=STOP_TIMEOUT_S)
            self._process = None

    def crash(self) -> None:
        """Kill -9, as a fault would do it; `start` recovers from the append-only file."""
        if self._process is not None:
            processes.signal_group(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def alive(self) -> bool:
        """Whether the server process runs."""
        return self.pid is not None

    def _write_config(self) -> Path:
        """The password stands in a file only we can read, not on a command line that everyone sees."""
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"requirepass {self.password}",
            f"appendonly {'yes' if self.durable else 'no'}",
            "appendfsync everysec",
            'save ""',
            "maxmemory-policy noeviction",
            "daemonize no",
        ]
        path = self.folder / "valkey.conf"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write("\n".join(lines) + "\n")
        return path

    def _ready(self) -> bool:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while self._process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                if self._pong():
                    return True
            time.sleep(0.01)
        self.crash()
        return False

    def _pong(self) -> bool:
        with socket.create_connection(("127.0.0.1", self.port or 0), timeout=1.0) as link:
            link.sendall(f"AUTH {self.password}\r\nPING\r\n".encode())
            answer = b""
            while answer.count(b"\r\n") < 2:
                chunk = link.recv(256)
                if not chunk:
                    return False
                answer += chunk
            return answer == b"+OK\r\n+PONG\r\n"
