"""A question asked of many bureaus and years at once: the best evidence in every cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from indexer.backend import Chosen
from indexer.shapes import Metadata
from search_api.answer import Quote, quote_of, sentences_of
from search_api.citations import citation
from search_api.engine import Engine, Hit
from search_api.fields import Fields, expansion_fields
from search_api.filters import Filters, allowed_reports, restrict
from search_api.fusion import Candidate
from search_api.query import Query, parse_query

MOST_ROWS = 50
FOUND = 0.3  # relevance of its best passage from which a report is said to have it


class State(StrEnum):
    """What is known of a bureau and a year. Not found is not the same as not done."""

    FOUND = "found"
    NOT_FOUND = "not_found"
    NO_REPORT = "no_report"


@dataclass(frozen=True, slots=True)
class Cell:
    """The best evidence of one bureau and year; of what was not found, the closest."""

    year: int | None
    state: State
    hit: Hit | None = None
    quote: Quote | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One bureau; a cell for every year of the comparison, in its order."""

    meta: Metadata  # of one of its reports: its issuer and region
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Bureaus against years; ``left_out`` counts bureaus beyond `MOST_ROWS`."""

    query: Query
    years: tuple[int | None, ...]
    rows: tuple[Row, ...]
    left_out: int

    @property
    def counts(self) -> dict[State, int]:
        """How many cells are in which state."""
        counted = Counter(cell.state for row in self.rows for cell in row.cells)
        return {state: counted[state] for state in State}


def compare(
    engine: Engine,
    text: str,
    *,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    expand: bool = True,
) -> Comparison:
    """What each bureau that ``filters`` allow says to a question, year by year.

    The years are those chosen, else all that those bureaus report on. Of more than `MOST_ROWS`
    bureaus, those with the best evidence are shown. Rows go by region, then by name.

    :raises BadInput: for an unusable question or filter.
    """
    query = parse_query(text, expand=expand)
    allowed = restrict(engine.index, filters)
    bureaus = reports_by_issuer(engine, replace(filters, year=(), role=()))
    chosen = list(bureaus)
    if len(chosen) > MOST_ROWS:
        chosen = strongest(engine, query, filters, bureaus)
        reports = tuple(meta.id for issuer in chosen for meta in bureaus[issuer])
        allowed = restrict(engine.index, replace(filters, report=reports))
    best = best_by_report(engine, query, allowed)
    years = filters.year or years_of(meta for issuer in chosen for meta in bureaus[issuer])
    rows = [
        Row(bureaus[issuer][0], tuple(cells_of(engine, query, bureaus[issuer], years, best)))
        for issuer in chosen
    ]
    rows.sort(key=lambda row: (row.meta.region.code, row.meta.issuer))
    return Comparison(query, tuple(years), tuple(rows), len(bureaus) - len(rows))


def reports_by_issuer(engine: Engine, filters: Filters) -> dict[str, list[Metadata]]:
    """The reports that ``filters`` allow, by bureau."""
    found: dict[str, list[Metadata]] = {}
    for row in np.flatnonzero(allowed_reports(engine.index, filters)).tolist():
        meta = engine.index.metas[row]
        found.setdefault(meta.issuer, []).append(meta)
    return found


def strongest(
    engine: Engine, query: Query, filters: Filters, bureaus: Mapping[str, object]
) -> list[str]:
    """The `MOST_ROWS` bureaus with the best passages; others follow as they come."""
    ranked = engine.rank(query, restrict(engine.index, filters), diversity=1)
    reports = engine.index.facts(ranked.row)[0].tolist()
    issuers = [engine.index.metas[report].issuer for report in reports]
    return list(dict.fromkeys([*issuers, *bureaus]))[:MOST_ROWS]


def best_by_report(engine: Engine, query: Query, chosen: Chosen) -> dict[str, Hit]:
    """The best hit of each report with a chosen passage, by report id."""
    size = engine.index.count(chosen)
    if not size:
        return {}
    ranked = engine.rank(query, chosen, pool=size, diversity=0, voice=engine.voice(query))
    first: dict[int, Candidate] = {}
    for report, found in zip(engine.index.facts(ranked.row)[0].tolist(), ranked, strict=True):
        first.setdefault(report, found)
    hits = (engine.hit(n, found, query) for n, found in enumerate(first.values(), 1))
    return {hit.meta.id: hit for hit in hits}


def years_of(metas: Iterable[Metadata]) -> list[int | None]:
    """The years reported on, in order; last None, if a report has none."""
    years = {meta.year for meta in metas}
    return sorted(years, key=lambda year: (year is None, year or 0))


def cells_of(
    engine: Engine,
    query: Query,
    metas: Sequence[Metadata],
    years: Iterable[int | None],
    best: Mapping[str, Hit],
) -> Iterator[Cell]:
    """A cell for every year from one bureau's reports and the best hit of each."""
    vector = engine.embedder.embed_query(query.read)
    for year in years:
        reports = [meta.id for meta in metas if meta.year == year]
        hits = [best[report] for report in reports if report in best]
        if not hits:
            yield Cell(year, State.NOT_FOUND if reports else State.NO_REPORT)
            continue
        hit = max(hits, key=lambda hit: hit.score)
        sentence = max(sentences_of(engine, hit, vector), key=lambda s: s.score)
        state = State.FOUND if hit.score >= FOUND else State.NOT_FOUND
        yield Cell(year, state, hit, quote_of(sentence))


