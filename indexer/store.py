"""The index directory: generations, their manifest, publishing and opening.

    DIR/CURRENT          name of the published generation and SHA-256 of its manifest
    DIR/LOCK             held by the one writer
    DIR/gen-000001/      manifest.json, reports.sqlite, passages.npy, vectors.faiss,
                         clauses.npy, clause_starts.npy, lexical/, indicators.npy, indicators.txt,
                         formulations/

A generation is written in full, synced and hashed before CURRENT is switched by rename; a
reader keeps the generation it opened. Every file is checked against the manifest's SHA-256
when it is opened, and nothing is ever unpickled.
"""

from __future__ import annotations

import errno
import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import Identity
from indexer.files import sha256_of, sync_folder, sync_tree, write_durably
from indexer.focus import ClauseVectors
from indexer.lexical import LexicalIndex
from indexer.records import COLUMNS as REPORT_COLUMNS
from indexer.records import StoredReport, ledger_from_json, report_from_json
from indexer.shapes import BadIndex, BadInput, LedgerEntry, Metadata, Passage, Role
from indexer.vectors import VectorIndex

if TYPE_CHECKING:  # a search does not need them
    from indexer.formulations.table import Formulations
    from indexer.indicators.store import IndicatorTable

FORMAT = 3
GENERATION = re.compile(r"gen-[0-9]{1,9}")
SPAN = re.compile(r"[0-9]{1,10}-[0-9]{1,10}")
CACHED = 64  # reports kept in memory: the hits of a search share few
KEPT = 2  # generations left on disk: the published one and the one before it
ROLES = tuple(Role)
COLUMNS = ("report", "start", "end", "section", "role", "page")  # of passages.npy, int32


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation says of itself."""

    format: int
    embedder: Identity
    reports: int
    passages: int
    created: str  # ISO 8601, UTC
    sha256: dict[str, str]  # file below the generation -> hash
    inputs: tuple[str, ...] = ()  # absolute paths of the files and folders it was made from
    table: str = ""  # absolute path of the manifest of metadata, if one was named
    program: str = ""  # hash of the code that read and cut the reports

    def to_bytes(self) -> bytes:
        """The manifest as it is written."""
        text = json.dumps(asdict(self), ensure_ascii=False, indent=1)
        return text.encode("utf-8", "surrogatepass")  # a path need not be valid text

    @classmethod
    def from_bytes(cls, data: bytes, where: Path) -> Manifest:
        """Read what `to_bytes` gave.

        :raises BadIndex: if it is of another format version or damaged.
        """
        try:
            fields = json.loads(data)
            if fields["format"] != FORMAT:
                raise BadIndex(
                    f"{where} has format version {fields['format']}, this program reads {FORMAT}: "
                    "rebuild it with “bureau index”"
                )
            known = {"embedder": Identity(**fields["embedder"]), "inputs": tuple(fields["inputs"])}
            return cls(**{**fields, **known})
        except (ValueError, KeyError, TypeError):
            raise BadIndex(f"{where} is damaged: rebuild it with “bureau index”") from None


def publish(root: Path, write: Callable[[Path], Manifest]) -> Path:
    """Let ``write`` fill a new generation, then make it the published one.

    The caller holds the writer's lock (`only_writer`).

    :raises OSError: on a full disk; the published generation stays as it is.
    """
    last = max((number_of(p) for p in generations(root)), default=0)
    folder = root / f"gen-{last + 1:06}"
    folder.mkdir()
    try:
        manifest = write(folder)
        sync_tree(folder)
        data = manifest.to_bytes()
        write_durably(folder / "manifest.json", data)
        line = f"{folder.name} {sha256(data).hexdigest()}\n"
        write_durably(root / "CURRENT", line.encode())
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    _drop_old(root, folder)
    return folder


def generations(root: Path) -> list[Path]:
    """The generation folders below ``root``, oldest first; nothing else that lies there."""
    found = [p for p in root.iterdir() if GENERATION.fullmatch(p.name)]
    return sorted(found, key=number_of)


def number_of(folder: Path) -> int:
    """The number in a generation's name."""
    return int(folder.name.removeprefix("gen-"))


