"""The HTTP interface and the page: a thin shell over the engine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from time import perf_counter
from typing import Annotated

from fastapi import Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel, Field
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware

from search_api.answer import answer
from search_api.engine import MOST_HITS, Engine
from search_api.fields import (
    Fields,
    answer_fields,
    index_fields,
    meta_fields,
    passage_fields,
    search_fields,
    section_fields,
)
from search_api.filters import Filters
from search_api.reading import section_span
from search_api.serving.caching import Pinned
from search_api.serving.guards import SECURITY, OwnSite, SecurityHeaders, SoundRequest
from search_api.serving.listing import (
    facet_fields,
    facets_of,
    index_line,
    listing_fields,
    paged,
    start_of,
)
from search_api.serving.live import Live
from search_api.serving.monitor import Measured, Monitor
from search_api.serving.problems import add_problems
from search_api.sharing import quotes, references, tables

WEB = Path(__file__).resolve().parents[1] / "web"
Text = Annotated[str, Query(description="Question or words, Chinese or English.")]
Count = Annotated[int, Query(description="Number of passages.", ge=1, le=100)]
Names = Annotated[list[str], Query(description="May be repeated: any of them.")]
Years = Annotated[list[int], Query(description="May be repeated: any of them.")]
Diversity = Annotated[float | None, Query(ge=0, le=1, allow_inf_nan=False)]
Cursor = Annotated[str, Query(description="“next” of the page before.", max_length=200)]


def create_app(engine: Engine, *, hosts: Iterable[str] = ()) -> FastAPI:
    """The application over an engine and, later, over the generations published after it.

    ``hosts`` are the names that the server goes by beside localhost and the loopback addresses.
    """
    live = Live(engine)
    monitor = Monitor(live)
    guards = [
        Middleware(SecurityHeaders),
        Middleware(Measured, monitor=monitor),
        Middleware(OwnSite, hosts=tuple(hosts)),
        Middleware(SoundRequest),
        Middleware(GZipMiddleware, minimum_size=1000, compresslevel=6),
        Middleware(Pinned, live=live),
    ]
    app = FastAPI(
        title="Bureau reports", version="1", docs_url=None, redoc_url=None, middleware=guards
    )
    add_problems(app, RequestValidationError, SECURITY)
    add_search(app)
    add_reading(app)
    add_sharing(app)
    add_health(app, live, monitor)
    app.mount("/", StaticFiles(directory=WEB, html=True), name="web")
    return app


def pinned(request: Request) -> Engine:
    """The engine that this request began with."""
    engine: Engine = request.state.engine
    return engine


def chosen(
    issuer: Names = [],  # noqa: B006 - fastapi copies defaults
    region: Names = [],  # noqa: B006
    year: Years = [],  # noqa: B006
    role: Names = [],  # noqa: B006
    report: Names = [],  # noqa: B006
) -> Filters:
    """The filter parameters of a request."""
    return Filters(tuple(issuer), tuple(region), tuple(year), tuple(role), tuple(report))


Current = Annotated[Engine, Depends(pinned)]
Chosen = Annotated[Filters, Depends(chosen)]


class QuoteBody(BaseModel):
    """A quote to check: ``text`` is said to be ``start:end`` of a report's text."""

    report_id: str = Field(max_length=300)
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str = Field(max_length=100_000)


class QuotesBody(BaseModel):
    """What /v1/verify takes."""

    quotes: list[QuoteBody] = Field(min_length=1, max_length=1000)


def add_search(app: FastAPI) -> None:
    """The routes that take a question."""

    @app.get("/v1/search")
    def search(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Text,
        k: Count = 10,
        expand: bool = True,
        diversity: Diversity = None,
        cursor: Cursor = "",
    ) -> Fields:
        """Ranked passages with citations, facets and the expansion of English words."""
        began, params = perf_counter(), request.query_params.multi_items()
        start = start_of(cursor, engine, params)
        depth = min(start + k, MOST_HITS)
        found = engine.search(q, k=depth, filters=filters, expand=expand, diversity=diversity)
        page = paged(found, start)
        took = perf_counter() - began
        return search_fields(page) | listing_fields(page, engine, params, start=start, took=took)

    @app.get("/v1/ask")
    def ask(
        engine: Current, filters: Chosen, q: Text, k: Count = 10, expand: bool = True
    ) -> Fields:
        """A cited answer of verbatim sentences, or the closest passages."""
        return answer_fields(answer(engine, q, k=k, filters=filters, expand=expand))

    @app.get("/v1/facets")
    def facets(
        request: Request,
        engine: Current,
        filters: Chosen,
        q: Annotated[str | None, Query(description="Without it, all passages count.")] = None,
        expand: bool = True,
    ) -> Fields:
        """What can be filtered by, with counts."""
        counted = facets_of(engine, q, filters, expand=expand)
        params = request.query_params.multi_items()
        fields = facet_fields(counted, params, request.url.path)
        return {"facets": fields, "index": index_line(engine)}


