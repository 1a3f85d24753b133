"""The parameters that routes share, and the engine that a request began with."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Depends, Query, Request
from fastapi import Path as InPath

from search_api.engine import MOST_HITS, Engine
from search_api.filters import Filters

MOST_VALUES = 100  # of one filter
Text = Annotated[
    str,
    Query(
        description="Question or words, Chinese or English, at most 4,000 characters.",
        examples=["重复信访怎么治理", "how do bureaus handle repeated petitioning"],
    ),
]
Count = Annotated[int, Query(description="Number of passages.", ge=1, le=100, examples=[3])]
Rows = Annotated[int, Query(description="Number of rows.", ge=1, le=MOST_HITS, examples=[100])]
Expand = Annotated[
    bool,
    Query(
        description="Carry English words to Chinese ones, and terms to their variants.",
        examples=[True],
    ),
]
Model = Annotated[
    bool,
    Query(
        description="In an event stream: whether the language model is asked too, if the server "
        "has one.",
        examples=[True],
    ),
]
Ignored = Annotated[
    tuple[Literal["region", "year", "level"], ...],
    Query(
        description="Filters that are not to be taken from the question. May be repeated.",
        max_length=3,
        examples=[["year"]],
    ),
]
Diversity = Annotated[
    float | None,
    Query(
        description="How far a report's further passages stand back behind other reports' best: "
        "0 not at all, 0.6 behind all of them. Without it, a little.",
        ge=0,
        le=1,
        allow_inf_nan=False,
        examples=[0.6],
    ),
]
Distinctive = Annotated[
    bool,
    Query(
        description="Prefer, mildly, passages in words that other bureaus do not print too.",
        examples=[False],
    ),
]
Cursor = Annotated[
    str,
    Query(
        description="“next” of the page before; it belongs to one question and one generation.",
        max_length=200,
        examples=[""],
    ),
]
Issuers = Annotated[
    list[str],
    Query(
        description="Bureau, or a part of its name. May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[["永安市人民政府信访局"]],
    ),
]
Regions = Annotated[
    list[str],
    Query(
        description="Region at any level, as GB/T 2260 code or name. May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[["350000"], ["永安市"]],
    ),
]
Years = Annotated[
    list[Annotated[int, Query(ge=0, le=9999)]],
    Query(
        description="Year reported on. May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[[2024]],
    ),
]
Roles = Annotated[
    list[str],
    Query(
        description="What the section is for: intro, work, duty, problems or plans. "
        "May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[["work"]],
    ),
]
Levels = Annotated[
    list[str],
    Query(
        description="Level of the bureau: national, province, prefecture or county. "
        "May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[["county"]],
    ),
]
Reports = Annotated[
    list[str],
    Query(
        description="Report id. May be repeated: any of them.",
        max_length=MOST_VALUES,
        examples=[["yongan-2024"]],
    ),
]
PassageId = Annotated[
    str,
    InPath(
        description="Id of a passage, as hits have it: report:start-end.",
        examples=["yongan-2024:1849-1980"],
    ),
]
ReportId = Annotated[str, InPath(description="Id of a report.", examples=["yongan-2024"])]


async def pinned(request: Request) -> Engine:
    """The engine that this request began with."""
    engine: Engine = request.state.engine
    return engine


async def chosen(
    issuer: Issuers = [],  # noqa: B006 - fastapi copies defaults
    region: Regions = [],  # noqa: B006
    year: Years = [],  # noqa: B006
    role: Roles = [],  # noqa: B006
    report: Reports = [],  # noqa: B006
    level: Levels = [],  # noqa: B006
) -> Filters:
    """The filter parameters of a request, each value once."""
    return Filters(
        issuer=tuple(dict.fromkeys(issuer)),
        region=tuple(dict.fromkeys(region)),
        year=tuple(dict.fromkeys(year)),
        role=tuple(dict.fromkeys(role)),
        report=tuple(dict.fromkeys(report)),
        level=tuple(dict.fromkeys(level)),
    )


Current = Annotated[Engine, Depends(pinned)]
Chosen = Annotated[Filters, Depends(chosen)]
