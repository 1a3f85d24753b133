"""The shapes of a cited answer."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from search_api.routes.schemas.asked import Bureau, Expansion, Hit
from search_api.routes.schemas.common import Corrections, IndexLine, Shape
from search_api.routes.schemas.indicators import IndicatorValue


class NamedFilter(Shape):
    """A filter that the question names."""

    name: str = Field(description="region, issuer, year or level.", examples=["year"])
    value: str = Field(description="The value, as the filter takes it.", examples=["2024"])
    words: str = Field(description="The words of the question.", examples=["2024"])


class Understood(Shape):
    """How the question was read."""

    form: Literal["points", "figure", "comparison", "list"] = Field(
        description="What the answer looks like.", examples=["points"]
    )
    filters: list[NamedFilter] = Field(description="Filters taken from it.", examples=[[]])
    absent: list[str] = Field(
        description="Places and years that it names and no report is from.", examples=[[]]
    )


class AnswerPoint(Shape):
    """A practice and the quotes about it."""

    practice: str | None = Field(description="Its id; null for what is left.", examples=["P04"])
    zh: str | None = Field(description="Its Chinese name.")
    en: str | None = Field(description="Its English name.")
    quotes: list[int] = Field(
        description="Numbers of the quotes, from 0, counted through `bureaus`.", examples=[[0, 2]]
    )


class Answer(Shape):
    """A cited answer of verbatim sentences."""

    query: str = Field(description="The question as it was asked.")
    corrections: Corrections
    expansion: Expansion
    total: int = Field(description="Number of ranked passages.")
    bureaus: list[Bureau] = Field(description="Who answers what; empty without evidence.")
    asked: Understood = Field(description="How the question was read.")
    points: list[AnswerPoint] = Field(description="The quotes by practice, for form points.")
    figures: list[IndicatorValue] = Field(description="The values asked for, for form figure.")
    of: int = Field(description="Bureaus that the filters allow.", examples=[5])
    sufficient: bool = Field(description="Whether the reports answer the question.")
    evidence: list[Hit] = Field(description="Passages that quotes could be taken from.")
    closest: list[Hit] = Field(description="Without sufficient evidence, the closest passages.")
    llm: str | None = Field(
        description="The language model that the event stream goes on with; null without one."
    )
    index: IndexLine
