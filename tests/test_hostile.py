"""Hostile requests over a real socket: refused at once, with the field named, at no cost.

What uvicorn has no limit for (a head, a body or a reader that takes for ever) is limited by
`search_api.serving.server`; those limits are tested with a server whose patience is short.
"""

import json
import socket
import threading
import time
from contextlib import contextmanager

import pytest
import uvicorn
from server import read_all, running, wait_for

from search_api.app import create_app
from search_api.serving import server as server_module
from search_api.serving.server import PatientConnection

AT_ONCE = 1.0  # seconds
MOST_MEMORY = 50 * 2**20
SURROGATE = b'{"quotes": [{"report_id": "a", "start": 0, "end": 1, "text": "\\ud800"}]}'


@pytest.fixture(scope="module")
def server(corpus_index):
    with running(corpus_index) as started:
        started.ask("/v1/search?q=%E4%BF%A1%E8%AE%BF")
        yield started


def get(path):
    return b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def post(body, *lines, path=b"/v1/verify", length=None):
    head = [b"POST " + path + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *lines]
    if length is not False:
        head.append(b"Content-Length: %d" % (len(body) if length is None else length))
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def parsed(answer):
    """(status, headers, problem) of the bytes of an answer."""
    head, _, body = answer.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    problem = json.loads(body) if b"problem+json" in headers.get(b"content-type", b"") else {}
    return status, headers, problem


def refused(server, data):
    """(status, problem) of what is refused at once; a busy machine gets three tries."""
    for _ in range(3):
        began = time.monotonic()
        status, headers, problem = parsed(server.raw(data, seconds=10))
        if time.monotonic() - began < AT_ONCE:
            break
    else:
        raise AssertionError(f"three tries, each longer than {AT_ONCE} s")
    assert 400 <= status < 500, (status, problem)
    assert b"default-src 'self'" in headers[b"content-security-policy"]
    assert problem["detail"] and problem["detail_zh"]
    return status, [entry["field"] for entry in problem.get("errors", [])]


JSON = b"Content-Type: application/json"
DEEP = b"[" * 100_000
CHUNKED = b"Transfer-Encoding: chunked"


@pytest.mark.parametrize(
    ("data", "status", "fields"),
    [
        (get(b"/v1/search?q=a&k=1000000000"), 422, ["k"]),
        (get(b"/v1/search?q=a&k=-1"), 422, ["k"]),
        (get(b"/v1/search?q=a&k=NaN"), 422, ["k"]),
        (get(b"/v1/search?q=a&diversity=NaN"), 422, ["diversity"]),
        (get(b"/v1/search?q=a&diversity=-inf"), 422, ["diversity"]),
        (get(b"/v1/search?q=a&year=99999999999999999999"), 422, ["year.0"]),
        (get(b"/v1/search?q=a" + b"&year=2024" * 101), 422, ["year"]),
        (get(b"/v1/search?q=%ED%A0%80"), 422, ["q"]),
        (get(b"/v1/search?q=a&issuer=%ED%BF%BF"), 422, ["issuer"]),
        (get(b"/v1/gloss?text=%ED%A0%80"), 422, ["text"]),
        (get(b"/v1/gloss?text=" + b"%E4%BF%A1" * 2001), 422, ["text"]),
        (get(b"/v1/search?q=" + b"a" * 50_000), 414, ["q"]),
        (get(b"/v1/search?q=" + b"a" * 2**20), 414, ["q"]),
        (get(b"/v1/ask?k=1&region=" + b"%41" * 2**18), 414, ["region"]),
        (get(b"/" + b"a" * 2**20), 431, []),
        (get(b"/v1/reports/" + b"a" * 5000), 404, []),
        (get(b"/v1/reports/..%2f..%2f..%2fetc%2fpasswd"), 404, []),
        (get(b"/v1/reports/../../../etc/passwd/file"), 404, []),
        (get(b"/v1/passages/%ED%A0%80:1-2"), 404, ["passage_id"]),
        (get(b"/v1/reports?k=1001"), 422, ["k"]),
        (get(b"/v1/reports?cursor=" + b"A" * 201), 422, ["cursor"]),
        (post(SURROGATE, JSON), 422, ["quotes.0.text"]),
        (post(b'{"quotes": NaN}', JSON), 422, ["quotes"]),
        (post(DEEP, JSON), 400, ["body"]),
        (post(b"\xff", JSON), 400, ["body"]),
        (post(b'{"quotes": []}', JSON), 422, ["quotes"]),
        (post(b"", JSON, length=500 * 2**20), 413, []),
        (post(b"", JSON, length=10**30), 400, []),
        (post(b"", JSON, b"Expect: 100-continue", length=500 * 2**20), 413, []),
        (post(b"", path=b"/v1/reports", length=500 * 2**20), 413, []),
        (post(b"a", JSON, length=-1), 400, []),
        (post(b"FFFFFFFFFFFFFFFFFFFFFFFF\r\n", JSON, CHUNKED, length=False), 400, []),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 2**17 + b"\r\n\r\n", 431, []),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: a\r\n" * 2**15 + b"\r\n", 431, []),
        (b"GET / HTTP/1.1\r\n\r\n", 400, []),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", 400, []),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX\x00: a\r\n\r\n", 400, []),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, []),
        (
            b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
            403,
            ["Host"],
        ),
    ],
    ids=lambda value: repr(value[:60]) if isinstance(value, bytes) else "",
)
def test_it_is_refused_at_once_and_the_field_is_named(server, data, status, fields):
    assert refused(server, data) == (status, fields)


