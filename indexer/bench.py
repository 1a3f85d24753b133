"""The project's own figures: ``python -m indexer.bench``.

Every timing is the median of several whole processes, and is given beside the time of
``import sentence_transformers`` in the same run, because machines differ. Prints one line a
figure; exits with status 1 if a limit is missed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROUNDS = 5
BUREAU = ("-m", "search_api.cli")
QUESTION = "重复信访怎么治理"
CHILD = """
import json, re, runpy, sys
sys.argv = ["bureau", *sys.argv[1:]]
try:
    runpy.run_module("search_api.cli", run_name="__main__")
except SystemExit:
    pass
status = open("/proc/self/status").read()
peak = int(re.search(r"VmHWM:\\s+(\\d+)", status)[1]) / 1024
print("\\n" + json.dumps({"peak": peak, "torch": "torch" in sys.modules}))
"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured figure and the limit it is held to."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def kept(self) -> bool:
        """Whether the figure is within its limit."""
        return self.value <= self.limit

    def __str__(self) -> str:
        state = "ok" if self.kept else "MISSED"
        return f"{self.name:58} {self.value:9.3f} {self.unit:5} limit {self.limit:g}  {state}"


def seconds(*arguments: str, rounds: int = ROUNDS) -> float:
    """Median wall time of a Python process with these arguments."""
    times = []
    for _ in range(rounds):
        started = perf_counter()
        subprocess.run(
            [sys.executable, *arguments], check=True, capture_output=True, env=environment()
        )
        times.append(perf_counter() - started)
    return statistics.median(times)


def environment() -> dict[str, str]:
    """The environment of measured processes: no hub, as in daily use."""
    return {**os.environ, "HF_HUB_OFFLINE": "1", "PYTHONUTF8": "1"}


def peak_of_search(index: str) -> dict[str, float]:
    """Peak memory in MiB of a cold search, and whether it imported torch."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD, "search", QUESTION, "--index", index],
        check=True,
        capture_output=True,
        encoding="utf-8",
        env=environment(),
    )
    last = done.stdout.strip().splitlines()[-1]
    found: dict[str, float] = json.loads(last)
    return found


def figures(rounds: int = ROUNDS) -> list[Figure]:
    """All figures of the command line on the five bundled reports."""
    with tempfile.TemporaryDirectory() as scratch:
        index = str(Path(scratch) / "index")
        build = seconds(*BUREAU, "index", "--index", index, rounds=max(1, rounds // 2))
        reference = seconds("-c", "import sentence_transformers", rounds=rounds)
        search = seconds(*BUREAU, "search", QUESTION, "--index", index, rounds=rounds)
        peak = peak_of_search(index)
    return [
        Figure("bureau --help", seconds(*BUREAU, "--help", rounds=rounds), 0.3, "s"),
        Figure("bureau index, five reports, model load included", build, 10, "s"),
        Figure("import sentence_transformers, for comparison", reference, float("inf"), "s"),
        Figure("cold bureau search", search, float("inf"), "s"),
        Figure("cold bureau search / that import", search / reference, 0.15, "x"),
        Figure("torch imported by a cold search", float(peak["torch"]), 0, ""),
        Figure("peak memory of a cold search", peak["peak"], 250, "MiB"),
    ]


def main(arguments: Sequence[str] = ()) -> int:
    """Print the figures; 1 if a limit is missed."""
    found = figures(int(arguments[0]) if arguments else ROUNDS)
    for figure in found:
        print(figure)
    return 0 if all(figure.kept for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
