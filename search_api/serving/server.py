"""The server under the application, which waits for no one for ever.

uvicorn has no limit on the time that a request may take to arrive, nor on the time that a
client may take to read: a client that sends a header a second, or nothing, keeps a connection
for good. Here a connection is closed, after a problem with status 408 where one can still be
said, unless

- the head of a request is there within `HEAD_SECONDS` of its first byte, or of connecting,
- its body within `BODY_SECONDS` after that, or `REST_SECONDS` after it was answered already,
- what is sent is taken within `WRITE_SECONDS`.

Beyond `MOST_CONNECTIONS` a client gets 503 before it is listened to. A head that cannot be read
gets a problem too, which names the parameter where that is to blame.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from http import HTTPStatus
from typing import Any

import anyio.to_thread
import h11
import uvicorn
from starlette.responses import JSONResponse
from uvicorn.protocols.http.h11_impl import H11Protocol

from search_api.serving.guards import LONGEST_ADDRESS, SECURITY, address_too_long
from search_api.serving.problems import STATUS_ZH, problem

LONGEST_HEAD = LONGEST_ADDRESS + 16 * 1024  # bytes
MOST_CONNECTIONS = 500  # beyond, 503
STOP_SECONDS = 10  # for requests in flight, when the server is asked to stop
LINGER_SECONDS = 1  # in which a client that is still sending may read the answer


class PatientConnection(H11Protocol):
    """One client's connection, with an end to patience."""

    HEAD_SECONDS = 10.0
    BODY_SECONDS = 120.0
    REST_SECONDS = 2.0
    WRITE_SECONDS = 30.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self.awaited = ""  # what the timer waits for
        self.timer: asyncio.TimerHandle | None = None
        self.write_timer: asyncio.TimerHandle | None = None
        self.lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Start to wait for a request."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(full())
        else:
            self._await("head")

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing any more."""
        self._await("")
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what has come, and wait for what is missing."""
        if self.lingering:
            return
        super().data_received(data)
        self._await(self._missing())

    def shutdown(self) -> None:
        """End as soon as no answer is on its way."""
        if self.lingering:
            self.transport.close()
        else:
            super().shutdown()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._await(self._missing())

    def pause_writing(self) -> None:
        """Start to wait for the client to read."""
        super().pause_writing()
        self.write_timer = self.loop.call_later(self.WRITE_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The client has read."""
        if self.write_timer:
            self.write_timer.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong with a head that cannot be read."""
        failure = sys.exception()
        long = (
            getattr(failure, "error_status_hint", 400) == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        )
        self._refuse(too_long(self.conn.trailing_data[0]) if long else unreadable())

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing: whoever asks for a WebSocket gets an ordinary answer."""

    def _missing(self) -> str:
        """What the client has begun to send and not ended."""
        if self.lingering or self.transport.is_closing():
            return ""
        if self.conn.their_state is h11.SEND_BODY:
            return "rest" if self.cycle.response_complete else "body"
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            return "head"
        return ""

    def _await(self, what: str) -> None:
        """Set the timer for what is missing; what is awaited already keeps its timer."""
        if what == self.awaited:
            return
        self.awaited = what
        if self.timer:
            self.timer.cancel()
            self.timer = None
        if what:
            seconds = {
                "head": self.HEAD_SECONDS,
                "body": self.BODY_SECONDS,
                "rest": self.REST_SECONDS,
            }[what]
            self.timer = self.loop.call_later(seconds, self._too_late)

    def _too_late(self) -> None:
        """Say so where a request has begun and was not answered, and close."""
        asked = self.cycle is not None and self.awaited == "body"
        if asked and self.cycle.response_started:
            self.transport.abort()
        elif asked or (self.awaited == "head" and self.conn.trailing_data[0]):
            if asked:
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            self._refuse(late())
        else:
            self.transport.close()

    def _refuse(self, answer: JSONResponse) -> None:
        """Send a problem and close; go on reading for a moment, so that it can arrive."""
        self._await("")
        answer.headers.update({**SECURITY, "connection": "close"})
        body = bytes(answer.body)
        phrase = HTTPStatus(answer.status_code).phrase
        head = f"HTTP/1.1 {answer.status_code} {phrase}\r\n".encode("ascii")
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in answer.raw_headers)
        self.transport.write(head + lines + b"\r\n" + body)
        self.transport.write_eof()
        self.lingering = True
        self.flow.resume_reading()
        self.loop.call_later(LINGER_SECONDS, self.transport.close)


def too_long(head: bytes) -> JSONResponse:
    """The answer to a head of too many bytes, which may not be there as a whole."""
    target = head.split(b"\r\n", 1)[0].split(b" ")[1:2]
    query = target[0].partition(b"?")[2] if target else b""
    if len(query) > LONGEST_ADDRESS:
        return address_too_long(query)
    said = f"the request's head is too long: it has at most {LONGEST_HEAD:,} bytes"
    return problem(431, said, f"请求头过长：最多 {LONGEST_HEAD:,} 字节")


def unreadable() -> JSONResponse:
    """The answer to what is no HTTP."""
    return problem(400, "this is not a valid HTTP request", STATUS_ZH[400])


def late() -> JSONResponse:
    """The answer to a request that does not arrive."""
    return problem(408, "the request did not arrive in time: send it again", STATUS_ZH[408])


def full() -> JSONResponse:
    """The answer to one connection too many."""
    said = "the server has too many connections: try again in a moment"
    return problem(503, said, "连接过多：请稍后再试", headers={"Retry-After": "5"})


def config(app: Any, host: str, port: int) -> uvicorn.Config:  # noqa: ANN401 - any application
    """How the application is served."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=PatientConnection,
        ws="none",
        server_header=False,
        log_level="warning",
        timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=LONGEST_HEAD,
    )


def few_threads() -> None:
    """Let a running event loop answer few requests at a time.

    More threads than cores only wait for one another.
    """
    threads = len(os.sched_getaffinity(0)) + 1
    anyio.to_thread.current_default_thread_limiter().total_tokens = threads


class FewThreads(uvicorn.Server):
    """Answers few requests at a time."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        few_threads()
        await super().startup(sockets)


def serve_forever(app: Any, host: str, port: int) -> None:  # noqa: ANN401
    """Serve until a signal ends it."""
    FewThreads(config(app, host, port)).run()