def add_reading(app: FastAPI) -> None:
    """The routes that take the name of a passage or report."""

    @app.get("/v1/passages/{passage_id:path}")
    def passage(engine: Current, passage_id: str) -> Fields:
        """A passage in its section."""
        found = engine.index.passage(engine.index.row_of(passage_id))
        stored = engine.index.report(found.report_id)
        return passage_fields(stored, found, section_span(engine.index, stored, found))

    @app.get("/v1/reports")
    def reports(engine: Current) -> Fields:
        """What the index holds."""
        return index_fields(engine.index)

    @app.get("/v1/reports/{report_id}")
    def report(engine: Current, report_id: str) -> Fields:
        """A report: metadata, section tree and canonical text."""
        stored = engine.index.report(report_id)
        sections = [section_fields(section) for section in stored.sections]
        return meta_fields(stored.meta) | {
            "sections": sections,
            "text": stored.text,
            "text_sha256": stored.text_sha256,
        }


def add_sharing(app: FastAPI) -> None:
    """The routes whose answers are carried elsewhere."""

    @app.get("/v1/cite/{passage_id:path}")
    def cite(
        engine: Current,
        passage_id: str,
        form: Annotated[references.Style, Query(alias="format")] = references.Style.GBT_2025,
    ) -> Response:
        """A passage as an entry of a bibliography."""
        index = engine.index
        row = index.row_of(passage_id)
        meta = index.metas[int(index.column("report")[row])]
        entry = references.reference(form, meta, index.passage(row))
        return Response(entry, media_type=f"{references.MEDIA_TYPES[form]}; charset=utf-8")

    @app.post("/v1/verify")
    def verify(engine: Current, body: QuotesBody) -> Fields:
        """Whether quotes still stand in their reports, word for word."""
        given = [quotes.Quote(**quote.model_dump()) for quote in body.quotes]
        verdicts = quotes.verify(engine.index, given)
        return {
            "quotes": [quotes.verdict_fields(verdict) for verdict in verdicts],
            "counts": quotes.tally(verdicts),
            "generation": engine.index.generation,
        }

    @app.get("/v1/export")
    def export(
        engine: Current,
        filters: Chosen,
        q: Text,
        form: Annotated[tables.TableFormat, Query(alias="format")] = tables.TableFormat.CSV,
        k: Annotated[int, Query(description="Number of rows.", ge=1, le=MOST_HITS)] = 100,
        expand: bool = True,
        diversity: Diversity = None,
    ) -> Response:
        """Ranked passages as a file for a spreadsheet."""
        found = engine.search(q, k=k, filters=filters, expand=expand, diversity=diversity)
        data = tables.table(form, tables.table_rows(found))
        headers = {"Content-Disposition": f'attachment; filename="bureau-export.{form}"'}
        return Response(data, media_type=tables.MEDIA_TYPES[form], headers=headers)


def add_health(app: FastAPI, live: Live, monitor: Monitor) -> None:
    """The routes that ask after the server."""

    @app.get("/healthz")
    def healthz(engine: Current) -> Fields:
        """Whether the server answers, and with which generation."""
        return {"status": "ok", "generation": engine.index.generation}

    @app.get("/readyz")
    def readyz(engine: Current) -> Fields:
        """Whether passages can be read; ``stale`` where a newer generation cannot be opened."""
        engine.index.passage(0)
        return {"status": "ready", "stale": bool(live.trouble)} | index_line(engine)

    @app.get("/metrics", include_in_schema=False)
    def metrics() -> Response:
        """Counts and times, for Prometheus."""
        return monitor.response()
