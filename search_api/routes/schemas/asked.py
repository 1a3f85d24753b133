"""The shapes of what is found for a question."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from search_api.routes.schemas.common import (
    Corrections,
    IndexLine,
    Matched,
    Offset,
    Page,
    PassageName,
    Path,
    ReportLine,
    ReportName,
    RoleName,
    Score,
    Sha256,
    Shape,
    Year,
)


class ExpandedTerm(Shape):
    """A term of the question and the words that were searched with it."""

    term: str = Field(description="English term, or Chinese term with variants.")
    words: list[str] = Field(description="Chinese words that it was carried to.")


Expansion = Annotated[list[ExpandedTerm], Field(description="What was searched beside the words.")]


class Hit(Shape):
    """A ranked passage with what cites it."""

    rank: int = Field(description="Place in the whole list, from 1.")
    passage_id: PassageName
    report_id: ReportName
    title: str = Field(description="Title of the report.")
    issuer: str = Field(description="The bureau.")
    region: str = Field(description="Full name of its region; empty if unknown.")
    year: Year
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")
    text: str = Field(description="The passage: the report's text from start to end.")
    start: Offset
    end: Offset
    page: Page
    score: Score
    matched: Matched = Field(description="Found by its words, its meaning or both.")
    same_as: str | None = Field(
        description="An earlier hit of this answer with nearly the same wording, or null."
    )


class MarkedHit(Hit):
    """A hit of a search."""

    marks: list[tuple[int, int]] = Field(
        description="Spans of `text` (not of the report) that hold words of the question."
    )


class Facet(Shape):
    """A value that the list can be filtered by."""

    value: str = Field(description="What the filter takes.")
    label: str = Field(description="What a person reads.")
    count: int = Field(description="Ranked passages that have it.")
    selected: bool = Field(description="Whether it is chosen now.")
    toggle_url: str = Field(description="Address with the choice added, or taken back.")


class Facets(Shape):
    """Values with counts, by the name of the filter."""

    issuer: list[Facet] = Field(description="Bureaus.")
    region: list[Facet] = Field(description="Regions of all levels.")
    year: list[Facet] = Field(description="Years reported on.")
    level: list[Facet] = Field(description="Levels of bureaus.")
    role: list[Facet] = Field(description="What sections are for.")


class Without(Shape):
    """What would be left without one of the chosen filters."""

    name: str = Field(description="Name of the filter.")
    values: list[str] = Field(description="What was chosen for it.")
    total: int = Field(description="Passages that the other filters allow.")


class SearchPage(Shape):
    """One page of ranked passages."""

    query: str = Field(description="The question as it was asked.")
    corrections: Corrections
    expansion: Expansion
    total: int = Field(description="Number of ranked passages.")
    hits: list[MarkedHit] = Field(description="This page of them, best first.")
    facets: Facets = Field(description="What the list can be filtered by.")
    without: list[Without] = Field(
        description="Where nothing is found under filters: which of them leaves nothing."
    )
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    index: IndexLine
    took_ms: float = Field(description="Time in the server, in milliseconds.")


class Term(Shape):
    """A term of the field and its meaning."""

    word: str = Field(description="The term.", examples=["领导包案"])
    gloss: str = Field(description="What it means.")


class Quote(Shape):
    """A verbatim sentence."""

    passage_id: PassageName
    heading_path: Path
    text: str = Field(description="The sentence: the report's text from start to end.")
    start: Offset
    end: Offset
    page: Page
    score: float = Field(description="How well it answers, 0 to 1.")
    sha256: Sha256
    terms: list[Term] = Field(
        description="Its terms explained, for a question in English.", examples=[[]]
    )


class Bureau(ReportLine):
    """What one report says to the question."""

    quotes: list[Quote] = Field(description="Its sentences, in the order of the text.")


class FacetList(Shape):
    """What can be filtered by."""

    facets: Facets = Field(description="Values with counts.")
    index: IndexLine


class Evidence(Shape):
    """The sentence that a cell of a comparison stands on."""

    passage_id: PassageName
    report_id: ReportName
    title: str = Field(description="Title of the report.")
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")
    page: Page
    text: str = Field(description="The sentence: the report's text from start to end.")
    start: Offset
    end: Offset
    sha256: Sha256


class Cell(Shape):
    """One bureau and year."""

    year: Year
    state: Literal["found", "not_found", "no_report"] = Field(
        description="Not found is not the same as not done."
    )
    report_id: str | None = Field(description="The report; null if there is none.")
    score: float | None = Field(description="Relevance of the evidence, 0 to 1.")
    evidence: Evidence | None = Field(description="Best evidence; where not found, the closest.")


class ComparedBureau(Shape):
    """A row of a comparison."""

    issuer: str = Field(description="The bureau.")
    region: str = Field(description="Full name of its region.")
    region_code: str = Field(description="GB/T 2260 code.")
    cells: list[Cell] = Field(description="One for every year, in the order of `years`.")


class StateCounts(Shape):
    """Cells by state."""

    found: int = Field(description="Cells with evidence.")
    not_found: int = Field(description="Cells whose report has none.")
    no_report: int = Field(description="Cells without a report.")


class Comparison(Shape):
    """A question asked of many bureaus and years."""

    query: str = Field(description="The question as it was asked.")
    corrections: Corrections
    expansion: Expansion
    years: list[int | None] = Field(description="The columns; null, reports without a year, last.")
    rows: list[ComparedBureau] = Field(description="At most 50 bureaus, by region.")
    counts: StateCounts = Field(description="Cells by state.")
    more_issuers: int = Field(description="Bureaus that were left out.")
    floor: float = Field(description="Relevance from which a report is said to have it.")
    index: IndexLine
