"""The tools over what reports have in common: wording and indicators."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import Field

from search_api.engine import Engine
from search_api.fields import Fields
from search_api.indicators.fields import indicators_fields
from search_api.indicators.table import Order, indicators
from search_api.routes.schemas.indicators import IndicatorTable
from search_api.routes.schemas.wording import Wording
from search_api.serving.listing import index_line
from search_api.tools.searching import QUOTED
from search_api.tools.tool import LONGEST_QUESTION, Expand, Filtered, Tool, without
from search_api.wording.fields import wording_fields
from search_api.wording.formulations import wording as worded

ROOM = 60_000  # characters of an answer as JSON that wordings are cut down to
CUTS = ((4, 4), (2, 3), (1, 2), (1, 1))  # (clusters of a part, variants of a cluster), in turn
LONGEST_DRAFT = 600  # characters: what is printed like it is many times as long
MOST_VALUES = 100  # of an answer


class WordingArguments(Filtered):
    """What wording takes."""

    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=LONGEST_DRAFT,
            description="Phrase, sentence or short draft in Chinese.",
            examples=["办事依法、遇事找法"],
        ),
    ]
    instances: Annotated[
        int, Field(ge=1, le=20, description="Places shown of each wording, at most.")
    ] = 2


def wording(engine: Engine, asked: WordingArguments) -> Fields:
    """How a draft is printed; less of it is listed where that would be too much to read."""
    found = wording_fields(worded(engine.local, asked.text, filters=asked.filters))
    for clusters, variants in CUTS:
        for instances in dict.fromkeys((asked.instances, 1)):
            fields = found | {
                "parts": [cut(p, clusters, variants, instances) for p in found["parts"]]
            }
            if len(json.dumps(fields, ensure_ascii=False)) <= ROOM:
                return fields | {"index": index_line(engine)}
    return fields | {"index": index_line(engine)}


def cut(part: Fields, clusters: int, variants: int, instances: int) -> Fields:
    """A part of a draft with no more of each than this; what is left out is counted."""
    shown = part["clusters"][:clusters]
    return part | {
        "clusters": [
            cluster
            | {
                "variants": [
                    variant
                    | {
                        "instances": variant["instances"][:instances],
                        "more_instances": variant["more_instances"]
                        + len(variant["instances"][instances:]),
                    }
                    for variant in cluster["variants"][:variants]
                ],
                "more_variants": cluster["more_variants"] + len(cluster["variants"][variants:]),
            }
            for cluster in shown
        ],
        "more_clusters": part["more_clusters"] + len(part["clusters"]) - len(shown),
    }


class IndicatorArguments(Filtered):
    """What indicators takes."""

    name: Annotated[
        str | None,
        Field(
            max_length=LONGEST_QUESTION,
            description="Name of an indicator, Chinese or English; without it the names that most "
            "bureaus give.",
            examples=["化解率", "resolution rate"],
        ),
    ] = None
    sort: Annotated[Order, Field(description="Order of values; with - the other way round.")] = (
        Order.REGION
    )
    most: Annotated[int, Field(ge=1, le=MOST_VALUES, description="Number of values.")] = 30
    expand: Expand = True


Numbers = without(IndicatorTable, "facets", "took_ms")


def numbers(engine: Engine, asked: IndicatorArguments) -> Fields:
    """What bureaus say in numbers."""
    found = indicators(
        engine.local,
        asked.name,
        filters=asked.filters,
        order=asked.sort,
        most=asked.most,
        expand=asked.expand,
    )
    return indicators_fields(found) | {"index": index_line(engine)}


TOOLS = (
    Tool(
        "wording",
        "See how a phrase is printed",
        "The standard wordings (规范表述) that match a Chinese phrase or draft exactly or nearly: "
        "how many bureaus print each, since when, variants, and verbatim places with citations. "
        "Use it when drafting, or to trace a formulation." + QUOTED,
        WordingArguments,
        Wording,
        wording,
    ),
    Tool(
        "indicators",
        "Read numbers from the reports",
        "Numbers that reports state (化解率, 信访量, 培训人次 …) by name, bureau and year, each "
        "with its unit, period and the verbatim words that say so. Definitions differ between "
        "bureaus: values of different groups must not be added up or averaged." + QUOTED,
        IndicatorArguments,
        Numbers,
        numbers,
    ),
)
