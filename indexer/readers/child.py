"""A reader process: takes requests on stdin, answers on what was its stdout.

Each answer is a header (a line of JSON) and a payload of as many bytes as the header says.
Whatever a parser prints goes nowhere. The process dies with its parent, and all that it
started with it; what it does to itself while it reads a file, `isolated` sees from outside.
"""

from __future__ import annotations

import json
import os
import resource
import select
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import BinaryIO

from indexer.readers import read_document
from indexer.readers.errors import Stopped, Unreadable, Unsupported
from indexer.readers.pace import listen
from indexer.readers.wire import document_to_json, members_to_json

LARGEST_WRITE = 256 * 2**20  # bytes of one file that a reader may write
WORN = 0.5  # share of the memory limit held after a file, from which a fresh process goes on
FULL = 0.9  # share of the memory limit at which a failure is put down to it


def main(arguments: list[str]) -> None:
    """Serve requests until stdin ends; ``arguments`` is one JSON object of options."""
    options = json.loads(arguments[0])
    answers = take_stdout()
    start_guard(answers, options["scratch"])
    memory = int(options["memory"])
    limit_resources(memory)
    me = os.getpid()
    send(answers, {"ready": me})
    for line in sys.stdin.buffer:
        request = json.loads(line)
        moving = {"id": request["id"], "kind": "page", "size": 0, "last": False}
        listen(partial(send, answers, moving))
        kind, payload = answer(request, options["readers"])
        if kind == "failed" and most_held() > FULL * memory:
            kind, payload = "memory", b""  # which a parser took for a fault of the file
        if os.getpid() != me:
            os._exit(0)  # a fork that a parser made
        header = {"id": request["id"], "kind": kind, "size": len(payload)}
        send(answers, header | {"last": is_worn(memory)}, payload)


def take_stdout() -> BinaryIO:
    """The pipe to the parent, out of reach of anything that prints."""
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return answers


def start_guard(answers: BinaryIO, scratch: str) -> None:
    """A process that kills this one and all that it started when the parent is gone, and
    removes the folder of their temporary files.

    It waits for the end of stdin without reading; a thread could not act while a parser
    keeps the interpreter's lock.
    """
    if os.fork():
        return
    answers.close()
    poll = select.poll()
    poll.register(0, 0)
    poll.poll()
    shutil.rmtree(scratch, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)


def limit_resources(memory: int) -> None:
    """Let the kernel refuse more than ``memory`` bytes, core dumps and huge files.

    The limit is on written data, not on address space: the libraries of OCR reserve far more
    of that than they use.
    """
    limits = {
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_FSIZE: LARGEST_WRITE,
        resource.RLIMIT_CORE: 0,
    }
    for kind, value in limits.items():
        most = resource.getrlimit(kind)[1]
        value = value if most == resource.RLIM_INFINITY else min(value, most)
        resource.setrlimit(kind, (value, value))


def send(answers: BinaryIO, header: Mapping[str, object], payload: bytes = b"") -> None:
    """Write one answer."""
    answers.write(json.dumps(header).encode("ascii") + b"\n" + payload)
    answers.flush()


def answer(request: Mapping[str, str], readers: Mapping[str, str]) -> tuple[str, bytes]:
    """What became of one request: (kind of the answer, its payload)."""
    try:
        return TASKS[request["task"]](request, readers)
    except MemoryError:
        return "memory", b""
    except Stopped as error:
        return "stopped", reason(error)
    except Unsupported as error:
        return "skipped", reason(error)
    except (Unreadable, OSError) as error:
        return "failed", reason(error)
    except RecursionError:
        return "failed", reason(Unreadable("nested too deeply", "嵌套层数过多"))
    except Exception as error:  # whatever a broken file makes a parser stumble over
        kind = type(error).__name__
        return "failed", reason(Unreadable(f"cannot be parsed ({kind})", f"无法解析（{kind}）"))


def reason(error: Exception) -> bytes:
    """Both languages of an error as JSON."""
    if isinstance(error, Unreadable):
        pair = [str(error), error.zh]
    else:
        pair = [getattr(error, "strerror", None) or str(error)] * 2
    return json.dumps(pair).encode("ascii")


def read_file(request: Mapping[str, str], readers: Mapping[str, str]) -> tuple[str, bytes]:
    """The task ``read``: one file."""
    return "done", document_to_json(read_document(Path(request["path"]), readers))


def read_packed_file(request: Mapping[str, str], readers: Mapping[str, str]) -> tuple[str, bytes]:
    """The task ``member``: one file inside an archive."""
    from indexer.readers.archive import read_member

    found = read_member(Path(request["path"]), int(request["place"]), readers)
    return "done", document_to_json(found)


def list_archive(request: Mapping[str, str], readers: Mapping[str, str]) -> tuple[str, bytes]:
    """The task ``list``: the files inside an archive."""
    from indexer.readers.archive import list_members

    return "done", members_to_json(list_members(Path(request["path"])))


def is_worn(memory: int) -> bool:
    """Whether the last file left too much behind for another one to be read here."""
    if threading.active_count() > 1:
        return True
    return most_held() > WORN * memory


def most_held() -> int:
    """The most memory that this process held so far, in bytes; 0 where it is not told.

    Not by getrusage: that begins with the size of the parent.
    """
    try:
        lines = Path("/proc/self/status").read_bytes().splitlines()
    except OSError:
        return 0
    sizes = [int(line.split()[1]) for line in lines if line.startswith((b"VmHWM:", b"VmData:"))]
    return max(sizes, default=0) * 1024


Task = Callable[[Mapping[str, str], Mapping[str, str]], tuple[str, bytes]]
TASKS: dict[str, Task] = {"read": read_file, "member": read_packed_file, "list": list_archive}

if __name__ == "__main__":
    main(sys.argv[1:])
