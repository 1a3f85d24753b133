"""The shapes of the practice matrix."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from search_api.routes.schemas.asked import Evidence, StateCounts
from search_api.routes.schemas.common import IndexLine, Shape, Year


class PracticeExample(Shape):
    """A passage that describes a practice."""

    text: str = Field(description="The passage.", examples=["调解成功的签订协议。"])
    source: str = Field(
        description="Report that it was taken from; empty if it was written for the list.",
        examples=["fushan-2023"],
    )


class PracticeEntry(Shape):
    """A practice of the list."""

    id: str = Field(description="What the parameter `practice` takes.", examples=["P06"])
    zh: str = Field(description="Chinese name.", examples=["律师参与接访、提供法律咨询与法律援助"])
    en: str = Field(description="English name.", examples=["Lawyers take part in receptions"])
    queries: list[str] = Field(
        description="Questions that ask for it, in both languages.",
        examples=[["lawyers on duty in the petition hall"]],
    )
    examples: list[PracticeExample] = Field(description="Passages that describe it.")


class Practices(Shape):
    """The list of practices that comes with the program."""

    version: str = Field(description="Version of the list.", examples=["1"])
    practices: list[PracticeEntry] = Field(description="In the order of the matrix.")
    index: IndexLine


class MatrixEvidence(Evidence):
    """The sentence that a cell stands on, and who wrote it."""

    issuer: str = Field(description="The bureau.", examples=["三门峡市信访局"])
    region: str = Field(description="Full name of its region.", examples=["河南省三门峡市"])
    year: Year


class MatrixColumn(Shape):
    """What a column stands for; one value for each name in `by`."""

    values: list[str] = Field(
        description="Codes of regions, names, years or ids; empty where not stated.",
        examples=[["350000", "2024"]],
    )
    labels: list[str] = Field(
        description="What a person reads for them.", examples=[["福建省", "2024"]]
    )
    reports: int = Field(description="Reports of the column.", examples=[1])


class MatrixCell(Shape):
    """A practice in the reports of one column."""

    state: Literal["found", "not_found", "no_report"] = Field(
        description="Not found is not the same as not done.", examples=["found"]
    )
    found: int = Field(description="Reports said to describe the practice.", examples=[1])
    reports: int = Field(description="Of how many reports.", examples=[1])
    score: float | None = Field(
        description="Probability that the report of the evidence describes it; null without one.",
        examples=[0.93],
    )
    evidence: MatrixEvidence | None = Field(
        description="Best evidence; where nothing was found, the closest."
    )


class MatrixRow(Shape):
    """A practice against all columns."""

    id: str = Field(description="Id of the practice.", examples=["P06"])
    zh: str = Field(description="Chinese name.", examples=["律师参与接访、提供法律咨询与法律援助"])
    en: str = Field(description="English name.", examples=["Lawyers take part in receptions"])
    query_zh: str = Field(
        description="What /v1/compare may be asked for it, in Chinese.",
        examples=["律师驻点信访大厅参与接访，提供法律咨询"],
    )
    query_en: str = Field(
        description="The same in English.", examples=["lawyers on duty in the petition hall"]
    )
    found: int = Field(
        description="Reports said to describe it, of all that the filters allow.", examples=[2]
    )
    cells: list[MatrixCell] = Field(description="One for every column, in their order.")


class PracticeMatrix(Shape):
    """Practices against bureaus, regions or years."""

    version: str = Field(description="Version of the list of practices.", examples=["1"])
    by: list[str] = Field(description="What columns stand for.", examples=[["province"]])
    reports: int = Field(description="Reports that the filters allow.", examples=[5])
    columns: list[MatrixColumn] = Field(description="At most 50.")
    rows: list[MatrixRow] = Field(description="A row for every practice.")
    counts: StateCounts = Field(description="Cells by state.")
    more_columns: int = Field(description="Columns that were left out.", examples=[0])
    floor: float = Field(
        description="Probability from which a report is said to describe a practice.",
        examples=[0.5],
    )
    index: IndexLine
