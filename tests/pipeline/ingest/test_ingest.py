"""The one entry: links, paths, and names that never become paths."""

import asyncio
import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from clipnet import carriers
from clipnet.errors import BadInput, ClipNetError
from pipeline.ingest import ingest
from pipeline.ingest import netguard as guard_module
from pipeline.ingest.ytdlp import fetch_platform, is_platform
from pipeline.media.errors import DiskFull
from pipeline.media.tools import Limits, Tools
from tests.pipeline.ingest.conftest import Server
from tests.pipeline.media.conftest import TinyDisk, tiny_disk

__all__ = ["tiny_disk"]
LIMITS = Limits(total_s=30, idle_s=15, max_bytes=1_000_000)
DATA = b"\x00\x01" * 5000


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(carriers.ffmpeg(), carriers.font_dir())


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "job"
    folder.mkdir()
    return folder


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "my video.mp4"
    path.write_bytes(DATA)
    return path


def left_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


async def refused(origin: object, into: Path, tools: Tools, *, local: bool = True, limits: Limits = LIMITS) -> str:
    with pytest.raises(ClipNetError) as caught:
        await ingest(str(origin), into, tools, limits, local=local)
    assert caught.value.hint
    assert left_in(into) == []
    return caught.value.sentence


async def test_a_local_file_is_copied(tools: Tools, into: Path, video: Path) -> None:
    taken = await ingest(str(video), into, tools, LIMITS, local=True)
    assert taken.path == into / "source"
    assert taken.path.read_bytes() == DATA
    assert (taken.sha256, taken.bytes) == (hashlib.sha256(DATA).hexdigest(), len(DATA))
    assert taken.origin_name == "my video.mp4"


async def test_paths_that_are_refused(tools: Tools, into: Path, video: Path, tmp_path: Path) -> None:
    link, empty, pipe = tmp_path / "link.mp4", tmp_path / "empty.mp4", tmp_path / "pipe"
    link.symlink_to(video)
    empty.touch()
    os.mkfifo(pipe)
    assert await refused(tmp_path / "absent.mp4", into, tools) == "There is no such file."
    assert await refused(link, into, tools) == "This is a link, not a file."
    assert await refused(empty, into, tools) == "The file is empty."
    assert await refused(pipe, into, tools) == "This is not a file."
    assert await refused(tmp_path, into, tools) == "This is not a file."
    assert "too large" in await refused(video, into, tools, limits=replace(LIMITS, max_bytes=100))
    assert "Only http" in await refused(video, into, tools, local=False)
    assert "Only http" in await refused("file:///etc/passwd", into, tools)


async def test_a_full_disk(tools: Tools, tiny_disk: TinyDisk, tmp_path: Path) -> None:
    if not tiny_disk.real:
        pytest.skip("a small file system can't be mounted here")
    big = tmp_path / "big.mp4"
    big.write_bytes(b"\x00" * 600_000)
    with pytest.raises(DiskFull, match="The disk is full"):
        await ingest(str(big), tiny_disk.folder, tools, LIMITS, local=True)
    assert left_in(tiny_disk.folder) == []


async def test_a_remote_name_never_becomes_a_path(tools: Tools, into: Path, public: Server) -> None:
    async def page(_: web.Request) -> web.StreamResponse:
        headers = {"Content-Type": "video/mp4", "Content-Disposition": 'attachment; filename="../../evil.mp4"'}
        return web.Response(body=DATA, headers=headers)

    public.pages["/a/../../x.mp4"] = page
    taken = await ingest(public.url("/a%2f..%2f..%2fx.mp4"), into, tools, LIMITS, net_allow=[public.place])
    assert taken.path == into / "source"
    assert left_in(into) == ["source"]
    assert left_in(into.parent) == ["job"]


def test_platforms_are_known_by_their_host() -> None:
    assert all(
        map(
            is_platform,
            (
                "https://www.youtube.com/watch?v=x",
                "https://youtu.be/x",
                "https://clips.twitch.tv/x",
                "https://x.com/a/status/1",
            ),
        )
    )
    assert not any(map(is_platform, ("https://notyoutube.com/", "https://youtube.com.evil.org/", "https://a.b/x.com")))


async def test_the_platform_child_asks_no_other_site(tools: Tools, into: Path, public: Server) -> None:
    """A link of no named platform is refused by the child itself, whatever led there."""
    with pytest.raises(BadInput, match="not supported"):
        await fetch_platform(public.url("/v.mp4"), into / "source", tools, LIMITS, net_allow=[public.place])
    assert public.hits == []
    assert left_in(into) == []


@pytest.mark.parametrize(("allowed", "hits"), [(False, 0), (True, 1)])
async def test_the_hook_sees_through_names_and_redirects(internal: Server, allowed: bool, hits: int) -> None:
    script = (
        "import sys; sys.path.insert(0, sys.argv[1]); import netguard, urllib.request;"
        "netguard.install(frozenset(sys.argv[3:])); print(urllib.request.urlopen(sys.argv[2], timeout=50).status)"
    )
    folder = str(Path(guard_module.__file__).parent)
    places = [internal.place] if allowed else []
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        script,
        folder,
        f"http://localhost:{internal.port}/",
        *places,
        env={"no_proxy": "*"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, words = await process.communicate()
    assert len(internal.hits) == hits
    assert (b"private network" in words) != allowed
    assert out == (b"200\n" if allowed else b"")


@pytest.mark.parametrize(
    "start", ["os.system('true')", "subprocess.run(['true'])", "os.fork()", "os.execv('/bin/true', ['x'])"]
)
async def test_the_hook_starts_nothing(start: str) -> None:
    ready = "import sys, os, subprocess; sys.path.insert(0, sys.argv[1]); import netguard; netguard.install()"
    folder = str(Path(guard_module.__file__).parent)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", f"{ready}; {start}", folder, stderr=asyncio.subprocess.PIPE
    )
    _, words = await process.communicate()
    assert b"is refused" in words
    assert process.returncode == 1
