"""The routes that take a question and answer with passages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from time import perf_counter
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from search_api.answer import answer_from
from search_api.engine import MOST_HITS, Engine, SearchResult
from search_api.fields import Fields, answer_fields, search_fields
from search_api.routes import schemas
from search_api.routes.document import answers, reads
from search_api.routes.params import (
    Chosen,
    Count,
    Current,
    Cursor,
    Diversity,
    Expand,
    Text,
)
from search_api.serving import events
from search_api.serving.listing import (
    facet_fields,
    facets_of,
    index_line,
    listing_fields,
    paged,
    start_of,
)
from search_api.serving.replies import reply

STREAM = {
    "description": "The answer. With `Accept: text/event-stream` it comes as server-sent events, "
    "each one JSON object: `search` (query, corrections, expansion, total), one `bureau` for "
    "each entry of `bureaus`, at last `done` or `insufficient` with all other fields; `error` "
    "with a problem if it fails on the way. Together they are the JSON answer.",
    "content": {events.MEDIA_TYPE: {"schema": {"type": "string"}}},
}


def add_search(app: FastAPI) -> None:
    """/v1/search and /v1/facets."""

    @reads(
        app, "/v1/search", tags=["search"], summary="Ranked passages", **answers(schemas.SearchPage)
    )
    def search(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Text,
        k: Count = 10,
        expand: Expand = True,
        diversity: Diversity = None,
        cursor: Cursor = "",
    ) -> Response:
        """Ranked passages with citations, facets and the expansion of English words."""
        began, params = perf_counter(), request.query_params.multi_items()
        start = start_of(cursor, engine, params)
        depth = min(start + k, MOST_HITS)
        found = engine.search(q, k=depth, filters=filters, expand=expand, diversity=diversity)
        page = paged(found, start)
        fields = search_fields(page)
        beside = listing_fields(page, engine, params, start=start, began=began, filters=filters)
        return reply(fields | beside)

    @reads(
        app,
        "/v1/facets",
        tags=["search"],
        summary="What can be filtered by",
        **answers(schemas.FacetList),
    )
    def facets(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Annotated[
            str | None,
            Query(
                description="A question; without it, all passages count.",
                examples=["重复信访怎么治理"],
            ),
        ] = None,
        expand: Expand = True,
    ) -> Response:
        """Issuers, regions, years, levels and roles, with counts under the chosen filters."""
        counted = facets_of(engine, q, filters, expand=expand)
        params = request.query_params.multi_items()
        fields = facet_fields(counted, params, request.url.path)
        return reply({"facets": fields, "index": index_line(engine)})


def add_ask(app: FastAPI) -> None:
    """/v1/ask, as JSON or as it comes."""
    documented = answers(schemas.Answer)
    documented["responses"][200] |= STREAM

    @reads(app, "/v1/ask", tags=["search"], summary="A cited answer", **documented)
    async def ask(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Text,
        k: Count = 10,
        expand: Expand = True,
    ) -> Response:
        """Verbatim sentences by bureau, each cited, or the closest passages."""
        if events.wants_events(request.headers):
            found = await run_in_threadpool(
                engine.search, q, k=k, filters=filters, expand=expand
            )  # what is wrong with the request is said before the stream begins
            return events.EventStream(answering(engine, found))

        def asked() -> Response:
            found = engine.search(q, k=k, filters=filters, expand=expand)
            return reply(ask_fields(engine, found), headers={"Vary": "Accept"})

        return await run_in_threadpool(asked)


async def answering(engine: Engine, found: SearchResult) -> AsyncIterator[events.Event]:
    """The events of an answer."""
    yield events.first_of(search_fields(found))
    fields = await run_in_threadpool(ask_fields, engine, found)
    for bureau in fields["bureaus"]:
        yield "bureau", bureau
    yield events.last_of(fields)


def ask_fields(engine: Engine, found: SearchResult) -> Fields:
    """The whole answer that a search leads to."""
    told = answer_fields(answer_from(engine, found))
    return told | {"total": found.total, "index": index_line(engine)}
