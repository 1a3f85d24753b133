"""A web server on the loopback address that does what servers do, and what they should not.

A page is the bytes of a whole answer, head included, or a function of the request that gives
them in pieces: it may wait between two, never end, or say one thing and send another.
"""

import gzip
import socket
import socketserver
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
HTML = "<html><body><p>信访局2024年法治政府建设报告</p></body></html>".encode()


@dataclass
class Request:
    path: str
    headers: dict
    started: float
    ended: float = 0.0


@dataclass
class Site:
    """Its address, its pages by path, and every request that came, in order."""

    port: int
    pages: dict = field(default_factory=dict)
    log: list = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)
    tls: object = None

    def url(self, path, host="127.0.0.1"):
        return f"http{'s' if self.tls else ''}://{host}:{self.port}{path}"

    def asked(self, path=None):
        """Requests for ``path``; for anything but robots.txt if none is given."""
        wanted = (lambda p: p != "/robots.txt") if path is None else path.__eq__
        return [request for request in self.log if wanted(request.path)]


def answer(body=b"", status=200, kind="", **headers):
    """The bytes of an answer; ``_`` in header names stands for a hyphen."""
    head = {"Content-Length": str(len(body)), "Content-Type": kind}
    head |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"HTTP/1.1 {status} Some words of the server's".encode()]
    for name, value in head.items():
        value = value if isinstance(value, bytes) else str(value).encode()
        lines += [name.encode() + b": " + value] if value else []
    return b"\r\n".join([*lines, b"", body])


def redirect(to, status=302):
    return answer(status=status, Location=to)


def in_turn(*pages):
    """Another page at each request; the last one from then on."""
    left = list(pages)

    def page(request, site):
        now = left.pop(0) if len(left) > 1 else left[0]
        yield from pieces(now, request, site)

    return page


def pieces(page, request, site):
    if callable(page):
        yield from page(request, site)
    else:
        yield page


def waiting(seconds, then=b""):
    def page(request, site):
        site.closing.wait(seconds)
        yield then

    return page


def hang(request, site):
    site.closing.wait(30)
    yield b""


def drip(request, site):
    """A byte of the body now and then, for ever."""
    yield answer(kind="application/pdf", Content_Length="100000")
    while not site.closing.wait(0.05):
        yield b"x"


def drip_head(request, site):
    yield b"HTTP/1.1 200 OK\r\nX-Long: "
    while not site.closing.wait(0.05):
        yield b"x"


def endless(request, site):
    yield b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n"
    while not site.closing.is_set():
        yield b"x" * 65536


def endless_head(request, site):
    yield b"HTTP/1.1 200 OK\r\n"
    while not site.closing.is_set():
        yield b"X-Header: " + b"x" * 1000 + b"\r\n"


def early(request, site):
    """100 Continue without end."""
    while not site.closing.wait(0.01):
        yield b"HTTP/1.1 100 Continue\r\n\r\n"


def reset(request, site):
    yield answer(kind="application/pdf", Content_Length="5000") + b"%PDF"
    raise ConnectionAbortedError


def packed_zeros(size):
    return gzip.compress(b"\0" * size)


MISBEHAVING = {  # path -> page, and a word of the reason
    "/hang": (hang, "silent for"),
    "/drip": (drip, "took longer than"),
    "/drip-head": (drip_head, "took longer than"),
    "/early": (early, "took longer than"),
    "/endless": (endless, "more than 100,000 bytes"),
    "/endless-head": (endless_head, "is broken"),
    "/announced": (answer(Content_Length="100001"), "more than 100,000 bytes"),
    "/digits": (answer(Content_Length="9" * 5000), ""),
    "/short": (answer(b"%PDF-1.7 half", Content_Length="5000"), "is broken"),
    "/reset": (reset, "is broken"),
    "/nothing": (b"", "is broken"),
    "/garbage": (b"SSH-2.0-OpenSSH\r\n\r\n", "is broken"),
    "/chunk": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", "is broken"),
    "/empty": (answer(), "is empty"),
    "/loop": (redirect("/loop"), "more than 5 redirects"),
    "/nowhere": (answer(status=302), "more than 5 redirects"),
    "/mail": (redirect("mailto:x@example.org"), "redirects to no http"),
    "/file": (redirect("file:///etc/passwd"), "redirects to no http"),
    "/secret": (redirect("http://user:pass@127.0.0.1/"), "redirects to no http"),
    "/204": (answer(status=204), "204 No Content"),
    "/206": (answer(b"%PDF", 206), "206 Partial Content"),
    "/304": (answer(status=304), "304 Not Modified"),
    "/404": (answer(HTML, 404, "text/html"), "404 Not Found"),
    "/500": (answer(HTML, 500, "text/html"), "500 Internal Server Error"),
    "/799": (answer(HTML, 799), "799"),
    "/bomb": (answer(packed_zeros(50_000_000), Content_Encoding="gzip"), "more than 100,000"),
    "/cut": (answer(gzip.compress(PDF)[:-20], Content_Encoding="gzip"), "end too early"),
    "/broken-gzip": (answer(b"no gzip at all", Content_Encoding="gzip"), "is damaged"),
    "/brotli": (answer(b"...", Content_Encoding="br"), "packed as 'br'"),
}
SLOW = ("/hang", "/drip", "/drip-head", "/early")


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        site, started = self.server.site, time.monotonic()
        connection = self.request
        if site.tls:
            connection = site.tls.wrap_socket(connection, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            received = connection.recv(65536)
            if not received:
                return
            head += received
        first, *lines = head.decode("latin-1").split("\r\n\r\n")[0].split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        request = Request(first.split(" ")[1], headers, started)
        site.log.append(request)
        page = site.pages.get(request.path, answer(b"nothing here", 404))
        try:
            for piece in pieces(page, request, site):
                connection.sendall(piece)
        finally:
            request.ended = time.monotonic()
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def handle_error(self, request, client_address):
        """Clients that hang up are expected."""


@contextmanager
def serving(address="127.0.0.1", tls=None):
    """A site without pages; 0.0.0.0 is every address of the loopback network."""
    with Server((address, 0), Handler) as server:
        site = server.site = Site(server.server_address[1], tls=tls)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield site
        finally:
            site.closing.set()
            server.shutdown()
            thread.join()
