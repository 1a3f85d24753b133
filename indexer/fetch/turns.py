"""One request at a time to a host, with a pause after each."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock
from time import monotonic

from indexer.fetch.shapes import Interrupted


@dataclass(slots=True)
class Host:
    """When a host may be asked again, and how long it wants to be left alone."""

    delay: float
    free_at: float = 0.0  # on the monotonic clock
    lock: Lock = field(default_factory=Lock)


class Turns:
    """Hands out turns at hosts; ``stop`` ends every waiting."""

    def __init__(self, delay: float, stop: Event) -> None:
        self._hosts: dict[str, Host] = {}
        self._delay, self._stop = delay, stop

    def _host(self, name: str) -> Host:
        return self._hosts.setdefault(name, Host(self._delay))

    @contextmanager
    def at(self, host: str) -> Iterator[None]:
        """A turn: nobody else asks ``host`` meanwhile, nor for its delay afterwards.

        :raises Interrupted: if the run ends while waiting.
        """
        state = self._host(host)
        with state.lock:
            if self._stop.wait(max(0.0, state.free_at - monotonic())):
                raise Interrupted
            try:
                yield
            finally:
                state.free_at = max(state.free_at, monotonic() + state.delay)

    def slow_down(self, host: str, delay: float) -> None:
        """Leave ``host`` alone for at least ``delay`` seconds between two requests."""
        state = self._host(host)
        state.delay = max(state.delay, delay)
        state.free_at = max(state.free_at, monotonic() + delay)

    def hold(self, host: str, seconds: float) -> None:
        """Let nobody ask ``host`` for ``seconds`` from now."""
        state = self._host(host)
        state.free_at = max(state.free_at, monotonic() + seconds)
