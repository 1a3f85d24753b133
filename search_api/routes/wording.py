"""The routes of wordings: who prints a phrase, what most print, what a report alone prints."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Response

from search_api.routes.comparing import Form, table_file
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current, ReportId
from search_api.routes.schemas import wording as schemas
from search_api.serving.listing import index_line
from search_api.serving.replies import reply
from search_api.sharing import tables
from search_api.wording.fields import (
    share_fields,
    top_fields,
    top_rows,
    wording_fields,
    wording_rows,
)
from search_api.wording.formulations import LONGEST, wording
from search_api.wording.scope import EXPORTED
from search_api.wording.shares import sentence_shares
from search_api.wording.top import MOST_LISTED as MOST_FORMS
from search_api.wording.top import top

Draft = Annotated[
    str,
    Query(
        description=f"Phrase, sentence or paragraph in Chinese, at most {LONGEST:,} characters.",
        examples=["办事依法、遇事找法"],
    ),
]
Forms = Annotated[
    int, Query(description="Number of formulations.", ge=1, le=MOST_FORMS, examples=[3])
]


def add_wording(app: FastAPI) -> None:
    """/v1/wording, /v1/wording/top, /v1/wording/export and a report's shares."""

    @reads(
        app,
        "/v1/wording",
        tags=["wording"],
        summary="How a draft is printed",
        **answers(schemas.Wording),
    )
    def worded(engine: Current, filters: Chosen, q: Draft) -> Response:
        """The wordings that match a draft exactly or nearly, clustered, with who prints them."""
        fields = wording_fields(wording(engine.local, q, filters=filters))
        return reply(fields | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/wording/top",
        tags=["wording"],
        summary="The most shared formulations",
        **answers(schemas.SharedFormulations),
    )
    def shared(engine: Current, filters: Chosen, k: Forms = 20) -> Response:
        """Formulations of 8 characters or more, by the number of bureaus that print them."""
        fields = top_fields(top(engine.local, k=k, filters=filters))
        return reply(fields | {"index": index_line(engine)})

    @reads(
        app,
        "/v1/wording/export",
        tags=["wording"],
        summary="Wordings as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def wording_export(
        engine: Current,
        filters: Chosen,
        q: Draft = "",
        form: Form = tables.TableFormat.CSV,
        k: Forms = MOST_FORMS,
    ) -> Response:
        """A row for every instance; without a draft, one for every shared formulation."""
        if q:
            rows = wording_rows(wording(engine.local, q, filters=filters, limits=EXPORTED))
        else:
            rows = top_rows(top(engine.local, k=k, filters=filters))
        return table_file("bureau-wording", form, tables.table(form, rows))

    @reads(
        app,
        "/v1/reports/{report_id}/wording",
        tags=["wording"],
        summary="A report from boilerplate to distinctive",
        **answers(schemas.SentenceShares, 404),
    )
    def shares(engine: Current, report_id: ReportId) -> Response:
        """The share of the other bureaus that print the wording of each sentence."""
        fields = share_fields(*sentence_shares(engine.local, report_id))
        return reply({"report_id": report_id} | fields)
