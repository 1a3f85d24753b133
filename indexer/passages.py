"""Sections -> passages: what is indexed, retrieved and cited.

A passage is a span of one section's text. A paragraph stays whole up to `LONGEST`
characters; a longer one is cut at its points (一是, 二是) and sentence ends, never within a
sentence; very short neighbours of one section are put together. White space between passages
is the only text of a section that belongs to none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from itertools import groupby, pairwise

from indexer.numbering import point_starts
from indexer.shapes import Outline, Paragraph, Passage

SHORTEST, GOAL, LONGEST = 60, 150, 220  # characters
ENDLESS = 350  # a sentence up to this length stays whole, a longer one is none
SENTENCE_END = re.compile("[。！？!?；;]+[”’」』）)]*")
CLAUSE_END = re.compile("[，、,：:]")
Span = tuple[int, int]


def cut_passages(report_id: str, outline: Outline) -> tuple[Passage, ...]:
    """The passages of a report in reading order."""
    passages = []
    for number, group in groupby(outline.paragraphs, key=lambda p: p.section):
        section = outline.sections[number]
        for start, end in cut_section(outline.text, list(group)):
            passages.append(
                Passage(
                    report_id=report_id,
                    start=start,
                    end=end,
                    text=outline.text[start:end],
                    section=number,
                    path=section.path,
                    role=section.role,
                    page=outline.page_at(start),
                )
            )
    return tuple(passages)


def cut_section(text: str, paragraphs: Sequence[Paragraph]) -> list[Span]:
    """The spans of the passages of one section."""
    spans: list[Span] = []
    for paragraph in paragraphs:
        for span in cut_paragraph(text, paragraph.start, paragraph.end):
            if spans and _belongs(spans[-1], span):
                spans[-1] = (spans[-1][0], span[1])
            else:
                spans.append(span)
    return [_trim(text, span) for span in spans]


def _belongs(before: Span, span: Span) -> bool:
    """Whether one of two neighbours is too short to stand alone and both fit together."""
    short = min(before[1] - before[0], span[1] - span[0]) < SHORTEST
    return short and span[1] - before[0] <= GOAL


def cut_paragraph(text: str, start: int, end: int) -> list[Span]:
    """Cut a paragraph of more than `LONGEST` characters into even stretches."""
    if end - start <= LONGEST:
        return [(start, end)]
    points = {start + at for at in point_starts(text[start:end])}
    spans: list[Span] = []
    for unit in _units(text[start:end], start, points):
        if spans and unit[0] not in points and _takes(spans[-1], unit):
            spans[-1] = (spans[-1][0], unit[1])
        else:
            spans.append(unit)
    return _absorb_stubs(spans)


def _takes(span: Span, unit: Span) -> bool:
    """Whether a stretch that is still short takes in the next sentence."""
    return span[1] - span[0] < GOAL and unit[1] - span[0] <= LONGEST


def _absorb_stubs(spans: list[Span]) -> list[Span]:
    """Join neighbours where one came out too short and both fit together."""
    joined: list[Span] = []
    for span in spans:
        before = joined[-1] if joined else span
        short = min(span[1] - span[0], before[1] - before[0]) < SHORTEST
        if joined and short and span[1] - before[0] <= LONGEST:
            joined[-1] = (before[0], span[1])
        else:
            joined.append(span)
    return joined


def _units(body: str, start: int, points: Collection[int]) -> list[Span]:
    """Sentences, also cut at points; one of more than `ENDLESS` characters at its clauses."""
    cuts = {m.end() for m in SENTENCE_END.finditer(body)} | {at - start for at in points}
    units = []
    for a, b in pairwise(sorted(cuts | {0, len(body)})):
        while b - a > ENDLESS:
            near = [m.end() for m in CLAUSE_END.finditer(body, a + SHORTEST, a + LONGEST)]
            cut = near[-1] if near else a + LONGEST
            units.append((start + a, start + cut))
            a = cut
        units.append((start + a, start + b))
    return units


def _trim(text: str, span: Span) -> Span:
    start, end = span
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def split_sentences(text: str) -> list[Span]:
    """Spans of the sentences of ``text`` (ends at 。！？; points and ； also divide)."""
    cuts = {m.end() for m in SENTENCE_END.finditer(text)} | set(point_starts(text))
    edges = sorted(cuts | {0, len(text)})
    spans = [_trim(text, span) for span in pairwise(edges)]
    return [span for span in spans if span[0] < span[1]]
