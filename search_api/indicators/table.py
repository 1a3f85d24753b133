"""What bureaus say in numbers: one name across bureaus and years, or the names most of them give.

A name is matched with the indicators' own names, with the thing that they are of, and through
the term bridge (resolution rate -> 化解率). Every name with its unit is a group of its own:
different definitions stand beside each other and are never added up or averaged. A group says
how many of the bureaus that the filters allow give it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

import numpy as np

from indexer.indicators.grammar import Kind
from indexer.indicators.store import KINDS, ROLES
from indexer.shapes import Metadata, Role
from indexer.store import Index
from search_api.citations import citation
from search_api.faceting import FacetValue
from search_api.filters import Filters
from search_api.indicators.names import asked, matched
from search_api.indicators.rows import CHANGE, VALUE, Chosen, Ints, by_group
from search_api.query import Query

MOST_VALUES = 200  # in an answer
MOST_EXPORTED = 5000  # in a file
MOST_GROUPS = 30
MOST_NAMES = 100
Facets = dict[str, tuple[FacetValue, ...]]


class Order(StrEnum):
    """How the values of a group are sorted; with - the other way round."""

    REGION = "region"
    ISSUER = "issuer"
    YEAR = "year"
    VALUE = "value"
    REGION_DOWN = "-region"
    ISSUER_DOWN = "-issuer"
    YEAR_DOWN = "-year"
    VALUE_DOWN = "-value"


@dataclass(frozen=True, slots=True)
class Group:
    """One name with one unit: what may be compared, as far as words can tell."""

    name: str
    unit: str
    change: bool  # against an earlier period: set apart from values
    planned: bool
    values: int
    bureaus: int  # that give it
    of: int  # bureaus that the filters allow
    years: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """One indicator with the report that states it; the quote is verbatim."""

    meta: Metadata
    group: int  # place of its group in the answer
    name: str
    subject: str
    value: float  # of a decrease negative
    upper: float | None
    unit: str
    approx: bool
    kind: Kind
    period: str
    comparison: str
    role: Role
    path: tuple[str, ...]
    page: int | None
    start: int  # of the quote
    end: int
    value_start: int
    value_end: int
    quote: str

    @property
    def printed(self) -> str:
        """The value as the report prints it."""
        at = self.value_start - self.start
        return self.quote[at : at + self.value_end - self.value_start]

    @property
    def sha256(self) -> str:
        """Hash of the quote, UTF-8."""
        return sha256(self.quote.encode("utf-8")).hexdigest()

    @property
    def citation(self) -> str:
        """The quote's citation in one line."""
        return citation(self.meta, self.path, self.page, self.start, self.end)


@dataclass(frozen=True, slots=True)
class Indicators:
    """The groups that a name stands for, best match first, and their values in that order.

    Without a name: the groups that most bureaus give, and no values. ``left_out`` counts values
    beyond the limit, ``more_groups`` groups.
    """

    query: Query | None
    groups: tuple[Group, ...]
    values: tuple[Value, ...]
    left_out: int
    more_groups: int
    reports: int  # that the filters allow
    bureaus: int
    facets: Facets


def indicators(
    index: Index,
    name: str | None = None,
    *,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    order: Order = Order.REGION,
    most: int = MOST_VALUES,
    expand: bool = True,
) -> Indicators:
    """The values that go by ``name`` in the reports that ``filters`` allow.

    Without a name: the names that most bureaus give.

    :raises BadInput: for a name that is empty, too long or without a word, or a bad filter.
    """
    query = None if name is None else asked(name, expand=expand)
    chosen = Chosen.from_filters(index, filters)
    if query is None:
        return _common_names(chosen)
    scores = matched(chosen.table, query)
    rows = chosen.rows[scores[chosen.table.rows["label"][chosen.rows]] > 0]
    keys, inverse = chosen.groups(rows)
    members = [rows[at] for at in by_group(inverse, len(keys))]
    strength = [float(scores[chosen.table.rows["label"][m]].max()) for m in members]
    made = _groups(chosen, members, chosen.bureaus_by_group(rows, inverse, len(keys)))
    ranked = sorted(range(len(keys)), key=lambda n: (-strength[n], _weight(made[n])))
    shown = ranked[:MOST_GROUPS]
    ordered = [chosen.sorted(members[n], order) for n in shown]
    return Indicators(
        query=query,
        groups=tuple(made[n] for n in shown),
        values=tuple(_values(index, chosen, ordered, most)),
        left_out=max(0, sum(map(len, ordered)) - most),
        more_groups=len(ranked) - len(shown),
        reports=chosen.reports,
        bureaus=chosen.bureaus,
        facets=chosen.facets(rows),
    )


