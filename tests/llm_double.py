"""A double of an OpenAI-compatible endpoint: a real HTTP server on the loopback.

`Double` answers what a function makes of the request, in one of the ways of `WAYS`, and keeps
what it was asked and when its clients left. Everything it does goes over a real socket.
"""

import json
import re
import socket
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


def chunk(text, finish=None):
    """One event of a streamed completion."""
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    body = {"id": "x", "object": "chat.completion.chunk", "created": 1, "model": "double"}
    return b"data: " + json.dumps(body | {"choices": [choice]}).encode() + b"\n\n"


def pieces(text, size=7):
    return [text[at : at + size] for at in range(0, len(text), size)]


class Double(ThreadingHTTPServer):
    """``say(request)`` gives the text of an answer; ``way`` how it is sent."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, say, way="well", **more):
        super().__init__(("127.0.0.1", 0), Asked)
        self.say, self.way, self.more = say, way, more
        self.requests = []  # {path, headers, body}
        self.left = threading.Event()  # a client has closed before the end
        self.writing = threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def handle_error(self, request, client_address):
        """A client that has left is no error here."""


class Asked(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.requests.append({"path": self.path, "headers": dict(self.headers), "body": {}})
        self.send_error(404)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        asked = {"path": self.path, "headers": dict(self.headers), "body": json.loads(body)}
        self.server.requests.append(asked)
        self.close_connection = True
        try:
            WAYS[self.server.way](self, asked)
        except OSError:
            self.server.left.set()

    def put(self, data):
        self.wfile.write(data)
        self.wfile.flush()

    def status(self, status, body=b"{}", **headers):
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.put(body)

    def wait_until_left(self, seconds=30, drip=b""):
        """Do nothing, or drip, until the client closes."""
        self.connection.settimeout(0.02)
        self.server.writing.set()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                if self.connection.recv(1) == b"":
                    self.server.left.set()
                    return
            except TimeoutError:
                pass
            if drip:
                self.connection.settimeout(5)
                self.put(drip)
                self.connection.settimeout(0.02)

    def stream(self, text):
        self.put(HEAD)
        for piece in pieces(text):
            self.put(chunk(piece))


def well(asked, request):
    asked.stream(asked.server.say(request))
    asked.put(chunk("", "stop") + b"data: [DONE]\n\n")


def key_of(request):
    return request["headers"].get("Authorization") or request["headers"].get("authorization", "")


def echo(request):
    """What a careless proxy says when it fails: everything, the key too."""
    return json.dumps({"error": {"message": f"failed: {key_of(request)}", "type": "x"}}).encode()


def cut(asked, request):
    asked.stream(asked.server.say(request)[:40])
    asked.connection.shutdown(socket.SHUT_RDWR)


def cut_in_a_chunk(asked, request):
    asked.put(HEAD.replace(b"Connection: close", b"Transfer-Encoding: chunked"))
    data = chunk(asked.server.say(request)[:30])
    asked.put(b"%x\r\n" % (len(data) + 500) + data)
    asked.connection.shutdown(socket.SHUT_RDWR)


def reset(asked, request):
    asked.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    asked.connection.close()


def hang(asked, request):
    asked.wait_until_left()


def hang_after_head(asked, request):
    asked.put(HEAD)
    asked.wait_until_left()


def hang_after_words(asked, request):
    asked.stream(asked.server.say(request))
    asked.wait_until_left()


def bad_json(asked, request):
    asked.put(HEAD + b'data: {"choices": [{"delta": {"content": "\xe6\n\n')
    asked.put(b"data: not json " + key_of(request).encode() + b"\n\n")


def html(asked, request):
    asked.status(200, b"<html>Please log in</html>", Content_Type="text/html")


def endless(asked, request):
    asked.put(HEAD)
    asked.server.writing.set()
    while True:
        asked.put(chunk("信访工作" * 20))


def endless_line(asked, request):
    asked.put(HEAD + b"data: ")
    while True:
        asked.put(b"x" * 65536)


def wrong_encoding(asked, request):
    text = json.dumps(
        {"choices": [{"index": 0, "delta": {"content": "律师参与接访"}}]}, ensure_ascii=False
    )
    asked.put(HEAD + b"data: " + text.encode("gb18030") + b"\n\ndata: [DONE]\n\n")


def empty(asked, request):
    asked.put(HEAD + chunk("") + chunk("", "stop") + b"data: [DONE]\n\n")


def drip(asked, request):
    asked.put(HEAD)
    asked.wait_until_left(drip=b": wait\n\n")


def slow_words(asked, request):
    asked.put(HEAD)
    asked.wait_until_left(drip=chunk("访"))


def redirect(asked, request):
    asked.status(307, Location=asked.server.more["to"] + "/chat/completions")


def error_event(asked, request):
    asked.put(HEAD + b"data: " + echo(request) + b"\n\n")


def packed(asked, request):
    asked.status(
        200, b"\x1f\x8b" + b"\0" * 50, Content_Type="text/event-stream", Content_Encoding="gzip"
    )


def refuses_options(asked, request):
    if "temperature" in request["body"]:
        return asked.status(400, echo(request))
    return well(asked, request)


def status(code):
    return lambda asked, request: asked.status(code, echo(request), Retry_After="0")


WAYS = {
    name: globals()[name]
    for name in (
        "well", "cut", "cut_in_a_chunk", "reset", "hang", "hang_after_head", "hang_after_words",
        "bad_json", "html", "endless", "endless_line", "wrong_encoding", "empty", "drip",
        "slow_words", "redirect", "error_event", "packed", "refuses_options",
    )
}  # fmt: skip
WAYS |= {f"status_{code}": status(code) for code in (400, 401, 404, 429, 500, 503)}


@contextmanager
def double(say=lambda request: "", way="well", **more):
    server = Double(say, way, **more)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def data_of(request):
    """The question and passages of a request."""
    return json.loads(request["body"]["messages"][-1]["content"])


def faithful(request):
    """An answer that quotes the first sentence of the best passages, as it should be."""
    found = []
    for passage in data_of(request)["passages"][:3]:
        sentence = re.split("[。；]", passage["text"])[0]
        found.append(f"{sentence}。[{passage['number']}]")
    return "\n".join(found)
