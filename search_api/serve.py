"""The command line's verb serve: the page and the HTTP interface.

`search_api.cli` hands its typer over, so that it stays that library's one importer. As there,
imports stand inside the command: ``--help`` must not pay for libraries that it does not use.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import say

if TYPE_CHECKING:
    from search_api.engine import Engine

DEFAULT_INDEX = Path(".bureau")
OpenEngine = Callable[[Path, str | None], "Engine"]
HOST_HELP = (
    "Address to listen on. 0.0.0.0 is every address of this machine: it then answers to its IP "
    "addresses and its own name, other names need --allow-host. There is no password: whoever "
    "reaches it can read, and with --allow-upload add, reports. 监听地址"
)
ALLOW_HOST_HELP = (
    "Another name that the server goes by, as behind a proxy; repeatable. Requests that name "
    "any other host get 403. 允许的主机名"
)
ALLOW_UPLOAD_HELP = "Let clients add reports (POST /v1/reports). 允许上传报告"


def add_serve(app: Any, typer: ModuleType, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register ``bureau serve`` on the typer application ``app``."""
    index_option = typer.Option(
        DEFAULT_INDEX, "--index", envvar="BUREAU_INDEX", help="Index directory. 索引目录"
    )
    host_option = typer.Option("127.0.0.1", help=HOST_HELP)
    port_option = typer.Option(8000, help="Port. 端口", min=1, max=65535)
    allow_host = typer.Option([], help=ALLOW_HOST_HELP, metavar="NAME")
    allow_upload = typer.Option(False, "--allow-upload", help=ALLOW_UPLOAD_HELP)
    embedder_option = typer.Option(
        None, "--embedder", help="sentence-transformers model, name or path. 向量模型"
    )

    @app.command(epilog="Example: bureau serve --port 8000")  # type: ignore[untyped-decorator]
    def serve(
        index: Path = index_option,
        host: str = host_option,
        port: int = port_option,
        allow_host: list[str] = allow_host,
        allow_upload: bool = allow_upload,
        embedder: str | None = embedder_option,
    ) -> None:
        """The web page and the HTTP interface. 网页与接口"""
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # requests side by side use the cores
        from search_api.app import create_app
        from search_api.serving.server import serve_forever
        from search_api.terminal import tell

        engine = open_engine(index, embedder)
        check_free(host, port)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        tell(say("serving", reports=engine.index.manifest.reports, url=url))
        app = create_app(engine, hosts=[host, *allow_host], uploads=allow_upload)
        serve_forever(app, host, port)


def check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is served.

    :raises BadInput: naming it.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        raise BadInput(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another --host or --port",
            f"无法监听 {host}:{port}（{error.strerror}）：请换 --host 或 --port",
        ) from None
