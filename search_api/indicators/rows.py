"""Records of indicators, chosen and put together as arrays: nothing here builds an object a row.

A corpus of 30,000 reports has more than a million indicators, of which an answer shows 200.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from indexer.indicators.grammar import Kind
from indexer.indicators.store import KINDS, ROLES, IndicatorTable
from indexer.shapes import Role
from indexer.store import Index
from search_api.faceting import FACETS, FacetValue, report_facets
from search_api.filters import Filters, allowed_reports, member

PEOPLE = frozenset("人名位")  # units that count the same
CHANGE = KINDS.index(Kind.CHANGE)
VALUE = KINDS.index(Kind.VALUE)
TARGET = KINDS.index(Kind.TARGET)
PLANS = ROLES.index(Role.PLANS)
Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Reports:
    """What the reports of an index are, as arrays with one element for each."""

    def __init__(self, index: Index) -> None:
        issuers: dict[str, int] = {}
        self.issuer = np.array([issuers.setdefault(m.issuer, len(issuers)) for m in index.metas])
        self.year = np.array([m.year or 0 for m in index.metas])
        self.region_rank = ranks([(m.region.code, m.issuer) for m in index.metas])
        self.issuer_rank = ranks([(m.issuer,) for m in index.metas])
        self._values: dict[tuple[str, tuple[str, str]], int] = {}
        pairs = [
            (row, self._values.setdefault(value, len(self._values)))
            for row, meta in enumerate(index.metas)
            for value in report_facets(meta)
        ]
        self._pairs = np.array(pairs, dtype=np.int64).reshape(-1, 2)

    def facets(self, counts: Ints) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of issuer, region, year and level from ``counts`` of each report."""
        row, value = self._pairs.T
        sums = np.bincount(value, weights=counts[row], minlength=len(self._values))
        found: dict[str, list[FacetValue]] = {name: [] for name in FACETS}
        for (name, (key, label)), n in self._values.items():
            if sums[n] and key:
                found[name].append(FacetValue(key, label, int(sums[n])))
        return {
            name: tuple(sorted(v, key=lambda f: (-f.count, f.label))) for name, v in found.items()
        }


def ranks(keys: list[tuple[str, ...]]) -> Ints:
    """The place of each key among them all, sorted; equal keys share it."""
    place = {key: n for n, key in enumerate(sorted(set(keys)))}
    return np.array([place[key] for key in keys], dtype=np.int64)


_reports: WeakKeyDictionary[Index, Reports] = WeakKeyDictionary()


def reports_of(index: Index) -> Reports:
    """The arrays of an index, made when they are first asked for."""
    if index not in _reports:
        _reports[index] = Reports(index)
    return _reports[index]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The indicators that filters allow: ``rows`` of the table; and the reports."""

    table: IndicatorTable
    of: Reports
    rows: Ints
    reports: int
    bureaus: int

    @classmethod
    def from_filters(cls, index: Index, filters: Filters) -> Chosen:
        """Resolve ``filters``.

        :raises BadInput: naming a value that the index does not have.
        """
        table, of = index.indicators, reports_of(index)
        allowed = allowed_reports(index, replace(filters, role=()))
        keep: Mask = allowed[table.rows["report"]]
        if filters.role:
            roles = [ROLES.index(member(Role, value)) for value in filters.role]
            keep &= np.isin(table.rows["role"], roles)
        bureaus = len(np.unique(of.issuer[allowed]))
        return cls(table, of, np.flatnonzero(keep), int(allowed.sum()), bureaus)

    def facets(self, rows: Ints) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of every facet over ``rows``."""
        counts = np.bincount(self.table.rows["report"][rows], minlength=len(self.of.issuer))
        found = self.of.facets(counts)
        roles = np.bincount(self.table.rows["role"][rows], minlength=len(ROLES))
        named = [FacetValue(role, role, int(n)) for role, n in zip(ROLES, roles, strict=True) if n]
        return found | {"role": tuple(sorted(named, key=lambda f: -f.count))}

    def groups(self, rows: Ints) -> tuple[Ints, Ints]:
        """(key of each group of ``rows``, the group that each row is in).

        Rows of one name and unit are a group; changes are set apart, and so is what is planned.
        """
        found = self.table.rows
        units = found["unit"][rows]
        codes = np.zeros(len(self.table.strings), dtype=np.int64)
        same: dict[str, int] = {}
        for line in np.unique(units).tolist():
            unit = self.table.strings[line]
            codes[line] = same.setdefault("人" if unit in PEOPLE else unit, len(same))
        key = found["name"][rows].astype(np.int64) * (len(same) or 1) + codes[units]
        apart = (found["kind"][rows] == CHANGE) + 2 * self.planned(rows)
        keys, inverse = np.unique(key * 4 + apart, return_inverse=True)
        return keys, inverse

    def planned(self, rows: Ints) -> Mask:
        """Which of ``rows`` say what is planned."""
        kinds, roles = self.table.rows["kind"][rows], self.table.rows["role"][rows]
        plans: Mask = (kinds == TARGET) | ((kinds == CHANGE) & (roles == PLANS))
        return plans

    def bureaus_by_group(self, rows: Ints, inverse: Ints, size: int) -> Ints:
        """How many bureaus give each group."""
        issuer = self.of.issuer[self.table.rows["report"][rows]].astype(np.int64)
        width = int(self.of.issuer.max(initial=0)) + 1
        pairs = np.unique(inverse * width + issuer)
        return np.bincount(pairs // width, minlength=size)

    def sorted(self, rows: Ints, order: str) -> Ints:
        """``rows`` by region, issuer, year or value; ``-`` before it: the other way round."""
        found = self.table.rows
        report = found["report"][rows]
        region, year, issuer = (
            self.of.region_rank[report],
            self.of.year[report],
            self.of.issuer_rank[report],
        )
        sign = -1 if order.startswith("-") else 1
        first = {"region": region, "year": year, "issuer": issuer, "value": found["value"][rows]}
        key = first[order.removeprefix("-")] * sign
        return rows[np.lexsort((found["start"][rows], year, region, key))]


def by_group(inverse: Ints, size: int) -> Iterator[Ints]:
    """The places in ``inverse`` of each group in turn."""
    order = np.argsort(inverse, kind="stable")
    edges = np.searchsorted(inverse[order], np.arange(size + 1))
    yield from (order[a:b] for a, b in pairwise(edges))
