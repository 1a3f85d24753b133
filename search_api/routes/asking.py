"""The routes that take a question and answer with passages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing
from time import perf_counter
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from search_api.answer import Answer, Inquiry, answer_to, inquire
from search_api.answer_fields import answer_fields
from search_api.engine import MOST_HITS, Engine
from search_api.fields import Fields, search_fields
from search_api.llm.drafting import draft
from search_api.llm.model import LanguageModel
from search_api.llm.notices import event_fields
from search_api.routes import schemas
from search_api.routes.document import answers, reads
from search_api.routes.params import (
    Chosen,
    Count,
    Current,
    Cursor,
    Distinctive,
    Diversity,
    Expand,
    Ignored,
    Model,
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
    "each entry of `bureaus`, then `done` or `insufficient` with all other fields; `error` "
    "with a problem if it fails on the way. Together they are the JSON answer. Where `llm` of it "
    "names a model, the model's answer follows: `llm` (model, passages, withheld), one `sentence` "
    "(number, state: supported or marked, text, support, citations) for each that was checked and "
    "may be shown, and always `llm_end` (state: complete, incomplete, withdrawn, declined, failed "
    "or not_asked; reason, notice, notice_zh, supported, marked, dropped, faults).",
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
        distinctive: Distinctive = False,
        cursor: Cursor = "",
    ) -> Response:
        """Ranked passages with citations, facets and the expansion of English words."""
        began, params = perf_counter(), request.query_params.multi_items()
        start = start_of(cursor, engine, params)
        depth = min(start + k, MOST_HITS)
        found = engine.search(
            q,
            k=depth,
            filters=filters,
            expand=expand,
            diversity=diversity,
            distinctive=distinctive,
        )
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


def add_ask(app: FastAPI, model: LanguageModel | None = None) -> None:
    """/v1/ask, as JSON or as it comes; the stream goes on with what ``model`` answers."""
    name = model.name if model else None
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
        ignore: Ignored = (),
        llm: Model = True,
    ) -> Response:
        """Verbatim sentences by bureau, each cited, or the closest passages.

        Places, years and levels that the question names restrict it as filters do.
        """

        def begin() -> Inquiry:
            return inquire(engine, q, k=k, filters=filters, expand=expand, ignored=ignore)

        if events.wants_events(request.headers):
            begun = await run_in_threadpool(begin)  # faults are told before the stream begins
            return events.EventStream(answering(engine, begun, name, model if llm else None))

        def asked() -> Response:
            fields = ask_fields(engine, answer_to(engine, begin()), name)
            return reply(fields, headers={"Vary": "Accept"})

        return await run_in_threadpool(asked)


async def answering(
    engine: Engine, begun: Inquiry, name: str | None, model: LanguageModel | None
) -> AsyncIterator[events.Event]:
    """The events of an answer, then those of the model's."""
    yield events.first_of(search_fields(begun.found))
    answer = await run_in_threadpool(answer_to, engine, begun)
    fields = ask_fields(engine, answer, name)
    for bureau in fields["bureaus"]:
        yield "bureau", bureau
    yield events.last_of(fields)
    if model:
        async with aclosing(draft(model, engine, answer)) as drafted:
            async for event in drafted:
                yield event_fields(event)


def ask_fields(engine: Engine, answer: Answer, model: str | None) -> Fields:
    """The whole extractive answer; ``model`` is the name of the one that can be asked."""
    beside = {"total": answer.search.total, "llm": model, "index": index_line(engine)}
    return answer_fields(answer) | beside
