"""The shapes of what the index holds, of what is shared, and of the server's health."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from search_api.routes.schemas.common import (
    IndexLine,
    Offset,
    Page,
    PassageName,
    Path,
    ReportLine,
    ReportName,
    RoleName,
    Sha256,
    Shape,
)


class GlossedWord(Shape):
    """A word that the lexicon knows."""

    start: int = Field(description="Place in the text, in Unicode code points.")
    end: int = Field(description="Its end, exclusive.")
    word: str = Field(description="The word in its folded form.")
    gloss: str = Field(description="What it means, in English.")


class Glosses(Shape):
    """The words of a text with English glosses."""

    words: list[GlossedWord] = Field(description="In order; words without a gloss are left out.")


class CoveredRegion(Shape):
    """A region's reports."""

    code: str = Field(description="GB/T 2260 code; empty where the region is unknown.")
    label: str = Field(description="Full name.")
    reports: int = Field(description="Number of reports.")
    years: dict[str, int] = Field(description="Reports by year; the year “” is an unknown one.")


class Coverage(Shape):
    """The corpus in numbers."""

    reports: int = Field(description="Number of reports.")
    bureaus: int = Field(description="Number of bureaus.")
    passages: int = Field(description="Number of passages.")
    years: list[int] = Field(description="Years reported on.")
    level: Literal["province", "prefecture", "county"] = Field(description="Level of the rows.")
    regions: list[CoveredRegion] = Field(description="At most 40 rows.")
    more_regions: int = Field(description="Regions that were left out.")


class PassageInFull(ReportLine):
    """A passage in its section, with what verifies it."""

    passage_id: PassageName
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")
    text: str = Field(description="The passage: the report's text from start to end.")
    start: Offset
    end: Offset
    page: Page
    section_text: str = Field(description="The whole section.")
    section_start: Offset
    section_end: Offset
    text_sha256: Sha256
    citation: str = Field(description="Bureau, title, headings, page and span in one line.")


class Section(Shape):
    """A node of the outline, in reading order."""

    number: str = Field(description="As printed, e.g. （一）; empty without one.")
    heading: str = Field(description="Without its number.")
    start: Offset
    end: Offset
    parent: int | None = Field(description="Place of the parent in this list; null at the top.")
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")


class ReportInFull(ReportLine):
    """A report: metadata, section tree, canonical text."""

    file_url: str | None = Field(
        description="Address of the original, relative to the server; null if it is not there."
    )
    media_type: str = Field(description="Of the original.")
    sections: list[Section] = Field(description="The outline.")
    text: str = Field(description="The canonical text that all offsets count in.")
    text_sha256: Sha256


class EmbedderLine(Shape):
    """An embedding model."""

    name: str = Field(description="Its name.")
    digest: str = Field(description="Its version, or a hash of its weights.")
    dimension: int = Field(description="Numbers of a vector.")
    query_prompt: str = Field(description="Text put before a question.")
    passage_prompt: str = Field(description="Text put before a passage.")


class LedgerLine(Shape):
    """What became of an input file."""

    file: str = Field(description="Its name.")
    fate: Literal["indexed", "unchanged", "skipped", "failed"] = Field(description="How it ended.")
    reason: str = Field(
        description="Why it is not in the index, or what of it is not; empty if all of it is."
    )
    reason_zh: str = Field(description="The same in Chinese.")
    report_id: str = Field(description="Its report; empty if it is not in the index.")
    passages: int = Field(description="Number of passages.")


class FileCounts(Shape):
    """Input files by fate."""

    indexed: int = Field(description="Read and indexed.")
    unchanged: int = Field(description="Indexed before, and kept.")
    skipped: int = Field(description="Of no use here.")
    failed: int = Field(description="Could not be read.")


class ReportList(Shape):
    """One page of the reports of the index."""

    generation: str = Field(description="Name of the published state of the index.")
    created: str = Field(description="When it was made, ISO 8601, UTC.")
    reports: list[ReportLine] = Field(description="This page of them.")
    total: int = Field(description="Number of reports.")
    next: str | None = Field(description="Cursor of the next page; null on the last.")
    passages: int = Field(description="Number of passages.")
    embedder: EmbedderLine
    ledger: list[LedgerLine] = Field(
        description="Lines of this page's reports; on the first page also those of at most "
        "1,000 files that were skipped or failed."
    )
    files: FileCounts = Field(description="All input files by fate.")


class Verdict(Shape):
    """What became of a quote."""

    report_id: ReportName
    start: int = Field(description="As given.")
    end: int = Field(description="As given.")
    status: Literal["verbatim", "changed", "missing"] = Field(
        description="verbatim: the span says exactly this; changed: something else; "
        "missing: there is no such report or span."
    )
    now: str | None = Field(description="What the span says, its first 4,000 characters.")
    elsewhere: tuple[int, int] | None = Field(
        description="Where the quote stands in the report, if not there."
    )
    text_sha256: str | None = Field(description="SHA-256 of the report's text.")


class VerdictCounts(Shape):
    """Quotes by state."""

    verbatim: int = Field(description="Exactly there.")
    changed: int = Field(description="Something else is there.")
    missing: int = Field(description="Nothing is there.")


class Verdicts(Shape):
    """Quotes checked again."""

    quotes: list[Verdict] = Field(description="In the order given.")
    counts: VerdictCounts = Field(description="By state.")
    generation: str = Field(description="Name of the state of the index that was asked.")


class Uploaded(Shape):
    """A report that was added."""

    report_id: ReportName
    passages: int = Field(description="Number of its passages.")
    url: str = Field(description="Its address, relative to the server.")
    ledger: LedgerLine = Field(description="What became of the file.")
    generation: str = Field(description="The state of the index that has it.")


class Health(Shape):
    """The server answers."""

    status: Literal["ok"] = Field(description="Always ok.")
    generation: str = Field(description="Name of the state of the index that it answers from.")


class Readiness(IndexLine):
    """The server can be asked."""

    status: Literal["ready"] = Field(description="Always ready.")
    stale: bool = Field(description="Whether a newer generation is there but cannot be opened.")
