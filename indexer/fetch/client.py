"""HTTP within limits: one URL at a time, its redirects followed, every hop judged anew.

The proxies, cookies and passwords of this machine are not used.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any

import httpcore
import httpx

from indexer.fetch.addresses import Network, Origin
from indexer.fetch.shapes import Failure, Limits
from indexer.fetch.turns import Turns
from indexer.fetch.unpacking import PIECE, limited, too_large, unpacked

PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[a-z0-9_](?:[a-z0-9_.\-]*[a-z0-9_])?\.?|[0-9a-f:.]+")
REDIRECTS = (301, 302, 303, 307, 308)
LONGEST_URL = 4_000


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer, its body still to come: plain bytes, at most the limit of them."""

    url: str  # after redirects
    status: int
    headers: Mapping[str, bytes]  # name in lower case -> value
    body: Iterator[bytes]


def parse_url(text: str) -> str:
    """One way of writing an http or https URL, without its fragment.

    :raises Failure: if ``text`` is none, or holds a password.
    """
    try:
        url = httpx.URL(str(httpx.URL(text).copy_with(fragment=None)))
        usable = url.scheme in PORTS and HOST.fullmatch(origin_of(url)[0]) is not None
        usable &= 0 < origin_of(url)[1] < 65536 and len(str(url)) <= LONGEST_URL
    except (httpx.InvalidURL, ValueError, TypeError):
        usable = False
    if not usable:
        raise Failure("it is no http or https URL", "不是 http 或 https 网址")
    if url.userinfo:
        raise Failure("a URL with a user or password is not fetched", "不抓取含用户名或密码的网址")
    return str(url)


def origin_of(url: httpx.URL | str) -> Origin:
    """Host, as it goes over the wire, and port of a URL."""
    url = httpx.URL(url)
    host = url.raw_host.decode("ascii").lower().rstrip(".")
    return host, PORTS.get(url.scheme, 0) if url.port is None else url.port


