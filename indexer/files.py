"""Writing so that a crash leaves the old file or the new one, and hashing what was written."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from indexer.shapes import BadIndex


def write_durably(path: Path, data: bytes | memoryview) -> None:
    """Write, fsync, then rename into place; the folder is synced too.

    :raises OSError: naming the path, e.g. on a full disk; the old file is then untouched.
    """
    beside = path.with_name(path.name + ".part")
    with beside.open("wb") as handle:
        handle.write(data)
        handle.flush()
        os.fsync(handle.fileno())
    if beside.stat().st_size != len(data):
        raise OSError(f"{path}: {beside.stat().st_size} of {len(data)} bytes were written")
    beside.replace(path)
    sync_folder(path.parent)


def sync_tree(folder: Path) -> None:
    """fsync every file and folder below ``folder``."""
    for root, _, names in os.walk(folder):
        for name in names:
            with (Path(root) / name).open("rb") as handle:
                os.fsync(handle.fileno())
        sync_folder(Path(root))


def sync_folder(folder: Path) -> None:
    """fsync a folder, so that a rename in it survives a crash."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as handle:
        return file_digest(handle, "sha256").hexdigest()


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's writer lock.

    :raises BadIndex: if another process holds it, naming that process.
    """
    with (folder / "LOCK").open("a+", encoding="utf-8") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.seek(0)
            holder = handle.read().strip() or "another process"
            raise BadIndex(f"{folder} is being written by process {holder}: wait for it") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        yield
