"""The folder that files are fetched into: whole files under their names, nothing else.

What is being fetched has a name beginning with `PART`; it is synced, written down in the
ledger and only then renamed. A crash leaves such a part, which the next run removes.
"""

from __future__ import annotations

import fcntl
import os
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Lock
from typing import BinaryIO

from indexer.fetch.ledger import LEDGER, Row, add_to_ledger, load_ledger, naming, save_ledger
from indexer.fetch.names import free_name
from indexer.fetch.shapes import Interrupted
from indexer.files import sync_folder
from indexer.shapes import BadInput

PART = ".fetching-"
HEAD = 512  # bytes that tell what a file is


class Part:
    """A file that is still being fetched."""

    def __init__(self, path: Path, handle: BinaryIO) -> None:
        self.path, self._handle = path, handle
        self.size, self.head, self._hash = 0, b"", sha256()

    @property
    def sha256(self) -> str:
        """Of what was written so far, hexadecimal."""
        return self._hash.hexdigest()

    def write(self, piece: bytes) -> None:
        """Add ``piece``."""
        self._handle.write(piece)
        self._hash.update(piece)
        self.size += len(piece)
        self.head += piece[: HEAD - len(self.head)]

    def finish(self) -> None:
        """Bring all of it to the disk."""
        self._handle.flush()
        os.fsync(self._handle.fileno())


class Folder:
    """The folder and its ledger; usable from several threads, by one process at a time."""

    def __init__(self, path: Path) -> None:
        self.path, self._lock, self._closed = path, Lock(), False
        self._numbers = count(1)
        self._rows = load_ledger(path)
        self._owned = {key(row.file) for row in self._rows.values() if row.file}

    @classmethod
    @contextmanager
    def opened(cls, path: Path) -> Iterator[Folder]:
        """The folder at ``path``, made if it is not there.

        :raises BadInput: if it cannot be used, or another run is writing into it.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            why = error.strerror
            raise BadInput(
                f"{path}: no folder to fetch into ({why})", f"{path}：无法用作目录（{why}）"
            ) from None
        try:
            lock(handle, path)
            folder = cls(path)
            folder._clear()
            save_ledger(path, folder._rows.values())
            try:
                yield folder
            finally:
                folder.close()
        finally:
            os.close(handle)

    def row(self, url: str) -> Row:
        """What is known of ``url``."""
        return self._rows.get(url, Row(url))

    def holds(self, row: Row) -> bool:
        """Whether the file of ``row`` is there, whole."""
        path = self.path / row.file
        return bool(row.file) and path.is_file() and str(path.stat().st_size) == row.bytes

    @contextmanager
    def part(self) -> Iterator[Part]:
        """A new part; it is gone afterwards unless it was kept."""
        path = self.path / f"{PART}{next(self._numbers)}"
        with naming(path):
            with self._lock:
                self._check_open()
                handle = path.open("xb")
            try:
                with handle:
                    yield Part(path, handle)
            finally:
                path.unlink(missing_ok=True)

    def keep(self, part: Part, row: Row, name: str) -> Row:
        """Give a finished part its name: the one that ``row`` has, else ``name`` or one like it."""
        part.finish()
        with self._lock:
            self._check_open()
            kept = replace(row, file=row.file or free_name(name, self._is_taken))
            self._add(kept)
            part.path.replace(self.path / kept.file)
            sync_folder(self.path)
        return kept

    def note(self, row: Row) -> None:
        """Write down what became of a URL that brought no new file."""
        with self._lock:
            self._check_open()
            if row != self._rows.get(row.url):
                self._add(row)

    def close(self) -> None:
        """Write the ledger anew; nothing can be kept or noted any more."""
        with self._lock:
            self._closed = True
            self._clear()
            save_ledger(self.path, self._rows.values())

    def _add(self, row: Row) -> None:
        add_to_ledger(self.path, row)
        self._rows[row.url] = row
        self._owned.add(key(row.file))

    def _check_open(self) -> None:
        if self._closed:
            raise Interrupted

    def _is_taken(self, name: str) -> bool:
        return key(name) in self._owned or os.path.lexists(self.path / name)

    def _clear(self) -> None:
        for path in (*self.path.glob(f"{PART}*"), self.path / f"{LEDGER}.part"):
            with suppress(OSError):
                path.unlink(missing_ok=True)


def key(name: str) -> str:
    """Two names with one key may be one file on some system."""
    return unicodedata.normalize("NFC", name).casefold()


def lock(handle: int, path: Path) -> None:
    """Lock the folder at ``path`` that ``handle`` has open.

    :raises BadInput: if another process has.
    """
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise BadInput(
            f"another bureau fetch is writing into {path}: wait for it",
            f"另一个 bureau fetch 正在写入 {path}：请等待其结束",
        ) from None
