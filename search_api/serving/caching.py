"""One generation a request, entity tags that hold as long as it is published, compression."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_hex

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_api.engine import Engine
from search_api.serving.events import wants_events
from search_api.serving.live import Live

API = "/v1/"
ORIGINAL = "/file"  # how the address of an original ends
REVALIDATE = "no-cache"  # a browser may keep it but asks each time: 304 while nothing changed
NEVER = "no-store"


class Pinned:
    """Gives a request its engine (``request.state.engine``) and answers 304 where it can.

    The tag covers the generation, the address and this process: another release of the
    program may say the same in another form. It is weak, since the body may be compressed.
    """

    def __init__(self, app: ASGIApp, live: Live) -> None:
        self.app = app
        self.live = live
        self.process = token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve with the engine of this moment."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        engine = self.live.now()
        scope.setdefault("state", {})["engine"] = engine
        tag = self.tag(engine, scope) if is_lasting(scope) else ""
        if tag and tag in tags(Headers(scope=scope).get("if-none-match", "")):
            kept = Response(status_code=304, headers={"ETag": tag, "Cache-Control": REVALIDATE})
            return await kept(scope, receive, send)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if tag and message["status"] == 200:
                    headers.setdefault("ETag", tag)
                api = scope["path"].startswith(API)
                lasting = message["status"] < 400 and (tag or not api)
                headers.setdefault("Cache-Control", REVALIDATE if lasting else NEVER)
            await send(message)

        return await self.app(scope, receive, sending)

    def tag(self, engine: Engine, scope: Scope) -> str:
        """The entity tag of an address under the engine's generation."""
        index = engine.index
        parts = (self.process, index.generation, index.manifest.created, scope["path"])
        text = "\n".join(parts).encode("utf-8", "surrogatepass") + b"?" + scope["query_string"]
        return f'W/"{sha256(text).hexdigest()[:32]}"'


class Compressed(GZipMiddleware):
    """Compresses answers, but no original: its bytes, ranges and entity tag belong together."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, minimum_size=1000, compresslevel=6)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve, compressed where the client takes it."""
        if scope["type"] == "http" and scope["path"].endswith(ORIGINAL):
            return await self.app(scope, receive, send)
        return await super().__call__(scope, receive, send)


def is_lasting(scope: Scope) -> bool:
    """Whether the answer depends on the address and the generation alone."""
    if scope["method"] not in ("GET", "HEAD") or not scope["path"].startswith(API):
        return False
    return not wants_events(Headers(scope=scope))


def tags(header: str) -> set[str]:
    """The entity tags of an If-None-Match header, made weak for comparing."""
    given = (tag.strip() for tag in header.split(","))
    return {tag if tag.startswith("W/") else f"W/{tag}" for tag in given if tag}
