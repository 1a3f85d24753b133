"""The route that takes a report in, where the server was started so."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from indexer.shapes import BadInput
from search_api.routes import schemas
from search_api.routes.document import answers
from search_api.serving.problems import BLAMED, problem
from search_api.serving.replies import reply
from search_api.serving.uploads import Added, Uploads, fields_of

PATH, FIELD = "/v1/reports", "file"
RECEIVE_SECONDS = 110.0  # that a file may take to arrive: less than any body may
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "One report, at most 64 MiB.",
                        }
                    },
                }
            }
        },
    }
}
NO = "this server takes no uploads: start it with “bureau serve --allow-upload”"
NO_ZH = "本服务不接受上传：请用 “bureau serve --allow-upload” 启动"
NO_FILE = "file: send one file as multipart/form-data in the field “file”"
NO_FILE_ZH = "file：请以 multipart/form-data 在 file 字段中发送一个文件"


def add_uploading(app: FastAPI, uploads: Uploads | None) -> None:
    """POST /v1/reports; without ``uploads`` it answers 403."""
    documented = answers(
        schemas.Uploaded, 400, 408, 409, 413, 503, status=201, said="It is indexed."
    )

    @app.post(PATH, tags=["reports"], summary="Add a report", openapi_extra=FORM, **documented)
    async def upload(request: Request) -> Response:
        """Add one file to the index, where the server was started with `--allow-upload`.

        It answers 201 when the report can be found, 422 with the reason when it cannot be read,
        409 while another upload or another process is writing, and 403 where uploads are off.
        """
        if uploads is None:
            return problem(403, NO, NO_ZH)
        request.scope[BLAMED] = FIELD
        with uploads.alone():
            try:
                added = await received(request, uploads)
            except ClientDisconnect:
                raise HTTPException(400, "the client left before its file was there") from None
        where = f"v1/reports/{quote(added.entry.report_id, safe='')}"
        headers = {"Location": f"/{where}"}
        return reply(fields_of(added) | {"url": where}, 201, headers)


async def received(request: Request, uploads: Uploads) -> Added:
    """Take the file of a request in and add it.

    :raises BadInput: unless there is one file that can be indexed.
    :raises HTTPException: 408 if it does not arrive in time.
    """
    try:
        async with asyncio.timeout(RECEIVE_SECONDS):
            form = await request.form(max_files=1, max_fields=0)
    except TimeoutError:
        raise HTTPException(408, "the file did not arrive in time: send it again") from None
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise BadInput(NO_FILE, NO_FILE_ZH) from None
    try:
        file = form.get(FIELD)
        if not isinstance(file, UploadFile):
            raise BadInput(NO_FILE, NO_FILE_ZH)
        return await uploads.add(file.file, file.filename or "")
    finally:
        await form.close()
