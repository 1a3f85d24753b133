"""Milvus for tests: the server of milvus-lite in a process of its own, and a bad line to it."""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from tests.server import wait_for


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), 0.2).close()
    except OSError:
        return False
    return True


class Milvus:
    """A milvus-lite server that can be killed, stopped and begun again on the same data.

    One worker: milvus-lite leaves it to its callers to write one after another.
    """

    def __init__(self, folder, port):
        self.folder, self.port, self.child = folder, port, None

    def address(self, collection="reports"):
        return f"milvus://127.0.0.1:{self.port}/{collection}"

    def start(self):
        command = [sys.executable, "-m", "milvus_lite", "server", "--data-dir", str(self.folder)]
        command += ["--host", "127.0.0.1", "--port", str(self.port), "--max-workers", "1"]
        quiet = subprocess.DEVNULL
        self.child = subprocess.Popen(command, stdout=quiet, stderr=quiet, env=os.environ)
        wait_for(lambda: listens(self.port))

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.child.wait(30)


@contextmanager
def milvus(folder):
    server = Milvus(folder, free_port())
    server.start()
    try:
        yield server
    finally:
        server.kill()


class Line:
    """A connection on loopback to ``port`` that can be made slow, silent or closed."""

    def __init__(self, port):
        self.to = port
        self.delay = 0.0  # seconds before anything that comes from the other side is passed on
        self.silent = False
        self.own = socket.create_server(("127.0.0.1", 0))
        self.port = self.own.getsockname()[1]
        self.ended = False
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.ended:
            with contextlib.suppress(OSError):
                near, _ = self.own.accept()
                try:
                    far = socket.create_connection(("127.0.0.1", self.to), 5)
                except OSError:
                    near.close()
                    continue
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near, far):
        with near, far, contextlib.suppress(OSError):
            while not self.ended:
                for side in select.select([near, far], [], [], 0.05)[0]:
                    data = side.recv(65536)
                    if not data:
                        return
                    if side is far and self.delay:
                        time.sleep(self.delay)
                    if not self.silent:
                        (far if side is near else near).sendall(data)

    def close(self):
        self.ended = True
        self.own.close()
