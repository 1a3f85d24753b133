"""A report as sections and sentences, each sentence with a vector made of its clauses'.

A sentence ends at 。！？ or ；, or before a point (一是); a piece without words of its own goes
with the sentence before it. A section without text whose heading has no sections under it is
itself a sentence: short numbered items are written like that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from indexer.embedders import FloatArray
from indexer.focus import split_clauses
from indexer.passages import split_sentences
from indexer.records import StoredReport
from indexer.shapes import BadInput, Passage, Role
from indexer.store import Index
from search_api.changes.shapes import Span
from search_api.changes.wording import bare

LONGEST_REPORT = 400_000  # characters of a report that can be compared: more than 1 MB of text
MOST_UNITS = 12_000  # sentences of one
SHORTEST = 4  # letters; a shorter piece is no sentence of its own


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence; ``bare`` is what it is compared by, ``section`` the place in `Text.sections`."""

    span: Span
    bare: str
    section: int


@dataclass(frozen=True, slots=True)
class Part:
    """A section that has text of its own; ``head`` is its heading as it is compared."""

    heading: Span  # of its heading; empty where it has none
    head: str
    role: Role
    top: str  # the heading of the first level above it, as it is compared
    units: range  # places in `Text.units`
    size: int  # letters


@dataclass(frozen=True, slots=True)
class Text:
    """A report cut up; ``vectors`` has a row a unit, of length 1 or of zeros."""

    report: StoredReport
    parts: tuple[Part, ...]
    units: tuple[Unit, ...]
    vectors: FloatArray


def text_of(index: Index, report: StoredReport) -> Text:
    """Cut up a report of ``index``.

    :raises BadInput: if it is too long to be compared.
    """
    if len(report.text) > LONGEST_REPORT:
        raise too_long(report, len(report.text), "characters", "字", LONGEST_REPORT)
    by_section: dict[int, list[tuple[Span, FloatArray]]] = {}
    for row in rows_of(index, report.meta.id):
        passage = index.passage(row)
        found = sentences_of(passage, index.clauses.of(row))
        by_section.setdefault(passage.section, []).extend(found)
    units: list[Unit] = []
    parts: list[Part] = []
    vectors: list[FloatArray] = []
    for number in range(len(report.sections)):
        own = by_section.get(number) or list(as_sentence(index, report, number))
        if not own:
            continue
        place = len(parts)
        made = [Unit(span, bare(span.text), place) for span, _ in own]
        parts.append(part_of(report, number, range(len(units), len(units) + len(made)), made))
        units += made
        vectors += [vector for _, vector in own]
    if len(units) > MOST_UNITS:
        raise too_long(report, len(units), "sentences", "句", MOST_UNITS)
    dimension = index.manifest.embedder.dimension
    stacked = np.array(vectors, dtype=np.float32).reshape(len(units), dimension)
    return Text(report, tuple(parts), tuple(units), stacked)


def too_long(report: StoredReport, count: int, en: str, zh: str, most: int) -> BadInput:
    """The refusal of a report that would take too long to compare."""
    return BadInput(
        f"report “{report.meta.id}” has {count:,} {en}, at most {most:,} can be compared: "
        "split its file and index the parts",
        f"报告 “{report.meta.id}” 共 {count:,} {zh}，"
        f"最多可比较 {most:,} {zh}：请拆分文件后重新索引",
    )


def rows_of(index: Index, report_id: str) -> range:
    """The rows of a report's passages."""
    number = next(n for n, meta in enumerate(index.metas) if meta.id == report_id)
    first, last = np.searchsorted(index.column("report"), (number, number + 1))
    return range(int(first), int(last))


def sentences_of(passage: Passage, clauses: FloatArray) -> Iterator[tuple[Span, FloatArray]]:
    """The sentences of a passage with their vectors; ``clauses`` are those of its clauses."""
    spans = split_clauses(passage.text)
    starts = np.array([start for start, _ in spans])
    ends = np.array([end for _, end in spans])
    for start, end in joined(passage.text):
        own = (starts < end) & (start < ends)
        total = clauses[own].sum(axis=0)
        length = float(np.linalg.norm(total))
        first = passage.start + start
        span = Span(
            passage.report_id,
            first,
            passage.start + end,
            passage.text[start:end],
            passage.path,
            passage.role,
            passage.page,
            passage.id,
        )
        yield span, total / max(1e-6, length)


def joined(text: str) -> list[tuple[int, int]]:
    """Spans of the sentences of ``text``, a piece that says nothing with the one before it."""
    found: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        letters = sum(c.isalnum() for c in text[start:end])
        if found and letters < SHORTEST:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def as_sentence(
    index: Index, report: StoredReport, number: int
) -> Iterator[tuple[Span, FloatArray]]:
    """The heading of a section, if nothing stands under it."""
    section = report.sections[number]
    below = number + 1 < len(report.sections) and report.sections[number + 1].parent == number
    if section.start < section.end and not below:
        yield heading_span(report, number), np.zeros(index.manifest.embedder.dimension, np.float32)


def heading_span(report: StoredReport, number: int) -> Span:
    """A section's heading as a span of the report; of the half of a divided section, the whole's.

    Empty for text that stands under no heading of its own.
    """
    section = report.sections[number]
    if section.heading and section.start == section.end:
        same = (s for s in report.sections if s.path == section.path and s.start < s.end)
        whole = next(same, section)
    else:
        whole = section
    text = report.text[whole.start : whole.end]
    return Span(report.meta.id, whole.start, whole.end, text, section.path, section.role)


def part_of(report: StoredReport, number: int, units: range, own: list[Unit]) -> Part:
    """A section with its sentences."""
    section = report.sections[number]
    top = section.path[0] if section.path else ""
    return Part(
        heading=heading_span(report, number),
        head=bare(section.heading) if section.heading else "",
        role=section.role,
        top=bare(top) if top else "",
        units=units,
        size=sum(len(unit.bare) for unit in own),
    )
