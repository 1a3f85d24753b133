"""The shapes of an article's findings."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from search_api.changes.shapes import Op
from search_api.routes.schemas.common import Shape
from search_api.routes.schemas.held import VerdictCounts
from search_api.sharing.differences import Remark


class DifferenceRun(Shape):
    """A stretch of a quote held against its span."""

    op: Op = Field(
        description="same: both say it; inserted: the article alone; deleted: the report alone."
    )
    text: str = Field(description="The words.")


class Finding(Shape):
    """What became of a quote, or of a footnote."""

    kind: Literal["quote", "footnote"] = Field(description="What was checked.")
    footnote: str | None = Field(description="Label of the footnote; null where there is none.")
    line: int = Field(description="Line of the article, from 1.")
    text: str = Field(description="The quote or footnote, its first 4,000 characters.")
    report_id: str | None = Field(description="The report that the footnote names, or null.")
    start: int | None = Field(description="Where the footnote says that the quote begins.")
    end: int | None = Field(description="Where it says that it ends, exclusive.")
    status: Literal["verbatim", "changed", "missing"] = Field(
        description="verbatim: the words stand there, layout and the form of quotation marks "
        "apart; changed: other words do, or the footnote is not the report’s; missing: nothing "
        "can be checked."
    )
    remarks: list[Remark] = Field(
        description="marks: other quotation marks; part: whole sentences of the span, or a "
        "phrase; shortened: …… says what is left out; cut: nothing says it; script: traditional "
        "or full-width characters; punctuation, numbers, words: what differs; moved: it stands "
        "elsewhere; report: the span no longer says what was collected; source: not the report’s "
        "entry; no_quote, no_footnote, no_place, undefined, unused, twice: what is wrong with "
        "the footnote."
    )
    difference: list[DifferenceRun] = Field(
        description="Where they part, the words around it shortened; or what …… stands for."
    )
    entry: str | None = Field(description="What a footnote should say, where it says otherwise.")
    now: str | None = Field(description="What the span says, its first 4,000 characters.")
    elsewhere: tuple[int, int] | None = Field(
        description="Where in the report the quote stands, if not there."
    )
    text_sha256: str | None = Field(description="SHA-256 of the report’s text.")


class Findings(Shape):
    """An article checked."""

    findings: list[Finding] = Field(description="Quotes and footnotes, by line.")
    counts: VerdictCounts = Field(description="By state.")
    generation: str = Field(description="Name of the state of the index that was asked.")
