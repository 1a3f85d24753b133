"""The description of the interface (OpenAPI), put together once when it is first asked for.

Examples are answers that the server gave over the bundled reports, kept in `examples.json`
under the name of their operation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from fastapi import FastAPI, Response
from pydantic import BaseModel

from search_api.routes.schemas import Problem
from search_api.serving.problems import MEDIA_TYPE

TITLE = "Bureau reports"
DESCRIPTION = """Search over the reports of Chinese government bureaus, and answers that cite them.

Questions may be Chinese or English. Every passage has an id `report:start-end`: its text is
exactly the characters `start` to `end` of the report's text, counted in Unicode code points.
Failures are problem details (RFC 9457) in both languages that name the field to blame."""
TAGS = [
    {"name": "search", "description": "Ask, and get ranked passages or a cited answer."},
    {"name": "compare", "description": "One question, many bureaus and years."},
    {"name": "wording", "description": "How bureaus word a phrase, and who does."},
    {"name": "reports", "description": "What the index holds, in full."},
    {"name": "share", "description": "References, tables, and quotes checked again."},
    {"name": "health", "description": "For those who run the server."},
]
FAILURES = {
    400: "The body cannot be read.",
    403: "The Host header is not this server's, or another site's page sent the request.",
    404: "There is nothing of this name.",
    408: "The request did not arrive in time.",
    409: "Another process is writing the index.",
    413: "The body is too large.",
    414: "The address is too long.",
    416: "The file has no such range.",
    422: "A parameter cannot be used; `errors` names it.",
    503: "The index cannot be read or written at the moment.",
}
ALWAYS = (403, 414, 422)  # what any address of the interface may answer
Responses = dict[int | str, dict[str, Any]]
Json = dict[str, Any]
Route = TypeVar("Route", bound=Callable[..., Any])


def reads(app: FastAPI, path: str, **documented: Any) -> Callable[[Route], Route]:  # noqa: ANN401
    """Register a function for GET, and for HEAD without describing that again."""

    def register(function: Route) -> Route:
        app.head(path, include_in_schema=False, response_model=None)(function)
        app.get(path, **documented)(function)
        return function

    return register


def answers(
    model: type[BaseModel], *failures: int, status: int = 200, said: str = "The answer."
) -> dict[str, Any]:
    """The arguments of a route that answers with ``model``, documented but not checked."""
    good: Responses = {status: {"model": model, "description": said}}
    return {"response_model": None, "status_code": status, "responses": good | bad(*failures)}


def files_of(*media_types: str, failures: tuple[int, ...] = ()) -> dict[str, Any]:
    """The arguments of a route that answers with text or bytes of these media types."""
    content = {name.partition(";")[0]: {"schema": file_schema(name)} for name in media_types}
    good: Responses = {200: {"description": "The file.", "content": content}}
    documented: dict[str, Any] = {"response_model": None, "response_class": Response}
    return documented | {"responses": good | bad(*failures)}


def file_schema(media_type: str) -> Json:
    """Of a file's content: parsed, where that is JSON."""
    if media_type.endswith("json"):
        return {"type": ["array", "object"], "items": {"type": "object"}}
    return {"type": "string", "contentMediaType": media_type}


def bad(*failures: int) -> Responses:
    """The problems of a route, those that any route may have among them."""
    schema = {"$ref": "#/components/schemas/Problem"}
    return {
        status: {"description": FAILURES[status], "content": {MEDIA_TYPE: {"schema": schema}}}
        for status in sorted({*ALWAYS, *failures})
    }


class Described(FastAPI):
    """An application whose description has the schema of problems, and examples."""

    def openapi(self) -> Json:
        """The description."""
        if not self.openapi_schema:
            schema = super().openapi()
            components = schema.setdefault("components", {}).setdefault("schemas", {})
            components.update(problem_schemas())
            for name, operation in operations(schema):
                add_examples(operation, examples().get(name, {}))
            self.openapi_schema = schema
        return self.openapi_schema


def problem_schemas() -> Json:
    """`Problem` and what it consists of."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    inner: Json = schema.pop("$defs")
    return inner | {"Problem": schema}


def operations(schema: Json) -> Iterator[tuple[str, Json]]:
    """(“get /v1/search”, its description) for every operation."""
    for path, methods in schema["paths"].items():
        for method, operation in methods.items():
            yield f"{method} {path}", operation


def add_examples(operation: Json, kept: Json) -> None:
    """Put examples, by status and media type, into an operation's responses."""
    problems = examples()["problems"]
    for status, response in operation["responses"].items():
        for media_type, content in response.get("content", {}).items():
            own = kept.get(status, {}).get(media_type)
            example = problems.get(status) if media_type == MEDIA_TYPE else own
            if example is not None:
                content["example"] = example


@cache
def examples() -> Json:
    """Examples by operation, then status, then media type; problems by status."""
    text = files("search_api.routes").joinpath("examples.json").read_text("utf-8")
    kept: Json = json.loads(text)
    return kept
