"""PostgreSQL as root, below a folder closed to others, in each way there is, and as an ordinary account."""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from clipnet import carriers
from clipnet.embedded.postgres import PostgresServer
from clipnet.errors import Misconfigured

ROOT = Path(__file__).parents[3]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become someone else")


async def _count(url: str) -> int:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())")
        await connection.execute("INSERT INTO visits DEFAULT VALUES")
        visits: int = await connection.fetchval("SELECT count(*) FROM visits")
        return visits
    finally:
        await connection.close()


@needs_root
@pytest.mark.parametrize("way", ["reach", "namespace", "copy"])
def test_root_runs_it_as_someone_else_below_a_closed_folder(tmp_path: Path, way: str) -> None:
    closed = tmp_path / "closed to others"
    closed.mkdir(mode=0o700)
    server = PostgresServer(closed / "pg", password="pass word", durable=False, ways=(way,))
    try:
        server.start()
        assert server.pid is not None
        owner = psutil.Process(server.pid).uids().effective
        assert asyncio.run(_count(server.url())) == 1
        server.crash()
        server.start()
        assert asyncio.run(_count(server.url())) >= 1
    finally:
        server.stop()
        if way == "copy":
            shutil.rmtree(server.ground.data_dir.parent)
    assert closed.stat().st_mode & 0o777 == 0o700
    assert owner == (0 if way == "namespace" else pwd.getpwnam("nobody").pw_uid)


@needs_root
def test_no_way_at_all_is_said_plainly(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path, password="x", ways=())
    with pytest.raises(Misconfigured, match="can't run as root"):
        server.start()


AS_USER = """
import sys
from pathlib import Path
from clipnet.embedded.postgres import PostgresServer
server = PostgresServer(Path(sys.argv[1]), password="x", durable=False)
server.start()
print(server.ground.account)
server.stop()
"""


def _as_nobody(argv: list[str], home: Path) -> subprocess.CompletedProcess[str]:
    nobody = pwd.getpwnam("nobody")
    setpriv = shutil.which("setpriv") or pytest.skip("setpriv is not installed")
    words = [setpriv, f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups", "--", *argv]
    env = {"HOME": str(home), "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
    return subprocess.run(words, cwd=home, env=env, capture_output=True, text=True, check=False)


@pytest.fixture
def home_of_nobody() -> Iterator[Path]:
    """A folder of an ordinary account, outside pytest's own, which is closed to others."""
    home = Path(tempfile.mkdtemp(prefix="clipnet-test-"))
    os.chown(home, pwd.getpwnam("nobody").pw_uid, -1)
    yield home
    shutil.rmtree(home)


@needs_root
def test_an_ordinary_account_runs_it_as_itself(home_of_nobody: Path) -> None:
    imports = (
        "import os, sys, clipnet.embedded; assert sys.version_info >= (3, 11) and os.access(sys.executable, os.X_OK)"
    )
    interpreters = [sys.executable, "/usr/bin/python3"]
    usable = [python for python in interpreters if _as_nobody([python, "-c", imports], home_of_nobody).returncode == 0]
    if not usable:
        pytest.skip("no Python that an ordinary account can run reads this checkout")
    done = _as_nobody([usable[0], "-B", "-c", AS_USER, str(home_of_nobody / "pg")], home_of_nobody)
    assert done.stdout.strip() == "None", done.stderr


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "thesis.txt").write_text("precious")
    server = PostgresServer(tmp_path, password="x", durable=False, bin_dir=carriers.postgres_bin())
    with pytest.raises(Misconfigured, match=r"thesis\.txt"):
        server.start()
    assert (data / "thesis.txt").read_text() == "precious"


SLOW = """#!/bin/sh
for second in 1 2 3 4 5 6 7; do
  echo "LOG:  syncing data directory (fsync), elapsed time: $second.00 s, current path: ./base"
  sleep 1
done
exec {postgres} "$@"
"""


def test_one_that_recovers_for_long_and_says_so_is_given_the_time(tmp_path: Path) -> None:
    bin_dir = tmp_path / "bin"
    bin_dir.mkdir(mode=0o755)
    real = carriers.postgres_bin()
    (bin_dir / "initdb").write_text(f'#!/bin/sh\nexec {real / "initdb"} "$@"\n')
    (bin_dir / "postgres").write_text(SLOW.format(postgres=real / "postgres"))
    for program in bin_dir.iterdir():
        program.chmod(0o755)
    server = PostgresServer(tmp_path / "pg", password="x", durable=False, bin_dir=bin_dir, start_timeout_s=5.0)
    try:
        server.start()
        assert asyncio.run(_count(server.url())) == 1
    finally:
        server.stop()


def test_it_comes_back_once_what_outlived_a_kill_is_gone(tmp_path: Path) -> None:
    server = PostgresServer(tmp_path / "pg", password="pass word")
    try:
        server.start()
        assert asyncio.run(_count(server.url())) == 1
        port = server.port
        assert server.pid is not None
        first = min(psutil.Process(server.pid).children(), key=lambda child: child.pid)
        first.suspend()
        server.crash()
        threading.Timer(1.0, first.kill).start()
        server.start()
        assert asyncio.run(_count(server.url())) == 2
        assert server.port == port
    finally:
        server.stop()
