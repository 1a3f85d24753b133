"""This project through the phases that other libraries go through: index, query, cold.

Every phase is a process of its own, started by `spawn` with one thread, that says its figures
in its last line: ``python -m tests.bench.phases index|query …``. A cold search is the command
line itself. Vectors of passages are perturbed ones (`tests.bench.perturbed`), questions are
embedded for real.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from threading import Timer
from time import perf_counter, time
from types import MappingProxyType
from typing import IO, Any

from indexer.bench import BUREAU, environment
from indexer.embedders import BundledEmbedder, Embedder, FloatArray, Identity
from tests.bench.perturbed import PerturbedEmbedder, Pool

QUERIES = Path(__file__).parents[1] / "eval" / "queries.json"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
LEAST, MOST = 20, 33  # passages of a report
FOUND = 10  # answers of a query
MIB = 1 << 20
EMPTY: Mapping[str, Any] = MappingProxyType({})
LIMIT = 7200  # seconds that a process may take
TOOLS = ("formulations/", "indicators.")  # files that a search does not read
EXTRAS = (*TOOLS, "clause")  # files beyond vectors, words and texts
Figures = dict[str, Any]
Call = Callable[..., Any]
PHASES = ("-m", "tests.bench.phases")


class Timed:
    """An embedder whose time is counted."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self.seconds, self.embedded = 0.0, 0

    @property
    def identity(self) -> Identity:
        return self._embedder.identity

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        return self._counted(len(texts), lambda: self._embedder.embed_passages(texts))

    def embed_query(self, text: str) -> FloatArray:
        return self._counted(1, lambda: self._embedder.embed_query(text))

    def _counted(self, texts: int, embed: Callable[[], FloatArray]) -> FloatArray:
        started = perf_counter()
        vectors = embed()
        self.seconds += perf_counter() - started
        self.embedded += texts
        return vectors


class Stages:
    """Seconds between the steps of a build's progress, each given to the stage it ends in."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._last = perf_counter()

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        now = perf_counter()
        self.seconds[stage] += now - self._last
        self._last = now


def index_phase(reports: Path, root: Path, pool: Path) -> Figures:
    """Files -> a published index; the model and the pool are loaded before the clock starts."""
    from indexer.build import build_index

    model = BundledEmbedder()
    held = Pool.kept(pool, iter(()), model)
    timed = Timed(PerturbedEmbedder(held, model))
    stages, began, started = Stages(), time(), perf_counter()
    result = build_index([reports], root, timed, progress=stages)
    seconds = perf_counter() - started
    stages("after")  # whatever follows the last step that was reported
    written_s = written(result.folder, began)
    return {
        "index_s": seconds,
        "embed_s": timed.seconds,
        "engine_s": seconds - timed.seconds,
        "embedded": timed.embedded,
        "rows": result.passages,
        "stages_s": dict(stages.seconds),
        "written_s": written_s,
        "search_s": written_s["reports.sqlite"] - (seconds - stages.seconds["after"]),
    }


def written(folder: Path, began: float) -> dict[str, float]:
    """When each file, or folder of files, of a generation was last written, in seconds."""
    times: dict[str, float] = {}
    for path in files_of(folder):
        name = path.relative_to(folder).parts[0]
        times[name] = max(times.get(name, 0.0), path.stat().st_mtime - began)
    return dict(sorted(times.items(), key=lambda pair: pair[1]))


def query_phase(root: Path, queries: Sequence[str], rounds: int, filters: Figures) -> Figures:
    """Every query one by one after three to warm up, ``rounds`` times; then the memory."""
    from indexer.store import Index
    from search_api.engine import Engine
    from search_api.filters import Filters

    timed = Timed(BundledEmbedder())
    engine = Engine(Index.open(root), timed)
    chosen = Filters(**{name: tuple(values) for name, values in filters.items()})
    for text in queries[:3]:
        engine.search(text, k=FOUND, filters=chosen)
    whole, embedding, ranking, lookups = [], [], [], []
    near: list[float] = []
    words: list[float] = []
    engine.rank = clocked(engine.rank, ranking)  # type: ignore[method-assign]
    engine.index.nearest = clocked(engine.index.nearest, near)  # type: ignore[method-assign]
    engine.index.words = clocked(engine.index.words, words)  # type: ignore[method-assign]
    for text in [text for _ in range(rounds) for text in queries]:
        near.clear()
        words.clear()
        before, started = timed.seconds, perf_counter()
        engine.search(text, k=FOUND, filters=chosen)
        whole.append((perf_counter() - started) * 1000)
        embedding.append((timed.seconds - before) * 1000)
        lookups.append(sum(near[:1] + words[:1]))
    own = [a - b for a, b in zip(whole, embedding, strict=True)]
    alone = [a - b for a, b in zip(ranking, embedding, strict=True)]
    return {
        **spread("", whole),
        "embed_p50_ms": median(embedding),
        **spread("engine_", own),
        **spread("ranking_", alone),
        **spread("lookups_", lookups),
        **memory(os.getpid()),
    }


def clocked(call: Call, times: list[float]) -> Call:
    """``call``, its time in milliseconds noted."""

    def timed(*arguments: Any, **options: Any) -> Any:
        started = perf_counter()
        result = call(*arguments, **options)
        times.append((perf_counter() - started) * 1000)
        return result

    return timed


def spread(name: str, times: Sequence[float]) -> Figures:
    """p50 and p95 of times in milliseconds."""
    return {f"{name}p50_ms": median(times), f"{name}p95_ms": quantiles(times, n=20)[18]}


def memory(*processes: int) -> Figures:
    """What the processes hold together, in MiB; ``Pss`` where the system tells it.

    ``VmHWM`` is the peak; ``ru_maxrss`` would count what a parent held when it forked.
    """
    sums: dict[str, float] = defaultdict(float)
    for process in processes:
        for name, pattern in (("status", "Rss(?:Anon|File|Shmem)|VmHWM"), ("smaps_rollup", "Pss")):
            try:
                text = Path(f"/proc/{process}/{name}").read_text("ascii")
            except OSError:
                continue
            for field, kib in re.findall(rf"^({pattern}):\s+(\d+) kB", text, re.MULTILINE):
                sums[f"{field}_mib"] += int(kib) / 1024
    return dict(sums)


def files_of(folder: Path) -> list[Path]:
    """Every file below ``folder``, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def published(root: Path) -> Path:
    """The folder of the generation that an index answers from."""
    return root / (root / "CURRENT").read_text("ascii").split()[0]


