"""Every failure as an RFC 9457 problem: what is wrong with which field, in two languages.

    {"type": "about:blank", "title", "status", "detail", "detail_zh",
     "errors": [{"field", "detail", "detail_zh"}]}

``errors`` is there where a field of the request is to blame. No problem repeats more than the
start of a value, and none tells anything of the server's inside.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from indexer.shapes import BadIndex, BureauError, NotOffered

MEDIA_TYPE = "application/problem+json"
FAILED = "the server failed; its log says why"
SHOWN = 60  # characters of a refused value
BY_NAME = ("/v1/passages/", "/v1/reports/", "/v1/cite/")  # what they name may not exist
RECOVERING = {"Cache-Control": "no-store"}
STATUS_ZH = {
    400: "请求格式有误",
    404: "没有这个地址",
    405: "此地址不支持该请求方法",
    408: "请求未能及时送达",
    413: "请求内容过大",
    500: "服务器内部错误",
}
KIND_ZH = {
    "missing": "缺少此参数",
    "int_parsing": "不是整数",
    "int_parsing_size": "数字过大",
    "int_from_float": "不是整数",
    "int_type": "不是整数",
    "float_parsing": "不是数字",
    "finite_number": "不是有限的数字",
    "bool_parsing": "不是 true 或 false",
    "greater_than_equal": "不能小于 {ge}",
    "less_than_equal": "不能大于 {le}",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "string_too_short": "至少 {min_length} 个字符",
    "string_too_long": "最多 {max_length} 个字符",
    "string_unicode": "不是有效的 Unicode 文本",
    "string_type": "不是文本",
    "json_invalid": "不是有效的 JSON",
    "enum": "只能是 {expected}",
    "literal_error": "只能是 {expected}",
}
BLAMED = "bureau.blamed"  # in a request's scope: the field to blame where none is quoted
Blame = dict[str, str]


class Busy(BureauError):
    """Another upload or another writer is at work: 409."""


STATUS_OF = ((BadIndex, 503), (Busy, 409), (NotOffered, 501))


def problem(
    status: int,
    detail: str,
    zh: str = "",
    *,
    errors: Sequence[Blame] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem response; ``zh`` defaults to the English sentence."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase}
    body |= {"status": status, "detail": printable(detail), "detail_zh": printable(zh or detail)}
    if errors:
        body["errors"] = list(errors)
    merged = RECOVERING | dict(headers or {})
    return JSONResponse(body, status, headers=merged, media_type=MEDIA_TYPE)


def blame(field: str, detail: str, zh: str = "") -> Blame:
    """One entry of ``errors``."""
    return {"field": field, "detail": printable(detail), "detail_zh": printable(zh or detail)}


def printable(text: str) -> str:
    """``text`` as valid Unicode: a lone surrogate cannot be sent."""
    return text.encode("utf-8", "replace").decode("utf-8")


def add_problems(app: Starlette, invalid: type[Exception], headers: Mapping[str, str]) -> None:
    """Answer every exception of ``app`` with a problem.

    ``invalid`` is the web framework's error for a request that breaks the declared types;
    ``headers`` go out with an unforeseen failure, which leaves outside of all middleware.
    """

    def unforeseen(request: Request, error: Exception) -> JSONResponse:
        return problem(500, FAILED, STATUS_ZH[500], headers=headers)

    app.add_exception_handler(HTTPException, from_status)
    app.add_exception_handler(invalid, from_validation)
    app.add_exception_handler(BureauError, from_bureau)
    app.add_exception_handler(Exception, unforeseen)


def from_status(request: Request, error: Exception) -> JSONResponse:
    """An error that carries its own status, such as an unknown route."""
    if not isinstance(error, HTTPException):
        raise error
    path, status = request.url.path[:SHOWN], error.status_code
    known = {
        404: f"there is nothing at {path}",
        405: f"{request.method} is not possible at {path}",
    }
    detail, zh = known.get(status, error.detail), STATUS_ZH.get(status, "")
    errors = [blame("body", detail, zh)] if status == 400 else []
    return problem(status, detail, zh, errors=errors, headers=error.headers)


def from_validation(request: Request, error: Exception) -> JSONResponse:
    """A request whose fields break their declared types: one entry for each."""
    found: Iterable[Mapping[str, Any]] = getattr(error, "errors", tuple)()
    errors = [_blame_of(entry) for entry in found]
    zh = "；".join(e["detail_zh"] for e in errors)
    return problem(422, "; ".join(e["detail"] for e in errors), zh, errors=errors)


def _blame_of(entry: Mapping[str, Any]) -> Blame:
    """From one entry of the framework's list: {type, loc, msg, input, ctx}."""
    place, *names = entry["loc"]
    broken = entry["type"] == "json_invalid"  # the rest of loc is then an offset
    field = ".".join(map(str, names)) if names and not broken else str(place)
    given = "" if entry["type"] in ("missing", "json_invalid") else f" = {_shown(entry['input'])}"
    context = entry.get("ctx", {})
    kind = KIND_ZH.get(entry["type"], "")
    try:
        zh = f"{field}{given}：{kind.format(**context)}" if kind else ""
    except KeyError:  # another release of the framework may leave a bound out
        zh = ""
    return blame(field, f"{field}{given}: {entry['msg'][:1].lower()}{entry['msg'][1:]}", zh)


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def from_bureau(request: Request, error: Exception) -> JSONResponse:
    """An expected failure of the engine: a bad value, a name that is not there, a bad index."""
    if not isinstance(error, BureauError):
        raise error
    field = _field_of(request, str(error))
    known = next((status for kind, status in STATUS_OF if isinstance(error, kind)), None)
    status = known or (404 if request.url.path.startswith(BY_NAME) else 422)
    errors = [blame(field, str(error), error.zh)] if field and status in (404, 422) else []
    return problem(status, str(error), error.zh, errors=errors)


def _field_of(request: Request, sentence: str) -> str:
    """The parameter to blame: the one whose value the sentence quotes, else the question."""
    given = [*request.path_params.items(), *request.query_params.multi_items()]
    quoted = (name for name, value in given if f"“{value}”" in sentence)
    asked = "q" if "q" in request.query_params else ""
    return next(quoted, request.scope.get(BLAMED, asked))
