"""Where a passage stands: its section's text around it."""

from __future__ import annotations

from indexer.backend import Backend
from indexer.records import StoredReport
from indexer.shapes import Passage


def section_span(index: Backend, report: StoredReport, passage: Passage) -> tuple[int, int]:
    """The span of the section that ``passage`` belongs to, heading included."""
    section = report.sections[passage.section]
    passages = map(index.passage, index.rows_of_report(report.meta.id).tolist())
    own = [p for p in passages if p.section == passage.section]
    return min(section.start, *(p.start for p in own)), max(section.end, *(p.end for p in own))
