"""The shapes of wordings."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from search_api.routes.schemas.common import (
    IndexLine,
    Offset,
    Page,
    Path,
    ReportName,
    RoleName,
    Sha256,
    Shape,
    Year,
)

Difference = tuple[Literal["same", "added", "missing"], str]
Bureaus = Annotated[int, Field(description="Bureaus that the filters leave: the denominator.")]
Reports = Annotated[int, Field(description="Reports that the filters leave.")]


class Usage(Shape):
    """Who prints a wording, and since when."""

    bureaus: int = Field(description="Bureaus that print it.")
    reports: int = Field(description="Reports that print it.")
    occurrences: int = Field(description="Places where it is printed.")
    first: int | None = Field(description="Earliest year reported on; null if unknown.")
    last: int | None = Field(description="Latest year reported on; null if unknown.")


class WordingInstance(Shape):
    """A place where a wording is printed."""

    report_id: ReportName
    title: str = Field(description="Title of the report.")
    issuer: str = Field(description="The bureau.")
    region: str = Field(description="Full name of its region; empty if unknown.")
    year: Year
    heading_path: Path
    role: RoleName = Field(description="What the section is for.")
    page: Page
    text: str = Field(description="The wording: the report's text from start to end.")
    start: Offset
    end: Offset
    sha256: Sha256
    before: str = Field(description="What its sentence says before it, at most 60 characters.")
    after: str = Field(description="What its sentence says after it, at most 60 characters.")
    citation: str = Field(description="Its citation in one line.")


class FullerForm(Shape):
    """A longer form in which a wording is usually printed."""

    text: str = Field(description="Verbatim from one report.")
    bureaus: int = Field(description="Bureaus that print it.")


class WordingVariant(Usage):
    """One wording of a cluster. Marks, spaces and numbers make no difference to it."""

    text: str = Field(description="Verbatim, from its first instance.")
    similarity: float = Field(description="To what was asked for: 1 - edits / characters.")
    differences: list[Difference] = Field(
        description="Its text and that of the cluster's first variant side by side."
    )
    instances: list[WordingInstance] = Field(description="The first places, in corpus order.")
    more_instances: int = Field(description="Places that are not listed; an export has them.")


class WordingCluster(Usage):
    """Wordings that are alike; the one that most bureaus print represents them."""

    text: str = Field(description="The wording of the first variant.")
    fuller: FullerForm | None = Field(
        description="How most of its bureaus go on, or null if they differ."
    )
    variants: list[WordingVariant] = Field(description="At most 12, the most used first.")
    more_variants: int = Field(description="Variants that are not listed.")


class WordingPart(Shape):
    """A sentence, a clause or a printed stretch of the draft."""

    text: str = Field(description="The draft from start to end.")
    start: Offset
    end: Offset
    whole: bool = Field(description="A whole sentence, whose clauses follow as parts.")
    clusters: list[WordingCluster] = Field(description="What is printed like it, best first.")
    more_clusters: int = Field(description="Clusters that are not listed.")


class Wording(Shape):
    """A draft, and how it is printed."""

    query: str = Field(description="The draft as it was given.")
    bureaus: Bureaus
    reports: Reports
    parts: list[WordingPart] = Field(description="In the order of the draft.")
    index: IndexLine


class SharedFormulation(Usage):
    """A formulation that several bureaus print."""

    text: str = Field(description="Verbatim, from its first instance.")
    instance: WordingInstance = Field(description="Where it stands first.")


class SharedFormulations(Shape):
    """The formulations that most bureaus share."""

    bureaus: Bureaus
    reports: Reports
    total: int = Field(description="Formulations that two of these bureaus share.")
    formulations: list[SharedFormulation] = Field(description="Those of most bureaus first.")
    index: IndexLine


class SentenceOfShare(Shape):
    """A sentence and how many of the other bureaus print its wording."""

    start: Offset
    end: Offset
    share: float | None = Field(
        description="Mean share of the other bureaus that print its wording; null if too short."
    )
    level: Literal["distinctive", "rare", "common", "boilerplate"] | None = Field(
        description="Of the share: below 2 %, below 10 %, below 30 %, or more."
    )


class SentenceShares(Shape):
    """A report from boilerplate to distinctive."""

    report_id: ReportName
    other_bureaus: int = Field(description="Bureaus that shares are counted of.")
    sentences: list[SentenceOfShare] = Field(description="In the order of the text.")
