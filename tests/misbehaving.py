"""Readers that do what parsers of hostile files do; loaded by real reader processes."""

import ctypes
import os
import signal
import subprocess
import sys
import threading
import time

from indexer.readers.errors import Unreadable
from indexer.readers.pace import page_done
from indexer.readers.text import read_text
from indexer.shapes import Document, Line

READERS = {
    f".{name}": f"misbehaving:{name}"
    for name in (
        "hang", "spin", "exit", "crash", "abort", "eat", "grow", "swallow", "print", "lie",
        "fork", "litter", "raise", "refuse", "recurse", "long", "lines", "surrogate", "stuck",
        "spawn", "close", "slow", "pages", "endless",
    )
}  # fmt: skip
READERS |= {".txt": "indexer.readers.text:read_text"}


def hang(path):
    time.sleep(3600)


def spin(path):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        pass


def stuck(path):
    """In C code that keeps the interpreter's lock."""
    ctypes.PyDLL(None).sleep(3600)


def exit(path):
    os._exit(3)


def crash(path):
    ctypes.string_at(0)


def abort(path):
    os.abort()


def eat(path):
    return [bytearray(2**20) for _ in range(10**6)]


def grow(path):
    """Read well, but leave most of the memory taken."""
    globals().setdefault("taken", []).append(bytearray(100 * 2**20))
    return read_text(path)


def swallow(path):
    """As parsers do that take any error for a fault of the file."""
    try:
        eat(path)
    except Exception:
        raise Unreadable("damaged") from None


def print(path):
    sys.stdout.write('{"id": "0", "kind": "done", "size": 2, "last": false}\n{}' * 100)
    sys.stdout.flush()
    os.write(1, b"\x00garbage\n" * 10_000)
    sys.stderr.write("noise\n" * 10_000)
    return read_text(path)


def lie(path):
    """Write over the answers' own pipe."""
    for handle in range(3, 20):
        try:
            os.write(handle, b'{"id": "0", "kind": "done", "size": 999999999999, "last": 0}\n')
        except OSError:
            continue
    return read_text(path)


def fork(path):
    """Return twice."""
    os.fork()
    return read_text(path)


def litter(path):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
    return read_text(path)


def spawn(path):
    """Leave a process behind that outlives the file; its number goes beside the file."""
    left = subprocess.Popen(["sleep", "3600"])
    path.with_suffix(".pid").write_text(str(left.pid))
    time.sleep(3600)


def close(path):
    os.closerange(3, 20)
    time.sleep(3600)


def slow(path):
    time.sleep(0.5)
    return read_text(path)


def refuse(path):
    raise Unreadable("no good", "不行")


def recurse(path):
    return recurse(path)


def long(path):
    return Document((Line("中" * 10**8),))


def lines(path):
    return Document(tuple(Line("中") for _ in range(10**6)))


def surrogate(path):
    return Document((Line("中文\ud800\x00尾\u2028行\x0c页", 7),), {"title\udfff": "题\ud8ff"})


globals()["raise"] = lambda path: {}["信访"]


def pages(path):
    """Slower than the limit in all, but moving on."""
    for _ in range(4):
        time.sleep(0.5)
        page_done()
    return read_text(path)


def endless(path):
    while True:
        time.sleep(0.05)
        page_done()