def disk(root: Path, *, but: Sequence[str] = ()) -> int:
    """Bytes of the published generation, without the parts whose names begin as in ``but``."""
    folder = published(root)
    files = (p for p in files_of(folder) if not str(p.relative_to(folder)).startswith(tuple(but)))
    return sum(path.stat().st_size for path in files)


def spawn(command: Sequence[str], *, limit: float = LIMIT) -> Figures:
    """Run a process on one thread; the JSON of its last line, its seconds, its peak memory.

    :raises RuntimeError: with the last line of its stderr, if it fails or takes too long.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as told:
        started = perf_counter()
        child = subprocess.Popen(
            command, stdout=said, stderr=told, env=environment() | ONE_THREAD, process_group=0
        )
        late = Timer(limit, os.killpg, (child.pid, signal.SIGKILL))  # with its own children
        late.start()
        try:
            _, status, usage = os.wait4(child.pid, 0)
        except KeyboardInterrupt:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            late.cancel()
        seconds = perf_counter() - started
        child.returncode = os.waitstatus_to_exitcode(status)
        lines, errors = text_of(said), text_of(told)
    if child.returncode:
        last = "too slow" if seconds >= limit else (errors or ["it said nothing"])[-1][:400]
        raise RuntimeError(f"exit {child.returncode}: {last}")
    spoken = next((line for line in reversed(lines) if line.startswith("{")), "{}")
    return {**json.loads(spoken), "wall_s": seconds, "rss_mib": usage.ru_maxrss / 1024}


def text_of(handle: IO[bytes]) -> list[str]:
    """The lines of what a process wrote."""
    handle.seek(0)
    return handle.read().decode("utf-8", "replace").splitlines()


def prepare(passages: Path, folder: Path, pool: Path, count: int | None = None) -> int:
    """Write the passages as reports, and a pool of vectors if there is none; the passages."""
    from tests.bench.bulk import passages_of, write_reports  # 100 MiB that no query needs

    Pool.kept(pool, passages_of(passages), BundledEmbedder())
    given = count or sum(1 for _ in passages_of(passages))
    shutil.rmtree(folder, ignore_errors=True)
    write_reports(islice(passages_of(passages), given), folder, each=LEAST, most=MOST)
    return given


def index(reports: Path, root: Path, pool: Path) -> Figures:
    """Index in a process of its own, into an empty ``root``."""
    shutil.rmtree(root, ignore_errors=True)
    files = ("--reports", str(reports), "--index", str(root), "--pool", str(pool))
    return spawn([sys.executable, *PHASES, "index", *files])


def query(root: Path, queries: Path, rounds: int, filters: Mapping[str, Any] = EMPTY) -> Figures:
    """Warm queries in a process of its own."""
    files = ("--index", str(root), "--queries", str(queries), "--rounds", str(rounds))
    return spawn([sys.executable, *PHASES, "query", *files, "--filters", json.dumps(dict(filters))])


def cold(root: Path, text: str, times: int) -> Figures:
    """Whole processes of the command line: median seconds, and the peak memory of the median."""
    arguments = ("search", text, "--index", str(root), "--json", "-k", str(FOUND))
    runs = [spawn([sys.executable, *BUREAU, *arguments]) for _ in range(times)]
    runs.sort(key=lambda run: run["wall_s"])
    middle = runs[times // 2]
    return {"cold_s": middle["wall_s"], "cold_rss_mib": middle["rss_mib"]}


def questions(count: int) -> list[dict[str, str]]:
    """``count`` queries of the development set, half of them Chinese, drawn evenly."""
    rows = json.loads(QUERIES.read_text("utf-8"))
    chosen = []
    for language in ("zh", "en"):
        own = [row for row in rows if row["lang"] == language]
        step = len(own) / (count // 2)
        chosen += [own[int(n * step)] for n in range(count // 2)]
    return [{"id": row["id"], "text": row["text"]} for row in chosen]


def read_lines(path: Path) -> list[Figures]:
    """The objects of a JSONL file; none if it is not there."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]


def append(path: Path, figures: Figures) -> None:
    """Add a measurement to a JSONL file."""
    with path.open("a", encoding="utf-8") as handle:
        handle.write(json.dumps(rounded(figures), ensure_ascii=False) + "\n")


def rounded(value: Any) -> Any:
    """``value`` with every number in it at four digits after the point."""
    if isinstance(value, dict):
        return {name: rounded(part) for name, part in value.items()}
    return round(value, 4) if isinstance(value, float) else value


def main() -> None:
    """One phase of this project."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.phases")
    parser.add_argument("phase", choices=("index", "query"))
    for name in ("--reports", "--index", "--pool", "--queries"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--filters", type=json.loads, default={})
    given = parser.parse_args()
    if given.phase == "index":
        found = index_phase(given.reports, given.index, given.pool)
    else:
        texts = [row["text"] for row in read_lines(given.queries)]
        found = query_phase(given.index, texts, given.rounds, given.filters)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
