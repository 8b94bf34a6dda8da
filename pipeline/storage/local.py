"""A store in a folder of this machine."""

import asyncio
import errno
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

from clipnet.errors import NotFound
from clipnet.texts import text
from pipeline.media.errors import DiskFull
from pipeline.storage.interface import Stored
from pipeline.storage.keys import Kind, key_for, parts_of

PIECE_BYTES = 1 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC


class LocalStorage:
    """`Storage` below `root`/`folder`. Links below `root` are never followed; a file is there whole or not at all."""

    def __init__(self, root: Path, folder: str) -> None:
        self.root = root
        self.folder = folder

    async def put(
        self, path: Path, kind: Kind, suffix: str, *, sha256: str | None = None, move: bool = False
    ) -> Stored:
        """See `Storage.put`."""
        return await asyncio.to_thread(self._put, path, kind, suffix, sha256, move)

    async def at_hand(self, key: str, scratch: Path) -> Path:  # noqa: ARG002 - it lies here already
        """See `Storage.at_hand`."""
        handle, _ = await asyncio.to_thread(self._opened, key)
        os.close(handle)
        return self._path(key)

    async def fetch(self, key: str, into: Path) -> None:
        """See `Storage.fetch`."""
        await asyncio.to_thread(self._fetch, key, into)

    async def open(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See `Storage.open`."""
        handle, size = await asyncio.to_thread(self._opened, key)
        try:
            at, last = start, size if end is None else min(end, size)
            while at < last:
                piece = await asyncio.to_thread(os.pread, handle, min(PIECE_BYTES, last - at), at)
                if not piece:
                    return
                at += len(piece)
                yield piece
        finally:
            os.close(handle)

    async def size(self, key: str) -> int | None:
        """See `Storage.size`."""
        try:
            handle, size = await asyncio.to_thread(self._opened, key)
        except NotFound:
            return None
        os.close(handle)
        return size

    async def url(self, key: str) -> str:
        """See `Storage.url`: a file URI, of use on this machine only."""
        return self._path(key).as_uri()

    async def delete(self, key: str) -> bool:
        """See `Storage.delete`."""
        return await asyncio.to_thread(self._delete, key)

    def _path(self, key: str) -> Path:
        return self.root.joinpath(*parts_of(key, self.folder))

    def _put(self, path: Path, kind: Kind, suffix: str, sha256: str | None, move: bool) -> Stored:
        self.root.mkdir(parents=True, exist_ok=True)
        with _translated(), self._within((self.folder, "incoming"), create=True) as incoming:
            part = secrets.token_hex(16)
            try:
                if not (sha256 and move and _moved(path, part, incoming)):
                    sha256 = _copied(path, part, incoming)
                size = os.stat(part, dir_fd=incoming, follow_symlinks=False).st_size
                key = key_for(self.folder, kind, sha256, suffix)
                *folders, name = parts_of(key, self.folder)
                with self._within(tuple(folders), create=True) as target:
                    os.rename(part, name, src_dir_fd=incoming, dst_dir_fd=target)
            except BaseException:
                _unlink(part, incoming)
                raise
        return Stored(key, sha256, size)

    def _fetch(self, key: str, into: Path) -> None:
        handle, _ = self._opened(key)
        with os.fdopen(handle, "rb") as source, _translated():
            try:
                with os.fdopen(os.open(into, _NEW, 0o600), "wb") as target:
                    shutil.copyfileobj(source, target, PIECE_BYTES)
            except OSError:
                into.unlink(missing_ok=True)
                raise

    def _opened(self, key: str) -> tuple[int, int]:
        """A handle for reading, and the size."""
        *folders, name = parts_of(key, self.folder)
        try:
            with self._within(tuple(folders)) as folder:
                handle = os.open(name, _READ, dir_fd=folder)
        except OSError as error:
            if error.errno not in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
                raise
            raise NotFound(text("This file is not in the store (any more).")) from None
        return handle, os.fstat(handle).st_size

    def _delete(self, key: str) -> bool:
        *folders, name = parts_of(key, self.folder)
        try:
            with self._within(tuple(folders)) as folder:
                os.unlink(name, dir_fd=folder)
        except FileNotFoundError:
            return False
        return True

    @contextmanager
    def _within(self, names: tuple[str, ...], *, create: bool = False) -> Iterator[int]:
        """A handle on a folder below the root, reached step by step so that no step can be a link."""
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            for name in names:
                if create:
                    _made(name, handle)
                step = os.open(name, _FOLDER, dir_fd=handle)
                os.close(handle)
                handle = step
            yield handle
        finally:
            os.close(handle)


def _made(name: str, parent: int) -> None:
    try:
        os.mkdir(name, 0o755, dir_fd=parent)
    except FileExistsError:
        return


def _moved(path: Path, part: str, incoming: int) -> bool:
    """Whether the file could be moved in; not from another file system."""
    try:
        os.rename(path, part, dst_dir_fd=incoming)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _copied(path: Path, part: str, incoming: int) -> str:
    """Copies the file in; returns the hash of what was copied."""
    digest = hashlib.sha256()
    with path.open("rb") as source, os.fdopen(os.open(part, _NEW, 0o644, dir_fd=incoming), "wb") as target:
        while piece := source.read(PIECE_BYTES):
            digest.update(piece)
            target.write(piece)
    return digest.hexdigest()


def _unlink(name: str, parent: int) -> None:
    try:
        os.unlink(name, dir_fd=parent)
    except FileNotFoundError:
        return


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise DiskFull from None
        raise
