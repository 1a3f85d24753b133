"""Places of the corpus as verbatim instances that can be cited and opened."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from indexer.backend import ROLES
from indexer.formulations.text import SENTENCE, Positions
from indexer.shapes import Metadata, Role
from indexer.store import Index
from search_api.citations import citation

PAIRS = dict(zip("“‘《（(〈【「『", "”’》）)〉】」』", strict=True))
AROUND = 60  # characters of its sentence that are shown on either side of an instance


@dataclass(frozen=True, slots=True)
class Instance:
    """Where a wording is printed: ``text == canonical_text[start:end]``."""

    meta: Metadata
    start: int
    end: int
    text: str
    before: str  # of its sentence
    after: str
    path: tuple[str, ...]
    role: Role
    page: int | None

    @property
    def sha256(self) -> str:
        """Hash of the text, UTF-8."""
        return sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def citation(self) -> str:
        """Its citation in one line."""
        return citation(self.meta, self.path, self.page, self.start, self.end)


def instances_at(index: Index, places: Positions, length: int) -> Iterator[Instance]:
    """The instances of ``length`` characters at these places, in their order."""
    held = index.formulations
    rows = held.report_of(places).tolist()
    for place, row in zip(places.tolist(), rows, strict=True):
        stored = index.report(index.metas[row].id)
        span = balanced(stored.text, *held.span(place, length, stored.text))
        sentence = marked_off(index, place, length, stored.text, SENTENCE)
        path, role, page = standing(index, row, span[0])
        yield Instance(
            meta=stored.meta,
            start=span[0],
            end=span[1],
            text=stored.text[span[0] : span[1]],
            before=stored.text[max(sentence[0], span[0] - AROUND) : span[0]],
            after=stored.text[span[1] : min(sentence[1], span[1] + AROUND)],
            path=path,
            role=role,
            page=page,
        )


def marked_off(index: Index, place: int, length: int, text: str, strength: int) -> tuple[int, int]:
    """Start and end in a report's text of what stands between marks of this strength."""
    held = index.formulations
    first, _ = held.sentence(place, strength)
    _, last = held.sentence(place + length - 1, strength)
    return balanced(text, *held.span(first, last - first, text))


def balanced(text: str, start: int, end: int) -> tuple[int, int]:
    """A span with the bracket or quotation mark that its own other half asks for."""
    inside = text[start:end]
    for opening, closing in PAIRS.items():
        if inside.count(opening) > inside.count(closing) and text[end : end + 1] == closing:
            end += 1
        if inside.count(closing) > inside.count(opening) and text[max(0, start - 1)] == opening:
            start -= 1
    return start, end


def standing(index: Index, row: int, offset: int) -> tuple[tuple[str, ...], Role, int | None]:
    """The headings, role and page of an offset in the report of a row."""
    first, last = np.searchsorted(index.column("report"), (row, row + 1)).tolist()
    starts, ends = index.column("start")[first:last], index.column("end")[first:last]
    at = int(np.searchsorted(starts, offset, side="right")) - 1
    sections = index.report(index.metas[row].id).sections
    page = int(index.column("page")[first + max(at, 0)]) or None if last > first else None
    if at >= 0 and offset < ends[at]:
        section = sections[int(index.column("section")[first + at])]
        return section.path, ROLES[int(index.column("role")[first + at])], page
    headed = [s for s in sections if s.start <= offset < max(s.end, s.start + 1)]
    return (headed[-1].path, headed[-1].role, page) if headed else ((), Role.INTRO, page)
