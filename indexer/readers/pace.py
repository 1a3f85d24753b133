"""A reader of many pages tells here that one more is done, so that a long file is not taken
for one that hangs."""

from __future__ import annotations

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def listen(listener: Callable[[], None]) -> None:
    """Have ``listener``, and no other, called after every page."""
    _listeners[:] = [listener]


def page_done() -> None:
    """One more page is read."""
    for listener in _listeners:
        listener()
