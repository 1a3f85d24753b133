"""The routes of indicators."""

from __future__ import annotations

from time import perf_counter
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from search_api.indicators.fields import indicator_rows, indicators_fields
from search_api.indicators.table import MOST_EXPORTED, Order, indicators
from search_api.routes.comparing import Form, table_file
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current, Expand
from search_api.routes.schemas.indicators import IndicatorTable
from search_api.serving.listing import facet_fields, index_line
from search_api.serving.replies import reply
from search_api.sharing import tables

Name = Annotated[
    str | None,
    Query(
        description="Name of an indicator, Chinese or English, at most 4,000 characters; without "
        "it, the names that most bureaus give.",
        examples=["化解率", "resolution rate"],
    ),
]
Sorted = Annotated[
    Order,
    Query(description="How values are sorted; with - the other way round.", examples=["-value"]),
]


def add_indicators(app: FastAPI) -> None:
    """/v1/indicators and its export."""

    @reads(
        app,
        "/v1/indicators",
        tags=["compare"],
        summary="What bureaus say in numbers",
        **answers(IndicatorTable),
    )
    def numbers(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Name = None,
        sort: Sorted = Order.REGION,
        expand: Expand = True,
    ) -> Response:
        """One name across bureaus and years; every value with the words that say so."""
        began = perf_counter()
        found = indicators(engine.local, q, filters=filters, order=sort, expand=expand)
        params = request.query_params.multi_items()
        beside = {
            "facets": facet_fields(found.facets, params, "/v1/indicators"),
            "index": index_line(engine),
            "took_ms": round(1000 * (perf_counter() - began), 1),
        }
        return reply(indicators_fields(found) | beside)

    @reads(
        app,
        "/v1/indicators/export",
        tags=["compare"],
        summary="Indicators as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def numbers_export(
        engine: Current,
        filters: Chosen,
        q: Name = None,
        sort: Sorted = Order.REGION,
        form: Form = tables.TableFormat.CSV,
        expand: Expand = True,
    ) -> Response:
        """A row for every value, 5,000 at most; without a name one for every name."""
        found = indicators(
            engine.local, q, filters=filters, order=sort, most=MOST_EXPORTED, expand=expand
        )
        return table_file("bureau-indicators", form, tables.table(form, indicator_rows(found)))
