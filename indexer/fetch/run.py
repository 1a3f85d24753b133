"""Fetch a list of URLs into a folder; the pipeline, top to bottom.

Hosts are asked side by side, each host in turn. Every URL ends with one `Outcome`, which the
folder's ledger keeps.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from indexer.fetch.addresses import Network
from indexer.fetch.client import Client, Reply, origin_of
from indexer.fetch.folder import Folder, Part
from indexer.fetch.ledger import Row
from indexer.fetch.lists import Entry
from indexer.fetch.names import name_for
from indexer.fetch.robots import Robots
from indexer.fetch.shapes import (
    AGENT,
    DELAY,
    Busy,
    Failure,
    Interrupted,
    Limits,
    Outcome,
    Refused,
    Status,
)
from indexer.fetch.turns import Turns

WORKERS = 8  # hosts that are asked at the same time
BUSY = (429, 503)
ENDLESS = 2**62  # bytes: read until there is enough
NOT_MODIFIED = 304
MEDIA_TYPE = re.compile(rb"\s*([\w.+\-]+/[\w.+\-]+)\s*(?:;.*?charset=\"?([\w\-]+))?", re.I | re.S)
ETAG = re.compile(rb'(W/)?"[\x21\x23-\x7e]{0,200}"')
HTTP_DATE = re.compile(rb"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")

Done = SimpleQueue[Outcome | BaseException]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Manners:
    """How to ask: under what name, with what pauses (seconds) and limits."""

    agent: str = AGENT
    delay: float = DELAY
    again: bool = False  # ask whether what is there already has changed
    limits: Limits = field(default_factory=Limits)


def fetch_all(
    entries: Sequence[Entry], into: Path, manners: Manners, network: Network
) -> Generator[Outcome]:
    """Fetch ``entries`` into the folder ``into``; an outcome for each, as they come.

    Closing the iterator early ends the run: what is whole is kept, nothing else.

    :raises BadInput: if the folder cannot be used.
    :raises OSError: if it cannot be written to, naming the file.
    """
    stop, done, hosts = Event(), Done(), SimpleQueue[list[str]]()
    with Folder.opened(into) as folder:
        fetcher = Fetcher(folder, manners, network, stop)
        for entry in entries:
            if entry.failure:
                done.put(fetcher.failed(entry.url, entry.failure))
        groups = by_host([entry.url for entry in entries if not entry.failure])
        for urls in groups:
            hosts.put(urls)
        for _ in range(min(WORKERS, len(groups))):
            Thread(target=work, args=(fetcher, hosts, done), daemon=True).start()
        try:
            for _ in entries:
                outcome = done.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome
        finally:
            stop.set()


def by_host(urls: Sequence[str]) -> list[list[str]]:
    """``urls`` grouped by host, in order."""
    groups: defaultdict[str, list[str]] = defaultdict(list)
    for url in urls:
        groups[origin_of(url)[0]].append(url)
    return list(groups.values())


def work(fetcher: Fetcher, hosts: SimpleQueue[list[str]], done: Done) -> None:
    """Fetch one host's URLs after another's; what is unexpected ends the run."""
    try:
        while True:
            for url in hosts.get_nowait():
                done.put(fetcher.outcome(url))
    except (Empty, Interrupted):
        return
    except BaseException as error:
        done.put(error)


class Fetcher:
    """Fetches one URL at a time, in any number of threads."""

    def __init__(self, folder: Folder, manners: Manners, network: Network, stop: Event) -> None:
        self._folder, self._manners, self._stop = folder, manners, stop
        self._turns = Turns(manners.delay, stop)
        self._client = Client(manners.agent, manners.limits, network, self._turns)
        self._robots = Robots(self._read_robots, manners.agent, self._turns.slow_down)

    def outcome(self, url: str) -> Outcome:
        """What becomes of ``url``.

        :raises Interrupted: if the run is being ended.
        """
        row = self._folder.row(url)
        there = self._folder.holds(row)
        if there and not self._manners.again:
            return self._noted(row, Status.UNCHANGED)
        try:
            return self._patiently(lambda: self._fetch(url, row, there))
        except Failure as failure:
            return self.failed(url, failure)
        except (OSError, Interrupted):
            raise
        except Exception as error:  # a bug that a server has found: the others go on
            text = f"{type(error).__name__}: {error}"[:200]
            return self.failed(url, Failure(f"unexpected error ({text})", f"意外错误（{text}）"))

    def failed(self, url: str, failure: Failure) -> Outcome:
        """``url`` was not fetched; what is there of it stays."""
        status = Status.REFUSED if isinstance(failure, Refused) else Status.FAILED
        return self._noted(self._folder.row(url), status, str(failure), failure.zh)

    def _noted(self, row: Row, status: Status, reason: str = "", zh: str = "") -> Outcome:
        self._folder.note(replace(row, status=status, reason=reason, reason_zh=zh))
        return Outcome(row.url, status, row.file, reason, zh)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Ask, and come back as often and as late as a busy server wants, within limits."""
        attempt = 1
        while True:
            try:
                return ask()
            except Busy as busy:
                self._hold(busy, attempt)
                attempt += 1

    def _hold(self, busy: Busy, attempt: int) -> None:
        """Leave a busy host alone for a while, or give up."""
        limits = self._manners.limits
        wait = busy.seconds
        if wait is None:
            wait = limits.back_off * 2 ** (attempt - 1)
        if wait > limits.patience:
            raise Failure(
                f"{busy}: it asks to come back in {wait:,.0f} s",
                f"{busy.zh}：服务器要求 {wait:,.0f} 秒后再来",
            )
        if attempt == limits.attempts:
            raise Failure(f"{busy}, {attempt} times", f"{busy.zh}，共 {attempt} 次")
        self._turns.hold(busy.host, wait)

    def _fetch(self, url: str, row: Row, there: bool) -> Outcome:
        limits = self._manners.limits
        with self._client.reply(
            url,
            check=self._robots.check,
            headers=conditions(row) if there else {},
            total=limits.total,
            size=limits.size,
        ) as reply:
            if reply.status == NOT_MODIFIED and there:
                return self._noted(row, Status.UNCHANGED)
            check_status(reply)
            with self._folder.part() as part:
                for piece in reply.body:
                    if self._stop.is_set():
                        raise Interrupted
                    part.write(piece)
                return self._keep(part, reply, row, there)

    def _keep(self, part: Part, reply: Reply, row: Row, there: bool) -> Outcome:
        """Take a whole file in, unless it is the one that is there."""
        if not part.size:
            raise Failure("the answer is empty", "响应内容为空")
        media_type = media_type_of(reply.headers.get("content-type", b""))
        now = replace(
            row,
            status=Status.FETCHED,
            fetched=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            media_type=media_type,
            sha256=part.sha256,
            bytes=str(part.size),
            etag=valid(ETAG, reply.headers.get("etag", b"")),
            last_modified=valid(HTTP_DATE, reply.headers.get("last-modified", b"")),
            reason="",
            reason_zh="",
        )
        if there and part.sha256 == row.sha256:
            return self._noted(replace(now, fetched=row.fetched), Status.UNCHANGED)
        disposition = reply.headers.get("content-disposition", b"")
        name = name_for(reply.url, disposition, media_type, part.head)
        if there and PurePosixPath(name).suffix != PurePosixPath(row.file).suffix:
            old, new = PurePosixPath(row.file).suffix, PurePosixPath(name).suffix
            raise Failure(
                f"what was {old} is {new} now: the old file is kept",
                f"原为 {old}，现为 {new}：保留原文件",
            )
        kept = self._folder.keep(part, now, name)
        return Outcome(kept.url, Status.FETCHED, kept.file)

    def _read_robots(self, url: str) -> tuple[int, bytes]:
        return self._patiently(lambda: self._read_once(url))

    def _read_once(self, url: str) -> tuple[int, bytes]:
        """Status and the first bytes of a robots.txt."""
        limits = self._manners.limits
        found = bytearray()
        with self._client.reply(
            url, check=lambda _: None, total=limits.robots_total, size=ENDLESS
        ) as reply:
            if reply.status in BUSY:
                raise busy_from(reply)
            for piece in reply.body:
                found += piece
                if len(found) >= limits.robots_size:
                    end = found.rfind(b"\n", 0, limits.robots_size)
                    return reply.status, bytes(found[: end + 1])
            return reply.status, bytes(found)


