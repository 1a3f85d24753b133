"""What a generation on Milvus holds of its reports: metadata, counts, texts, the ledger."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES, Chosen, RowArray, Rows
from indexer.embedders import Identity
from indexer.milvus import layout
from indexer.milvus.address import Address
from indexer.milvus.keeping import Kind, Records
from indexer.milvus.rows import report_values
from indexer.records import StoredReport, ledger_from_json, report_from_json
from indexer.shapes import BadIndex, BadInput, LedgerEntry, Metadata

HELD = 64  # reports kept in memory: the hits of a search share few
Tally = tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Contents:
    """What a generation says of itself: of an index directory's manifest, what readers use."""

    format: int
    embedder: Identity
    reports: int
    passages: int
    created: str  # ISO 8601, UTC
    inputs: tuple[str, ...]
    table: str
    program: str
    vectors: str  # kind of vector index

    @classmethod
    def from_record(cls, complete: dict[str, Any]) -> Contents:
        """From what was recorded when the generation was published."""
        return cls(
            format=complete["format"],
            embedder=Identity(**complete["embedder"]),
            reports=complete["reports"],
            passages=complete["passages"],
            created=complete["created"],
            inputs=tuple(complete["inputs"]),
            table=complete["table"],
            program=complete["program"],
            vectors=complete["index"],
        )


def of_another_version(address: Address) -> BadIndex:
    """The error of a generation that this program cannot read."""
    return BadIndex(
        f"{address} was made by another version: rebuild it with “bureau index”",
        f"{address} 由其他版本建立：请用 “bureau index” 重建",
    )


class Catalogue:
    """The reports of one generation; a report's number is its place in ``metas``."""

    def __init__(self, records: Records, address: Address) -> None:
        self._records = records
        self._address = address
        self._stored = lru_cache(maxsize=HELD)(self._read_report)

    @cached_property
    def _listed(self) -> list[tuple[int, str, list[int]]]:
        """(place, metadata as JSON, passages of each role) of all reports, in their order."""
        parts = self._records.all_of(Kind.METAS)
        return [(place, meta, counts) for _, part in parts for place, meta, counts in part]

    @cached_property
    def _counts(self) -> NDArray[np.int64]:
        """Passages of each report and role, shape (reports, roles)."""
        counts = [counts for _, _, counts in self._listed]
        return np.array(counts, dtype=np.int64).reshape(-1, len(ROLES))

    @cached_property
    def metas(self) -> tuple[Metadata, ...]:
        """Metadata of all reports.

        :raises BadIndex: if another version of the program wrote them.
        """
        try:
            return tuple(report_from_json(meta) for _, meta, _ in self._listed)
        except (KeyError, TypeError, ValueError):
            raise of_another_version(self._address) from None

    @cached_property
    def by_name(self) -> dict[str, list[int]]:
        """The numbers of the reports that go by each name, and of those on each year."""
        found: dict[str, list[int]] = {}
        for number, meta in enumerate(self.metas):
            for name in {*meta.names, str(meta.year or "")}:
                found.setdefault(name, []).append(number)
        return found

    def named(self, names: Collection[str]) -> dict[str, list[int]]:
        """The numbers of the reports that go by each of these ``names``, or are of that year."""
        return {name: self.by_name[name] for name in names if name in self.by_name}

    @cached_property
    def places(self) -> RowArray:
        """The place of each report's file among the input files, ascending."""
        return np.array([place for place, *_ in self._listed], dtype=np.int64)

    @cached_property
    def place_of(self) -> dict[str, int]:
        """The place of the file of each report, by the report's id."""
        return {meta.id: place for meta, (place, *_) in zip(self.metas, self._listed, strict=True)}

    @cached_property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """What became of every input file."""
        parts = self._records.all_of(Kind.LEDGER)
        return tuple(ledger_from_json(entry) for _, part in parts for entry in part)

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections.

        :raises BadInput: if there is none of this id.
        """
        return self._stored(report_id)

    def _read_report(self, report_id: str) -> StoredReport:
        place = self.place_of.get(report_id)
        if place is None:
            raise BadInput(
                f"no report “{report_id}” in this index", f"索引中没有报告 “{report_id}”"
            )
        row = self._records.get(Kind.REPORT, place)
        if row is None:
            raise BadIndex(
                f"{self._address} has lost “{report_id}”: rebuild it with “bureau index --rebuild”",
                f"{self._address} 丢失了 “{report_id}”：请用 “bureau index --rebuild” 重建",
            )
        return StoredReport.from_row(report_values(row))

    def tally(self, chosen: Chosen) -> Tally:
        """Numbers of reports, places in `ROLES`, and how many chosen passages there are of both."""
        counts = self._counts.copy()
        if chosen.reports is not None:
            counts[~chosen.reports] = 0
        if chosen.roles:
            counts[:, [n for n, role in enumerate(ROLES) if role not in chosen.roles]] = 0
        report, role = np.nonzero(counts)
        return report.astype(np.int32), role.astype(np.int32), counts[report, role]

    def facts(self, rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The number of the report and the place in `ROLES` of each row, both (len(rows),)."""
        known = np.asarray(rows, dtype=np.int64)
        numbers = np.searchsorted(self.places, layout.places_of(known))
        return numbers.astype(np.int32), layout.roles_of(known)
