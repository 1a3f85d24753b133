"""The command line's verb serve: the page and the HTTP interface.

Imports stand inside the command: ``--help`` must not pay for libraries that it does not use.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

from indexer.shapes import BureauError
from search_api.messages import language, say
from search_api.options import OpenEngine, Options

if TYPE_CHECKING:
    from search_api.llm.client import Settings

HELD_TWICE = 100_000  # passages of an index that is small enough for two processes to hold it
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
WORKERS_HELP = (
    "Processes that answer. Without it two, where there are two cores, the bundled model is used "
    f"and the index has at most {HELD_TWICE:,} passages; else one. 进程数"
)


@dataclass(frozen=True, slots=True)
class Served:
    """What a process needs to know to answer."""

    open_engine: OpenEngine
    index: Path
    embedder: str | None
    hosts: tuple[str, ...]
    uploads: bool
    reranker: str | None = None
    llm: Settings | None = None  # its key is read from the environment of each process

    def app(self) -> Any:  # noqa: ANN401 - fastapi is not imported here
        """The application over an engine of its own.

        The practices' vectors are worked out meanwhile, so that the first matrix need not wait.

        :raises BureauError: if the index or the model cannot be opened.
        """
        from search_api.app import create_app
        from search_api.practices.lists import shipped
        from search_api.practices.presence import targets_of

        engine = self.open_engine(self.index, self.embedder)
        if self.reranker:
            from search_api.rerank import open_reranker

            engine.reranker = open_reranker(self.reranker)
        model = None
        if self.llm:
            from search_api.llm.client import Endpoint

            model = Endpoint(self.llm)
        Thread(target=targets_of, args=(shipped(), engine.embedder), daemon=True).start()
        return create_app(engine, hosts=self.hosts, uploads=self.uploads, model=model)


def add_serve(app: Any, options: Options, open_engine: OpenEngine) -> None:  # noqa: ANN401
    """Register ``bureau serve`` on the typer application ``app``."""
    host_option = options.option("127.0.0.1", text=HOST_HELP)
    port_option = options.option(8000, text="Port. 端口", min=1, max=65535)
    allow_host = options.option([], text=ALLOW_HOST_HELP, metavar="NAME")
    allow_upload = options.option(False, "--allow-upload", text=ALLOW_UPLOAD_HELP)
    workers_option = options.option(None, text=WORKERS_HELP, min=1, max=64)

    @app.command(epilog="Example: bureau serve --port 8000")  # type: ignore[untyped-decorator]
    def serve(
        index: Path = options.index,
        host: str = host_option,
        port: int = port_option,
        allow_host: list[str] = allow_host,
        allow_upload: bool = allow_upload,
        workers: int | None = workers_option,
        embedder: str | None = options.embedder,
        reranker: str | None = options.reranker,
        llm_url: str | None = options.llm_url,
        llm_model: str | None = options.llm_model,
        llm_timeout: float | None = options.llm_seconds,
    ) -> None:
        """The web page and the HTTP interface. 网页与接口"""
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # requests side by side use the cores
        from indexer.opening import open_index
        from indexer.store import Index
        from search_api.serving.listening import check_free, when_answered
        from search_api.terminal import tell

        llm = None
        if llm_url or llm_model:
            from search_api.llm.client import settings

            llm = settings(llm_url, llm_model, llm_timeout)
        opened = open_index(index)
        if isinstance(opened, Index):
            opened.check_all()
        check_free(host, port)
        url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        served = Served(
            open_engine, index, embedder, (host, *allow_host), allow_upload, reranker, llm
        )
        count = workers or default_workers(len(opened), embedder or reranker)
        told = say("serving", reports=opened.manifest.reports, url=url)
        opened.close()
        when_answered(host, port, partial(tell, told))
        if count == 1:
            from search_api.serving.server import serve_forever

            serve_forever(served.app(), host, port)
        else:
            from search_api.serving.workers import serve_by_many

            serve_by_many(partial(answering, served), host, port, count)


def answering(served: Served) -> Any:  # noqa: ANN401
    """The application in a process of its own; where it cannot be made, the process ends."""
    from search_api.serving.workers import CANNOT_START

    try:
        return served.app()
    except (BureauError, OSError) as error:
        text = error.zh if isinstance(error, BureauError) and language() == "zh" else str(error)
        sys.stderr.write(say("error", text=text) + "\n")
        sys.exit(CANNOT_START)


def default_workers(passages: int, model: str | None) -> int:
    """How many processes answer unless a number is asked for; one with another ``model``."""
    small = passages <= HELD_TWICE and model is None
    return min(2, len(os.sched_getaffinity(0))) if small else 1
