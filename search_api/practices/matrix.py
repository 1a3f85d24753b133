"""Practices against bureaus, regions or years: which reports describe what, with the best quote.

A cell stands for all reports of its column. It is found if at least one of them is said to
describe the practice; how many do, of how many, is given with it. Not found is not the same as
not done: a report need not tell all that a bureau does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import FloatArray
from indexer.shapes import BadInput, Level, Metadata
from search_api.answer import Quote, quote_of, sentences_of
from search_api.compare import State
from search_api.engine import Engine, Hit, Matched
from search_api.faceting import region_labels
from search_api.filters import Filters, allowed_reports, member
from search_api.practices.lists import SHOWN, Practice, PracticeList, shipped
from search_api.practices.presence import FOUND, Presence, presence, targets_of

MOST_COLUMNS = 50  # on a page
MOST_IN_FILE = 400  # in a table for a spreadsheet
Numbers = NDArray[np.int64]


class By(StrEnum):
    """What a column stands for."""

    ISSUER = "issuer"
    PROVINCE = "province"
    PREFECTURE = "prefecture"
    COUNTY = "county"
    LEVEL = "level"
    YEAR = "year"
    REPORT = "report"


DEPTH = {By.PROVINCE: 1, By.PREFECTURE: 2, By.COUNTY: 3}
LEVELS = list(map(str, Level))
UNKNOWN = "999999"  # sorts after every region


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """A value of one axis; values are sorted by ``order``, those that are not stated last."""

    order: tuple[bool, int | str, str]
    value: str  # what it is known by: a name, a code or an id; "" where it is not stated
    label: str  # what a person reads


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A value of each `By` that was asked for, and the reports that have them."""

    keys: tuple[Key, ...]
    reports: Numbers  # places in the index's reports


