"""The routes whose answers are carried elsewhere."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from search_api.routes import schemas
from search_api.routes.comparing import Form, table_file
from search_api.routes.document import answers, files_of, reads
from search_api.routes.params import Chosen, Current, Diversity, Expand, PassageId, Rows, Text
from search_api.serving.replies import reply
from search_api.sharing import quotes, references, tables
from search_api.sharing.collections import entry_of

Style = Annotated[
    references.Style,
    Query(alias="format", description="Form of the entry.", examples=["gbt7714-2025"]),
]
QUOTE_EXAMPLE: dict[str, JsonValue] = {
    "report_id": "yongan-2024",
    "start": 0,
    "end": 4,
    "text": "永安市信",
}


class QuoteBody(BaseModel):
    """A quote to check: ``text`` is said to be ``start:end`` of a report's text."""

    report_id: str = Field(max_length=300, description="Id of a report.")
    start: int = Field(ge=0, description="Where the quote begins, in Unicode code points.")
    end: int = Field(ge=0, description="Where it ends, exclusive.")
    text: str = Field(max_length=100_000, description="What is said to stand there.")


class QuotesBody(BaseModel):
    """What /v1/verify takes."""

    model_config = ConfigDict(json_schema_extra={"example": {"quotes": [QUOTE_EXAMPLE]}})
    quotes: list[QuoteBody] = Field(
        min_length=1, max_length=1000, description="Quotes as hits and answers have them."
    )


def add_sharing(app: FastAPI) -> None:
    """/v1/cite, /v1/verify and /v1/export."""

    @reads(
        app,
        "/v1/cite/{passage_id:path}",
        tags=["share"],
        summary="A passage as a reference",
        **files_of(*references.MEDIA_TYPES.values(), failures=(404,)),
    )
    def cite(
        engine: Current, passage_id: PassageId, form: Style = references.Style.GBT_2025
    ) -> Response:
        """A passage, or any other span of a report, as an entry of a bibliography."""
        entry = references.FORMS[form](entry_of(engine.index, passage_id))
        return Response(entry, media_type=f"{references.MEDIA_TYPES[form]}; charset=utf-8")

    @app.post(
        "/v1/verify",
        tags=["share"],
        summary="Quotes checked again",
        **answers(schemas.Verdicts, 400, 413),
    )
    def verify(engine: Current, body: QuotesBody) -> Response:
        """Whether quotes still stand in their reports, word for word."""
        given = [quotes.Quote(**quote.model_dump()) for quote in body.quotes]
        verdicts = quotes.verify(engine.index, given)
        return reply(
            {
                "quotes": [quotes.verdict_fields(verdict) for verdict in verdicts],
                "counts": quotes.tally(verdicts),
                "generation": engine.index.generation,
            }
        )

    @reads(
        app,
        "/v1/export",
        tags=["share"],
        summary="Ranked passages as a file",
        **files_of(*tables.MEDIA_TYPES.values()),
    )
    def export(
        engine: Current,
        filters: Chosen,
        q: Text,
        form: Form = tables.TableFormat.CSV,
        k: Rows = 100,
        expand: Expand = True,
        diversity: Diversity = None,
    ) -> Response:
        """Ranked passages for a spreadsheet; cells that look like formulas are made inert."""
        found = engine.search(q, k=k, filters=filters, expand=expand, diversity=diversity)
        return table_file("bureau-export", form, tables.table(form, tables.table_rows(found)))
