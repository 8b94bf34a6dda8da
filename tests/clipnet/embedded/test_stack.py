"""The embedded services as users meet them: shared, separate between folders, gone with the last user."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis

from clipnet.embedded import EmbeddedStack
from tests.processes import GONE_S, left_in, processes_of

ROOT = Path(__file__).parents[3]
HOLDER = """
import sys
from pathlib import Path
from clipnet.embedded import EmbeddedStack
with EmbeddedStack(Path(sys.argv[1])) as stack:
    print("up", flush=True)
    sys.stdin.read()
"""


def _holder(state_dir: Path) -> subprocess.Popen[bytes]:
    """Another process that uses the stack until its stdin closes or it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(state_dir)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    return process


def _words(process: psutil.Process) -> set[str]:
    """What a process was called with; nothing for one that has just ended."""
    try:
        return set(process.cmdline())
    except psutil.NoSuchProcess:
        return set()


async def _select(url: str) -> str:
    connection = await asyncpg.connect(url)
    try:
        user: str = await connection.fetchval("SELECT current_user || '@' || current_database()")
        return user
    finally:
        await connection.close()


def test_both_services_answer_with_their_own_accounts(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "a folder") as stack:
        roles = [asyncio.run(_select(getattr(stack.urls, role))) for role in ("owner", "api", "worker", "read")]
        with redis.Redis.from_url(stack.urls.redis) as client:
            assert client.config_get("appendonly") == {"appendonly": "yes"}
        # Another stack may serve the whole session of tests.
        keeping = ["clipnet.embedded.keeper", str(stack.files.folder)]
        started = [child for child in psutil.Process().children() if set(keeping) <= _words(child)]
        modes = {file.name: file.stat().st_mode & 0o777 for file in (stack.files.state, stack.files.secrets)}
        listening = {
            connection.laddr.ip
            for process in processes_of(tmp_path)
            for connection in process.net_connections()
            if connection.status == "LISTEN"
        }
    assert roles == [f"clipnet_{role}@clipnet" for role in ("owner", "api", "worker", "read")]
    assert modes == {"stack.json": 0o600, "secrets.json": 0o600}
    assert listening == {"127.0.0.1"}
    assert left_in(tmp_path) == []
    assert [len(started), *(child.is_running() for child in started)] == [1, False]


def test_a_second_user_joins_and_the_services_outlive_the_first(tmp_path: Path) -> None:
    first = _holder(tmp_path)
    with EmbeddedStack(tmp_path) as stack:
        keeper = json.loads(stack.files.state.read_text())["keeper"]
        first.send_signal(signal.SIGKILL)
        first.communicate()
        assert asyncio.run(_select(stack.urls.api)) == "clipnet_api@clipnet"
        assert json.loads(stack.files.state.read_text())["keeper"] == keeper
    assert left_in(tmp_path) == []


def test_two_folders_have_services_of_their_own(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path / "one") as one, EmbeddedStack(tmp_path / "two") as two:
        assert one.urls.redis != two.urls.redis
        with redis.Redis.from_url(one.urls.redis) as client:
            client.set("canary", "1")
        with redis.Redis.from_url(two.urls.redis) as client:
            assert client.get("canary") is None


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_stays_behind_when_the_only_user_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    holder = _holder(tmp_path)
    left = processes_of(tmp_path)
    holder.send_signal(number)
    holder.communicate()
    _, alive = psutil.wait_procs(left, timeout=GONE_S)
    assert len(left) >= 3
    assert alive == []


def test_nothing_stays_behind_when_the_keeper_is_killed(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    state = json.loads((tmp_path / "embedded" / "stack.json").read_text())
    left = [process for process in processes_of(tmp_path) if process.pid != holder.pid]
    os.kill(state["keeper"], signal.SIGKILL)
    holder.communicate()
    _, alive = psutil.wait_procs(left, timeout=GONE_S)
    assert len(left) >= 3
    assert alive == []


def test_data_survives_a_crash_and_a_dead_server_is_revived(tmp_path: Path) -> None:
    with EmbeddedStack(tmp_path) as stack:
        before = stack.urls
        client = redis.Redis.from_url(before.redis)
        client.set("kept", "yes")
        postmaster = next(process for process in processes_of(tmp_path) if "listen_addresses" in str(process.cmdline()))
        children = postmaster.children()
        postmaster.kill()
        psutil.wait_procs([postmaster, *children], timeout=GONE_S)
        assert _until_selected(before.worker) == "clipnet_worker@clipnet"
        client.close()
    with EmbeddedStack(tmp_path) as stack:
        assert asyncio.run(_select(stack.urls.read)) == "clipnet_read@clipnet"
        with redis.Redis.from_url(stack.urls.redis) as again:
            assert again.get("kept") == b"yes"


def _until_selected(url: str) -> str:
    async def attempt() -> str:
        async with asyncio.timeout(GONE_S):
            while True:
                try:
                    return await _select(url)
                except (OSError, asyncpg.PostgresError):
                    await asyncio.sleep(0.05)

    return asyncio.run(attempt())
