"""What became of a URL, how long and how much it may be, and why it was not fetched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from indexer.shapes import BureauError

AGENT = "bureau-search (bureau fetch: one request at a time)"
DELAY = 1.0  # seconds between two requests to a host


class Status(StrEnum):
    """How a URL ended."""

    FETCHED = "fetched"
    UNCHANGED = "unchanged"  # there already, or not modified since
    REFUSED = "refused"  # by robots.txt
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One URL and what became of it; ``reason`` in English and in Chinese."""

    url: str
    status: Status
    file: str = ""  # name in the folder
    reason: str = ""
    zh: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds, bytes and numbers beyond which a server is left alone."""

    connect: float = 10
    silence: float = 30  # without a byte
    total: float = 300  # for one answer, whole
    size: int = 64 * 2**20  # of a file, unpacked
    redirects: int = 5
    attempts: int = 4  # while a server says that it is busy
    back_off: float = 2  # before the second attempt; doubles
    patience: float = 120  # the longest wait that a server may ask for
    robots_total: float = 30
    robots_size: int = 512 * 1024  # what is beyond it is not read (RFC 9309: at least 500 KiB)


class Failure(BureauError):
    """A URL that was not fetched; its text is the reason, without the URL."""


class Refused(Failure):
    """A URL that robots.txt asks not to fetch."""


class Busy(Failure):
    """A host that asks to come back after ``seconds``, or does not say when (None)."""

    def __init__(self, en: str, zh: str, host: str, seconds: float | None) -> None:
        super().__init__(en, zh)
        self.host, self.seconds = host, seconds


class Interrupted(Exception):
    """The run is being ended: no outcome."""
