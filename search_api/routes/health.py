"""The routes that ask after the server."""

from __future__ import annotations

from fastapi import FastAPI, Response

from search_api.routes import schemas
from search_api.routes.document import answers, reads
from search_api.routes.params import Current
from search_api.serving.listing import index_line
from search_api.serving.live import Live
from search_api.serving.monitor import Monitor
from search_api.serving.replies import reply


def add_health(app: FastAPI, live: Live, monitor: Monitor) -> None:
    """/healthz, /readyz and /metrics."""

    @reads(
        app,
        "/healthz",
        tags=["health"],
        summary="Does the server answer",
        **answers(schemas.Health),
    )
    async def healthz(engine: Current) -> Response:
        """Whether the server answers, and with which generation."""
        return reply({"status": "ok", "generation": engine.index.generation})

    @reads(
        app,
        "/readyz",
        tags=["health"],
        summary="Can the server be asked",
        **answers(schemas.Readiness, 503),
    )
    def readyz(engine: Current) -> Response:
        """Whether passages can be read; `stale` where a newer generation cannot be opened."""
        first = engine.index.rows_of_report(engine.index.metas[0].id)[0]
        engine.index.passage(int(first))
        return reply({"status": "ready", "stale": bool(live.trouble)} | index_line(engine))

    @reads(app, "/metrics", include_in_schema=False)
    def metrics() -> Response:
        """Counts and times, for Prometheus."""
        return monitor.response()
