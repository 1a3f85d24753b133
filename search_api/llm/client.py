"""Talking to an OpenAI-compatible endpoint (Ollama, vLLM, DashScope, DeepSeek …), and no further.

The only importer of ``openai``, and of ``httpx2`` below it. A request goes to the address that
was given and nowhere else: redirects are refused, proxies of the environment are not used, and
only the headers in `SENT` leave, the key among them. Whatever goes wrong becomes a `ModelFailure`
with a plain reason: what the endpoint says about its failure is never passed on, since it may
repeat the key. Prompts, grounding and wording are elsewhere.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from anyio import fail_after

from indexer.shapes import BadInput
from search_api.llm.model import Message, ModelFailure, Trouble

if TYPE_CHECKING:
    import httpx2

KEYS = ("BUREAU_LLM_KEY", "OPENAI_API_KEY")  # in the environment; the first that is set
SENT = ("host", "accept", "content-type", "content-length", "connection", "authorization")
NO_KEY = "none"  # what openai wants to be given where no key is sent
AT_ONCE = 8  # answers that one process has written for it at a time
REASONS = {400: Trouble.REFUSED, 401: Trouble.KEY, 403: Trouble.KEY, 404: Trouble.UNKNOWN}
REASONS |= {408: Trouble.SLOW, 429: Trouble.BUSY}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait, in seconds, and how much to take."""

    connect: float = 5.0
    first: float = 30.0  # to the first words of the answer
    whole: float = 90.0
    characters: int = 8000  # of the answer
    thought: int = 60_000  # characters that a model may think before and beside it
    bytes: int = 8 * 2**20  # of the response


@dataclass(frozen=True, slots=True)
class Settings:
    """Which model is asked, and where; never its key."""

    url: str
    model: str
    limits: Limits = Limits()


def settings(url: str | None, model: str | None, seconds: float | None = None) -> Settings | None:
    """Checked settings, or None where neither address nor model is given.

    ``seconds`` limits a whole answer, and so the time to its first words.

    :raises BadInput: for one without the other, no http address, or a missing package.
    """
    if not url and not model:
        return None
    if not url or not model:
        given, missing = ("--llm-model", "--llm-url") if model else ("--llm-url", "--llm-model")
        raise BadInput(f"{given} needs {missing} as well", f"{given} 须与 {missing} 一起使用")
    check_url(url)
    key()
    if find_spec("openai") is None:
        raise BadInput(
            "--llm-url needs the package openai: pip install 'bureau-search[llm]'",
            "--llm-url 需要 openai 包：pip install 'bureau-search[llm]'",
        )
    usual = Limits()
    whole = seconds or usual.whole
    return Settings(url, model, Limits(first=min(usual.first, whole), whole=whole))


def check_url(url: str) -> None:
    """Refuse what is no plain http address.

    :raises BadInput: naming it, unless it holds a password.
    """
    try:
        parts = urlsplit(url)
        port_is_a_number = parts.port is None or parts.port > 0
    except ValueError:
        parts, port_is_a_number = urlsplit(""), False
    if parts.username or parts.password:
        raise BadInput(
            f"--llm-url holds a name or password: put the key into {KEYS[0]}",
            f"--llm-url 中不得含用户名或密码：密钥请放入环境变量 {KEYS[0]}",
        )
    if parts.scheme not in ("http", "https") or not parts.hostname or not port_is_a_number:
        raise BadInput(
            f"--llm-url “{url[:100]}” is no address like http://127.0.0.1:11434/v1",
            f"--llm-url “{url[:100]}” 不是 http://127.0.0.1:11434/v1 这样的地址",
        )


def key() -> str:
    """The key from the environment, or nothing.

    :raises BadInput: if it cannot stand in a header; the sentence does not repeat it.
    """
    name = next((name for name in KEYS if os.environ.get(name, "").strip()), "")
    found = os.environ.get(name, "").strip()
    if not all("!" <= char <= "~" for char in found):
        raise BadInput(
            f"{name} holds characters that no key has (spaces, line breaks, letters beyond ASCII)",
            f"环境变量 {name} 含有密钥中不应有的字符（空格、换行或非 ASCII 字符）",
        )
    return found


