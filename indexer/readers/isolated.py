"""Reading files in child processes that may hang, explode or crash without harm to the rest.

Each worker thread owns one long-lived child (`child`) and gives it one file at a time. A
child that goes beyond its time or memory, dies or answers nonsense costs that one file and
is replaced. Nothing that comes back is executed or unpickled: it is JSON, and bounded.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from indexer.readers.errors import Stopped, Unreadable, Unsupported
from indexer.readers.process import Answer, Limits, ReaderProcess, cannot_start, stopped
from indexer.readers.wire import document_from_json, members_from_json
from indexer.shapes import Document

HELD_BACK = 32 * 2**20  # bytes of answers waiting for an earlier one, then readers pause
ERRORS = {"stopped": Stopped, "skipped": Unsupported, "failed": Unreadable}
__all__ = ["Limits", "Member", "members_isolated", "read_isolated"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Member:
    """A file inside a ZIP archive."""

    archive: Path
    place: int  # in the archive's directory
    name: str  # e.g. inner/b.docx; a label, of no use as a path

    @property
    def label(self) -> str:
        """Its name in the ledger, after that of the archive: a.zip/inner/b.docx."""
        return f"{self.archive.name}/{self.name}"


def read_isolated(
    places: Sequence[Path | Member], *, workers: int = 2, limits: Limits | None = None
) -> Generator[Document | Unreadable, None, None]:
    """What each file holds, or why it cannot be read, in their order.

    Nothing is started for no files. Close the iterator (`contextlib.closing`) if it is not
    read to its end: the readers die with it.

    :raises BureauError: if no reader process can be started at all.
    """
    requests = [request_of(place) for place in places]
    return ask_all(requests, document_from_json, workers, limits or Limits())


def request_of(place: Path | Member) -> dict[str, str]:
    """What a reader process is asked for a file."""
    if isinstance(place, Path):
        return {"task": "read", "path": str(place)}
    return {"task": "member", "path": str(place.archive), "place": str(place.place)}


def members_isolated(
    archives: Sequence[Path], *, workers: int = 2, limits: Limits | None = None
) -> Generator[list[Member] | Unreadable, None, None]:
    """The files inside each ZIP archive, or why it cannot be opened, in order."""
    requests = [{"task": "list", "path": str(path)} for path in archives]
    with closing(ask_all(requests, members_from_json, workers, limits or Limits())) as found:
        for path, members in zip(archives, found, strict=True):
            if isinstance(members, Unreadable):
                yield members
            else:
                yield [Member(path, place, name) for place, name in members]


def ask_all(
    requests: Sequence[dict[str, str]],
    decode: Callable[[bytes], T],
    workers: int,
    limits: Limits,
) -> Generator[T | Unreadable, None, None]:
    """The decoded answer to each request, or why there is none, in order."""
    run = _Run(requests, limits)
    count = min(workers, len(requests))
    threads = [threading.Thread(target=run.work, daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        for at in range(len(requests)):
            yield decoded(run.take(at), decode)
    finally:
        run.stop()
        for thread in threads:
            thread.join()


def decoded(answer: Answer, decode: Callable[[bytes], T]) -> T | Unreadable:
    """What an answer says; its payload is not to be trusted."""
    try:
        if answer.kind == "done":
            return decode(answer.payload)
        en, zh = json.loads(answer.payload)
        return ERRORS[answer.kind](str(en), str(zh))
    except (ValueError, KeyError, TypeError, RecursionError):
        return Stopped("its reader answered nonsense", "解析进程返回了无效结果")


class _Run:
    """The requests of one `ask_all` and their answers, shared by its threads."""

    def __init__(self, requests: Sequence[dict[str, str]], limits: Limits) -> None:
        self.limits = limits
        self.waiting = deque(enumerate(requests))
        self.answers: dict[int, Answer] = {}
        self.wanted = 0  # the answer that the caller waits for
        self.failure: BaseException | None = None
        self.stopping = False
        self.readers: set[ReaderProcess] = set()
        self.change = threading.Condition()

    def work(self) -> None:
        """Answer requests until there are none; a thread's life."""
        reader: ReaderProcess | None = None
        try:
            while (job := self.next_job()) is not None:
                at, request = job
                found, reader = self.ask(reader, request | {"id": str(at)})
                with self.change:
                    self.answers[at] = found
                    self.change.notify_all()
        except BaseException as error:  # handed to the caller, who waits
            with self.change:
                self.failure = error
                self.change.notify_all()
        finally:
            if reader:
                self.drop(reader)

    def next_job(self) -> tuple[int, dict[str, str]] | None:
        """The next request, once the answers held back leave room; None at the end."""
        with self.change:
            while not self.stopping and self.waiting and self.is_full():
                self.change.wait()
            return self.waiting.popleft() if self.waiting and not self.stopping else None

    def is_full(self) -> bool:
        """Whether too many bytes wait for an earlier answer that another thread works at."""
        held = sum(len(found.payload) for found in self.answers.values())
        return held > HELD_BACK and self.waiting[0][0] != self.wanted

    def take(self, at: int) -> Answer:
        """The answer to request ``at``, as soon as it is there."""
        with self.change:
            self.wanted = at
            self.change.notify_all()
            while at not in self.answers and self.failure is None:
                self.change.wait()
            if self.failure is not None:
                raise self.failure
            return self.answers.pop(at)

    def ask(
        self, reader: ReaderProcess | None, request: Mapping[str, str]
    ) -> tuple[Answer, ReaderProcess | None]:
        """The answer, and the child to ask next; what an earlier file may have spoilt is
        asked again, of a fresh child."""
        while True:
            fresh = reader is None
            reader = reader or self.start()
            found = reader.ask(request)
            if found.kind in ("memory", "died") and not fresh and not self.stopping:
                self.drop(reader)
                reader = None
                continue
            if not reader.usable:
                self.drop(reader)
            return self.explained(found), reader if reader.usable else None

    def explained(self, found: Answer) -> Answer:
        if found.kind == "memory":
            size = f"{self.limits.memory / 2**30:g} GiB"
            return stopped(f"exceeded {size} of memory", f"内存超过 {size}")
        if found.kind == "died":
            how = found.payload.decode("ascii")
            return stopped(f"the reader crashed ({how})", f"解析进程崩溃（{how}）")
        return found

    def start(self) -> ReaderProcess:
        try:
            reader = ReaderProcess(self.limits)
        except OSError:
            raise cannot_start() from None
        with self.change:
            self.readers.add(reader)
            stopping = self.stopping
        if stopping:
            reader.kill()
        try:
            reader.wait_ready()
        except BaseException:
            self.drop(reader)
            raise
        return reader

    def drop(self, reader: ReaderProcess) -> None:
        with self.change:
            self.readers.discard(reader)
        reader.close()

    def stop(self) -> None:
        """End all threads: their children are killed under them."""
        with self.change:
            self.stopping = True
            for reader in self.readers:
                reader.kill()
            self.change.notify_all()
