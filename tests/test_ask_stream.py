"""An answer as server-sent events: the same answer, in pieces, for as long as someone listens."""

import asyncio
import json
import socket
import threading
import time

import httpx
import pytest
import uvicorn
from server import running, wait_for
from starlette.applications import Starlette
from starlette.routing import Route
from starlette.testclient import TestClient

from search_api.app import create_app
from search_api.serving.events import EventStream, wants_events

STREAM = {"Accept": "text/event-stream"}
ANSWERED, DECLINED = "律师怎么参与接访", "企业所得税汇算清缴怎么办理"


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


@pytest.fixture(scope="module")
def server(corpus_index):
    with running(corpus_index) as started:
        yield started


def events_of(text):
    """(name, fields) of every event."""
    found = []
    for block in text.split("\n\n")[:-1]:
        first, second = block.split("\n")
        found.append((first.removeprefix("event: "), json.loads(second.removeprefix("data: "))))
    return found


def joined(events):
    """The answer that the events are the pieces of."""
    bureaus = [fields for name, fields in events if name == "bureau"]
    return {**events[0][1], "bureaus": bureaus, **events[-1][1]}


@pytest.mark.parametrize(
    ("question", "last"), [(ANSWERED, "done"), (DECLINED, "insufficient")], ids=["yes", "no"]
)
@pytest.mark.parametrize(
    "filters", [{}, {"year": 2025, "level": "prefecture"}], ids=["all", "some"]
)
def test_the_pieces_are_the_answer(client, question, last, filters):
    params = {"q": question, **filters}
    whole = client.get("/v1/ask", params=params).json()
    response = client.get("/v1/ask", params=params, headers=STREAM)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = events_of(response.text)
    assert [name for name, _ in events] == ["search", *["bureau"] * len(whole["bureaus"]), last]
    assert joined(events) == whole
    assert whole["sufficient"] is (last == "done")


def test_a_real_client_reads_a_real_stream(server):
    url = f"http://127.0.0.1:{server.port}/v1/ask"
    with httpx.stream("GET", url, params={"q": ANSWERED}, headers=STREAM) as response:
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        assert "etag" not in response.headers
        text = "".join(response.iter_text())
    assert joined(events_of(text)) == httpx.get(url, params={"q": ANSWERED}).json()


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [("q=", 422, "q"), ("q=a&k=0", 422, "k"), ("q=a&region=Atlantis", 422, "region")],
)
def test_errors_are_problems_before_the_stream_begins(client, query, status, field):
    response = client.get(f"/v1/ask?{query}", headers=STREAM)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["field"] == field


def test_a_failure_on_the_way_is_the_last_event(client, monkeypatch):
    def broken(engine, found):
        raise RuntimeError("/secret/path")

    monkeypatch.setattr("search_api.routes.asking.answer_to", broken)
    text = client.get("/v1/ask", params={"q": ANSWERED}, headers=STREAM).text
    names = [name for name, _ in events_of(text)]
    assert names == ["search", "error"]
    assert events_of(text)[-1][1]["status"] == 500
    assert "secret" not in text


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("text/event-stream", True),
        ("text/html, TEXT/Event-Stream;q=0.5", True),
        ("text/event-stream; q=0", False),
        ("text/event-stream;q=0.0", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
    ],
)
def test_only_who_asks_gets_a_stream(accept, wanted):
    assert wants_events(httpx.Headers({"accept": accept})) is wanted


def test_both_forms_vary_by_what_is_accepted(client):
    tag = client.get("/v1/ask", params={"q": ANSWERED}).headers["etag"]
    kept = STREAM | {"If-None-Match": tag}
    response = client.get("/v1/ask", params={"q": ANSWERED}, headers=kept)
    assert response.status_code == 200
    assert "Accept" in response.headers["vary"]
    assert "Accept" in client.get("/v1/ask", params={"q": ANSWERED}).headers["vary"]


def test_a_source_stops_within_a_second_when_the_client_leaves():
    told, ended = threading.Event(), threading.Event()

    async def source():
        try:
            for number in range(10_000):
                told.set()
                yield "bureau", {"number": number}
                await asyncio.sleep(0.01)
        finally:
            ended.set()

    async def endless(request):
        return EventStream(source())

    app = Starlette(routes=[Route("/", endless)])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started)
        port = server.servers[0].sockets[0].getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(100)
            assert told.wait(5) and not ended.is_set()
        assert ended.wait(1)
    finally:
        server.should_exit = True
        thread.join(30)


def test_many_clients_that_leave_cost_nothing(server):
    request = (
        b"GET /v1/ask?q=%E5%BE%8B%E5%B8%88 HTTP/1.1\r\nHost: localhost\r\n"
        b"Accept: text/event-stream\r\n\r\n"
    )

    def leave(patience):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as connection:
            connection.sendall(request)
            if patience:
                connection.recv(64)

    for number in range(50):
        leave(number % 2)
    wait_for(lambda: server.ask("/healthz"))
    memory, handles = server.memory(), server.handles()
    for number in range(1000):
        leave(number % 3)
    wait_for(lambda: server.handles() <= handles + 2, 20)
    began = time.monotonic()
    assert server.ask("/healthz")[0] == 200
    assert time.monotonic() - began < 5
    assert server.memory() - memory < 50 * 2**20
    answer = server.raw(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert b"event: done" in answer
