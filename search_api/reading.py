"""Where a passage stands: its section's text around it."""

from __future__ import annotations

from indexer.records import StoredReport
from indexer.shapes import Passage
from indexer.store import Index


def section_span(index: Index, report: StoredReport, passage: Passage) -> tuple[int, int]:
    """The span of the section that ``passage`` belongs to, heading included."""
    section = report.sections[passage.section]
    rows = (index.column("report") == _row_of(index, report)) & (
        index.column("section") == passage.section
    )
    starts, ends = index.column("start")[rows], index.column("end")[rows]
    return min(section.start, int(starts.min())), max(section.end, int(ends.max()))


def _row_of(index: Index, report: StoredReport) -> int:
    return next(n for n, meta in enumerate(index.metas) if meta.id == report.meta.id)
