"""The shapes of a comparison of two reports."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from search_api.routes.schemas.common import (
    IndexLine,
    Offset,
    Page,
    Path,
    ReportLine,
    ReportName,
    RoleName,
    Sha256,
    Shape,
)

Characters = Annotated[int, Field(ge=0, description="Characters, white space not counted.")]
Share = Annotated[float, Field(ge=0, le=1, description="Share of the report's characters.")]


class ChangeSpan(Shape):
    """Words of a report, verbatim."""

    report_id: ReportName
    passage_id: str | None = Field(
        description="Id of the passage that the words lie in; null for a heading."
    )
    start: Offset
    end: Offset
    text: str = Field(description="The report's text from start to end; empty for no heading.")
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")
    page: Page
    sha256: Sha256


class ChangeRun(Shape):
    """A stretch of an edited text."""

    op: Literal["same", "deleted", "inserted"] = Field(
        description="Same and deleted stretches make up the old text, same and inserted the new."
    )
    text: str = Field(description="The stretch.", examples=["367"])


class SentenceChange(Shape):
    """A sentence of one report or of both."""

    kind: Literal["kept", "edited", "new", "dropped"] = Field(
        description="Kept: the same letters and digits, numbering and punctuation aside."
    )
    moved: bool = Field(description="Whether it stands elsewhere in its section or the report.")
    likeness: float = Field(
        ge=0, le=1, description="Share of characters in common, in order; 0 for one side alone."
    )
    a: ChangeSpan | None = Field(description="In the earlier report; null for a new one.")
    b: ChangeSpan | None = Field(description="In the later report; null for a dropped one.")
    runs: list[ChangeRun] = Field(description="What was edited; empty unless edited.")


class ChangeCounts(Shape):
    """Sentences by what became of them."""

    kept: int = Field(description="Sentences kept.")
    edited: int = Field(description="Sentences edited.")
    new: int = Field(description="Sentences of the later report alone.")
    dropped: int = Field(description="Sentences of the earlier report alone.")


class SectionChange(Shape):
    """Sections that became each other."""

    relation: Literal["kept", "moved", "merged", "split", "regrouped", "new", "dropped"] = Field(
        description="What became of the section or sections."
    )
    a: list[ChangeSpan] = Field(description="Headings in the earlier report.")
    b: list[ChangeSpan] = Field(description="Headings in the later report.")
    heading: list[ChangeRun] = Field(description="What changed in the heading; empty if nothing.")
    counts: ChangeCounts = Field(description="Its sentences.")
    changes: list[SentenceChange] = Field(
        description="Its sentences in the later report's order; a sentence that came from "
        "elsewhere is listed where it is now."
    )


class ChangeShares(Shape):
    """Shares of characters: of the later report, dropped of the earlier one."""

    kept: Share
    edited: Share
    new: Share
    moved: Share
    dropped: Share


class ChangeSummary(Shape):
    """Characters of sentences; headings and title block are not counted."""

    characters_a: Characters
    characters_b: Characters
    kept: Characters
    edited: Characters
    new: Characters
    moved: Characters
    kept_a: Characters
    edited_a: Characters
    dropped: Characters
    shares: ChangeShares = Field(description="The same as shares.")


class FigureValue(Shape):
    """A number of a report."""

    value: float = Field(description="The number, normalised.", examples=[367])
    upper: float | None = Field(description="The other end of a range, or null.")
    approx: bool = Field(description="Whether it is said to be about so much.")
    period: str = Field(description="The period as printed; empty if not said.")
    start: Offset
    end: Offset
    quote: ChangeSpan = Field(description="The words that say it.")


class ChangedFigure(Shape):
    """A number of the same name and unit in both reports."""

    name: str = Field(description="What is measured.", examples=["化解率"])
    subject: str = Field(description="Of what; empty if not said.", examples=["矛盾纠纷"])
    unit: str = Field(description="Its unit.", examples=["%"])
    a: FigureValue = Field(description="In the earlier report.")
    b: FigureValue = Field(description="In the later report.")
    difference: float | None = Field(description="b less a; null where one is a range.")


class ChangeList(Shape):
    """What became of one report in another."""

    a: ReportLine = Field(description="The earlier report.")
    b: ReportLine = Field(description="The later report.")
    follows: bool = Field(
        description="Whether they are of two years of one bureau, so that plans can be followed up."
    )
    summary: ChangeSummary = Field(description="Characters by what became of them.")
    sections: list[SectionChange] = Field(description="In the later report's order.")
    figures: list[ChangedFigure] = Field(description="In the later report's order.")
    index: IndexLine


class PlanCandidate(ChangeSpan):
    """A sentence that may say what became of a plan."""

    score: float = Field(description="How near it is, 0 to 1.", examples=[0.81])


class PlanResult(Shape):
    """A sentence of a plan."""

    plan: ChangeSpan = Field(description="In the earlier report.")
    candidates: list[PlanCandidate] = Field(
        description="In the later report, best first; empty if none is near enough."
    )


class PlanResults(Shape):
    """The plans of a report and what a later one may say of them."""

    earlier: ReportLine = Field(description="The report that plans.")
    later: ReportLine = Field(description="The report of the later year.")
    results: list[PlanResult] = Field(description="In the order of the plan.")
    answered: int = Field(description="Plans with a candidate.")
    left_out: int = Field(description="Sentences of the plan that were not looked up.")
    floor: float = Field(description="Score below which nothing is offered.")
    index: IndexLine


class Pair(Shape):
    """Two reports that are worth comparing."""

    a: ReportLine = Field(description="The earlier report.")
    b: ReportLine = Field(description="The later report.")
    same_bureau: bool = Field(description="Two years of one bureau; else one year of two.")


class Pairs(Shape):
    """What can be compared."""

    pairs: list[Pair] = Field(description="At most 12, one bureau's consecutive years first.")
    reports: list[ReportLine] = Field(description="Reports to choose from, at most 500.")
    total: int = Field(description="Number of reports that the filters allow.")
    index: IndexLine