class Endpoint:
    """A model behind an address."""

    def __init__(self, chosen: Settings) -> None:
        """:raises BadInput: if the key cannot be used."""
        import openai

        for library in ("openai", "httpx2", "httpcore2"):  # OPENAI_LOG would write what is asked
            logging.getLogger(library).setLevel(logging.WARNING)
        self._openai = openai
        self._settings = chosen
        self._key = key()
        self._tls = ssl.create_default_context() if chosen.url.startswith("https") else False
        self._running = 0

    @property
    def name(self) -> str:
        """The model's name, as it was given."""
        return self._settings.model

    async def stream(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The answer in pieces; leaving the loop closes the connection.

        :raises ModelFailure: with the reason.
        """
        if self._running >= AT_ONCE:
            raise ModelFailure(Trouble.BUSY)
        self._running += 1
        try:
            async with aclosing(self._limited(messages)) as pieces:
                async for piece in pieces:
                    yield piece
        except (ModelFailure, GeneratorExit):
            raise
        except Exception as error:  # of openai, httpx2, json, ssl: none of it may get out
            raise ModelFailure(self._reason(error)) from None
        finally:
            self._running -= 1

    async def _limited(self, messages: Sequence[Message]) -> AsyncGenerator[str, None]:
        """The pieces, as many and for as long as the limits allow."""
        limits, began, length, thought = self._settings.limits, monotonic(), 0, 0
        async with aclosing(self._chunks(messages)) as chunks:
            while True:
                left = (limits.whole if length else limits.first) - (monotonic() - began)
                if left <= 0:
                    raise TimeoutError
                with fail_after(left):
                    said = await anext(chunks, None)
                if said is None:
                    return
                piece, aside = said
                thought += aside
                length += len(piece)
                if length > limits.characters or thought > limits.thought:
                    raise ModelFailure(Trouble.LONG)
                if piece:
                    yield piece

    async def _chunks(self, messages: Sequence[Message]) -> AsyncGenerator[tuple[str, int], None]:
        """(piece of the answer, characters of thought beside it), to a regular end."""
        ended = False
        async with self._opened(messages) as response:
            async for chunk in response:
                for choice in (chunk.choices or ())[:1]:
                    aside = getattr(choice.delta, "reasoning_content", None) or ""
                    piece = choice.delta.content or ""
                    if "\ufffd" in piece:
                        raise ModelFailure(Trouble.UNREADABLE)
                    ended = ended or choice.finish_reason is not None
                    yield piece, len(aside)
        if not ended:
            raise ModelFailure(Trouble.CUT)

    @asynccontextmanager
    async def _opened(self, messages: Sequence[Message]) -> AsyncIterator[Any]:
        """The response as it streams; closed with its connection at the end."""
        asked: dict[str, Any] = {"model": self.name, "messages": list(messages), "stream": True}
        async with self._client() as client:
            try:
                careful = {"temperature": 0, "max_tokens": self._settings.limits.characters // 2}
                response = await client.chat.completions.create(**asked, **careful)
            except Exception as error:
                if self._reason(error) is not Trouble.REFUSED:
                    raise
                response = await client.chat.completions.create(**asked)  # some models know neither
            async with response:
                yield response

    def _client(self) -> Any:  # noqa: ANN401 - openai is imported late
        """A client for one answer: its connection ends with it."""
        limits = self._settings.limits
        http = self._openai.DefaultAsyncHttpxClient(
            trust_env=False,
            follow_redirects=False,
            verify=self._tls,
            timeout=self._openai.Timeout(limits.whole, connect=limits.connect),
            event_hooks={"request": [self._bare], "response": [self._checked]},
        )
        return self._openai.AsyncOpenAI(
            base_url=self._settings.url,
            api_key=self._key or NO_KEY,
            max_retries=0,
            http_client=http,
        )

    async def _bare(self, request: httpx2.Request) -> None:
        """Take off every header that tells of this machine or its environment."""
        for name in list(request.headers):
            if name.lower() not in SENT:
                del request.headers[name]
        if not self._key:
            request.headers.pop("authorization", None)
        request.headers["accept-encoding"] = "identity"
        request.headers["user-agent"] = "bureau"

    async def _checked(self, response: httpx2.Response) -> None:
        """Refuse, before anything of it is read, what is no stream of events."""
        status = response.status_code
        if status != 200:
            raise ModelFailure(reason_of(status))
        kind = response.headers.get("content-type", "").lower()
        packed = response.headers.get("content-encoding", "identity").lower()
        if "html" in kind or "json" in kind or packed != "identity":
            raise ModelFailure(Trouble.UNREADABLE)
        response.stream = counted(response.stream, self._settings.limits.bytes)

    def _reason(self, error: BaseException | None) -> Trouble:
        """Why an exception was raised: a failure that it was caused by, or its own kind."""
        seen = error
        while seen is not None:
            if isinstance(seen, ModelFailure):
                return seen.trouble
            if isinstance(seen, TimeoutError | self._openai.APITimeoutError):
                return Trouble.SLOW
            if type(seen).__name__ in ("RemoteProtocolError", "ReadError", "IncompleteRead"):
                return Trouble.CUT
            if isinstance(seen, ValueError):  # JSON and UTF-8
                return Trouble.UNREADABLE
            seen = seen.__cause__ or seen.__context__
        unreachable = isinstance(error, self._openai.APIConnectionError)
        return Trouble.UNREACHABLE if unreachable else Trouble.FAILED


def reason_of(status: int) -> Trouble:
    """What a status other than 200 says."""
    if 300 <= status < 400:
        return Trouble.MOVED
    return REASONS.get(status, Trouble.FAILED)


def counted(stream: Any, most: int) -> Any:  # noqa: ANN401 - httpx2 is imported late
    """``stream`` that ends with a failure after ``most`` bytes: a line may have no end."""
    import httpx2

    class Counted(httpx2.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            left = most
            async for part in stream:
                left -= len(part)
                if left < 0:
                    raise ModelFailure(Trouble.LONG)
                yield part

        async def aclose(self) -> None:
            await stream.aclose()

    return Counted()
