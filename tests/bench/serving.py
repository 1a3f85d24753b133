"""How fast the server answers: ``python -m tests.bench.serving [--passages N | --file F.jsonl]``.

Starts a real server over the bundled reports (N = 0) or bulk text and prints, as one JSON
line each: the server's own time of `/v1/search` (``took_ms``) for questions in both languages,
and, where wrk is installed, requests a second of one client and of sixteen. Run it from the
project's folder with nothing else running.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote
from urllib.request import urlopen

from indexer.bench import environment
from tests.bench.bulk import made_up_passages, passages_of, write_reports

QUESTIONS = Path(__file__).parents[1] / "eval" / "queries.json"
CLIENTS = 16
WRK_SCRIPT = """
local paths = {%s}
local at = 0
request = function()
  at = at + 1
  return wrk.format("GET", paths[at %% #paths + 1])
end
"""


def build(root: Path, passages: Iterator[str] | None) -> Path:
    """An index of the passages, or of the bundled reports."""
    inputs = []
    if passages is not None:
        write_reports(passages, root / "texts")
        inputs = [str(root / "texts")]
    command = [sys.executable, "-m", "search_api.cli", "index", *inputs]
    started = time.perf_counter()
    index = root / "index"
    subprocess.run([*command, "--index", str(index)], check=True, env=environment())
    print(json.dumps({"measure": "index", "seconds": round(time.perf_counter() - started, 1)}))
    return index


@contextmanager
def server(index: Path) -> Iterator[str]:
    """The address of a server over ``index``."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "search_api.cli", "serve", "--port", str(port)]
    process = subprocess.Popen([*command, "--index", str(index)], env=environment())
    try:
        for _ in range(300):
            try:
                with urlopen(f"http://127.0.0.1:{port}/readyz"):
                    break
            except OSError:
                if process.poll() is not None:
                    sys.exit("the server did not start")
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def addresses() -> list[str]:
    """A search for every question of the development set, in both languages."""
    rows = json.loads(QUESTIONS.read_text("utf-8"))
    return [f"/v1/search?q={quote(row['text'])}" for row in rows]


def latencies(base: str, rounds: int) -> dict[str, float]:
    """Percentiles of the server's own time in milliseconds; the first round is not counted."""
    times = []
    for turn in range(rounds + 1):
        for path in addresses():
            with urlopen(base + path) as response:
                took = json.load(response)["took_ms"]
            times += [took] if turn else []
    cuts = statistics.quantiles(times, n=100)
    return {"n": len(times), "p50": cuts[49], "p95": cuts[94], "p99": cuts[98]}


def throughput(base: str, clients: int, seconds: int) -> dict[str, float]:
    """Requests a second and errors of so many clients at once, by wrk."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(WRK_SCRIPT % ", ".join(json.dumps(path) for path in addresses()))
        script.flush()
        command = ["wrk", f"-t{min(2, clients)}", f"-c{clients}", f"-d{seconds}s", "--latency"]
        done = subprocess.run(
            [*command, "-s", script.name, base], capture_output=True, text=True, check=True
        )
    rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
    errors = re.search(r"(Non-2xx or 3xx responses|Socket errors)[^\n]*", done.stdout)
    return {
        "clients": clients,
        "requests_per_second": float(rate[1]) if rate else 0.0,
        "errors": errors[0] if errors else 0,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.serving")
    parser.add_argument("--passages", type=int, default=0, help="made up; 0: the bundled reports")
    parser.add_argument("--file", type=Path, help="JSONL with a field text, instead")
    parser.add_argument("--index", type=Path, help="an index that is there already, instead")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=60, help="of load by wrk")
    given = parser.parse_args()
    bulk = passages_of(given.file) if given.file else None
    if given.passages and bulk is None:
        bulk = made_up_passages(given.passages)
    with tempfile.TemporaryDirectory() as scratch:
        index = given.index or build(Path(scratch), bulk)
        with server(index) as base:
            print(json.dumps({"measure": "took_ms"} | latencies(base, given.rounds)), flush=True)
            for clients in (1, CLIENTS) if shutil.which("wrk") else ():
                figures = throughput(base, clients, given.seconds)
                print(json.dumps({"measure": "throughput"} | figures), flush=True)


if __name__ == "__main__":
    main()
