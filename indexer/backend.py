"""What a search needs of an index, wherever it is kept.

`indexer.store` keeps one on this machine. A row is the number by which a back end knows a
passage; nothing else may be read from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import Identity
from indexer.lexical import Alternatives, Boosts
from indexer.records import StoredReport
from indexer.shapes import BadIndex, LedgerEntry, Metadata, Passage, Role

FloatArray = NDArray[np.float32]
RowArray = NDArray[np.int64]
Rows = Sequence[int] | RowArray
ROLES = tuple(Role)


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """The passages that a search may find: those of some reports, in sections of some roles."""

    reports: NDArray[np.bool_] | None = None  # (reports,); None: of all
    roles: tuple[Role, ...] = ()  # (): of all
    tags: tuple[tuple[str, ...], ...] = ()  # the same: one tag of every inner tuple is there

    def __bool__(self) -> bool:
        return self.reports is not None or bool(self.roles)


EVERYTHING = Chosen()


class Contents(Protocol):
    """What a generation says of itself."""

    @property
    def embedder(self) -> Identity:
        """The model that its vectors are of."""
        ...

    @property
    def reports(self) -> int:
        """Number of reports."""
        ...

    @property
    def passages(self) -> int:
        """Number of passages."""
        ...

    @property
    def created(self) -> str:
        """When it was made: ISO 8601, UTC."""
        ...

    @property
    def inputs(self) -> tuple[str, ...]:
        """Absolute paths of the files and folders it was made from."""
        ...

    @property
    def table(self) -> str:
        """Absolute path of the manifest of metadata; empty if none was named."""
        ...


class Backend(Protocol):
    """One published generation, opened for reading.

    What cannot be answered raises `indexer.shapes.BadIndex` where the index is at fault and
    `indexer.shapes.BadInput` where the caller is.
    """

    @property
    def generation(self) -> str:
        """Name of the generation."""
        ...

    @property
    def manifest(self) -> Contents:
        """What the generation says of itself."""
        ...

    @property
    def metas(self) -> Sequence[Metadata]:
        """Metadata of all reports; a report's number is its place here."""
        ...

    @property
    def ledger(self) -> Sequence[LedgerEntry]:
        """What became of every input file."""
        ...

    def named(self, names: Collection[str]) -> Mapping[str, Sequence[int]]:
        """The numbers of the reports that go by each of these ``names``, or are of that year."""
        ...

    def __len__(self) -> int: ...

    def hold(self) -> None:
        """Open all that a search needs, so that it answers even after the generation is gone."""
        ...

    def hold_tools(self) -> None:
        """Open what the other tools need too, as a server does."""
        ...

    def close(self) -> None:
        """Release what is held."""
        ...

    def check_embedder(self, identity: Identity) -> None:
        """Refuse another model than the one the index was built with."""
        ...

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections."""
        ...

    def row_of(self, passage_id: str) -> int:
        """The row of ``report_id:start-end``."""
        ...

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        ...

    def rows_of_report(self, report_id: str) -> RowArray:
        """The rows of a report's passages, in the order of its text."""
        ...

    def rows_of(self, chosen: Chosen) -> RowArray:
        """The rows of all passages that are chosen."""
        ...

    def count(self, chosen: Chosen) -> int:
        """How many passages are chosen."""
        ...

    def facts(self, rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The number of the report and the place in `ROLES` of each row, both (len(rows),)."""
        ...

    def nearest(self, vector: FloatArray, k: int, chosen: Chosen) -> RowArray:
        """The ``k`` chosen rows whose vectors are nearest to ``vector``, nearest first."""
        ...

    def vectors_of(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows``, shape (len(rows), dimension)."""
        ...

    def clause_cosines(self, vector: FloatArray, rows: Rows) -> FloatArray:
        """The highest cosine of ``vector`` with a clause of each row, shape (len(rows),)."""
        ...

    def clauses_of(self, row: int) -> FloatArray:
        """The vectors of a row's clauses in text order, shape (clauses, dimension)."""
        ...

    def words(
        self, groups: Sequence[Alternatives], k: int, *, boosts: Boosts, chosen: Chosen
    ) -> tuple[RowArray, NDArray[np.float64]]:
        """The best ``k`` rows for the query words ``groups``, best first, and their BM25."""
        ...

    def ceiling(self, groups: Sequence[Alternatives], *, absent: bool = False) -> float:
        """The BM25 of a passage that holds all of ``groups`` (see `indexer.lexical`)."""
        ...


@runtime_checkable
class Remote(Protocol):
    """A back end that a server keeps, which may publish another generation at any time."""

    def published(self) -> str:
        """The generation that is published now."""
        ...

    def tally(
        self, chosen: Chosen
    ) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]:
        """Numbers of reports, places in `ROLES`, and how many chosen passages there are of both."""
        ...

    def reopened(self) -> Backend:
        """The generation that is published now, opened for reading."""
        ...


def refuse_other(built: Identity, wanted: Identity, where: object) -> None:
    """Refuse vectors of another model than the one the index at ``where`` was built with.

    :raises BadIndex: saying what to do.
    """
    if built == wanted:
        return
    same = built.name == wanted.name
    what = "another version or other prompts of" if same else f"“{built.name}”, not with"
    raise BadIndex(
        f"{where} was built with {what} “{wanted.name}”: search without --embedder, or rebuild it "
        f"with “bureau index --embedder {wanted.name}”",
        f"{where} 的向量模型不同（索引：{built.name}，所选：{wanted.name}）：去掉 --embedder，"
        f"或用 “bureau index --embedder {wanted.name}” 重建",
    )
