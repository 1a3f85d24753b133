"""The shapes of a comparison of two reports. ``a`` is the first of them, ``b`` the second."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from indexer.shapes import Metadata, Role


class Kind(StrEnum):
    """What became of a sentence."""

    KEPT = "kept"  # the same letters and digits
    EDITED = "edited"
    NEW = "new"  # only in b
    DROPPED = "dropped"  # only in a


class Relation(StrEnum):
    """What became of a section."""

    KEPT = "kept"  # one section on either side, in the same order
    MOVED = "moved"  # one on either side, elsewhere in the order or in another part
    MERGED = "merged"  # several of a in one of b
    SPLIT = "split"  # one of a in several of b
    REGROUPED = "regrouped"  # several in several
    NEW = "new"
    DROPPED = "dropped"


class Op(StrEnum):
    """What became of a stretch of an edited sentence."""

    SAME = "same"
    DELETED = "deleted"
    INSERTED = "inserted"


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a report: ``text == canonical_text[start:end]``."""

    report_id: str
    start: int
    end: int
    text: str
    path: tuple[str, ...]
    role: Role
    page: int | None = None
    passage_id: str | None = None  # of the passage that it lies in; None for a heading

    @property
    def sha256(self) -> str:
        """Hash of the text, UTF-8."""
        return sha256(self.text.encode("utf-8")).hexdigest()

    @property
    def size(self) -> int:
        """Characters that are not white space: what shares are counted in."""
        return sum(not c.isspace() for c in self.text)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of an edited sentence; both texts are made of their runs in order."""

    op: Op
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """A sentence of ``a``, of ``b``, or of both; ``moved`` within its section or out of it.

    ``likeness`` is the share of characters that both have in common in order, 0 to 1.
    """

    kind: Kind
    moved: bool
    a: Span | None
    b: Span | None
    likeness: float
    runs: tuple[Run, ...] = ()  # only of an edited sentence


@dataclass(frozen=True, slots=True)
class SectionChange:
    """Sections that became each other, and their sentences in the order of ``b``.

    What ``a`` alone has stands after what stood before it there. A sentence that left for
    another section is listed where it went to.
    """

    relation: Relation
    a: tuple[Span, ...]  # their headings
    b: tuple[Span, ...]
    changes: tuple[Change, ...]
    heading: tuple[Run, ...] = ()  # where one heading became another


@dataclass(frozen=True, slots=True)
class Summary:
    """Characters (not white space) of the sentences: how many of either report are what."""

    characters_a: int
    characters_b: int
    kept: int  # of b
    edited: int  # of b
    new: int  # of b
    moved: int  # of b, kept or edited, alone or with their section
    kept_a: int
    edited_a: int
    dropped: int  # of a


@dataclass(frozen=True, slots=True)
class Value:
    """A number of a report and the words that say it."""

    value: float
    upper: float | None  # the other end of a range
    approx: bool
    period: str
    span: Span  # the clause
    start: int  # of the number itself, in the report
    end: int


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of the same name and unit in both reports."""

    name: str
    subject: str
    unit: str
    a: Value
    b: Value

    @property
    def difference(self) -> float | None:
        """``b`` less ``a``; None where one of them is a range."""
        if self.a.upper is not None or self.b.upper is not None:
            return None
        return round(self.b.value - self.a.value, 10)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may say what became of a plan."""

    span: Span
    score: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class PlanResult:
    """A sentence of a plan, and where the later report may answer it, best first."""

    plan: Span
    candidates: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Plans:
    """The plans of the earlier report; ``left_out`` counts sentences beyond what is looked at."""

    earlier: Metadata
    later: Metadata
    results: tuple[PlanResult, ...]
    left_out: int


@dataclass(frozen=True, slots=True)
class Changes:
    """What became of one report in another."""

    a: Metadata
    b: Metadata
    summary: Summary
    sections: tuple[SectionChange, ...]
    figures: tuple[Figure, ...]
