"""The routes that take the name of a passage or report, and the list of reports."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import FastAPI, Query, Request, Response

from indexer.records import StoredReport
from search_api.fields import Fields, meta_fields, passage_fields, section_fields
from search_api.reading import section_span
from search_api.routes import schemas
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Current, Cursor, PassageId, ReportId
from search_api.serving import originals
from search_api.serving.listing import reports_page, start_of
from search_api.serving.replies import reply

MOST_REPORTS = 1000  # on one page
Listed = Annotated[
    int, Query(description="Number of reports.", ge=1, le=MOST_REPORTS, examples=[100])
]


def add_reading(app: FastAPI) -> None:
    """/v1/passages, /v1/reports and what lies below it."""

    @reads(
        app,
        "/v1/passages/{passage_id:path}",
        tags=["reports"],
        summary="A passage in its section",
        **answers(schemas.PassageInFull, 404),
    )
    def passage(engine: Current, passage_id: PassageId) -> Response:
        """A passage with its section's text, its citation and what verifies it."""
        found = engine.index.passage(engine.index.row_of(passage_id))
        stored = engine.index.report(found.report_id)
        span = section_span(engine.index, stored, found)
        return reply(passage_fields(stored, found, span))

    @reads(
        app,
        "/v1/reports",
        tags=["reports"],
        summary="What the index holds",
        **answers(schemas.ReportList),
    )
    def reports(
        request: Request, engine: Current, k: Listed = 100, cursor: Cursor = ""
    ) -> Response:
        """The reports of the index, page by page, and what became of every input file."""
        params = request.query_params.multi_items()
        start = start_of(cursor, engine, params, most=len(engine.index.metas))
        return reply(reports_page(engine, params, start=start, k=k))

    @reads(
        app,
        "/v1/reports/{report_id}",
        tags=["reports"],
        summary="A report in full",
        **answers(schemas.ReportInFull, 404),
    )
    def report(engine: Current, report_id: ReportId) -> Response:
        """A report: metadata, section tree and canonical text."""
        return reply(report_fields(engine.index.report(report_id)))

    add_original(app)


def add_original(app: FastAPI) -> None:
    """/v1/reports/ID/file."""

    @reads(
        app,
        "/v1/reports/{report_id}/file",
        tags=["reports"],
        summary="The original of a report",
        **files_of(
            *dict.fromkeys([*originals.MEDIA_TYPES.values(), originals.UNKNOWN]),
            failures=(404, 416),
        ),
    )
    def original(request: Request, engine: Current, report_id: ReportId) -> Response:
        """The file that the report was read from, byte for byte, as long as it is unchanged.

        A PDF may be shown by a browser, everything else is saved. One range of bytes may be
        asked for.
        """
        stored = engine.index.report(report_id)
        opened = originals.open_original(
            report_id, stored.source, stored.meta.file, stored.file_sha256
        )
        return originals.original_response(opened, request.method, request.headers)


def report_fields(stored: StoredReport) -> Fields:
    """A report in full, and where its original is."""
    there = originals.is_there(stored.source)
    return meta_fields(stored.meta) | {
        "file_url": f"v1/reports/{quote(stored.meta.id, safe='')}/file" if there else None,
        "media_type": originals.media_type(stored.meta.file),
        "sections": [section_fields(section) for section in stored.sections],
        "text": stored.text,
        "text_sha256": stored.text_sha256,
    }
