"""Two reports side by side: what was kept, edited, added and dropped, section by section."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from search_api.changes.figures import changed_figures
from search_api.changes.pairs import check_pair
from search_api.changes.sections import Group, align
from search_api.changes.sentences import Match, compared, matched
from search_api.changes.shapes import (
    Change,
    Changes,
    Kind,
    Relation,
    Run,
    SectionChange,
    Span,
    Summary,
)
from search_api.changes.units import Text, text_of
from search_api.changes.wording import runs_of
from search_api.engine import Engine

TOGETHER = (Relation.MOVED,)  # relations in which all sentences have moved


def changes(engine: Engine, a: str, b: str) -> Changes:
    """What became of report ``a`` in report ``b``.

    :raises BadInput: if one of them is not in the index or too long, or both are the same.
    """
    check_pair(engine.index.metas, a, b)
    one = text_of(engine.local, engine.index.report(a))
    other = text_of(engine.local, engine.index.report(b))
    found, score = compared(one, other)
    groups = align(one, other, found, score)
    pairs = matched(one, other, found, score, groups)
    sections = tuple(section_changes(one, other, groups, pairs))
    return Changes(
        a=one.report.meta,
        b=other.report.meta,
        summary=summary(one, other, sections),
        sections=sections,
        figures=tuple(changed_figures(engine.local, one, other, pairs)),
    )


def section_changes(
    a: Text, b: Text, groups: Sequence[Group], pairs: Sequence[Match]
) -> Iterator[SectionChange]:
    """The groups with their sentences."""
    of_a = {pair.a: pair for pair in pairs}
    of_b = {pair.b: pair for pair in pairs}
    for group in groups:
        heads_a = tuple(a.parts[p].heading for p in group.a)
        heads_b = tuple(b.parts[q].heading for q in group.b)
        places_a = [n for p in group.a for n in a.parts[p].units]
        places_b = [n for q in group.b for n in b.parts[q].units]
        yield SectionChange(
            relation=group.relation,
            a=heads_a,
            b=heads_b,
            changes=tuple(in_reading_order(a, b, places_a, places_b, of_a, of_b)),
            heading=heading_runs(heads_a, heads_b),
        )


def heading_runs(a: Sequence[Span], b: Sequence[Span]) -> tuple[Run, ...]:
    """What changed in a heading that is one on either side."""
    if len(a) != 1 or len(b) != 1 or not a[0].text or not b[0].text or a[0].text == b[0].text:
        return ()
    return runs_of(a[0].text, b[0].text)


def in_reading_order(
    a: Text,
    b: Text,
    places_a: Sequence[int],
    places_b: Sequence[int],
    of_a: Mapping[int, Match],
    of_b: Mapping[int, Match],
) -> Iterator[Change]:
    """The sentences of a group by ``b``; one of ``a`` alone behind the last that stayed."""
    behind: dict[int, list[int]] = {}
    last = -1
    for place in places_a:
        pair = of_a.get(place)
        if pair is None:
            behind.setdefault(last, []).append(place)
        elif not pair.moved:
            last = pair.b
    for place in behind.get(-1, ()):
        yield Change(Kind.DROPPED, False, a.units[place].span, None, 0.0)
    for place in places_b:
        yield change(a, b, place, of_b.get(place))
        for gone in behind.get(place, ()):
            yield Change(Kind.DROPPED, False, a.units[gone].span, None, 0.0)


def change(a: Text, b: Text, place: int, pair: Match | None) -> Change:
    """A sentence of ``b`` and where it comes from."""
    new = b.units[place]
    if pair is None:
        return Change(Kind.NEW, False, None, new.span, 0.0)
    old = a.units[pair.a]
    if old.bare == new.bare:
        return Change(Kind.KEPT, pair.moved, old.span, new.span, 1.0)
    runs = runs_of(old.span.text, new.span.text)
    return Change(Kind.EDITED, pair.moved, old.span, new.span, pair.likeness, runs)


def summary(a: Text, b: Text, sections: Sequence[SectionChange]) -> Summary:
    """Characters by what became of them."""
    counts = {(side, kind): 0 for side in "ab" for kind in Kind}
    moved = 0
    for section in sections:
        for found in section.changes:
            if found.a is not None:
                counts["a", found.kind] += found.a.size
            if found.b is not None:
                counts["b", found.kind] += found.b.size
                if found.a is not None and (found.moved or section.relation in TOGETHER):
                    moved += found.b.size
    return Summary(
        characters_a=sum(unit.span.size for unit in a.units),
        characters_b=sum(unit.span.size for unit in b.units),
        kept=counts["b", Kind.KEPT],
        edited=counts["b", Kind.EDITED],
        new=counts["b", Kind.NEW],
        moved=moved,
        kept_a=counts["a", Kind.KEPT],
        edited_a=counts["a", Kind.EDITED],
        dropped=counts["a", Kind.DROPPED],
    )
