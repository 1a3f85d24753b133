"""The routes of collections and articles; the server keeps neither."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from indexer.shapes import BadInput
from search_api.engine import Engine
from search_api.routes.document import answers, files_of
from search_api.routes.params import Current
from search_api.routes.schemas.collecting import Findings
from search_api.serving.problems import BLAMED, blame, problem
from search_api.serving.replies import reply
from search_api.sharing import exports
from search_api.sharing.checking import article_tally, check_article, finding_fields
from search_api.sharing.collections import (
    LONGEST_NAME,
    LONGEST_NOTE,
    LONGEST_SPAN,
    Item,
    Wanted,
    collected,
    new_collection,
)

MOST = 500  # items of one export
ARTICLE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The article, Markdown in UTF-8, at most 1 MiB.",
        "content": {"text/markdown": {"schema": {"type": "string"}}},
    }
}
EXAMPLE: dict[str, Any] = {
    "name": "听证",
    "items": [{"id": "yongan-2024:1849-1980", "note": "第二节"}],
}
Form = Annotated[
    exports.Form, Query(alias="format", description="Form of the file.", examples=["md"])
]


class ItemBody(BaseModel):
    """An item of a collection."""

    id: str = Field(
        max_length=330, description="A passage, or any span of a report: report:start-end."
    )
    text: str | None = Field(
        default=None,
        max_length=LONGEST_SPAN,
        description="What stood there when it was collected: refused if something else does now.",
    )
    note: str = Field(default="", max_length=LONGEST_NOTE, description="A note on it.")


class CollectionBody(BaseModel):
    """What /v1/collections/export takes."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE})
    name: str = Field(default="摘录", max_length=LONGEST_NAME, description="Its name.")
    items: list[ItemBody] = Field(
        min_length=1, max_length=MOST, description="The items, in their order."
    )


class BadItem(Exception):
    """An item that cannot be had; ``at`` is its place."""

    def __init__(self, at: int, why: BadInput) -> None:
        super().__init__(str(why))
        self.at, self.why = at, why


def add_collecting(app: FastAPI) -> None:
    """/v1/collections/export and /v1/verify/article."""

    @app.post(
        "/v1/collections/export",
        tags=["share"],
        summary="A collection as a file",
        **files_of(*exports.MEDIA_TYPES.values(), failures=(400, 413)),
    )
    def collection_export(
        request: Request, engine: Current, body: CollectionBody, form: Form = exports.Form.MD
    ) -> Response:
        """An article, bibliography or table of passages; the server keeps nothing of it.

        Every quote is taken from the report itself, and an item that is not there is named.
        """
        request.scope[BLAMED] = "name"
        collection = new_collection(body.name)
        try:
            collection = collection.with_items(items_of(engine, body.items))
        except BadItem as error:
            field, why = f"items.{error.at}", error.why
            return problem(422, str(why), why.zh, errors=[blame(field, str(why), why.zh)])
        data = exports.exported(collection, form)
        name = f"bureau-collection.{exports.file_ending(form)}"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        media_type = exports.MEDIA_TYPES[form].partition(";")[0]
        text = media_type.startswith("text/")
        return Response(data, media_type=media_type + "; charset=utf-8" * text, headers=headers)

    @app.post(
        "/v1/verify/article",
        tags=["share"],
        summary="An article checked",
        openapi_extra=ARTICLE,
        **answers(Findings, 400, 413),
    )
    async def verify_article(request: Request, engine: Current) -> Response:
        """Whether an article's quotes and footnotes still say what the reports say.

        It may have been edited since it was exported: lines wrapped anew, footnotes moved and
        renumbered. Quotes are block quotes, and words in quotation marks that a footnote follows.
        """
        request.scope[BLAMED] = "body"
        text = decoded(await request.body())
        found = await run_in_threadpool(check_article, engine.index, text)
        return reply(
            {
                "findings": [finding_fields(finding) for finding in found],
                "counts": article_tally(found),
                "generation": engine.index.generation,
            }
        )


def items_of(engine: Engine, bodies: list[ItemBody]) -> list[Item]:
    """The items that a request names.

    :raises BadItem: for the first that is not there.
    """
    rows = {meta.id: row for row, meta in enumerate(engine.index.metas)}
    found = []
    for at, body in enumerate(bodies):
        try:
            wanted = Wanted(body.id, body.text, body.note)
            found.append(collected(engine.index, rows, wanted))
        except BadInput as error:
            raise BadItem(at, error) from None
    return found


def decoded(data: bytes) -> str:
    """A body as text.

    :raises BadInput: if it is not UTF-8.
    """
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the body is not UTF-8 text", "请求内容不是 UTF-8 文本") from None
