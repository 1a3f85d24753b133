"""An answer as server-sent events, for a client that asks for them.

Every event is named and carries one JSON object on one line. An answer is ``search``, one
``bureau`` for each bureau, and at last ``done`` or ``insufficient``; the fields of the first
and the last together with ``bureaus``, the list of those between, are the JSON answer. A
language model's answer may follow (`search_api.llm`). A failure after the first event is an
``error`` that carries a problem.
"""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator

from anyio import CancelScope
from anyio.lowlevel import checkpoint
from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.responses import StreamingResponse
from starlette.types import Send

from search_api.fields import Fields
from search_api.serving.problems import FAILED, STATUS_ZH, problem

MEDIA_TYPE = "text/event-stream"
FIRST = ("query", "corrections", "expansion", "total")  # known once the search is done
log = logging.getLogger(__name__)
Event = tuple[str, Fields]
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Vary": "Accept"}


def wants_events(headers: Headers) -> bool:
    """Whether the Accept header names this media type and does not refuse it (q=0)."""
    for part in headers.get("accept", "").lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name == MEDIA_TYPE:
            return not any(
                p.partition("=")[2].strip(" 0.") == "" for p in parameters if p[:1] == "q"
            )
    return False


def first_of(fields: Fields) -> Event:
    """The opening event: what is known once the search is done."""
    return "search", {key: fields[key] for key in FIRST}


def last_of(fields: Fields) -> Event:
    """The closing event of an answer: what neither the first nor a ``bureau`` event said."""
    name = "done" if fields["sufficient"] else "insufficient"
    return name, {key: value for key, value in fields.items() if key not in (*FIRST, "bureaus")}


def error(failure: Exception) -> Event:
    """A failure on the way: the body of the problem that it would have been."""
    log.error("an answer failed on the way", exc_info=failure)
    body = json.loads(bytes(problem(500, FAILED, STATUS_ZH[500]).body))
    return "error", body


class EventStream(StreamingResponse):
    """Sends events as they come, until the client leaves."""

    def __init__(self, events: AsyncIterator[Event]) -> None:
        super().__init__(written(events), headers=UNBUFFERED, media_type=MEDIA_TYPE)
        self._events = events

    async def stream_response(self, send: Send) -> None:
        """Send them; whatever they come from is closed as soon as the client has left."""
        try:
            await super().stream_response(send)
        finally:
            if isinstance(self._events, AsyncGenerator):
                with CancelScope(shield=True):
                    await self._events.aclose()


async def written(events: AsyncIterator[Event]) -> AsyncIterator[bytes]:
    """The events as they go over the wire; a failure is the last of them."""
    try:
        async for event in events:
            yield wire(*event)
            await checkpoint()  # sending need not wait: here it shows that the client has left
    except Exception as failure:
        yield wire(*error(failure))


def wire(name: str, fields: Fields) -> bytes:
    """An event in the form of text/event-stream."""
    return b"event: %s\ndata: %s\n\n" % (name.encode("ascii"), to_json(fields))