@dataclass(frozen=True, slots=True)
class Cell:
    """One practice in the reports of one column; ``hit`` and ``quote`` are the best evidence."""

    state: State
    found: int = 0  # reports said to describe it
    reports: int = 0  # reports there are
    hit: Hit | None = None  # its score is the probability that the report describes it
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One practice; a cell for every column, and its count over all reports, shown or not."""

    practice: Practice
    found: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Practices against columns; ``left_out`` counts columns beyond the most that are shown."""

    version: str  # of the list of practices
    by: tuple[By, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    reports: int  # that the filters allow
    left_out: int

    @property
    def counts(self) -> dict[State, int]:
        """How many cells are in which state."""
        counted = Counter(cell.state for row in self.rows for cell in row.cells)
        return {state: counted[state] for state in State}


def matrix(
    engine: Engine,
    *,
    by: Sequence[str] = (),
    practice: Sequence[str] = (),
    practices: PracticeList | None = None,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    most: int = MOST_COLUMNS,
) -> Matrix:
    """Which of the practices the reports that ``filters`` allow describe.

    ``by`` names one or two `By`, the outer one first; without it, bureaus, or provinces where
    there are more than `MOST_COLUMNS` bureaus. ``practice`` are ids of the list, all without.
    Of more than ``most`` columns those with the most findings are shown.

    :raises BadInput: for an unknown practice, filter or ``by``.
    """
    listed = practices or shipped()
    places = listed.places(practice)
    index = engine.local
    chosen = np.flatnonzero(allowed_reports(index, replace(filters, role=())))
    axes = axes_of(by) or default_axes(engine, chosen)
    known = presence(engine, listed, filters.role)
    columns = columns_of(index.metas, chosen, axes, filters)
    shown = strongest(columns, known, places, most)
    vectors = targets_of(listed, engine.embedder).vectors
    # Column by column: then a report is read once, and not for every practice again.
    cells = [[cell_of(engine, known, n, vectors[n], column) for n in places] for column in shown]
    found = (known.relevance[:, chosen] >= FOUND).sum(axis=1)
    rows = [
        Row(listed.practices[n], int(found[n]), tuple(column[at] for column in cells))
        for at, n in enumerate(places)
    ]
    left_out = len(columns) - len(shown)
    return Matrix(listed.version, axes, tuple(shown), tuple(rows), len(chosen), left_out)


def axes_of(by: Sequence[str]) -> tuple[By, ...]:
    """What the columns stand for; “province,year” is two of them.

    :raises BadInput: for one that there is not, more than two, or the same twice.
    """
    names = [name.strip()[:SHOWN] for part in by for name in part.split(",")]
    axes = tuple(member(By, name) for name in names)
    if len(axes) > 2 or len(set(axes)) < len(axes):
        raise BadInput(
            f"by “{','.join(axes)}”: one or two different ones of {', '.join(By)} are possible",
            f"by “{','.join(axes)}”：只能选一或两个不同的：{', '.join(By)}",
        )
    return axes


def default_axes(engine: Engine, chosen: Numbers) -> tuple[By, ...]:
    """Bureaus, as long as they fit on a page."""
    issuers = {engine.index.metas[n].issuer for n in chosen.tolist()}
    return (By.ISSUER if len(issuers) <= MOST_COLUMNS else By.PROVINCE,)


def columns_of(
    metas: Sequence[Metadata], chosen: Numbers, axes: Sequence[By], filters: Filters
) -> list[Column]:
    """The columns in the order of their keys; a year that was chosen has one without reports too.

    With two axes every value of one meets every value of the other.
    """
    groups: dict[tuple[Key, ...], list[int]] = {}
    for n in chosen.tolist():
        groups.setdefault(tuple(key_of(metas[n], axis) for axis in axes), []).append(n)
    values = [dict.fromkeys(keys[at] for keys in groups) for at in range(len(axes))]
    for at, axis in enumerate(axes):
        if axis is By.YEAR:
            values[at] |= dict.fromkeys(key(str(year)) for year in filters.year)
    if all(values):
        for keys in product(*values):
            groups.setdefault(keys, [])
    return [Column(keys, np.array(groups[keys], dtype=np.int64)) for keys in sorted(groups)]


def key_of(meta: Metadata, axis: By) -> Key:
    """The value of a report on one axis; bureaus and reports stand in the order of regions."""
    if axis in DEPTH:
        chain = list(region_labels(meta))[: DEPTH[axis]]
        return key(*chain[-1]) if chain else key("")
    place = meta.region.code if meta.region.codes else UNKNOWN
    if axis is By.ISSUER:
        return key(meta.issuer, order=place)
    if axis is By.REPORT:
        return key(meta.id, meta.title, order=f"{place} {meta.issuer} {meta.year}")
    if axis is By.LEVEL:
        return key(str(meta.level or ""), order=LEVELS.index(meta.level) if meta.level else "")
    return key(str(meta.year or ""))


def key(value: str, label: str = "", *, order: int | str = "") -> Key:
    """The key of a value that sorts by ``order``, then by itself."""
    return Key((not value, order, value), value, label or value)


def strongest(
    columns: list[Column], known: Presence, places: Sequence[int], most: int
) -> list[Column]:
    """The ``most`` columns with the most findings, in their order."""
    if len(columns) <= most:
        return columns
    hits = (known.relevance[places] >= FOUND).sum(axis=0)  # by report
    ranked = sorted(range(len(columns)), key=lambda n: -int(hits[columns[n].reports].sum()))
    return [columns[n] for n in sorted(ranked[:most])]


def cell_of(engine: Engine, known: Presence, n: int, vector: FloatArray, column: Column) -> Cell:
    """The cell of the practice at ``n`` in the list, whose vector is ``vector``."""
    reports = column.reports
    if not len(reports):
        return Cell(State.NO_REPORT)
    relevance = known.relevance[n, reports]
    best = int(reports[int(relevance.argmax())])
    found, row = int((relevance >= FOUND).sum()), int(known.row[n, best])
    state = State.FOUND if found else State.NOT_FOUND
    if row < 0:
        return Cell(state, found, len(reports))
    hit = Hit(
        rank=1,
        score=float(known.relevance[n, best]),
        row=row,
        passage=engine.index.passage(row),
        meta=engine.index.metas[best],
        matched=Matched.SEMANTIC,
        marks=(),
    )
    sentence = max(sentences_of(engine, hit, vector), key=lambda s: s.score)
    return Cell(state, found, len(reports), hit, quote_of(sentence))