class Clock:
    """The network under the client: checked addresses only, and a time by which all must be done.

    :raises Failure: out of every call that runs beyond that time or may not connect.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        self._total, self._ends, self._inside = 0.0, 0.0, False

    def start(self, total: float, *, inside: bool) -> None:
        """``total`` seconds from now on, and whether inside addresses may be reached."""
        self._total, self._ends, self._inside = total, monotonic() + total, inside

    def left(self, timeout: float | None) -> float:
        """``timeout`` or the seconds that are left, whichever is less."""
        left = self._ends - monotonic()
        if left <= 0:
            raise Failure(f"it took longer than {self._total:g} s", f"超过 {self._total:g} 秒")
        return left if timeout is None else min(timeout, left)

    @contextmanager
    def timing(self, timeout: float | None) -> Iterator[float]:
        """The time for one call; one that ended because all of it was over says so."""
        try:
            yield self.left(timeout)
        except httpcore.TimeoutException:
            self.left(None)
            raise

    def addresses(self, origin: Origin) -> list[str]:
        """Where ``origin`` may be connected to."""
        return self._network.addresses(origin, inside=self._inside)


class TimedStream(httpcore.NetworkStream):
    """A connection whose every call ends with the clock."""

    def __init__(self, inner: httpcore.NetworkStream, clock: Clock) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """As `httpcore.NetworkStream` has it; so are the others."""
        with self._clock.timing(timeout) as left:
            return self._inner.read(max_bytes, left)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send all of ``buffer``."""
        with self._clock.timing(timeout) as left:
            self._inner.write(buffer, left)

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Go on encrypted."""
        with self._clock.timing(timeout) as left:
            inner = self._inner.start_tls(ssl_context, server_hostname, left)
        return TimedStream(inner, self._clock)

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:  # noqa: ANN401
        """About the socket."""
        return self._inner.get_extra_info(info)


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses that were judged, and to no other."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._inner = clock, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """To the first address of ``host`` that answers."""
        failed: Exception | None = None
        for address in self._clock.addresses((host.lower().rstrip("."), port)):
            try:
                with self._clock.timing(timeout) as left:
                    inner = self._inner.connect_tcp(address, port, left, None, socket_options)
                return TimedStream(inner, self._clock)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failed = error
        raise failed or httpcore.ConnectError(host)


class Body(httpx.SyncByteStream):
    """The bytes of an answer as they come."""

    def __init__(self, answer: httpcore.Response, connection: httpcore.HTTPConnection) -> None:
        self._answer, self._connection = answer, connection

    def __iter__(self) -> Iterator[bytes]:
        yield from self._answer.iter_stream()

    def close(self) -> None:
        """Hang up, whether all has come or not."""
        self._answer.close()
        self._connection.close()


class Transport(httpx.BaseTransport):
    """httpx over a `CheckedBackend`: a connection for each request."""

    def __init__(self, tls: Callable[[], ssl.SSLContext], clock: Clock) -> None:
        self._tls, self._backend = tls, CheckedBackend(clock)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request`` and read the answer's head."""
        url = request.url
        target = httpcore.URL(
            scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
        )
        connection = httpcore.HTTPConnection(
            target.origin,
            ssl_context=self._tls() if url.scheme == "https" else None,
            network_backend=self._backend,
        )
        try:
            answer = connection.handle_request(
                httpcore.Request(
                    method=request.method,
                    url=target,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            connection.close()
            raise
        body = Body(answer, connection)
        return httpx.Response(answer.status, headers=answer.headers, stream=body)


class Client:
    """Asks for URLs under an agent's name, in turn at each host."""

    def __init__(self, agent: str, limits: Limits, network: Network, turns: Turns) -> None:
        self._limits, self._network, self._turns = limits, network, turns
        self._headers = {
            "User-Agent": agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return httpx.create_ssl_context()

    @contextmanager
    def reply(
        self,
        url: str,
        *,
        check: Callable[[str], None],
        headers: Mapping[str, str] | None = None,
        total: float,
        size: int,
    ) -> Iterator[Reply]:
        """The answer to a GET, redirects followed; ``check`` passes each URL or raises `Failure`.

        ``total`` seconds may each request take, ``size`` bytes the body hold.

        :raises Failure: for whatever goes wrong, also while the body is read.
        """
        clock = Clock(self._network)
        here, inside = url, True
        with httpx.Client(
            transport=Transport(lambda: self._tls, clock),
            headers=self._headers,
            timeout=httpx.Timeout(self._limits.silence, connect=self._limits.connect),
            trust_env=False,
        ) as client:
            for _ in range(self._limits.redirects + 1):
                check(here)
                origin = origin_of(here)
                inside = inside and self._network.inside(origin)
                with self._turns.at(origin[0]), explained(origin[0], self._limits):
                    clock.start(total, inside=inside)
                    with client.stream("GET", here, headers=headers) as response:
                        if response.status_code not in REDIRECTS:
                            yield reply_from(response, size)
                            return
                        here = target_of(response)
        n = self._limits.redirects
        raise Failure(f"more than {n} redirects", f"重定向超过 {n} 次")


def reply_from(response: httpx.Response, size: int) -> Reply:
    """The shape of an answer.

    :raises Failure: if it says that it is too large or packed in an unknown way.
    """
    headers: dict[str, bytes] = {}
    for name, value in response.headers.raw:
        headers.setdefault(name.decode("latin-1").lower(), value)
    announced = headers.get("content-length", b"")
    if announced.isdigit() and int(announced[:20]) > size:
        raise too_large(size)
    body = limited(unpacked(response.iter_raw(PIECE), headers.get("content-encoding", b"")), size)
    return Reply(str(response.url), response.status_code, headers, body)


def target_of(response: httpx.Response) -> str:
    """Where a redirect leads.

    :raises Failure: if nowhere.
    """
    location = response.headers.get("location", "")
    try:
        return parse_url(str(response.url.join(location)))
    except (Failure, httpx.InvalidURL, ValueError, TypeError):
        raise leads_nowhere() from None


def leads_nowhere() -> Failure:
    """A redirect that names no page."""
    return Failure("it redirects to no http or https URL", "重定向的目标不是网址")


@contextmanager
def explained(host: str, limits: Limits) -> Iterator[None]:
    """Turn what the network raises into a reason.

    :raises Failure: in its place.
    """
    try:
        yield
    except httpcore.ConnectTimeout:
        n = limits.connect
        raise Failure(f"no connection to {host} in {n:g} s", f"{n:g} 秒内无法连接 {host}") from None
    except httpcore.TimeoutException:
        n = limits.silence
        raise Failure(f"{host} was silent for {n:g} s", f"{host} 在 {n:g} 秒内没有响应") from None
    except httpx.InvalidURL:
        raise leads_nowhere() from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpx.HTTPError) as error:
        raise failure_from(error, host) from None


def failure_from(error: Exception, host: str) -> Failure:
    """The reason for a connection that was not made, or broke."""
    cause = error.__cause__ or error.__context__
    if isinstance(cause, ssl.SSLError):
        text = getattr(cause, "verify_message", "") or cause.reason or "handshake failed"
        return Failure(f"TLS with {host}: {text}", f"与 {host} 的 TLS 连接失败：{text}")
    if isinstance(error, httpcore.ConnectError):
        text = getattr(cause, "strerror", None) or "refused"
        return Failure(f"no connection to {host}: {text}", f"无法连接 {host}：{text}")
    text = " ".join(str(error).split())[:200]
    return Failure(f"the answer of {host} is broken: {text}", f"{host} 的响应不完整或有误：{text}")
