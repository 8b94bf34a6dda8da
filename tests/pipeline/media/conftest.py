"""Tools as the worker has them, and small videos made on the spot."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from clipnet import carriers
from pipeline.media.tools import Limits, Tools

Make = Callable[..., Path]
LeftBehind = Callable[[], list[psutil.Process]]


@pytest.fixture(scope="session")
def tools() -> Tools:
    return Tools(carriers.ffmpeg(), carriers.font_dir(), carriers.face_model())


@pytest.fixture
def limits() -> Limits:
    return Limits(total_s=100, idle_s=60)


@pytest.fixture
def left_behind() -> LeftBehind:
    """Processes below this one that the test started; the session's servers start theirs when they like."""
    before = set(psutil.Process().children())

    def find() -> list[psutil.Process]:
        ours = [child for child in psutil.Process().children() if child not in before]
        found = list(ours)
        for child in ours:
            with suppress(psutil.NoSuchProcess):
                found += child.children(recursive=True)
        return found

    return find


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    folder = tmp_path / "scratch"
    folder.mkdir()
    return folder


class TinyDisk(NamedTuple):
    folder: Path
    real: bool


@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[TinyDisk]:
    """A folder with room for 160 kB where this may be mounted (`real`), else a plain folder."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = False
    if os.geteuid() == 0:
        mount = ["mount", "-t", "tmpfs", "-o", "size=160k", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    yield TinyDisk(folder, mounted)
    if mounted:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture(scope="session")
def make(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Make:
    """`make("name.mp4", "-f", "lavfi", …)`: a file made by ffmpeg once a session; arguments stand before the name."""
    folder = tmp_path_factory.mktemp("made")
    made: dict[str, tuple[str, ...]] = {}

    def build(name: str, *arguments: str) -> Path:
        path = folder / name
        if made.setdefault(name, arguments) != arguments:
            raise ValueError(f"{name} was made differently before")
        if not path.exists():
            command = [str(tools.ffmpeg), "-nostdin", "-v", "error", "-y", *arguments, str(path)]
            subprocess.run(command, check=True, capture_output=True)
        return path

    return build


@pytest.fixture(scope="session")
def sample(make: Make) -> Path:
    """Three seconds of 640x360 at 25 fps that move, with a tone."""
    return make("sample.mp4", *picture("testsrc2=s=640x360:r=25:d=3"), *tone(3), *QUICK)


def picture(source: str) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", source)


def tone(seconds: float, level: float = 0.2) -> tuple[str, ...]:
    return ("-f", "lavfi", "-i", f"sine=f=440:r=48000:d={seconds},volume={level * 8}")


QUICK = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac")


def frames(tools: Tools, path: Path, *, size: tuple[int, int], filters: str = "") -> bytes:
    """Decoded RGB frames of a file, scaled to `size`."""
    chain = ",".join(part for part in (filters, f"scale={size[0]}:{size[1]}:flags=area", "format=rgb24") if part)
    command = [str(tools.ffmpeg), "-nostdin", "-v", "error", "-i", str(path), "-vf", chain, "-f", "rawvideo", "-"]
    return subprocess.run(command, check=True, capture_output=True).stdout


def left_in(folder: Path) -> list[str]:
    """What lies in a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))
