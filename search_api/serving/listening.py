"""The address that a server listens on."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from threading import Thread
from typing import Any

from indexer.shapes import BadInput

LOOK_EVERY = 0.05  # seconds between two looks whether an address answers


class PerProcess(socket.socket):
    """A bound socket in whose place each process that is sent it gets one of its own.

    The system spreads new connections over those that listen at one address. Where processes
    listen on one socket instead, the one that wakes first accepts every connection that waits,
    and answers all that is asked on them for as long as they are kept open.
    """

    def bind(self, address: Any, /) -> None:  # noqa: ANN401 - as a socket's
        """Bind to an address that others of this kind may be bound to."""
        self.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        super().bind(address)

    def __reduce__(self) -> tuple[Any, ...]:
        return listen, (*self.getsockname()[:2], PerProcess)


def check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is served.

    :raises BadInput: naming it.
    """
    listen(host, port).close()


def listen(host: str, port: int, kind: type[socket.socket] = socket.socket) -> socket.socket:
    """A socket of a ``kind`` bound to an address, not yet listening.

    :raises BadInput: naming the address, if that cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends answers without delay only on sockets that name their protocol
    bound = kind(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise BadInput(
            f"cannot listen on {host}:{port} ({error.strerror}): choose another --host or --port",
            f"无法监听 {host}:{port}（{error.strerror}）：请换 --host 或 --port",
        ) from None
    return bound


def when_answered(host: str, port: int, call: Callable[[], None]) -> None:
    """Call, in a thread, as soon as someone takes connections at an address."""
    Thread(target=_watch, args=(host, port, call), name="ready", daemon=True).start()


def _watch(host: str, port: int, call: Callable[[], None]) -> None:
    while True:
        try:
            socket.create_connection((host, port)).close()
        except OSError:
            time.sleep(LOOK_EVERY)
        else:
            return call()
