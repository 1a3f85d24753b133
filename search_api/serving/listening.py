"""The address that a server listens on."""

from __future__ import annotations

import socket

from indexer.shapes import BadInput

BACKLOG = 2048  # connections that may wait to be accepted


def check_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is served.

    :raises BadInput: naming it.
    """
    listen(host, port).close()


def listen(host: str, port: int) -> socket.socket:
    """A socket bound to an address, not yet listening.

    :raises BadInput: naming the address, if that cannot be.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends answers without delay only on sockets that name their protocol
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
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