def _drop_old(root: Path, current: Path) -> None:
    """Remove all but the newest `KEPT` generations."""
    old = [p for p in generations(root) if p != current]
    for folder in old[: max(0, len(old) - KEPT + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
    sync_folder(root)


def hash_tree(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below ``folder``, by POSIX path relative to it."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p.suffix != ".lock")
    return {p.relative_to(folder).as_posix(): sha256_of(p) for p in paths}


class Index:
    """One published generation, opened for reading."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._columns: NDArray[np.int32] = np.load(folder / "passages.npy", allow_pickle=False)
        self._stored = lru_cache(maxsize=CACHED)(self._read_report)
        self._reports = sqlite3.connect(
            f"file:{folder / 'reports.sqlite'}?mode=ro&immutable=1",
            uri=True,
            check_same_thread=False,
        )

    @classmethod
    def open(cls, root: Path) -> Index:
        """Open the published generation below ``root`` after checking every file's hash.

        :raises BadIndex: if there is none, or it is damaged or of another format.
        """
        folder, manifest = cls._current(root)
        for name, expected in manifest.sha256.items():
            path = folder / name
            if not path.is_file() or sha256_of(path) != expected:
                state = "damaged" if path.exists() else "missing"
                raise BadIndex(f"{path} is {state}: rebuild the index with “bureau index”")
        return cls(folder, manifest)

    @staticmethod
    def _current(root: Path) -> tuple[Path, Manifest]:
        current = root / "CURRENT"
        if not current.is_file():
            raise BadIndex(
                f"no index at {root}: make one with “bureau index PATH… --index {root}”",
                f"{root} 没有索引：用 “bureau index 路径 --index {root}” 建立",
            )
        name, _, expected = current.read_bytes().decode("ascii", "replace").strip().partition(" ")
        path = root / name / "manifest.json"
        if "/" in name or not name.startswith("gen-") or not path.is_file():
            raise BadIndex(f"{current} is damaged: rebuild the index with “bureau index”")
        data = path.read_bytes()
        manifest = Manifest.from_bytes(data, path)
        if sha256(data).hexdigest() != expected:
            raise BadIndex(f"{path} is damaged: rebuild the index with “bureau index”")
        return path.parent, manifest

    @cached_property
    def clauses(self) -> ClauseVectors:
        """The vectors of clauses."""
        return ClauseVectors.open(self.folder)

    @cached_property
    def indicators(self) -> IndicatorTable:
        """What the reports say in numbers."""
        from indexer.indicators.store import IndicatorTable

        return IndicatorTable.open(self.folder)

    @cached_property
    def formulations(self) -> Formulations:
        """Which wordings stand where."""
        from indexer.formulations.table import Formulations

        return Formulations.open(self.folder)

    def hold(self) -> None:
        """Open all that a search needs, so that it answers even after the generation is removed.

        :raises BadIndex: if another version of the program wrote it.
        """
        _ = self.lexical, self.vectors, self.clauses, self.metas
        if self.metas:
            self.report(self.metas[0].id)

    def hold_tools(self) -> None:
        """Open what the other tools need too, as a server does."""
        _ = self.indicators, self.formulations

    def close(self) -> None:
        """Release the report database."""
        self._reports.close()

    def __len__(self) -> int:
        return len(self._columns)

    @property
    def generation(self) -> str:
        """Name of the generation, e.g. gen-000003."""
        return self.folder.name

    @cached_property
    def lexical(self) -> LexicalIndex:
        """The BM25 side."""
        return LexicalIndex(self.folder / "lexical")

    @cached_property
    def vectors(self) -> VectorIndex:
        """The dense side."""
        return VectorIndex.open(self.folder / "vectors.faiss")

    @cached_property
    def metas(self) -> tuple[Metadata, ...]:
        """Metadata of all reports; a passage's ``report`` column is an index into it.

        :raises BadIndex: if another version of the program wrote them.
        """
        rows = self._reports.execute("SELECT meta FROM reports ORDER BY row")
        try:
            return tuple(report_from_json(row[0]) for row in rows)
        except (KeyError, TypeError, ValueError):
            raise self._of_another_version() from None

    @cached_property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """What became of every input file."""
        rows = self._reports.execute("SELECT entry FROM ledger ORDER BY row")
        return tuple(ledger_from_json(row[0]) for row in rows)

    def column(self, name: str) -> NDArray[np.int32]:
        """One of `COLUMNS` for all passages, shape (passages,)."""
        column: NDArray[np.int32] = self._columns[:, COLUMNS.index(name)]
        return column

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections.

        :raises BadInput: if there is none of this id.
        """
        return self._stored(report_id)

    def _read_report(self, report_id: str) -> StoredReport:
        query = f"SELECT {', '.join(REPORT_COLUMNS)} FROM reports WHERE id = ?"  # noqa: S608
        try:
            row = self._reports.execute(query, (report_id,)).fetchone()
        except sqlite3.OperationalError:
            raise self._of_another_version() from None
        if row is None:
            raise BadInput(
                f"no report “{report_id}” in this index", f"索引中没有报告 “{report_id}”"
            )
        return StoredReport.from_row(row)

    def _of_another_version(self) -> BadIndex:
        return BadIndex(
            f"{self.folder} was made by another version: rebuild it with “bureau index”",
            f"{self.folder} 由其他版本建立：请用 “bureau index” 重建",
        )

    def row_of(self, passage_id: str) -> int:
        """The row of ``report_id:start-end``.

        :raises BadInput: if there is no such passage.
        """
        report_id, _, span = passage_id.rpartition(":")
        start, _, end = span.partition("-")
        query = "SELECT row FROM reports WHERE id = ?"
        found = self._reports.execute(query, (report_id,)).fetchone()
        if found and SPAN.fullmatch(span):
            first, last = np.searchsorted(self.column("report"), (found[0], found[0] + 1))
            for row in range(int(first), int(last)):
                if (self.column("start")[row], self.column("end")[row]) == (int(start), int(end)):
                    return row
        raise BadInput(f"no passage “{passage_id}” in this index", f"索引中没有段落 “{passage_id}”")

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        report, start, end, section, role, page = (int(v) for v in self._columns[row])
        stored = self.report(self.metas[report].id)
        return Passage(
            report_id=stored.meta.id,
            start=start,
            end=end,
            text=stored.text[start:end],
            section=section,
            path=stored.sections[section].path,
            role=ROLES[role],
            page=page or None,
        )

    def check_embedder(self, identity: Identity) -> None:
        """Refuse vectors of another model than the one the index was built with.

        :raises BadIndex: saying what to do.
        """
        built = self.manifest.embedder
        if built != identity:
            same = built.name == identity.name
            what = "another version or other prompts of" if same else f"“{built.name}”, not with"
            raise BadIndex(
                f"{self.folder.parent} was built with {what} “{identity.name}”: search without "
                f"--embedder, or rebuild it with “bureau index --embedder {identity.name}”"
            )


def write_reports(path: Path, rows: Iterable[Sequence[Any]], ledger: Iterable[str]) -> None:
    """Write reports.sqlite: the rows of `indexer.records.report_row` and the ledger's lines.

    :raises OSError: naming the path, e.g. on a full disk.
    """
    db = sqlite3.connect(path)
    try:
        with db:
            names = ", ".join(REPORT_COLUMNS)
            db.execute(f"CREATE TABLE reports (row INTEGER PRIMARY KEY, id TEXT UNIQUE, {names})")
            db.execute("CREATE TABLE ledger (row INTEGER PRIMARY KEY, entry TEXT)")
            places = ", ".join("?" * (2 + len(REPORT_COLUMNS)))
            db.executemany(f"INSERT INTO reports VALUES ({places})", rows)  # noqa: S608
            lines = ((entry,) for entry in ledger)
            db.executemany("INSERT INTO ledger (entry) VALUES (?)", lines)
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error), str(path)) from None
    finally:
        db.close()
