"""Several processes that answer at one address: Python runs one thread of a process at a time.

uvicorn starts them, looks whether they live and replaces one that died. What they must agree
on they write into a folder of their own: their figures, which prometheus_client adds up, and
the generation that each of them answers from, so that whoever adds a report is told when all
of them know it.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import Any

from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from search_api.serving.listening import PerProcess, listen
from search_api.serving.server import config, few_threads
from search_api.serving.siblings import FOLDER

CANNOT_START = STARTUP_FAILURE  # exit status; a process that ends so is not begun again
ANSWERS_WITHIN = 60  # seconds in which a process must show that it lives


def serve_by_many(make_app: Callable[[], Any], host: str, port: int, count: int) -> None:
    """Serve from ``count`` processes, each with an application of its own, until a signal."""
    with TemporaryDirectory(prefix="bureau-") as folder, listen(host, port, PerProcess) as socket:
        os.environ[FOLDER] = folder
        metrics = Path(folder, "metrics")
        metrics.mkdir()
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics)
        settings = config(partial(begun, make_app), host, port)
        settings.factory = True
        settings.workers = count
        settings.timeout_worker_healthcheck = ANSWERS_WITHIN
        Multiprocess(settings, sockets=[socket]).run()


def begun(make_app: Callable[[], Any]) -> Any:  # noqa: ANN401 - any application
    """The application of a process that has just begun; it ends with the one that began it."""
    parent = multiprocessing.parent_process()
    if parent:
        Thread(target=end_with, args=(parent,), name="parent", daemon=True).start()
    few_threads()
    return make_app()


def end_with(parent: Any) -> None:  # noqa: ANN401 - multiprocessing names no type for it
    """Wait for the end of the parent, then ask this process to end."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)
