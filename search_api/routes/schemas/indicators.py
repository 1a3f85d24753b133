"""The shapes of indicators."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from search_api.routes.schemas.asked import Facets
from search_api.routes.schemas.common import (
    Corrections,
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


class CarriedTerm(Shape):
    """A term of the name and the Chinese words it was carried to."""

    term: str = Field(description="The term.", examples=["resolution rate"])
    words: list[str] = Field(description="Chinese words, best first.", examples=[["化解率"]])


class IndicatorGroup(Shape):
    """One name with one unit: what may be compared, as far as words can tell."""

    name: str = Field(description="What is measured.", examples=["化解率"])
    unit: str = Field(description="Unit of the values.", examples=["%"])
    change: bool = Field(
        description="Whether the values are changes against an earlier period.", examples=[False]
    )
    planned: bool = Field(description="Whether the values are what is planned.", examples=[False])
    values: int = Field(description="Number of values.", examples=[3])
    bureaus: int = Field(description="Bureaus that give it.", examples=[1])
    of: int = Field(description="Bureaus that the filters allow.", examples=[5])
    years: list[int] = Field(description="Years with a value.", examples=[[2024]])


class IndicatorValue(Shape):
    """One number of a report, with the words that say so."""

    group: int = Field(description="Place of its group in `groups`.", ge=0, examples=[0])
    issuer: str = Field(description="The bureau.", examples=["永安市人民政府信访局"])
    region: str = Field(description="Full name of its region.", examples=["福建省三明市永安市"])
    region_code: str = Field(description="GB/T 2260 code.", examples=["350481"])
    year: Year
    name: str = Field(description="What is measured.", examples=["化解率"])
    subject: str = Field(description="Of what; empty if not said.", examples=["矛盾纠纷"])
    value: float = Field(
        description="The number, normalised: 1万余人 is 10000; of a decrease negative.",
        examples=[98.0],
    )
    upper: float | None = Field(description="Other end of a range.", examples=[None])
    unit: str = Field(description="Unit: %, 百分点, 元, 件, 人次 …", examples=["%"])
    approx: bool = Field(description="Whether 余, 多, 近, 约 or 超 is written.", examples=[False])
    kind: Literal["value", "change", "earlier", "target"] = Field(
        description="A value, a change against an earlier period, a value of that earlier "
        "period, or what is planned.",
        examples=["value"],
    )
    period: str = Field(description="Period as printed; empty if not said.", examples=["今年以来"])
    comparison: str = Field(
        description="Change as printed (同比下降12%); empty if none.", examples=[""]
    )
    printed: str = Field(description="The value as printed.", examples=["98%"])
    report_id: ReportName
    title: str = Field(description="Title of the report.")
    heading_path: Path
    role: RoleName = Field(description="What the section is for.", examples=["work"])
    page: Page
    text: str = Field(description="The words that say so: the report's text from start to end.")
    start: Offset
    end: Offset
    value_start: Offset
    value_end: Offset
    sha256: Sha256
    citation: str = Field(description="Citation of the words in one line.")


class IndicatorTable(Shape):
    """The values that go by a name; without a name, the names that most bureaus give."""

    query: str = Field(description="The name as it was asked; empty without one.")
    corrections: Corrections
    expansion: list[CarriedTerm] = Field(description="Terms and what they were carried to.")
    groups: list[IndicatorGroup] = Field(
        description="One for each name and unit, best match first; never added up or averaged."
    )
    values: list[IndicatorValue] = Field(description="Values, by group, then as sorted.")
    left_out: int = Field(description="Values beyond those listed.", examples=[0])
    more_groups: int = Field(description="Names beyond those listed.", examples=[0])
    reports: int = Field(description="Reports that the filters allow.", examples=[5])
    bureaus: int = Field(description="Bureaus that the filters allow.", examples=[5])
    facets: Facets = Field(description="What can be filtered by; counts are of values.")
    index: IndexLine
    took_ms: float = Field(description="Time in the server, in milliseconds.")
