"""JSON answers, written once: nothing on the way out checks or copies what the engine gave."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic_core import to_json
from starlette.responses import Response

from search_api.fields import Fields


def reply(fields: Fields, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A JSON response of ``fields``."""
    return Response(to_json(fields), status, headers, media_type="application/json")
