"""What a corpus covers: reports by region and year."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.backend import Backend
from indexer.shapes import Level, Metadata
from search_api.faceting import region_labels
from search_api.fields import Fields

MOST_ROWS = 40
LEVELS = (Level.COUNTY, Level.PREFECTURE, Level.PROVINCE)


@dataclass(frozen=True, slots=True)
class Row:
    """One region and its reports by year; the year "" is a report without one."""

    code: str
    label: str
    years: dict[str, int]


def coverage(metas: Sequence[Metadata]) -> tuple[Level, list[Row]]:
    """The finest level at which regions fill at most `MOST_ROWS` rows, and the rows.

    At the province's level there may be more; a report of unknown region has the code "".
    """
    for level in LEVELS:
        rows = rows_at(metas, level)
        if len(rows) <= MOST_ROWS:
            break
    return level, rows


def rows_at(metas: Sequence[Metadata], level: Level) -> list[Row]:
    """Reports counted by the region of this level that they lie in, by code."""
    depth = len(LEVELS) - LEVELS.index(level)
    labels: dict[str, str] = {}
    years: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for meta in metas:
        chain = list(region_labels(meta))[:depth]
        code, label = chain[-1] if chain else ("", "")
        labels[code] = label
        years[code][str(meta.year or "")] += 1
    return [Row(code, labels[code], dict(sorted(years[code].items()))) for code in sorted(labels)]


def coverage_fields(index: Backend) -> Fields:
    """The corpus in numbers, and the table of regions and years."""
    metas = index.metas
    level, rows = coverage(metas)
    shown = rows[:MOST_ROWS]
    return {
        "reports": len(metas),
        "bureaus": len({meta.issuer for meta in metas}),
        "passages": len(index),
        "years": sorted({meta.year for meta in metas if meta.year}),
        "level": str(level),
        "regions": [
            {
                "code": row.code,
                "label": row.label,
                "reports": sum(row.years.values()),
                "years": row.years,
            }
            for row in shown
        ],
        "more_regions": len(rows) - len(shown),
    }
