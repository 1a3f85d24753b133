"""What a monitoring system wants to know, in the form that Prometheus reads.

Labels are routes as they are declared, never addresses as they are asked: their number stays
small and no question of a user is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from zlib import crc32

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_1_0_0 as CONTENT_TYPE
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from search_api.serving import siblings
from search_api.serving.live import Live

METHODS = ("GET", "HEAD", "POST", "OPTIONS")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)


class State(Collector):
    """What a process answers from."""

    def __init__(self, live: Live) -> None:
        self.live = live

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The gauges."""
        manifest, name = self.live.engine.index.manifest, self.live.engine.index.generation
        number = float(name[4:] if name.startswith("gen-") else crc32(name.encode("ascii")))
        yield GaugeMetricFamily("bureau_generation", "Number of the generation.", number)
        passages = float(manifest.passages)
        yield GaugeMetricFamily("bureau_passages", "Passages of the generation.", passages)


class Monitor:
    """The figures of one application; with several processes, the sums over all of them."""

    def __init__(self, live: Live) -> None:
        own = CollectorRegistry()
        self.requests = Counter(
            "bureau_requests",
            "Requests answered.",
            ("method", "route", "status"),
            registry=own,
        )
        self.seconds = Histogram(
            "bureau_request_seconds",
            "Time to the end of an answer.",
            ("route",),
            buckets=SECONDS,
            registry=own,
        )
        self.registry = own
        if siblings.folder():
            self.registry = CollectorRegistry()
            MultiProcessCollector(self.registry)  # type: ignore[no-untyped-call]
        self.registry.register(State(live))

    def response(self) -> Response:
        """All figures."""
        headers = {"Content-Type": CONTENT_TYPE}
        return Response(generate_latest(self.registry), headers=headers)

    def count(self, scope: Scope, status: int, seconds: float) -> None:
        """Add a request that was answered."""
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = getattr(scope.get("route"), "path", "") or "other"
        self.requests.labels(method, route, str(status)).inc()
        self.seconds.labels(route).observe(seconds)


class Measured:
    """Counts and times every request."""

    def __init__(self, app: ASGIApp, monitor: Monitor) -> None:
        self.app = app
        self.monitor = monitor

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve and count."""
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        began, status = perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, sending)
        finally:
            self.monitor.count(scope, status, perf_counter() - began)