def test_after_all_that_it_still_answers(server):
    status, _, body = server.ask("/v1/search?q=%E4%BF%A1%E8%AE%BF")
    assert status == 200 and json.loads(body)["hits"]


def flood(server, head, piece, most):
    """(first line of the answer, bytes sent, seconds until it came) of a body without end."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(head)
        answers = []
        reader = threading.Thread(
            target=lambda: answers.append((read_all(connection), time.monotonic() - began))
        )
        reader.start()
        sent = 0
        try:
            while sent < most:
                connection.sendall(piece)
                sent += len(piece)
        except OSError:
            pass
        reader.join(10)
    return (*answers[0], sent)


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "chunked"])
def test_half_a_gigabyte_of_body_costs_no_memory(server, announced):
    memory, peaks, done = server.memory(), [0], threading.Event()

    def watch():
        while not done.wait(0.01):
            peaks.append(server.memory() - memory)

    watcher = threading.Thread(target=watch)
    watcher.start()
    size = 500 * 2**20
    lines = [JSON, *([] if announced else [CHUNKED])]
    head = post(b"", *lines, length=size if announced else False)
    head = head.replace(b"Connection: close\r\n", b"")  # else nothing more is read at all
    piece = b"x" * 2**20 if announced else b"100000\r\n" + b"x" * 2**20 + b"\r\n"
    answer, _, sent = flood(server, head, piece, size)
    done.set()
    watcher.join()
    assert max(peaks) < MOST_MEMORY, f"{max(peaks) / 2**20:.0f} MiB more"
    assert answer.startswith(b"HTTP/1.1 413") or (not answer and sent < size)
    print(f"sent {sent / 2**20:.0f} MiB, memory +{max(peaks) / 2**20:.1f} MiB")
    assert server.ask("/healthz")[0] == 200


def test_a_body_without_end_is_refused_while_it_comes(server):
    head = post(b"", JSON, CHUNKED, length=False)
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        began = time.monotonic()
        connection.sendall(head)
        for _ in range(70):
            connection.sendall(b"4000\r\n" + b"x" * 2**14 + b"\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413")
        assert time.monotonic() - began < 5
        read_all(connection)
        assert time.monotonic() - began < 5 + PatientConnection.REST_SECONDS


def test_hundreds_of_idle_connections_do_not_keep_others_out(server):
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(300)]
    try:
        assert server.ask("/v1/search?q=%E4%BF%A1%E8%AE%BF")[0] == 200
    finally:
        for connection in idle:
            connection.close()
    wait_for(lambda: server.handles() < 100)


@contextmanager
def impatient(app, monkeypatch, **seconds):
    """What connects to a server with short limits, in this process."""
    for name, value in seconds.items():
        monkeypatch.setattr(PatientConnection, name, value)
    monkeypatch.setattr(server_module, "LINGER_SECONDS", 0.1)
    config = server_module.config(app, "127.0.0.1", 0)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_for(lambda: server.started)
        place = server.servers[0].sockets[0].getsockname()
        yield lambda: socket.create_connection(place, timeout=5)
    finally:
        server.should_exit = True
        thread.join(30)


def trickle(connection, piece, seconds=10):
    """(what came back, seconds until then) while ``piece`` is sent ten times a second."""
    began, connection_end = time.monotonic(), time.monotonic() + seconds
    connection.settimeout(0.1)
    while time.monotonic() < connection_end:
        try:
            return connection.recv(65536), time.monotonic() - began
        except TimeoutError:
            connection.sendall(piece)
    raise AssertionError("the server's patience does not end")


@pytest.mark.parametrize(
    ("limit", "first", "piece"),
    [
        ("HEAD_SECONDS", b"GET /healthz HTTP/1.1\r\n", b"X: a\r\n"),
        ("BODY_SECONDS", post(b'{"quotes', JSON, length=1000), b" "),
        ("BODY_SECONDS", post(b"", JSON, CHUNKED, length=False), b"1\r\n \r\n"),
    ],
    ids=["head", "body", "chunks"],
)
@pytest.mark.parametrize("before", [0, 2])
def test_a_request_that_trickles_in_gets_a_408(engine, monkeypatch, limit, first, piece, before):
    app, sound = create_app(engine), get(b"/healthz").replace(b"Connection: close\r\n", b"")
    with impatient(app, monkeypatch, **{limit: 0.5}) as connect, connect() as connection:
        for _ in range(before):
            connection.sendall(sound)
            answers(connection, 1)
        connection.sendall(first)
        answer, seconds = trickle(connection, piece)
        status, _, problem = parsed(answer)
    assert status == 408
    assert "did not arrive in time" in problem["detail"]
    assert 0.3 < seconds < 5


def test_a_connection_that_says_nothing_is_closed(engine, monkeypatch):
    with impatient(create_app(engine), monkeypatch, HEAD_SECONDS=0.3) as connect, connect() as idle:
        began = time.monotonic()
        assert idle.recv(10) == b""
        assert 0.2 < time.monotonic() - began < 4


def test_one_connection_too_many_is_told_so(engine, monkeypatch):
    monkeypatch.setattr(server_module, "MOST_CONNECTIONS", 2)
    with impatient(create_app(engine), monkeypatch) as connect, connect() as first, connect():
        with connect() as third:
            status, headers, problem = parsed(read_all(third))
            assert (status, problem["status"]) == (503, 503)
            assert headers[b"retry-after"]
        first.sendall(get(b"/healthz"))
        answers(first, 1)


def test_a_server_that_is_told_to_stop_ends_while_clients_dawdle(engine, monkeypatch):
    began = time.monotonic()
    with impatient(create_app(engine), monkeypatch, HEAD_SECONDS=60.0) as connect:
        slow, idle = connect(), connect()
        slow.sendall(b"GET /healthz HTTP/1.1\r\n")
        broken = connect()
        broken.sendall(b"\x00\r\n\r\n")
        assert b"400 Bad" in broken.recv(65536)
        began = time.monotonic()
    assert time.monotonic() - began < server_module.STOP_SECONDS
    for connection in (slow, idle, broken):
        connection.close()


def test_a_reader_that_does_not_read_is_let_go(engine, monkeypatch):
    async def large(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(1000):
            await send({"type": "http.response.body", "body": b"x" * 2**16, "more_body": True})
        ended.set()

    ended = threading.Event()
    with impatient(large, monkeypatch, WRITE_SECONDS=0.3) as connect, connect() as connection:
        connection.sendall(get(b"/"))
        assert ended.wait(5)


def test_a_slow_but_steady_client_is_served(engine, monkeypatch):
    request, app = get(b"/healthz"), create_app(engine)
    with impatient(app, monkeypatch, HEAD_SECONDS=5.0) as connect, connect() as connection:
        for at in range(0, len(request), 10):
            connection.sendall(request[at : at + 10])
            time.sleep(0.02)
        assert read_all(connection).startswith(b"HTTP/1.1 200")


def test_kept_connections_serve_many_requests(engine, monkeypatch):
    request, app = get(b"/healthz").replace(b"Connection: close\r\n", b""), create_app(engine)
    with impatient(app, monkeypatch, HEAD_SECONDS=0.3) as connect, connect() as connection:
        for _ in range(10):
            connection.sendall(request)
            answers(connection, 1)
            time.sleep(0.1)
        connection.sendall(request * 5)
        answers(connection, 5)


def answers(connection, count):
    """Read so many sound answers of /healthz."""
    found = b""
    while found.count(b"}") < count:
        found += connection.recv(65536)
    assert found.count(b"HTTP/1.1 200") == count
