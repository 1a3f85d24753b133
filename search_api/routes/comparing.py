"""The routes that show many reports beside each other, and words beside their meaning."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Response

from search_api.compare import compare, comparison_fields, comparison_rows
from search_api.coverage import coverage_fields
from search_api.gloss import LONGEST, gloss_fields, glosses
from search_api.routes import schemas
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current, Expand, Text
from search_api.serving.listing import index_line
from search_api.serving.replies import reply
from search_api.sharing import tables

Glossed = Annotated[
    str,
    Query(
        description=f"Chinese text, at most {LONGEST:,} characters.",
        max_length=LONGEST,
        examples=["推进信访工作法治化"],
    ),
]
Form = Annotated[
    tables.TableFormat,
    Query(alias="format", description="Form of the file.", examples=["csv"]),
]


def add_comparing(app: FastAPI) -> None:
    """/v1/compare, its export, /v1/coverage and /v1/gloss."""

    @reads(
        app,
        "/v1/compare",
        tags=["compare"],
        summary="Bureaus against years",
        **answers(schemas.Comparison),
    )
    def compared(engine: Current, filters: Chosen, q: Text, expand: Expand = True) -> Response:
        """What each bureau says to a question, year by year, with the evidence."""
        found = compare(engine, q, filters=filters, expand=expand)
        return reply(comparison_fields(found) | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/compare/export",
        tags=["compare"],
        summary="A comparison as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def compare_export(
        engine: Current,
        filters: Chosen,
        q: Text,
        form: Form = tables.TableFormat.CSV,
        expand: Expand = True,
    ) -> Response:
        """A row for every bureau and year, for a spreadsheet."""
        rows = comparison_rows(compare(engine, q, filters=filters, expand=expand))
        return table_file("bureau-compare", form, tables.table(form, rows))

    @reads(
        app,
        "/v1/coverage",
        tags=["compare"],
        summary="Reports by region and year",
        **answers(schemas.Coverage),
    )
    def covered(engine: Current) -> Response:
        """The corpus in numbers, at the finest level of regions that fits into 40 rows."""
        return reply(coverage_fields(engine.index))

    @reads(
        app,
        "/v1/gloss",
        tags=["compare"],
        summary="Words with English glosses",
        **answers(schemas.Glosses),
    )
    def glossed(text: Glossed) -> Response:
        """The words of a Chinese text that the lexicon knows, and what they mean."""
        return reply(gloss_fields(glosses(text)))


def table_file(stem: str, form: tables.TableFormat, data: bytes) -> Response:
    """A table as a file to be saved."""
    headers = {"Content-Disposition": f'attachment; filename="{stem}.{form}"'}
    return Response(data, media_type=tables.MEDIA_TYPES[form], headers=headers)
