"""The reports of a generation: one SQLite file, written once and read piece by piece.

A country has thirty thousand reports, and a question needs a few hundred of them.
"""

from __future__ import annotations

import errno
import sqlite3
import zlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, overload

from indexer.records import COLUMNS, StoredReport, ledger_from_json, report_from_json
from indexer.shapes import BadIndex, BadInput, LedgerEntry, Metadata

CACHED = 512  # reports kept in memory, some 15 KB each
NAMES_AT_ONCE = 500
NAMES = "CREATE TABLE names (name TEXT, report INTEGER, PRIMARY KEY (name, report)) WITHOUT ROWID"
NAMED = "SELECT name, report FROM names WHERE name IN ({})"
META = "SELECT meta FROM reports WHERE row = ?"
METAS = "SELECT row, meta FROM reports ORDER BY row"
COUNT = "SELECT count(*) FROM reports"
NUMBER = "SELECT row FROM reports WHERE id = ?"
REPORT = f"SELECT row, {', '.join(COLUMNS)} FROM reports WHERE id = ?"  # noqa: S608
LEDGER = "SELECT entry FROM ledger ORDER BY row"


class ReportTable:
    """The reports of a generation, opened for reading.

    Every method raises `BadIndex` if another version of the program wrote them.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        address = f"file:{path}?mode=ro&immutable=1"
        self._db = sqlite3.connect(address, uri=True, check_same_thread=False)
        self._stored = lru_cache(maxsize=CACHED)(self._read)

    def close(self) -> None:
        """Release the file."""
        self._db.close()

    @cached_property
    def metas(self) -> Metas:
        """Metadata of all reports; a report's number is its place here."""
        try:
            metas = Metas(self._db)
            _ = metas[:1]
        except (KeyError, TypeError, ValueError, sqlite3.OperationalError):
            raise self._of_another_version() from None
        return metas

    @cached_property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """What became of every input file."""
        return tuple(ledger_from_json(row[0]) for row in self._db.execute(LEDGER))

    def named(self, names: Collection[str]) -> dict[str, list[int]]:
        """The numbers of the reports that go by each of these ``names``, or are of that year."""
        wanted, found = list(names), dict[str, list[int]]()
        for start in range(0, len(wanted), NAMES_AT_ONCE):
            part = wanted[start : start + NAMES_AT_ONCE]
            query = NAMED.format(", ".join("?" * len(part)))
            for name, report in self._db.execute(query, part):
                found.setdefault(name, []).append(report)
        return found

    def number(self, report_id: str) -> int | None:
        """The number of a report; None if there is none of this id."""
        found = self._db.execute(NUMBER, (report_id,)).fetchone()
        return None if found is None else int(found[0])

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections.

        :raises BadInput: if there is none of this id.
        """
        return self._stored(report_id)

    def _read(self, report_id: str) -> StoredReport:
        try:
            row = self._db.execute(REPORT, (report_id,)).fetchone()
            if row is not None:
                return StoredReport.from_row(row[1:], self.metas[row[0]])
        except (KeyError, TypeError, ValueError, zlib.error, sqlite3.OperationalError):
            raise self._of_another_version() from None
        raise BadInput(f"no report “{report_id}” in this index", f"索引中没有报告 “{report_id}”")

    def _of_another_version(self) -> BadIndex:
        folder = self._path.parent
        return BadIndex(
            f"{folder} was made by another version: rebuild it with “bureau index”",
            f"{folder} 由其他版本建立：请用 “bureau index” 重建",
        )


class Metas(Sequence[Metadata]):
    """Metadata of all reports, in the order of the index; what was read is kept."""

    def __init__(self, reports: sqlite3.Connection) -> None:
        self._reports = reports
        size: int = reports.execute(COUNT).fetchone()[0]
        self._held: list[Metadata | None] = [None] * size
        self._whole = False

    def __len__(self) -> int:
        return len(self._held)

    @overload
    def __getitem__(self, place: int) -> Metadata: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Metadata]: ...
    def __getitem__(self, place: int | slice) -> Metadata | Sequence[Metadata]:
        if isinstance(place, slice):
            return [self[n] for n in range(*place.indices(len(self)))]
        held = self._held[place]
        if held is None:
            place = range(len(self))[place]
            held = report_from_json(self._reports.execute(META, (place,)).fetchone()[0])
            self._held[place] = held
        return held

    def __iter__(self) -> Iterator[Metadata]:
        if not self._whole:
            for row, meta in self._reports.execute(METAS).fetchall():
                if self._held[row] is None:
                    self._held[row] = report_from_json(meta)
            self._whole = True
        return iter([meta for meta in self._held if meta is not None])


def write_reports(
    path: Path,
    rows: Iterable[Sequence[Any]],
    ledger: Iterable[str],
    names: Iterable[tuple[str, int]] = (),
) -> None:
    """Write reports.sqlite: the rows of `indexer.records.report_row` and the ledger's lines.

    ``names`` pairs what a report is called by (see `ReportTable.named`) with its row.

    :raises OSError: naming the path, e.g. on a full disk.
    """
    db = sqlite3.connect(path)
    try:
        with db:
            kept = ", ".join(COLUMNS)
            db.execute(f"CREATE TABLE reports (row INTEGER PRIMARY KEY, id TEXT UNIQUE, {kept})")
            db.execute("CREATE TABLE ledger (row INTEGER PRIMARY KEY, entry TEXT)")
            db.execute(NAMES)
            db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", names)
            places = ", ".join("?" * (2 + len(COLUMNS)))
            db.executemany(f"INSERT INTO reports VALUES ({places})", rows)  # noqa: S608
            lines = ((entry,) for entry in ledger)
            db.executemany("INSERT INTO ledger (entry) VALUES (?)", lines)
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error), str(path)) from None
    finally:
        db.close()
