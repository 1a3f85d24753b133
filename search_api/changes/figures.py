"""Numbers of the same name and unit in both reports: value then, value now, difference.

Numbers of sentences that became each other are paired first; a name that is left once on either
side, for the same subject, is paired wherever it stands. Nothing is converted or added up.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from indexer.indicators.grammar import Indicator, Kind
from indexer.indicators.store import KINDS, RECORD, WORDS
from indexer.store import Index
from search_api.changes.sentences import Match
from search_api.changes.shapes import Figure, Span, Value
from search_api.changes.units import Text

Placed = tuple[Indicator, int]  # and the place of its sentence in the text's units
SAID = (Kind.VALUE, Kind.CHANGE)
FIELDS = RECORD.names or ()


def changed_figures(index: Index, a: Text, b: Text, pairs: Sequence[Match]) -> list[Figure]:
    """The figures that both reports have, in the order of ``b``."""
    left, right = by_unit(figures_of(index, a)), by_unit(figures_of(index, b))
    found: list[tuple[Placed, Placed]] = []
    for pair in pairs:
        found += paired(left.get(pair.a, []), right.get(pair.b, []), with_subject=True)
        found += paired(left.get(pair.a, []), right.get(pair.b, []), with_subject=False)
    rest_a = [item for items in left.values() for item in items]
    rest_b = [item for items in right.values() for item in items]
    found += paired(lone(rest_a), lone(rest_b), with_subject=True)
    found.sort(key=lambda pair: pair[1][0].start)
    return [figure(a, b, one, other) for one, other in found]


def figures_of(index: Index, text: Text) -> Iterator[Placed]:
    """What a report says in numbers of what was done, each with its sentence."""
    number = [meta.id for meta in index.metas].index(text.report.meta.id)
    reports = index.indicators.rows["report"]
    first, last = np.searchsorted(reports, (number, number + 1))
    ordered = sorted(range(len(text.units)), key=lambda n: text.units[n].span.start)
    starts = [text.units[n].span.start for n in ordered]
    for record in index.indicators.rows[first:last].tolist():
        said = indicator(dict(zip(FIELDS, record, strict=True)), index.indicators.strings)
        place = bisect_right(starts, said.start) - 1
        if said.name and said.kind in SAID and place >= 0:
            yield said, ordered[place]


def indicator(record: dict[str, Any], strings: Sequence[str]) -> Indicator:
    """A record of the index as an indicator."""
    words = {name: strings[record[name]] for name in WORDS}
    places = {name: record[name] for name in ("start", "end", "quote_start", "quote_end")}
    upper = None if np.isnan(record["upper"]) else record["upper"]
    kind = KINDS[record["kind"]]
    return Indicator(
        value=record["value"], upper=upper, approx=record["approx"], kind=kind, **words, **places
    )


def by_unit(placed: Iterable[Placed]) -> dict[int, list[Placed]]:
    """Figures by their sentence."""
    found: dict[int, list[Placed]] = defaultdict(list)
    for item in placed:
        found[item[1]].append(item)
    return found


def paired(
    left: list[Placed], right: list[Placed], *, with_subject: bool
) -> list[tuple[Placed, Placed]]:
    """Pairs of the same name, unit and kind, the first with the first; taken out of both lists."""
    waiting: dict[tuple[str, ...], list[Placed]] = defaultdict(list)
    for item in right:
        waiting[key_of(item[0], with_subject)].append(item)
    found = []
    for item in list(left):
        same = waiting.get(key_of(item[0], with_subject))
        if same:
            other = same.pop(0)
            left.remove(item)
            right.remove(other)
            found.append((item, other))
    return found


def key_of(said: Indicator, with_subject: bool) -> tuple[str, ...]:
    """What two figures must have in common."""
    subject = (said.subject,) if with_subject else ()
    return (said.name, said.unit, str(said.kind), *subject)


def lone(items: Sequence[Placed]) -> list[Placed]:
    """The figures whose key no other of the same report has."""
    counts: dict[tuple[str, ...], int] = defaultdict(int)
    for item in items:
        counts[key_of(item[0], True)] += 1
    return [item for item in items if counts[key_of(item[0], True)] == 1]


def figure(a: Text, b: Text, one: Placed, other: Placed) -> Figure:
    """Two indicators as one row."""
    said = other[0]
    return Figure(said.name, said.subject, said.unit, value(a, *one), value(b, *other))


def value(text: Text, said: Indicator, place: int) -> Value:
    """An indicator with the clause that says it."""
    unit = text.units[place].span
    start, end = min(said.quote_start, said.start), max(said.quote_end, said.end)
    words = text.report.text[start:end]
    span = Span(unit.report_id, start, end, words, unit.path, unit.role, unit.page, unit.passage_id)
    return Value(said.value, said.upper, said.approx, said.period, span, said.start, said.end)
