"""`clipnet demo` as people and programs see it: its last line, its failures, its interruption, its live lines."""

import asyncio
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
from PIL import Image
from rich.console import Console

from bot.router import Router
from clipnet import carriers
from clipnet.cli import demo_report
from clipnet.cli.surroundings import surroundings
from clipnet.cli.talk import Talk
from clipnet.settings import Settings
from pipeline.stages.tools import make_tools
from tests.bot.rig import LINK, Ledger, api_settings, ledger, router, services
from tests.processes import GONE_S, left_in, processes_of

pytestmark = pytest.mark.timeout(300)

__all__ = ["api_settings", "ledger", "router", "services"]

ROOT = Path(__file__).parents[3]
CLIP = ["id", "state", "path", "width", "height", "duration_s", "start_s", "end_s", "score", "reason"]
CLIP += ["thumbnail", "captions"]
ALWAYS = {"clips", "source", "timings_s", "state"}
WHEN_MADE = {"request", "folder", "contact_sheet", "score_curve"}
PATIENCE_S = 200.0


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One state folder, so that only the first demo has to make its database."""
    return tmp_path_factory.mktemp("demo") / "state"


def environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    return {**kept, "CLIPNET_STATE_DIR": str(home), "ENV": "dev", "PYTHONPATH": str(ROOT)}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "clipnet", "demo", *map(str, words)]


def demo(home: Path, *words: object) -> tuple[int, dict[str, Any], str]:
    """Run it to its end; exit status, the object of its last line, what was said beside it."""
    done = subprocess.run(
        command(*words, "--json"), env=environ(home), capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return done.returncode, report, done.stderr


def bikes() -> Path:
    return carriers.demo_footage()["bikes"]


def test_the_last_line_describes_the_clips(home: Path, tmp_path: Path) -> None:
    status, report, said = demo(home, bikes(), "--length", "5", "--out", tmp_path / "out")
    assert status == 0, said
    assert set(report) == ALWAYS | WHEN_MADE
    assert report["state"] == "done"
    (clip,) = report["clips"]
    assert list(clip) == CLIP
    assert (clip["width"], clip["height"]) == (1080, 1920)
    assert Path(clip["path"]).stat().st_size > 1000
    assert Path(clip["thumbnail"]).parent == tmp_path / "out"
    assert report["timings_s"]["total"] > report["timings_s"]["polish"] > 0
    with Image.open(report["contact_sheet"]) as sheet:
        assert sheet.width > 1000


def test_a_failure_keeps_its_code_and_sentence(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"no video at all " * 100)
    status, report, said = demo(home, broken)
    assert status == 1
    assert set(report) == ALWAYS | {"request", "error"}
    assert (report["state"], report["clips"], report["error"]["code"]) == ("failed", [], "bad-input")
    assert report["error"]["sentence"] in said
    status, report, _ = demo(home, tmp_path / "missing.mp4", "--length", "never")
    assert (status, report["state"], report["error"]["code"]) == (1, "failed", "bad-input")


def test_an_interrupt_cancels_and_leaves_nothing(home: Path) -> None:
    demo = subprocess.Popen(
        command(bikes(), "--length", "10", "--json"),
        env=environ(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert demo.stderr is not None
    said = ""
    while "making the clip …" not in said and (line := demo.stderr.readline()):
        said += line
    started = {*psutil.Process(demo.pid).children(recursive=True), *processes_of(home)}
    os.killpg(demo.pid, signal.SIGINT)
    out, rest = demo.communicate(timeout=PATIENCE_S)
    _, alive = psutil.wait_procs(started, timeout=GONE_S)
    assert demo.returncode == 130, said + rest
    report = json.loads(out.splitlines()[-1])
    assert set(report) == ALWAYS
    assert (report["state"], report["clips"]) == ("cancelled", [])
    assert alive == []
    assert left_in(home) == []
    request = re.findall(r"request ([0-9A-Z]{6})", said)[-1]
    assert _left(home, request) == ("cancelled", 0)


def _left(home: Path, request: str) -> tuple[str, int]:
    """State of a request, and how many of its jobs that make something are still to do."""

    async def look(url: str) -> tuple[str, int]:
        conn = await asyncpg.connect(url)
        try:
            state = await conn.fetchval("select state from requests where public_id = $1", request)
            jobs = await conn.fetchval(
                """
                select count(*) from jobs j join requests r on r.id = j.request_id
                where r.public_id = $1 and j.state in ('ready', 'running') and j.kind <> 'clipbot:notify'
                """,
                request,
            )
            return state, jobs
        finally:
            await conn.close()

    with surroundings(environ(home)) as found:
        return asyncio.run(look(found.settings().database.url))


def test_a_terminal_shows_one_live_line_per_stage(home: Path, tmp_path: Path) -> None:
    line = command(bikes(), "--at", "8", "--length", "5", "--out", tmp_path)
    status, coloured = on_terminal(line, environ(home))
    seen = re.sub(r"\x1b\[[0-9;]*m", "", coloured)
    assert status == 0, seen
    assert re.search(r"making the clip +[━╸╺]{30} +\d+ % \d+ s left clip 1", seen), seen
    assert re.search("\r\x1b\\[2K", seen), "lines are edited in place"
    last = seen[seen.rindex("\x1b[2K") + len("\x1b[2K") :]
    stages = re.findall(r"(\w[\w ]*?) +━{30} 100 %", last)
    assert "making the clip" in stages
    assert len(stages) == len(set(stages)), last


def on_terminal(argv: list[str], variables: dict[str, str]) -> tuple[int, str]:
    """Run on a terminal of 110 columns; exit status and every byte that came."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 110, 0, 0))
    child = subprocess.Popen(
        argv,
        env={**variables, "TERM": "xterm-256color"},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    seen, until = b"", time.monotonic() + PATIENCE_S
    try:
        while time.monotonic() < until and select.select([ours], [], [], PATIENCE_S)[0]:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        return child.wait(GONE_S), seen.decode()
    finally:
        os.close(ours)
        child.kill()
        child.wait()


async def test_a_clip_that_failed_its_check_is_told_beside_the_others(
    router: Router, ledger: Ledger, api_settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Talk(router, router.services.queue, local=True)
    request = (await talk.say(f"clip {LINK}")).reply.data.request  # type: ignore[union-attr]
    bad = await ledger.clip(request, "failed")
    await ledger.end(request, "failed")
    report = await demo_report.collect(talk, make_tools(api_settings), request, tmp_path / "out", LINK, None)
    (clip,) = report["clips"]
    assert (clip["id"], clip["state"], clip["path"], clip["error"]["sentence"]) == (bad, "failed", None, "No.")
    demo_report.show(Console(width=120), report)
    said = capsys.readouterr().out
    assert bad in said
    assert "No." in said
    assert not (tmp_path / "out").exists()
