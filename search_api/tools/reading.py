"""The tools that take the name of a passage or report: get_passage, outline, verify_quote."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from indexer.records import StoredReport
from indexer.shapes import Passage
from search_api.engine import Engine
from search_api.fields import Fields, meta_fields, passage_fields, section_fields
from search_api.reading import section_span
from search_api.routes.schemas.common import IndexLine, ReportLine, Shape
from search_api.routes.schemas.held import PassageInFull, Section
from search_api.serving.listing import index_line
from search_api.sharing.quotes import Quote, State, Verdict, checked, verdict_fields, verify
from search_api.tools.searching import QUOTED
from search_api.tools.tool import Arguments, Name, Tool

MOST_CONTEXT = 20_000  # characters of a section
MOST_SECTIONS = 500  # of an outline
LONGEST_QUOTE = 20_000  # characters


class PassageArguments(Arguments):
    """What get_passage takes."""

    passage_id: Annotated[
        Name, Field(description="As search gives it.", examples=["yongan-2024:1849-1980"])
    ]
    context: Annotated[
        int,
        Field(ge=0, le=MOST_CONTEXT, description="Characters of the section around the passage."),
    ] = 2000


class PassageRead(PassageInFull):
    """A passage with what stands around it in its section."""

    section_cut: bool = Field(description="Whether the section is longer than section_text.")
    index: IndexLine


def get_passage(engine: Engine, asked: PassageArguments) -> Fields:
    """A passage with what stands around it, its citation and what verifies it."""
    index = engine.index
    found = index.passage(index.row_of(asked.passage_id))
    stored = index.report(found.report_id)
    whole = section_span(index, stored, found)
    span = around(found, whole, asked.context)
    fields = passage_fields(stored, found, span)
    return fields | {"section_cut": span != whole, "index": index_line(engine)}


def around(passage: Passage, section: tuple[int, int], most: int) -> tuple[int, int]:
    """The part of a section that holds a passage and at most ``most`` characters beside it.

    Half of them stand before it, where there are so many on both sides.
    """
    first, last = section
    before, after = passage.start - first, last - passage.end
    lead = min(before, max(most // 2, most - after))
    return passage.start - lead, passage.end + min(after, most - lead)


class OutlineArguments(Arguments):
    """What get_report_outline takes."""

    report_id: Annotated[Name, Field(description="Id of a report.", examples=["yongan-2024"])]


class OutlineRead(ReportLine):
    """A report's metadata and headings."""

    sections: list[Section] = Field(description="In reading order.")
    more_sections: int = Field(description="Sections that were left out.")
    characters: int = Field(description="Length of the report's text.")
    text_uri: str = Field(description="The resource that holds the text.")
    text_sha256: str = Field(description="SHA-256 of the text.")
    index: IndexLine


def get_report_outline(engine: Engine, asked: OutlineArguments) -> Fields:
    """A report's metadata and section tree."""
    from search_api.tools.resources import report_uri

    stored = engine.index.report(asked.report_id)
    return meta_fields(stored.meta) | {
        "sections": [section_fields(section) for section in stored.sections[:MOST_SECTIONS]],
        "more_sections": max(0, len(stored.sections) - MOST_SECTIONS),
        "characters": len(stored.text),
        "text_uri": report_uri(stored.meta.id),
        "text_sha256": stored.text_sha256,
        "index": index_line(engine),
    }


class QuoteArguments(Arguments):
    """What verify_quote takes."""

    report_id: Annotated[Name, Field(description="Id of a report.", examples=["yongan-2024"])]
    text: Annotated[
        str,
        Field(min_length=1, max_length=LONGEST_QUOTE, description="What is said to stand there."),
    ]
    start: Annotated[
        int | None,
        Field(ge=0, description="Where it begins; without it the whole report is looked through."),
    ] = None
    end: Annotated[
        int | None, Field(ge=0, description="Where it ends, exclusive; by default by its length.")
    ] = None


class Checked(Shape):
    """What became of a quote."""

    report_id: str = Field(description="Id of the report.")
    start: int | None = Field(description="Where it begins; null if that was asked and is nowhere.")
    end: int | None = Field(description="Where it ends, exclusive.")
    status: State = Field(
        description="verbatim: exactly this stands there; changed: something else does; "
        "missing: there is no such report, span or text."
    )
    now: str | None = Field(description="What stands there, its first 4,000 characters.")
    elsewhere: list[int] | None = Field(
        description="[start, end] of the first place where the quote stands instead."
    )
    text_sha256: str | None = Field(description="SHA-256 of the report's text.")
    index: IndexLine


def verify_quote(engine: Engine, asked: QuoteArguments) -> Fields:
    """Whether a quote stands in a report, word for word."""
    if asked.start is None:
        fields = found_anywhere(engine.index.report(asked.report_id), asked.text)
    else:
        end = asked.start + len(asked.text) if asked.end is None else asked.end
        quote = Quote(asked.report_id, asked.start, end, asked.text)
        fields = verdict_fields(verify(engine.index, [quote])[0])
    return fields | {"index": index_line(engine)}


def found_anywhere(stored: StoredReport, text: str) -> Fields:
    """The verdict on a quote that may stand in any place of a report."""
    place = stored.text.find(text)
    if place < 0:
        quote = Quote(stored.meta.id, 0, 0, text)
        missing = verdict_fields(Verdict(quote, State.MISSING, None, None, stored.text_sha256))
        return missing | {"start": None, "end": None}
    quote = Quote(stored.meta.id, place, place + len(text), text)
    return verdict_fields(checked(quote, stored.text, stored.text_sha256))


TOOLS = (
    Tool(
        "get_passage",
        "Read a passage in its section",
        "A passage by its passage_id: the exact text, its citation line, the hash of the report, "
        "and the text around it in its section." + QUOTED,
        PassageArguments,
        PassageRead,
        get_passage,
    ),
    Tool(
        "get_report_outline",
        "Read a report's outline",
        "A report's title, bureau, region, year and headings with their character spans and roles "
        "(work done, leader's duty, problems, plans), and the address of its text as a resource."
        + QUOTED,
        OutlineArguments,
        OutlineRead,
        get_report_outline,
    ),
    Tool(
        "verify_quote",
        "Check a quote",
        "Whether a quote stands in a report word for word, at the span given or anywhere. Call it "
        "for every quotation before you hand it on.",
        QuoteArguments,
        Checked,
        verify_quote,
    ),
)
