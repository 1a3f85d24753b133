"""What the shapes of all answers have in common."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Matched = Literal["lexical", "semantic", "both"]
RoleName = Literal["intro", "work", "duty", "problems", "plans"]
LevelName = Literal["national", "province", "prefecture", "county"]
Offset = Annotated[
    int, Field(ge=0, description="Place in the report's text, in Unicode code points.")
]
PassageName = Annotated[str, Field(description="Id of a passage: report:start-end.")]
ReportName = Annotated[str, Field(description="Id of a report.")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal.")]
Page = Annotated[int | None, Field(description="Page of the original, from 1; null if unknown.")]
Path = Annotated[list[str], Field(description="Headings above the passage, outermost first.")]
Year = Annotated[int | None, Field(description="Year reported on; null if unknown.")]
Score = Annotated[
    float, Field(description="Relevance, 0 to 1: it means the same for every question.")
]
Corrections = Annotated[
    list[tuple[str, str]], Field(description="Misspelt English words: (typed, read).")
]


class Shape(BaseModel):
    """Every field is always there, and there is no other."""

    model_config = ConfigDict(extra="forbid")


class Blame(Shape):
    """What is wrong with one field of a request."""

    field: str = Field(description="Name of the parameter, header or field of the body.")
    detail: str = Field(description="What is wrong, in English.")
    detail_zh: str = Field(description="The same in Chinese.")


class Problem(Shape):
    """A failure (RFC 9457)."""

    type: Literal["about:blank"] = Field(description="Failures are told apart by status.")
    title: str = Field(description="The status in words.")
    status: int = Field(description="The HTTP status.")
    detail: str = Field(description="What is wrong and what helps, in English.")
    detail_zh: str = Field(description="The same in Chinese.")
    errors: list[Blame] = Field(
        default=[], description="The fields to blame; left out where none is."
    )


class IndexLine(Shape):
    """Which index answered."""

    generation: str = Field(description="Name of the published state of the index.")
    reports: int = Field(description="Number of reports.")
    passages: int = Field(description="Number of passages.")
    embedder: str = Field(description="Name of the embedding model.")


OriginName = Literal["manifest", "title", "sign-off", "issuer", "text", "property", "nothing"]


class ReportLine(Shape):
    """A report's metadata."""

    report_id: ReportName
    title: str = Field(description="Title of the report.")
    issuer: str = Field(description="The bureau; empty if unknown.")
    region: str = Field(description="Full name of its region; empty if unknown.")
    region_code: str = Field(description="GB/T 2260 code; 000000 if unknown.")
    level: LevelName | None = Field(description="Level of the bureau; null if unknown.")
    year: Year
    date: str | None = Field(description="Date of publication, ISO 8601; null if unknown.")
    file: str = Field(description="Name of the file it was read from.")
    keywords: list[str] = Field(description="Most telling words, most telling first.")
    weak: dict[str, Literal["text", "property", "nothing"]] = Field(
        description="Fields that should be checked by hand, and what each rests on."
    )
    origins: dict[str, OriginName] = Field(
        description="What title, issuer, year, date and region rest on; manifest: a person said so."
    )
    confidence: dict[str, Annotated[float, Field(ge=0, le=1)]] = Field(
        description="How often such guesses were right on reports whose metadata is known, by "
        "field; 1 for what a person said, 0 for no value."
    )
