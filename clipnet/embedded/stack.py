"""The embedded services of one state folder, shared by every ClipNet process that runs in it.

A keeper process of its own owns the servers. Every user of the stack holds a share of one lock; the keeper waits for
that lock alone, so it stops the servers when the last user has left, whether it closed, was interrupted or killed.
"""

import json
import os
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from clipnet.embedded.locks import FileLock
from clipnet.errors import Unavailable

TIMEOUT_S = 90.0
_ROOT = Path(__file__).parents[2]
_KEEPERS: list[subprocess.Popen[bytes]] = []
"""Keepers that this process started and has to reap; they belong to all users and may outlive it."""


@dataclass(frozen=True, slots=True)
class StackUrls:
    """Connection URLs of the running services, by account; they hold passwords."""

    superuser: str
    owner: str
    api: str
    worker: str
    read: str
    redis: str


@dataclass(frozen=True, slots=True)
class StackFiles:
    """Where things lie in the folder of the embedded services."""

    folder: Path

    @property
    def users(self) -> Path:
        """Shared by users, taken by the keeper when the last one has left."""
        return self.folder / "users.lock"

    @property
    def start(self) -> Path:
        """Held while someone joins or leaves."""
        return self.folder / "start.lock"

    @property
    def keeper(self) -> Path:
        """Held by the keeper as long as it lives."""
        return self.folder / "keeper.lock"

    @property
    def state(self) -> Path:
        """What runs: URLs and the keeper's process id; there only while the services run."""
        return self.folder / "stack.json"

    @property
    def secrets(self) -> Path:
        """Passwords, kept between runs."""
        return self.folder / "secrets.json"

    @property
    def log(self) -> Path:
        """What the keeper has to say."""
        return self.folder / "keeper.log"


class EmbeddedStack:
    """Joins the services of `state_dir`, starting them if nobody has; leaves them at the end of the `with` block."""

    def __init__(self, state_dir: Path) -> None:
        self.files = StackFiles(state_dir.absolute() / "embedded")
        self._share: FileLock | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def urls(self) -> StackUrls:
        """Where the services listen now. Raises `Unavailable` when they don't run."""
        try:
            return StackUrls(**json.loads(self.files.state.read_text())["urls"])
        except FileNotFoundError:
            raise Unavailable("The embedded services don't run.", hint=f"See {self.files.log}.") from None

    def start(self) -> StackUrls:
        """Join, or start and join. Raises `Unavailable` or `Misconfigured` when the services can't start."""
        if self._share is not None:
            return self.urls
        self.files.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        gate = FileLock(self.files.start)
        share = FileLock(self.files.users)
        try:
            gate.take(timeout_s=TIMEOUT_S)
            share.share(timeout_s=TIMEOUT_S)
            if not self._running():
                self._start_keeper()
            urls = self.urls
        except BaseException:
            share.close()
            raise
        finally:
            gate.close()
        self._share = share
        return urls

    def stop(self) -> None:
        """Leave; the last one to leave waits until no process of the services is left."""
        if self._share is None:
            return
        gate = FileLock(self.files.start)
        share, self._share = self._share, None
        try:
            gate.take(timeout_s=TIMEOUT_S)
            last = share.try_take()
            share.close()
            if last:
                self._wait_for_keeper()
                _reap()
        finally:
            gate.close()

    def _running(self) -> bool:
        """Whether a keeper is at work; waits for one that is just leaving."""
        keeper = FileLock(self.files.keeper)
        try:
            if keeper.try_take():
                return False
        finally:
            keeper.close()
        if self.files.state.exists():
            return True
        self._wait_for_keeper()
        return False

    def _wait_for_keeper(self) -> None:
        keeper = FileLock(self.files.keeper)
        try:
            keeper.take(timeout_s=TIMEOUT_S)
        finally:
            keeper.close()

    def _start_keeper(self) -> None:
        self.files.state.unlink(missing_ok=True)
        with self.files.log.open("ab") as log:
            keeper = subprocess.Popen(
                [sys.executable, "-m", "clipnet.embedded.keeper", str(self.files.folder)],
                cwd=self.files.folder,
                env={**os.environ, "PYTHONPATH": str(_ROOT)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        assert keeper.stdout is not None
        with keeper.stdout:
            answer = keeper.stdout.readline().decode()
        _KEEPERS.append(keeper)
        if answer.strip() != "ready":
            _reap()
            failure = json.loads(answer or "{}")
            sentence = failure.get("sentence", "The embedded services can't start.")
            raise Unavailable(sentence, hint=failure.get("hint") or f"See {self.files.log}.")


def _reap() -> None:
    """Collect the exit status of keepers that have ended, so that they don't stay as zombies."""
    _KEEPERS[:] = [keeper for keeper in _KEEPERS if not _gone(keeper)]


def _gone(keeper: subprocess.Popen[bytes]) -> bool:
    try:
        # The lock of a keeper that ends is free an instant before the process is.
        keeper.wait(0.5)
    except subprocess.TimeoutExpired:
        return False
    return True


def write_state(files: StackFiles, urls: StackUrls) -> None:
    """Announce the running services to their users, readable by their owner only."""
    part = files.state.with_suffix(".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"keeper": os.getpid(), "urls": asdict(urls)}, file)
    part.rename(files.state)
