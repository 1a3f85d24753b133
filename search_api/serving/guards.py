"""Who may ask, and how much: foreign hosts and origins, oversized and malformed requests.

A page of any other site can make a browser send requests to a server on this machine, and a
name that an attacker controls can be made to point here (DNS rebinding). So the Host header
must be one that this server goes by, and what a browser sends for another site is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_address
from socket import gethostname
from urllib.parse import unquote_to_bytes

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_api.serving.problems import blame, problem

SECURITY = {
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("0.0.0.0", "::", "[::]", "")  # noqa: S104 - recognised, not bound
LONGEST_BODY = 2**20  # bytes
READING = ("GET", "HEAD")
LONGEST_ADDRESS = 48 * 1024  # bytes of the query string; the longest question has 36,000
LONGEST_PATH = 1000  # characters: no name of a report or passage comes near
OWN_SITE = ("", "none", "same-origin")  # of Sec-Fetch-Site


class SecurityHeaders:
    """Puts `SECURITY` on every response that does not set a header of it itself."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, adding the headers as the response starts."""

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY.items():
                    headers.setdefault(name, value)
            await send(message)

        await self.app(scope, receive, sending)


class OwnSite:
    """Refuses with 403 what names another host or comes from another site's page."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        """``hosts``: names that the server goes by beside those of the loopback."""
        names = [bracketed(host.lower()) for host in hosts]
        self.app = app
        self.everywhere = any(name in EVERYWHERE for name in names)
        self.names = {*LOOPBACK, *names}
        if self.everywhere:
            self.names.add(gethostname().lower())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 403."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        headers = Headers(scope=scope)
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if not self.goes_by(without_port(host)):
            field, value, zh = "Host", host, "本服务不使用此主机名"
        elif origin and origin.partition("://")[2] != host:
            field, value, zh = "Origin", origin, "拒绝来自其他网站的请求"
        elif headers.get("sec-fetch-site", "") not in OWN_SITE and not (
            scope["method"] in READING and is_navigation(headers)
        ):
            field, value, zh = "Sec-Fetch-Site", headers["sec-fetch-site"], "拒绝来自其他网站的请求"
        else:
            return await self.app(scope, receive, send)
        said = f"{field} “{value[:100]}” is not this server’s own"
        zh = f"{field} “{value[:100]}”：{zh}"
        answer = problem(403, said, zh, errors=[blame(field, said, zh)])
        return await answer(scope, receive, send)

    def goes_by(self, name: str) -> bool:
        """Whether the server has this name; bound everywhere, it has every address's number."""
        return name in self.names or (self.everywhere and is_address(name))


def is_navigation(headers: Headers) -> bool:
    """Whether a person followed a link here: its sender cannot read what comes back."""
    return headers.get("sec-fetch-mode") == "navigate"


def without_port(host: str) -> str:
    """The name in a Host header; an IPv6 address keeps its brackets."""
    end = host.rfind("]")
    return host[: end + 1] if end >= 0 else host.partition(":")[0]


def bracketed(host: str) -> str:
    """An IPv6 address as a Host header writes it; any other name as it is."""
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def is_address(name: str) -> bool:
    """Whether a name is an IP address: no one can make those point elsewhere."""
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


class SoundRequest:
    """Refuses oversized bodies and addresses, and parameters that are not UTF-8 text."""

    def __init__(self, app: ASGIApp, bodies: Mapping[tuple[str, str], int] | None = None) -> None:
        """``bodies``: most bytes of a body by (method, path), where not `LONGEST_BODY`."""
        self.app = app
        self.bodies = dict(bodies or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, or answer 404, 413, 414 or 422."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        query: bytes = scope["query_string"]
        length = Headers(scope=scope).get("content-length", "0")
        most = self.bodies.get((scope["method"], scope["path"]), LONGEST_BODY)
        if length.isdigit() and int(length[:20]) > most:
            answer = problem(413, too_large(most), too_large_zh(most))
        elif len(query) > LONGEST_ADDRESS:
            answer = address_too_long(query)
        elif len(scope["path"]) > LONGEST_PATH:
            answer = problem(404, "there is nothing at so long an address", "没有这个地址")
        elif field := undecodable(query):
            said, zh = f"{field} is not valid UTF-8 text", f"{field} 不是有效的 UTF-8 文本"
            answer = problem(422, said, zh, errors=[blame(field, said, zh)])
        else:
            return await self.app(scope, counted(receive, most), send)
        return await answer(scope, receive, send)


def address_too_long(query: bytes) -> JSONResponse:
    """The answer to a query string of too many bytes, naming its longest parameter."""
    longest = max(query.split(b"&"), key=len).partition(b"=")[0]
    field = unquote_to_bytes(longest[:100]).decode("utf-8", "replace")
    said = f"{field} is too long: an address has at most {LONGEST_ADDRESS:,} bytes"
    zh = f"{field} 过长：地址最多 {LONGEST_ADDRESS:,} 字节"
    return problem(414, said, zh, errors=[blame(field, said, zh)])


def too_large(most: int) -> str:
    """Says that a body has more than ``most`` bytes."""
    return f"the request body is larger than {most:,} bytes: send less at a time"


def too_large_zh(most: int) -> str:
    """The same in Chinese."""
    return f"请求内容超过 {most:,} 字节：请分批发送"


def counted(receive: Receive, most: int) -> Receive:
    """``receive`` that stops a body whose length was not announced.

    :raises HTTPException: 413, where the body is read.
    """
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > most:
            raise HTTPException(413, too_large(most))
        return message

    return receiving


def undecodable(query: bytes) -> str:
    """The name of the first parameter that is not UTF-8 text or holds a NUL, or nothing."""
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        field = unquote_to_bytes(name).decode("utf-8", "replace")
        try:
            text = unquote_to_bytes(value).decode("utf-8")
        except UnicodeDecodeError:
            return field
        if "\0" in text:
            return field
    return ""
