"""One reader process seen from outside: what it is asked, how long it may take, how it ends."""

from __future__ import annotations

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from indexer.readers import READERS
from indexer.shapes import BureauError

HOME = Path(__file__).resolve().parents[2]  # where the package `indexer` lies
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
LONGER = 10  # times as long as any other may a file take that moves on page by page
START_SECONDS = 60.0
LARGEST_ANSWER = 12 * 2**20  # bytes; MAX_CHARACTERS of text are at most half of it
LONGEST_HEADER = 10_000  # bytes


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost."""

    seconds: float = 60.0  # wall time; of each page where a reader tells that it moves on
    memory: int = 2**30  # bytes
    readers: Mapping[str, str] = field(default_factory=lambda: READERS)  # by suffix


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request. The kinds: done, with a payload for the asker; stopped, skipped
    and failed, with a reason in two languages as JSON; memory; died, with how."""

    kind: str
    payload: bytes


def stopped(en: str, zh: str) -> Answer:
    """The answer for a request that was cut short."""
    return Answer("stopped", json.dumps([en, zh]).encode("ascii"))


class ReaderProcess:
    """One child process, the leader of a process group of its own."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.usable = True
        self.scratch = tempfile.mkdtemp(prefix="bureau-")  # its temporary files
        options = {
            "memory": limits.memory,
            "readers": dict(limits.readers),
            "scratch": self.scratch,
        }
        path = os.pathsep.join(filter(None, (str(HOME), os.environ.get("PYTHONPATH", ""))))
        try:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "indexer.readers.child", json.dumps(options)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=os.environ | ONE_THREAD | {"PYTHONPATH": path, "TMPDIR": self.scratch},
                start_new_session=True,
            )
        except OSError:
            shutil.rmtree(self.scratch, ignore_errors=True)
            raise

    def wait_ready(self) -> None:
        """:raises BureauError: if the child does not come up."""
        try:
            header = json.loads(self._read(None, monotonic() + START_SECONDS))
            ready = header["ready"] == self.process.pid
        except (_Died, TimeoutError, ValueError, KeyError, TypeError):
            ready = False
        if not ready:
            raise cannot_start()

    def ask(self, request: Mapping[str, str]) -> Answer:
        """The child's answer; after any other than a proper one it is not `usable`."""
        self.usable = False
        last = monotonic() + LONGER * self.limits.seconds
        try:
            return self._ask(request, last)
        except TimeoutError:
            self.kill()
            limit = f"{self.limits.seconds * (1 if monotonic() < last else LONGER):g}"
            return stopped(f"exceeded {limit} s", f"超过 {limit} 秒")
        except _Died as death:
            self.kill()
            how = str(death) or self._how()
            return Answer("died", how.encode("ascii"))

    def _ask(self, request: Mapping[str, str], last: float) -> Answer:
        stdin = self.process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(dict(request)).encode("ascii") + b"\n")
            stdin.flush()
        except OSError:
            raise _Died from None
        while True:
            deadline = min(monotonic() + self.limits.seconds, last)
            header = self._header(request["id"], deadline)
            if header["kind"] != "page":  # else: one more page of a scan is done
                break
        payload = self._read(header["size"], deadline)
        self.usable = header["last"] is False and header["kind"] != "memory"
        return Answer(header["kind"], payload)

    def _header(self, expected: str, deadline: float) -> dict[str, Any]:
        """The next header. :raises _Died: if it is none, or none of this request."""
        try:
            header = json.loads(self._read(None, deadline))
            good = header["id"] == expected and 0 <= header["size"] <= LARGEST_ANSWER
            header["kind"], header["last"]
        except (ValueError, KeyError, TypeError, RecursionError):
            good = False
        if not good:
            raise _Died("nonsense for an answer")
        return dict(header)

    def _read(self, size: int | None, deadline: float) -> bytes:
        """``size`` bytes of the child's output, or a line of it."""
        pipe = self.process.stdout
        assert pipe is not None
        data = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while (len(data) < size) if size is not None else not data.endswith(b"\n"):
                left = deadline - monotonic()
                if left <= 0 or not selector.select(left):
                    raise TimeoutError
                # a header is read byte by byte, so that nothing behind it is taken
                part = os.read(pipe.fileno(), 1 if size is None else size - len(data))
                if not part or len(data) > (LONGEST_HEADER if size is None else size):
                    raise _Died
                data += part
        return bytes(data)

    def _how(self) -> str:
        code = self.process.wait()
        return f"signal {-code}" if code < 0 else f"exit status {code}"

    def kill(self) -> None:
        """End the child and whatever it started in its group."""
        if self.process.returncode is None:  # else its number may be another's
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """`kill`, and give back its pipes and its temporary files."""
        self.kill()
        self.process.wait()
        shutil.rmtree(self.scratch, ignore_errors=True)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe:
                with suppress(OSError):
                    pipe.close()


def cannot_start() -> BureauError:
    """What is wrong when not even the first answer of a child comes."""
    command = f"{sys.executable} -m indexer.readers.child"
    return BureauError(
        f"no reader process can be started ({command})", f"无法启动解析进程（{command}）"
    )


class _Died(Exception):
    """The child's output ended, or made no sense, which its text then says."""
