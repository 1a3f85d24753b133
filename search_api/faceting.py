"""Counts of issuers, regions, years, levels and roles over passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES, Backend, Rows
from indexer.shapes import Metadata

FACETS = ("issuer", "region", "year", "level", "role")
MOST_VALUES = 6  # of a report: issuer, year, level, three regions
HELD = 8192  # counted values, some 200 bytes each
Value = tuple[str, tuple[str, str]]  # facet, (value, label)
Counted = tuple[int, str, str]  # -count, value, label


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet and the number of ranked passages that have it."""

    value: str
    label: str
    count: int


_held = lru_cache(maxsize=HELD)(FacetValue)  # most counts are small and come again


class FacetCounter:
    """Counts the facets of an index's passages; what a report counts under is worked out once."""

    def __init__(self, index: Backend) -> None:
        self._index = index
        self._values: list[Value] = [("", ("", ""))]  # by number; 0 stands for none
        self._numbers: dict[Value, int] = {}
        self._of = np.zeros((len(index.metas), MOST_VALUES), dtype=np.int32)  # numbers, by report
        self._known = np.zeros(len(index.metas), dtype=np.bool_)
        self._lock = Lock()

    def count(self, rows: Rows) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of issuer, region (every level), year, level and role over passages."""
        report, role = self._index.facts(rows)
        return self.weighed(report, role, np.ones(len(report), dtype=np.int64))

    def weighed(
        self, report: NDArray[np.int32], role: NDArray[np.int32], passages: NDArray[np.int64]
    ) -> dict[str, tuple[FacetValue, ...]]:
        """As `count`, over that many ``passages`` of each report and role, all of shape (n,)."""
        of_report = np.bincount(report, passages)
        reports = np.flatnonzero(of_report)
        if not self._known[reports].all():
            self._learn(reports[~self._known[reports]])
        each = np.repeat(of_report[reports], MOST_VALUES)
        sums = np.bincount(self._of[reports].ravel(), each).astype(np.int64)
        sums[:1] = 0  # of no value
        found: dict[str, list[Counted]] = {name: [] for name in FACETS}
        numbers = np.flatnonzero(sums)
        for number, n in zip(numbers.tolist(), sums[numbers].tolist(), strict=True):
            name, (value, label) = self._values[number]
            found[name].append((-n, value, label))
        roles = np.bincount(role, passages, len(ROLES)).astype(np.int64).tolist()
        found["role"] = [(-n, name, name) for name, n in zip(ROLES, roles, strict=True) if n]
        return {name: in_order(counted) for name, counted in found.items()}

    def _learn(self, reports: NDArray[np.int64]) -> None:
        """Read what ``reports`` count under."""
        with self._lock:
            for report in reports.tolist():
                own = [v for v in report_facets(self._index.metas[report]) if v[1][0]]
                for at, value in enumerate(own):
                    if value not in self._numbers:
                        self._numbers[value] = len(self._values)
                        self._values.append(value)
                    self._of[report, at] = self._numbers[value]
                self._known[report] = True


def in_order(counted: Iterable[Counted]) -> tuple[FacetValue, ...]:
    """The values that were ``counted``, the most frequent first, then by value."""
    return tuple([_held(value, label, -n) for n, value, label in sorted(counted)])


def report_facets(meta: Metadata) -> Iterable[Value]:
    """(facet, (value, label)) for all that a report is counted under."""
    yield "issuer", (meta.issuer, meta.issuer)
    yield "year", (str(meta.year or ""), str(meta.year or ""))
    yield "level", (str(meta.level or ""), str(meta.level or ""))
    yield from (("region", pair) for pair in region_labels(meta))


def region_labels(meta: Metadata) -> Iterable[tuple[str, str]]:
    """(code, full name) of a report's region and of those above it, widest first."""
    region = meta.region
    names = (region.province, region.prefecture, region.county)
    for code in region.codes:
        depth = 1 if code.endswith("0000") else (2 if code.endswith("00") else 3)
        if names[depth - 1]:
            yield code, "".join(names[:depth])
