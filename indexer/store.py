"""An index on this machine, opened for reading.

    DIR/CURRENT          name of the published generation and SHA-256 of its manifest
    DIR/LOCK             held by the one writer
    DIR/gen-000001/      manifest.json, reports.sqlite, passages.npy, vectors.faiss, lists.faiss,
                         residuals.npy, clauses.npy, clause_scales.npy, clause_starts.npy, lexical/,
                         indicators.npy, indicators.txt, formulations/

A reader keeps the generation it opened (see `indexer.generations`). Every file is checked
against the manifest's SHA-256 when it is opened (see `indexer.integrity`), and nothing is ever
unpickled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES, Chosen, RowArray, Rows, refuse_other
from indexer.embedders import Identity
from indexer.focus import ClauseVectors
from indexer.generations import Manifest
from indexer.integrity import check
from indexer.lexical import Alternatives, Boosts, LexicalIndex
from indexer.records import StoredReport
from indexer.reports import ReportTable
from indexer.shapes import BadIndex, BadInput, LedgerEntry, Metadata, Passage
from indexer.vectors import FloatArray, Mask, VectorIndex

if TYPE_CHECKING:  # a search does not need them
    from indexer.formulations.table import Formulations
    from indexer.indicators.store import IndicatorTable

SPAN = re.compile(r"[0-9]{1,10}-[0-9]{1,10}")
MASKS = 16  # choices of passages kept resolved
PASSAGES = 2048  # kept in memory, some 1 KB each
CORE = ("passages.npy", "reports.sqlite")
MUCH = 0.25  # share of all passages from which more of all are looked for than are chosen
DEEPER = 2  # times as many as would do if chosen passages held words as often as the others
COLUMNS = ("report", "start", "end", "section", "role", "page")  # of passages.npy, int32


class Index:
    """One published generation, opened for reading."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder = folder
        self.manifest = manifest
        self._check(*CORE)
        self._columns: NDArray[np.int32] = np.load(folder / "passages.npy", allow_pickle=False)
        self._resolved = lru_cache(maxsize=MASKS)(self._resolve)
        self._passages = lru_cache(maxsize=PASSAGES)(self._read_passage)
        self._reports = ReportTable(folder / "reports.sqlite")

    @classmethod
    def open(cls, root: Path) -> Index:
        """Open the published generation below ``root``; `indexer.integrity` says what is checked.

        :raises BadIndex: if there is none, or it is damaged or of another format.
        """
        return cls(*cls._current(root))

    def _check(self, *parts: str) -> None:
        """Check the files whose names begin so.

        :raises BadIndex: if one is missing or damaged.
        """
        files = self.manifest.sha256
        mine = {name: files[name] for name in files if name.startswith(parts)}
        check(self.folder, mine)

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

    def check_all(self) -> None:
        """Hash every file, whatever is known of it.

        :raises BadIndex: if one is missing or damaged.
        """
        check(self.folder, self.manifest.sha256, trusting=False)

    @cached_property
    def clauses(self) -> ClauseVectors:
        """The vectors of clauses."""
        self._check("clause")
        return ClauseVectors.open(self.folder)

    @cached_property
    def indicators(self) -> IndicatorTable:
        """What the reports say in numbers."""
        from indexer.indicators.store import IndicatorTable

        self._check("indicators.")
        return IndicatorTable.open(self.folder)

    @cached_property
    def formulations(self) -> Formulations:
        """Which wordings stand where."""
        from indexer.formulations.table import Formulations

        self._check("formulations/")
        return Formulations.open(self.folder)

    def hold(self) -> None:
        """Open all that a search needs, so that it answers even after the generation is removed.

        :raises BadIndex: if another version of the program wrote it.
        """
        _ = self.lexical, self.vectors, self.clauses, self.metas
        if self.metas:
            _ = self.report(self.metas[0].id).sections

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
        self._check("lexical/")
        return LexicalIndex(self.folder / "lexical")

    @cached_property
    def vectors(self) -> VectorIndex:
        """The dense side."""
        self._check("vectors.faiss", "lists.faiss", "residuals.npy")
        return VectorIndex.open(self.folder, self.manifest.vectors)

    @property
    def metas(self) -> Sequence[Metadata]:
        """Metadata of all reports; a passage's ``report`` column is an index into it.

        :raises BadIndex: if another version of the program wrote them.
        """
        return self._reports.metas

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """What became of every input file."""
        return self._reports.ledger

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[int]]:
        """The numbers of the reports that go by each of these ``names``, or are of that year."""
        return self._reports.named(names)

    def column(self, name: str) -> NDArray[np.int32]:
        """One of `COLUMNS` for all passages, shape (passages,)."""
        column: NDArray[np.int32] = self._columns[:, COLUMNS.index(name)]
        return column

    def facts(self, rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The number of the report and the place in `ROLES` of each row, both (len(rows),)."""
        held = self._columns[np.asarray(rows, dtype=np.int64)]
        return held[:, COLUMNS.index("report")], held[:, COLUMNS.index("role")]

    def mask(self, chosen: Chosen) -> Mask | None:
        """Which passages are chosen, shape (passages,); None for all."""
        return self._resolved(chosen) if chosen else None

    def _resolve(self, chosen: Chosen) -> Mask:
        mask = np.ones(len(self), dtype=np.bool_)
        if chosen.reports is not None:
            mask &= chosen.reports[self.column("report")]
        if chosen.roles:
            mask &= np.isin(self.column("role"), [ROLES.index(role) for role in chosen.roles])
        return mask

    def rows_of(self, chosen: Chosen) -> RowArray:
        """The rows of all passages that are chosen."""
        mask = self.mask(chosen)
        return np.arange(len(self)) if mask is None else np.flatnonzero(mask)

    def count(self, chosen: Chosen) -> int:
        """How many passages are chosen."""
        mask = self.mask(chosen)
        return len(self) if mask is None else int(np.count_nonzero(mask))

    def nearest(self, vector: FloatArray, k: int, chosen: Chosen) -> RowArray:
        """The ``k`` chosen rows whose vectors are nearest to ``vector``, nearest first."""
        return self.vectors.search(vector, k, self.mask(chosen))[0]

    def vectors_of(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows``, shape (len(rows), dimension)."""
        return self.vectors.reconstruct(rows)

    def clause_cosines(self, vector: FloatArray, rows: Rows) -> FloatArray:
        """The highest cosine of ``vector`` with a clause of each row, shape (len(rows),)."""
        return self.clauses.nearest(vector, rows)

    def clauses_of(self, row: int) -> FloatArray:
        """The vectors of a row's clauses in text order, shape (clauses, dimension)."""
        return self.clauses.of(row)

    def words(
        self, groups: Sequence[Alternatives], k: int, *, boosts: Boosts, chosen: Chosen
    ) -> tuple[RowArray, NDArray[np.float64]]:
        """The best ``k`` rows for the query words ``groups``, best first, and their BM25.

        Where much is chosen, some more of all rows hold them, and are found sooner than by tags.
        """
        mask, kept = self.mask(chosen), self.count(chosen)
        if mask is not None and kept > MUCH * len(self):
            deeper = DEEPER * k * len(self) // kept
            rows, scores = self.lexical.search(groups, deeper, boosts=boosts)
            allowed = mask[rows]
            if len(rows) < deeper or np.count_nonzero(allowed) >= k:
                return rows[allowed][:k], scores[allowed][:k]
        return self.lexical.search(groups, k, boosts=boosts, tags=chosen.tags)

    def ceiling(self, groups: Sequence[Alternatives], *, absent: bool = False) -> float:
        """The BM25 of a passage that holds all of ``groups`` (see `indexer.lexical`)."""
        return self.lexical.ceiling(groups, absent=absent)

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections.

        :raises BadInput: if there is none of this id.
        """
        return self._reports.report(report_id)

    def row_of(self, passage_id: str) -> int:
        """The row of ``report_id:start-end``.

        :raises BadInput: if there is no such passage.
        """
        report_id, _, span = passage_id.rpartition(":")
        start, _, end = span.partition("-")
        if SPAN.fullmatch(span):
            for row in self.rows_of_report(report_id).tolist():
                if (self.column("start")[row], self.column("end")[row]) == (int(start), int(end)):
                    return int(row)
        raise BadInput(f"no passage “{passage_id}” in this index", f"索引中没有段落 “{passage_id}”")

    def rows_of_report(self, report_id: str) -> RowArray:
        """The rows of a report's passages, in the order of its text; none if it is not there."""
        number = self._reports.number(report_id)
        if number is None:
            return np.empty(0, dtype=np.int64)
        first, last = np.searchsorted(self.column("report"), (number, number + 1)).tolist()
        return np.arange(first, last)

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        return self._passages(row)

    def _read_passage(self, row: int) -> Passage:
        report, start, end, section, role, page = self._columns[row].tolist()
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
        refuse_other(self.manifest.embedder, identity, self.folder.parent)