def check_status(reply: Reply) -> None:
    """Pass an answer that is the file.

    :raises Busy: if it asks to come back.
    :raises Failure: for any other.
    """
    if reply.status in BUSY:
        raise busy_from(reply)
    if reply.status not in (200, 203):
        text = phrase(reply.status)
        raise Failure(f"the server answers {text}", f"服务器返回 {text}")


def busy_from(reply: Reply) -> Busy:
    """The failure of a server that asks to come back."""
    text = phrase(reply.status)
    seconds = retry_after(reply.headers.get("retry-after", b""))
    host = origin_of(reply.url)[0]
    return Busy(f"the server answers {text}", f"服务器返回 {text}", host, seconds)


def phrase(status: int) -> str:
    """A status as people know it, e.g. 404 Not Found."""
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def retry_after(value: bytes) -> float | None:
    """Seconds to wait; None if the server does not say, or says nothing sensible."""
    text = value.decode("latin-1").strip()
    if re.fullmatch(r"\d{1,9}", text):
        return float(text)
    if not valid(HTTP_DATE, value.strip()):
        return None
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except ValueError:
        return None


def conditions(row: Row) -> dict[str, str]:
    """Headers that ask for a file only if it is another than the one of ``row``."""
    asked = {"If-None-Match": row.etag, "If-Modified-Since": row.last_modified}
    return {name: value for name, value in asked.items() if value}


def media_type_of(value: bytes) -> str:
    """A Content-Type in its usual form, with its charset if it has one; '' if it is none."""
    match = MEDIA_TYPE.match(value[:200])
    if not match:
        return ""
    kind = match[1].decode("ascii", "replace").lower().lstrip("+-")
    return f"{kind}; charset={match[2].decode('ascii').lower()}" if match[2] else kind


def valid(pattern: re.Pattern[bytes], value: bytes) -> str:
    """A header's value if it has the form that it should; else ''."""
    return value.decode("ascii") if pattern.fullmatch(value) else ""
