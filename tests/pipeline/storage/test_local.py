"""The local store: content has one key, a key of elsewhere is refused, a full disk leaves nothing."""

import hashlib
import resource
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from clipnet.errors import Misconfigured, NotAllowed, NotFound
from clipnet.settings import Settings
from pipeline.media.errors import DiskFull
from pipeline.storage import LocalStorage, open_storage

HASH = "ab" + "0" * 62


@pytest.fixture
def store(tmp_path: Path) -> LocalStorage:
    return LocalStorage(tmp_path / "store", "test_clips")


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    path = tmp_path / "some name.mp4"
    path.write_bytes(b"0123456789" * 200_000)
    return path


def _bytes(path: Path) -> bytes:
    return path.read_bytes()


def _handles(below: Path) -> list[str]:
    """What this process holds open below a folder."""
    held = []
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):
            held.append(str(handle.readlink()))
    return sorted(each for each in held if each.startswith(str(below)))


def _files(store: LocalStorage) -> list[Path]:
    return [path for path in store.root.rglob("*") if path.is_file()]


async def _read(store: LocalStorage, key: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in store.open(key, start, end)])


@pytest.mark.req("R-003", "positive")
async def test_everything_lies_below_the_environments_folder(store: LocalStorage, clip: Path) -> None:
    stored = await store.put(clip, "clips", ".mp4")
    assert stored.sha256 == hashlib.sha256(_bytes(clip)).hexdigest()
    assert stored.key == f"test_clips/clips/{stored.sha256[:2]}/{stored.sha256}.mp4"
    assert [path.relative_to(store.root).parts[0] for path in _files(store)] == ["test_clips"]


async def test_the_same_content_has_one_key_and_one_file(store: LocalStorage, clip: Path) -> None:
    first = await store.put(clip, "clips", ".mp4")
    assert await store.put(clip, "clips", ".mp4") == first
    assert len(_files(store)) == 1


async def test_what_was_put_is_read_back(store: LocalStorage, clip: Path, tmp_path: Path) -> None:
    content = _bytes(clip)
    stored = await store.put(clip, "clips", ".mp4", sha256=hashlib.sha256(content).hexdigest(), move=True)
    assert await store.size(stored.key) == stored.bytes == len(content)
    assert _bytes(await store.at_hand(stored.key, tmp_path)) == content
    assert await _read(store, stored.key, 5, 1_500_007) == content[5:1_500_007]
    await store.fetch(stored.key, tmp_path / "copy")
    assert _bytes(tmp_path / "copy") == content
    assert await store.url(stored.key) == (store.root / stored.key).as_uri()


async def test_what_was_deleted_is_gone(store: LocalStorage, clip: Path) -> None:
    key = (await store.put(clip, "clips", ".mp4")).key
    assert await store.delete(key)
    assert not await store.delete(key)
    assert await store.size(key) is None
    with pytest.raises(NotFound):
        await _read(store, key)


@pytest.mark.req("R-003", "negative")
@pytest.mark.parametrize(
    "key",
    [
        f"prod_clips/clips/ab/{HASH}.mp4",
        f"./test_clips/clips/ab/{HASH}.mp4",
        f"test_clips_evil/clips/ab/{HASH}.mp4",
        f"/test_clips/clips/ab/{HASH}.mp4",
        f"test_clips//clips/ab/{HASH}.mp4",
        f"test_clips/../prod_clips/clips/ab/{HASH}.mp4",
        f"test_clips/%2e%2e/prod_clips/clips/ab/{HASH}.mp4",
        f"test%5Fclips/clips/ab/{HASH}.mp4",
        f"TEST_CLIPS/clips/ab/{HASH}.mp4",
        f"test_clips/clips/ab/{HASH}.mp4\n",
        f"test_clips/clips/ab/{HASH}.mp4\0",
        f"test_clips/clips/cd/{HASH}.mp4",
        f"test_clips/incoming/ab/{HASH}.mp4",
        "test_clips/clips/ab/../../../../etc/passwd",
        "",
    ],
)
async def test_a_key_of_elsewhere_is_refused(store: LocalStorage, clip: Path, tmp_path: Path, key: str) -> None:
    await store.put(clip, "clips", ".mp4")
    foreign = store.root / "prod_clips" / "clips" / "ab"
    foreign.mkdir(parents=True)
    (foreign / f"{HASH}.mp4").write_bytes(b"theirs")
    for refused in (
        store.size(key),
        store.delete(key),
        store.url(key),
        store.at_hand(key, tmp_path),
        store.fetch(key, tmp_path / "copy"),
        _read(store, key),
    ):
        with pytest.raises(NotAllowed):
            await refused
    assert (foreign / f"{HASH}.mp4").read_bytes() == b"theirs"
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("suffix", ["/../x", ".mp4/..", ".MP4", ".", ".toolongsuffix"])
async def test_a_suffix_that_would_steer_is_refused(store: LocalStorage, clip: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        await store.put(clip, "clips", suffix)
    assert _files(store) == []


async def test_links_below_the_root_are_not_followed(store: LocalStorage, clip: Path, tmp_path: Path) -> None:
    stored = await store.put(clip, "clips", ".mp4")
    path = store.root / stored.key
    path.unlink()
    path.symlink_to("/etc/passwd")
    assert await store.size(stored.key) is None
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (store.root / "test_clips" / "thumbnails").symlink_to(elsewhere)
    with pytest.raises(OSError, match="thumbnails"):
        await store.put(clip, "thumbnails", ".jpg")
    assert list(elsewhere.iterdir()) == []


@pytest.fixture
def full_disk(clip: Path) -> Iterator[Path]:
    """No file may grow past a million bytes."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    yield clip
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


async def test_a_full_disk_leaves_nothing(store: LocalStorage, full_disk: Path) -> None:
    with pytest.raises(DiskFull):
        await store.put(full_disk, "clips", ".mp4")
    assert _files(store) == []


async def test_no_handle_stays_open(store: LocalStorage, clip: Path) -> None:
    before = _handles(clip.parent)
    key = (await store.put(clip, "clips", ".mp4")).key
    await _read(store, key)
    await store.size(key)
    assert _handles(clip.parent) == before


def test_the_folder_comes_from_the_environment(settings: Settings) -> None:
    store = open_storage(settings)
    assert store.folder == "test_clips"
    s3 = settings.model_copy(update={"storage": settings.storage.model_copy(update={"mode": "s3"})})
    with pytest.raises(Misconfigured):
        open_storage(s3)
