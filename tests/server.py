"""A real server process, and ways to talk to it."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Server:
    """Where it listens, and its process."""

    port: int
    pid: int
    index: Path

    def ask(self, path, method="GET", body=None, headers=None):
        """(status, headers, body) of a request, or nothing if there is no answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, dict(response.getheaders()), response.read()
        except OSError:
            return None
        finally:
            connection.close()

    def raw(self, data, seconds=30):
        """What comes back for bytes sent as they are, until the server closes or falls silent."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=seconds) as connection:
            connection.sendall(data)
            return read_all(connection)

    def memory(self):
        """Resident memory of the process, in bytes."""
        pages = Path(f"/proc/{self.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def handles(self):
        """Number of open files and connections of the process."""
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))


def read_all(connection):
    """Everything that still comes, until the other side closes or falls silent."""
    found = []
    try:
        while part := connection.recv(65536):
            found.append(part)
    except (TimeoutError, ConnectionResetError):
        pass
    return b"".join(found)


def wait_for(what, seconds=30):
    """Until ``what()`` is true."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen in time")


@contextmanager
def running(index, *options, workers=1, program=("-m", "search_api.cli")):
    """A server over ``index``; it must end without a traceback.

    One process, unless more are asked for: tests look at its memory and its open files.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, *program, "serve", "--index", str(index), *options]
    command += ["--workers", str(workers)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with (
        tempfile.TemporaryFile("w+") as log,
        subprocess.Popen([*command, "--port", str(port)], env=environment, stderr=log) as child,
    ):
        server = Server(port, child.pid, index)
        try:
            wait_for(lambda: child.poll() is not None or server.ask("/readyz") is not None)
            yield server
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)
            log.seek(0)
            said = log.read()
            assert "Traceback" not in said, said
