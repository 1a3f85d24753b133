"""Counts of issuers, regions, years, levels and roles over passages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES, Backend, Rows
from indexer.shapes import Metadata

FACETS = ("issuer", "region", "year", "level", "role")
Value = tuple[str, tuple[str, str]]  # facet, (value, label)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet and the number of ranked passages that have it."""

    value: str
    label: str
    count: int


class FacetCounter:
    """Counts the facets of an index's passages; what a report counts under is worked out once."""

    def __init__(self, index: Backend) -> None:
        self._index = index
        self._numbers: dict[Value, int] = {}
        self._of: dict[int, NDArray[np.int64]] = {}  # numbers of the values, by report

    def count(self, rows: Rows) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of issuer, region (every level), year, level and role over passages."""
        report, role = self._index.facts(rows)
        return self.weighed(report, role, np.ones(len(report), dtype=np.int64))

    def weighed(
        self, report: NDArray[np.int32], role: NDArray[np.int32], passages: NDArray[np.int64]
    ) -> dict[str, tuple[FacetValue, ...]]:
        """As `count`, over that many ``passages`` of each report and role, all of shape (n,)."""
        reports, at = np.unique(report, return_inverse=True)
        of_report = np.bincount(at, passages, minlength=len(reports))
        values = [self._values_of(number) for number in reports.tolist()]
        each = np.repeat(of_report, [len(own) for own in values])
        sums = np.bincount(np.concatenate([np.empty(0, np.int64), *values]), each)
        known = list(self._numbers)
        found: dict[str, list[FacetValue]] = {name: [] for name in FACETS}
        for number in np.flatnonzero(sums).tolist():
            name, (value, label) = known[number]
            found[name].append(FacetValue(value, label, int(sums[number])))
        roles = zip(ROLES, np.bincount(role, passages, len(ROLES)).tolist(), strict=True)
        found["role"] = [FacetValue(name, name, int(n)) for name, n in roles if n]
        return {name: in_order(counted) for name, counted in found.items()}

    def _values_of(self, report: int) -> NDArray[np.int64]:
        if report not in self._of:
            values = report_facets(self._index.metas[report])
            numbers = [self._numbers.setdefault(v, len(self._numbers)) for v in values if v[1][0]]
            self._of[report] = np.array(numbers, dtype=np.int64)
        return self._of[report]


def in_order(values: Iterable[FacetValue]) -> tuple[FacetValue, ...]:
    """``values``, the most frequent first, then by value."""
    return tuple(sorted(values, key=lambda v: (-v.count, v.value, v.label)))


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
