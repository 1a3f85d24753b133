"""The routes of the practice matrix."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Request, Response

from search_api.engine import Engine
from search_api.filters import Filters
from search_api.practices.fields import matrix_fields, matrix_rows, practices_fields
from search_api.practices.lists import MOST_PRACTICES, shipped
from search_api.practices.matrix import MOST_COLUMNS, MOST_IN_FILE, By, Matrix, axes_of, matrix
from search_api.routes.comparing import Form, table_file
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current
from search_api.routes.schemas.matrix import PracticeMatrix, Practices
from search_api.serving.listing import index_line
from search_api.serving.problems import BLAMED
from search_api.serving.replies import reply
from search_api.sharing import tables

Axes = Annotated[
    list[str],
    Query(
        description=f"What columns stand for: {', '.join(By)}. One or two, as `province,year`; "
        "without it bureaus, or provinces where there are more than "
        f"{MOST_COLUMNS} bureaus.",
        max_length=len(By),
        examples=[["province"], ["issuer", "year"]],
    ),
]
Ids = Annotated[
    list[str],
    Query(
        description="Id of a practice of /v1/practices, or several as `P06,P07`. "
        "May be repeated; all of them without it.",
        max_length=MOST_PRACTICES,
        examples=[["P06"]],
    ),
]


def add_matrix(app: FastAPI) -> None:
    """/v1/practices, /v1/matrix and its export."""

    @reads(
        app,
        "/v1/practices",
        tags=["compare"],
        summary="The list of practices",
        **answers(Practices),
    )
    def practices(engine: Current) -> Response:
        """What the rows of the matrix are, with the queries and passages that describe them."""
        return reply(practices_fields(shipped()) | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/matrix",
        tags=["compare"],
        summary="Practices against bureaus, regions or years",
        **answers(PracticeMatrix),
    )
    def matrix_of(
        request: Request,
        engine: Current,
        filters: Chosen,
        by: Axes = [],  # noqa: B006 - fastapi copies defaults
        practice: Ids = [],  # noqa: B006
    ) -> Response:
        """Which practice is described where, with the best evidence of every cell."""
        found = asked(request, engine, filters, by, practice)
        return reply(matrix_fields(found) | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/matrix/export",
        tags=["compare"],
        summary="A matrix as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def matrix_export(
        request: Request,
        engine: Current,
        filters: Chosen,
        by: Axes = [],  # noqa: B006
        practice: Ids = [],  # noqa: B006
        form: Form = tables.TableFormat.CSV,
    ) -> Response:
        """A row for every cell, for a spreadsheet; more columns than a page shows."""
        rows = matrix_rows(asked(request, engine, filters, by, practice, MOST_IN_FILE))
        return table_file("bureau-matrix", form, tables.table(form, rows))


def asked(
    request: Request,
    engine: Engine,
    filters: Filters,
    by: list[str],
    practice: list[str],
    most: int = MOST_COLUMNS,
) -> Matrix:
    """The matrix that the parameters ask for.

    :raises BadInput: with the parameter to blame noted in the request.
    """
    by = [part for part in by if part]
    ids = [name for part in practice for name in part.split(",") if name]
    request.scope[BLAMED] = "by"
    axes_of(by)
    request.scope[BLAMED] = "practice"
    shipped().places(ids)
    del request.scope[BLAMED]
    return matrix(engine, by=by, practice=ids, filters=filters, most=most)
