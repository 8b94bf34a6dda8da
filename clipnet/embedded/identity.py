"""As whom the servers run: PostgreSQL refuses root, and a folder above the checkout may be closed to everyone else."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from clipnet import processes
from clipnet.errors import Misconfigured
from clipnet.processes import Account

WAYS = ("reach", "namespace", "copy")


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a server may run: its binaries, its folder, its account (None: as ourselves), and who owns its files."""

    bin_dir: Path
    data_dir: Path
    account: Account | None
    owner_uid: int

    def own(self) -> None:
        """Hand the data folder to the account; a no-op where it owns it already. Parents are never touched."""
        self.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.data_dir.stat().st_uid == self.owner_uid:
            return
        for folder, _, files in os.walk(self.data_dir):
            os.chown(folder, self.owner_uid, -1)
            for name in files:
                os.chown(Path(folder, name), self.owner_uid, -1, follow_symlinks=False)


def find_ground(bin_dir: Path, data_dir: Path, *, ways: tuple[str, ...] = WAYS) -> Ground:
    """The first way that works of: an ordinary account with reach over closed folders; a user namespace; an ordinary
    account with copies under the system's temp folder. Raises `Misconfigured` when none does. Not root: as ourselves.
    """
    if os.geteuid() != 0:
        return Ground(bin_dir, data_dir, None, os.geteuid())
    for ground in _candidates(bin_dir, data_dir, ways):
        ground.own()
        if _works(ground):
            return ground
    raise Misconfigured(
        "PostgreSQL can't run as root and no other account can be taken here.",
        hint="Run ClipNet as an ordinary user, or give DATABASE_URL.",
    )


def _candidates(bin_dir: Path, data_dir: Path, ways: tuple[str, ...]) -> Iterator[Ground]:
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        return
    uid, gid = nobody.pw_uid, nobody.pw_gid
    if "reach" in ways:
        yield Ground(bin_dir, data_dir, Account("reach", uid, gid), uid)
    if "namespace" in ways:
        yield Ground(bin_dir, data_dir, Account("namespace", uid, gid), 0)
    if "copy" in ways:
        yield _copied(bin_dir, data_dir, Account("drop", uid, gid))


def _works(ground: Ground) -> bool:
    probe = processes.start(
        [ground.bin_dir / "initdb", "--version"], account=ground.account, cwd=ground.data_dir, output=subprocess.DEVNULL
    )
    return probe.wait() == 0


def _copied(bin_dir: Path, data_dir: Path, account: Account) -> Ground:
    """The PostgreSQL tree with its libraries, and room for the data, where an ordinary account gets at them."""
    name = sha256(str(data_dir.resolve()).encode()).hexdigest()[:16]
    home = Path(tempfile.gettempdir(), f"clipnet-{name}")
    home.mkdir(mode=0o711, exist_ok=True)
    if home.is_symlink() or home.stat().st_uid != 0:
        raise Misconfigured(f"The folder {home} belongs to someone else.", hint="Remove it, or set TMPDIR.")
    tree, package = bin_dir.parent, bin_dir.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    target = home / package.name / tree.name
    if not target.exists():
        target.parent.mkdir(mode=0o755, exist_ok=True)
        if libraries.exists():
            shutil.copytree(libraries, home / libraries.name, symlinks=True, dirs_exist_ok=True)
        part = target.with_name(f"{tree.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        shutil.copytree(tree, part, symlinks=True)
        part.rename(target)
    return Ground(target / "bin", home / "data", account, account.uid)