def comparison_fields(found: Comparison) -> Fields:
    """A comparison as the interface sends it."""
    return {
        "query": found.query.text,
        "corrections": [list(pair) for pair in found.query.corrections],
        "expansion": expansion_fields(found.query.expansion),
        "years": list(found.years),
        "rows": [
            {
                "issuer": row.meta.issuer,
                "region": row.meta.region.name,
                "region_code": row.meta.region.code,
                "cells": [cell_fields(cell) for cell in row.cells],
            }
            for row in found.rows
        ],
        "counts": {str(state): n for state, n in found.counts.items()},
        "more_issuers": found.left_out,
        "floor": FOUND,
    }


def cell_fields(cell: Cell) -> Fields:
    """One cell; its evidence where the report was found to have it, else the closest."""
    fields: Fields = {"year": cell.year, "state": str(cell.state)}
    if cell.hit is None or cell.quote is None:
        return fields | {"report_id": None, "score": None, "evidence": None}
    quote, hit = cell.quote, cell.hit
    evidence = {
        "passage_id": quote.passage_id,
        "report_id": hit.meta.id,
        "title": hit.meta.title,
        "heading_path": list(quote.path),
        "role": str(hit.passage.role),
        "page": quote.page,
        "text": quote.text,
        "start": quote.start,
        "end": quote.end,
        "sha256": quote.sha256,
    }
    return fields | {
        "report_id": hit.meta.id,
        "score": round(hit.score, 4),
        "evidence": evidence,
    }


def comparison_rows(found: Comparison) -> list[Fields]:
    """A flat row for every cell, for a table in a file."""
    return [flat_row(row, cell) for row in found.rows for cell in row.cells]


def flat_row(row: Row, cell: Cell) -> Fields:
    """One cell as a row of a table."""
    hit, quote = cell.hit, cell.quote
    return {
        "issuer": row.meta.issuer,
        "region": row.meta.region.name,
        "year": cell.year,
        "state": str(cell.state),
        "score": round(hit.score, 4) if hit else None,
        "report_id": hit.meta.id if hit else "",
        "start": quote.start if quote else None,
        "end": quote.end if quote else None,
        "quote": quote.text if quote else "",
        "citation": cited(hit.meta, quote) if hit and quote else "",
    }


def cited(meta: Metadata, quote: Quote) -> str:
    """The citation of a quote in one line."""
    return citation(meta, quote.path, quote.page, quote.start, quote.end)
