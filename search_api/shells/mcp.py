"""``bureau mcp``: the reports for a language model's client, over stdio or HTTP."""

from __future__ import annotations

import os
import signal
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language, say
from search_api.options import Options
from search_api.serve import ALLOW_HOST_HELP, HOST_HELP

if TYPE_CHECKING:
    from search_api.options import OpenEngine


def add_mcp(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register the verb."""
    http = options.option(
        False, "--http", text="Streamable HTTP at /mcp instead of stdin and stdout. 用 HTTP 传输"
    )
    host_option = options.option("127.0.0.1", "--host", text=HOST_HELP)
    port_option = options.option(8001, "--port", text="Port. 端口", min=1, max=65535)
    allow_host = options.option([], "--allow-host", text=ALLOW_HOST_HELP, metavar="NAME")

    @app.command(epilog="Example: bureau mcp --http --port 8001")  # type: ignore[untyped-decorator]
    def mcp(
        index: Path = options.index,
        http: bool = http,
        host: str = host_option,
        port: int = port_option,
        allow_host: list[str] = allow_host,
        embedder: str | None = options.embedder,
        reranker: str | None = options.reranker,
    ) -> None:
        """Tools and reports for a model's client (Model Context Protocol). 供大模型客户端调用"""
        if find_spec("mcp") is None:
            raise BadInput(
                "“bureau mcp” needs the package mcp: pip install 'bureau-search[mcp]'",
                "“bureau mcp” 需要 mcp 包：pip install 'bureau-search[mcp]'",
            )
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # calls side by side use the cores
        engine = open_engine(index, embedder)
        if reranker:
            from search_api.rerank import open_reranker

            engine.reranker = open_reranker(reranker)
        if not http:
            from search_api.mcp import serve_stdio

            if sys.stdin.isatty():
                sys.stderr.write(alone() + "\n")
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # ends also while stdin is waited for
            serve_stdio(engine)
            return
        from search_api.mcp import PATH, serve_http
        from search_api.serving.listening import check_free
        from search_api.terminal import tell

        signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a client that leaves ends nothing
        check_free(host, port)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}{PATH}"
        tell(say("serving", reports=engine.index.manifest.reports, url=url))
        serve_http(engine, host, port, allow_host)


def alone() -> str:
    """To a person who has started this in a terminal."""
    if language() == "zh":
        return "正在等待客户端从标准输入发来协议消息（Ctrl-C 停止）；网络客户端请加 --http"
    return "waiting for a client’s messages on stdin (Ctrl-C stops); --http serves it over HTTP"
