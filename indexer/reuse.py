"""What an earlier build has done already: reports to keep, and vectors by text.

A report is kept if its file, its name and its manifest row are as they were and the same
program read it. A vector is kept if the text is the same, wherever it stands now; those of a
build that was stopped half-way wait in a file beside the generations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b, sha256
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import FloatArray, Identity
from indexer.files import sha256_of
from indexer.layout import VectorLayout
from indexer.records import StoredReport
from indexer.shapes import BadIndex, Fate, LedgerEntry, Passage, Report, Source
from indexer.store import Index

UNFINISHED = "embedding.part"
HERE = Path(__file__).resolve().parent
READING = (  # what a report goes through
    "*.py",
    "readers/*.py",
    "indicators/*.py",
    "formulations/*.py",
)
Key = bytes


def text_key(text: str) -> Key:
    """What a text is known by."""
    return blake2b(text.encode("utf-8"), digest_size=16).digest()


@lru_cache(maxsize=1)
def program() -> str:
    """A hash of the code and word lists that decide what an index holds of a file."""
    digest = sha256()
    code = (path for folder in READING for path in HERE.glob(folder))
    paths = [*code, *HERE.glob("bundled/lexicon/*.tsv")]
    for path in sorted(paths):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


class Earlier:
    """The published generation, as far as a new build can use it."""

    def __init__(self, index: Index | None, identity: Identity) -> None:
        self.index = index
        self._vectors = index is not None and index.manifest.embedder == identity
        self._same_program = index is not None and index.manifest.program == program()

    @classmethod
    def open(cls, root: Path, identity: Identity) -> Earlier:
        """What is published below ``root``; nothing where that cannot be opened."""
        try:
            index = Index.open(root)
            index.hold()
        except BadIndex:
            return cls(None, identity)
        return cls(index, identity)

    def close(self) -> None:
        """Release the generation."""
        if self.index:
            self.index.close()

    def kept(self, sources: Sequence[Source]) -> dict[int, Report]:
        """The reports of those sources that are as they were, by place in ``sources``."""
        if self.index is None or not self._same_program:
            return {}
        known: dict[tuple[str, str], int] = {}
        for row, meta in enumerate(self.index.metas):
            known[meta.file, self.index.report(meta.id).file_sha256] = row
        found: dict[int, Report] = {}
        used: set[int] = set()
        for at, source in enumerate(sources):
            if source.path.is_symlink() or not source.path.is_file():
                continue
            old = known.get((source.name, sha256_of(source.path)))
            if old is None or old in used:
                continue
            stored = self.index.report(self.index.metas[old].id)
            if stored.manifest_row == dict(source.row):
                used.add(old)
                found[at] = self._report(old, stored, source)
        return found

    def _report(self, row: int, stored: StoredReport, source: Source) -> Report:
        passages = tuple(self._passages_of(row))
        parts = (stored.meta, stored.text, stored.sections, passages, stored.file_sha256)
        return Report(*parts, source, stored.note, stored.note_zh)

    def _passages_of(self, report: int) -> Iterator[Passage]:
        if self.index:
            first, last = np.searchsorted(self.index.column("report"), (report, report + 1))
            yield from (self.index.passage(row) for row in range(int(first), int(last)))

    def holds(
        self,
        given: tuple[tuple[str, ...], str],
        reports: Sequence[Report],
        ledger: Sequence[LedgerEntry],
        layout: VectorLayout,
    ) -> bool:
        """Whether the generation is what a build of ``given`` inputs would publish again."""
        if self.index is None or not (self._vectors and self._same_program):
            return False
        manifest = self.index.manifest
        same_inputs = (manifest.inputs, manifest.table) == given
        same_reports = tuple(report.meta for report in reports) == tuple(self.index.metas)
        kept = {entry.fate for entry in ledger if entry.report_id} == {Fate.UNCHANGED}
        return (
            same_inputs
            and manifest.vectors.same(layout)
            and same_reports
            and kept
            and left_out(ledger) == left_out(self.index.ledger)
        )

    def rows_by_text(self, text_of: Callable[[Passage], str]) -> dict[Key, int]:
        """The row of every text that was embedded with this model; none with another."""
        if self.index is None or not self._vectors:
            return {}
        rows = range(len(self.index))
        return {text_key(text_of(self.index.passage(row))): row for row in rows}


def recorded(inputs: Sequence[Path], table: Path | None) -> tuple[tuple[str, ...], str]:
    """Inputs and the manifest of metadata in the form in which an index records them."""
    return tuple(str(path.absolute()) for path in inputs), str(table.absolute()) if table else ""


def left_out(ledger: Sequence[LedgerEntry]) -> list[tuple[str, str]]:
    """The files that are not in the index, each with the reason."""
    return [(entry.file, entry.reason) for entry in ledger if not entry.report_id]


class Stopped(Mapping[Key, FloatArray]):
    """The sound ones among mapped records of keys and vectors."""

    def __init__(self, records: NDArray[np.void], crc: Callable[[Key, FloatArray], int]) -> None:
        self._records = records
        self._rows = {
            record["key"].tobytes(): row
            for row, record in enumerate(records)
            if record["crc"] == crc(record["key"].tobytes(), record["vector"])
        }

    def __getitem__(self, key: Key) -> FloatArray:
        vector: FloatArray = self._records[self._rows[key]]["vector"].copy()
        return vector

    def __iter__(self) -> Iterator[Key]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class Unfinished:
    """Vectors on disk as they are made, so that a build that was stopped goes on.

    A record is a key, a vector and the CRC-32 of both; one that was cut off or damaged, or that
    another model made, is passed over. Whoever writes holds the folder's writer lock.
    """

    def __init__(self, root: Path, identity: Identity) -> None:
        self.path = root / UNFINISHED
        self._salt = crc32(repr(identity).encode())
        vector = ("vector", "<f4", (identity.dimension,))
        self._record = np.dtype([("key", "V16"), vector, ("crc", "<u4")])

    def load(self) -> Mapping[Key, FloatArray]:
        """The vectors that are there, by key; each is read when it is asked for."""
        whole = self.path.stat().st_size // self._record.itemsize if self.path.is_file() else 0
        if not whole:
            return {}
        records = np.memmap(self.path, dtype=self._record, mode="r", shape=(whole,))
        return Stopped(records, self._crc)

    def add(self, keys: Sequence[Key], vectors: FloatArray) -> None:
        """Append vectors, shape (len(keys), dimension).

        :raises OSError: on a full disk.
        """
        records = np.zeros(len(keys), dtype=self._record)
        for record, key, vector in zip(records, keys, vectors, strict=True):
            record["key"] = np.void(key)
            record["vector"] = vector
            record["crc"] = self._crc(key, vector)
        with self.path.open("ab") as handle:
            torn = handle.tell() % self._record.itemsize
            handle.write(bytes(self._record.itemsize - torn if torn else 0) + records.tobytes())

    def drop(self) -> None:
        """Forget them: they are in a published generation."""
        self.path.unlink(missing_ok=True)

    def _crc(self, key: bytes, vector: FloatArray) -> int:
        return crc32(vector.tobytes(), crc32(key, self._salt))