def _common_names(chosen: Chosen) -> Indicators:
    """The groups of values that most bureaus give."""
    found = chosen.table.rows
    named = (found["kind"][chosen.rows] == VALUE) & (found["name"][chosen.rows] != 0)
    rows = chosen.rows[named]
    keys, inverse = chosen.groups(rows)
    bureaus = chosen.bureaus_by_group(rows, inverse, len(keys))
    sizes = np.bincount(inverse, minlength=len(keys))
    top = np.lexsort((-sizes, -bureaus))[:MOST_NAMES]
    place = np.full(len(keys), -1)
    place[top] = np.arange(len(top))
    kept = place[inverse] >= 0
    rows_of = by_group(place[inverse][kept], len(top))
    members = [rows[kept][at] for at in rows_of]
    return Indicators(
        query=None,
        groups=tuple(sorted(_groups(chosen, members, bureaus[top]), key=_weight)),
        values=(),
        left_out=0,
        more_groups=len(keys) - len(top),
        reports=chosen.reports,
        bureaus=chosen.bureaus,
        facets=chosen.facets(chosen.rows),
    )


def _weight(group: Group) -> tuple[bool, bool, int, int, str, str]:
    """For sorting: what is done, then plans; values, then changes; most bureaus first."""
    return group.planned, group.change, -group.bureaus, -group.values, group.name, group.unit


def _groups(chosen: Chosen, members: Sequence[Ints], bureaus: Ints) -> list[Group]:
    found, strings = chosen.table.rows, chosen.table.strings
    made = []
    for rows, count in zip(members, bureaus.tolist(), strict=True):
        first = found[rows[0]]
        years = np.unique(chosen.of.year[found["report"][rows]])
        made.append(
            Group(
                name=strings[first["name"]],
                unit=strings[first["unit"]],
                change=bool(first["kind"] == CHANGE),
                planned=bool(chosen.planned(rows[:1])[0]),
                values=len(rows),
                bureaus=count,
                of=chosen.bureaus,
                years=tuple(int(year) for year in years if year),
            )
        )
    return made


def _values(index: Index, chosen: Chosen, groups: Sequence[Ints], most: int) -> Iterator[Value]:
    """The first ``most`` values of the groups in turn."""
    strings = chosen.table.strings
    numbered = ((n, int(row)) for n, rows in enumerate(groups) for row in rows)
    for _, (group, row) in zip(range(most), numbered, strict=False):
        found = chosen.table.rows[row]
        meta = index.metas[found["report"]]
        report = index.report(meta.id)
        start, end = int(found["quote_start"]), int(found["quote_end"])
        upper = float(found["upper"])
        yield Value(
            meta=meta,
            group=group,
            name=strings[found["name"]],
            subject=strings[found["subject"]],
            value=float(found["value"]),
            upper=None if math.isnan(upper) else upper,
            unit=strings[found["unit"]],
            approx=bool(found["approx"]),
            kind=KINDS[found["kind"]],
            period=strings[found["period"]],
            comparison=strings[found["comparison"]],
            role=ROLES[found["role"]],
            path=report.sections[found["section"]].path,
            page=int(found["page"]) or None,
            start=start,
            end=end,
            value_start=int(found["start"]),
            value_end=int(found["end"]),
            quote=report.text[start:end],
        )
