"""How this project grows.

``python -m tests.bench.scale --passages F.jsonl --index DIR --out R.jsonl``

Indexes the passages (files of ``LEAST`` to ``MOST`` of them, vectors made by perturbing real ones,
see `tests.bench.perturbed`) and measures, each in a fresh process with one thread: the time of
indexing without embedding, stage by stage; bytes on disk, file by file; the memory of a server
with one process after 50 questions; a cold ``bureau search``; warm searches without filters and
with filters that keep about a half, about a hundredth, and one report; and how many of the ten
nearest vectors the index finds, of those that numpy finds among the vectors as they were given.
A long passage becomes several rows: both numbers are in every line.

One JSON line for each is appended to ``--out``; what is there already for this number of
passages is not measured again. At the end, or alone with ``--table``: all of it as Markdown.
"""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote
from urllib.request import urlopen

import numpy as np

from indexer.bench import BUREAU, QUESTION, environment
from indexer.embedders import BundledEmbedder
from indexer.store import Index
from tests.bench.bulk import passages_of
from tests.bench.nearest import recall_of
from tests.bench.perturbed import PerturbedEmbedder, Pool
from tests.bench.phases import (
    FOUND,
    MIB,
    Figures,
    append,
    cold,
    files_of,
    index,
    memory,
    prepare,
    published,
    query,
    questions,
    read_lines,
)

ASKED = 60  # different questions of a warm measurement
SERVED = 50  # questions before a server's memory is read
PATIENCE = 900  # seconds for a server to start
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Place:
    """Where everything lies."""

    passages: Path
    root: Path  # of the index
    pool: Path
    count: int | None  # only so many passages

    @property
    def reports(self) -> Path:
        """The folder of the passages written as reports."""
        return self.root.with_name(f"{self.root.name}-reports")


def indexing(place: Place) -> Figures:
    """Seconds of a build, with and without what stands for embedding."""
    prepare(place.passages, place.reports, place.pool, place.count)
    return index(place.reports, place.root, place.pool)


def on_disk(place: Place) -> Figures:
    """MiB of the published generation, whole and by file or folder."""
    folder, sizes = published(place.root), Counter[str]()
    for path in files_of(folder):
        sizes[path.relative_to(folder).parts[0]] += path.stat().st_size
    parts = {name: size / MIB for name, size in sizes.most_common()}
    return {"disk_mib": sum(parts.values()), "files_mib": parts}


def serving(place: Place) -> Figures:
    """Memory of ``bureau serve --workers 1`` and its children after `SERVED` questions."""
    started = time.perf_counter()
    with served(place.root) as (process, base):
        ready = time.perf_counter() - started
        for row in questions(SERVED):
            with urlopen(f"{base}/v1/search?q={quote(row['text'])}") as response:
                response.read()
        return {"ready_s": ready, **memory(*family(process))}


@contextmanager
def served(root: Path) -> Iterator[tuple[int, str]]:
    """The process and the address of a server that is ready."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("serve", "--workers", "1", "--port", str(port), "--index", str(root))
    child = subprocess.Popen([sys.executable, *BUREAU, *options], env=environment())
    base, until = f"http://127.0.0.1:{port}", time.perf_counter() + PATIENCE
    try:
        while not answers(f"{base}/readyz"):
            if child.poll() is not None or time.perf_counter() > until:
                raise RuntimeError("the server did not start")
            time.sleep(0.1)
        yield child.pid, base
    finally:
        child.terminate()
        child.wait()


def answers(address: str) -> bool:
    """Whether something answers there."""
    try:
        with urlopen(address):
            return True
    except OSError:
        return False


def family(process: int) -> list[int]:
    """A process and all that it started."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text("ascii").split()
    return [process, *(member for child in children for member in family(int(child)))]


def cold_search(place: Place) -> Figures:
    """Median of five whole processes."""
    return cold(place.root, QUESTION, 5)


def warm(place: Place) -> Figures:
    """Warm searches, with every filter of `filters_of`, each in a process of its own."""
    opened = Index.open(place.root)
    chosen = filters_of(opened)
    opened.close()
    found: Figures = {}
    with tempfile.TemporaryDirectory() as scratch:
        asked = Path(scratch) / "queries.jsonl"
        for row in questions(ASKED):
            append(asked, row)
        for name, (filters, kept) in chosen.items():
            figures = query(place.root, asked, 3, filters)
            found[name] = {"rows": kept, **figures}
    return found


def filters_of(opened: Index) -> dict[str, tuple[Figures, int]]:
    """Filters that keep all rows, about a half, about a hundredth and one report's, with counts."""
    of_report = np.bincount(opened.column("report"), minlength=len(opened.metas))
    years, issuers = Counter[int](), Counter[str]()
    for meta, rows in zip(opened.metas, of_report.tolist(), strict=True):
        years[meta.year or 0] += rows
        issuers[meta.issuer] += rows
    del years[0]
    half, of_half = up_to(years, len(opened) / 2)
    some, of_some = up_to(issuers, len(opened) / 100)
    least = int(np.where(of_report >= FOUND, of_report, len(opened)).argmin())
    return {
        "all": ({}, len(opened)),
        "half": ({"year": half}, of_half),
        "hundredth": ({"issuer": some}, of_some),
        "report": ({"report": [opened.metas[least].id]}, int(of_report[least])),
    }


def up_to(counts: Counter[Value], goal: float) -> tuple[list[Value], int]:
    """Values, rarest first, until they come nearest to ``goal`` together; and their sum."""
    chosen: list[Value] = []
    total = 0
    for value, count in reversed(counts.most_common()):
        if chosen and abs(total + count - goal) >= abs(total - goal):
            break
        chosen.append(value)
        total += count
    return chosen, total


def recall(place: Place) -> Figures:
    """How many of the nearest vectors are found."""
    pool = Pool.kept(place.pool, passages_of(place.passages), BundledEmbedder())
    return recall_of(place.root, PerturbedEmbedder(pool))


MEASURES: Mapping[str, Callable[[Place], Figures]] = {
    "index": indexing,
    "disk": on_disk,
    "serving": serving,
    "cold": cold_search,
    "warm": warm,
    "recall": recall,
}


def measure(place: Place, out: Path, wanted: Sequence[str]) -> None:
    """Measure what ``out`` does not have of this number of passages; failures are not kept."""
    size = place.count or sum(1 for _ in passages_of(place.passages))
    done = {line["measure"] for line in read_lines(out) if line["passages"] == size}
    built = [line["index_rows"] for line in read_lines(out) if line["passages"] == size]
    if not (place.root / "CURRENT").is_file():
        done.discard("index")
    elif "index" in done and rows_of(place.root) != built[-1]:
        sys.exit(f"{place.root} is not the index that {out} speaks of: name another")
    for name in wanted:
        if name in done:
            continue
        print(f"{size}: {name}", file=sys.stderr, flush=True)
        found = MEASURES[name](place)
        line = {"measure": name, "passages": size, "index_rows": rows_of(place.root)}
        append(out, line | found)


def rows_of(root: Path) -> int:
    """Passages of an index."""
    opened = Index.open(root)
    rows = len(opened)
    opened.close()
    return rows


def table(lines: Sequence[Figures]) -> str:
    """A column for each number of passages, as Markdown; the latest measurement counts."""
    sizes = sorted({line["passages"] for line in lines})
    held = {(line["passages"], line["measure"]): line for line in lines}
    body = [["", *(f"{size:,} passages" for size in sizes)], ["---", *("---:" for _ in sizes)]]
    for label, name, path, form in ROWS:
        cells = [value_of(held.get((size, name), {}), path) for size in sizes]
        body.append([label, *("-" if cell is None else format(cell, form) for cell in cells)])
    return "\n".join(f"| {' | '.join(line)} |" for line in body)


def value_of(line: Figures, path: str) -> float | None:
    """The number at a dotted path."""
    found: Figures | float | None = line
    for part in path.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, int | float) else None


ROWS = (  # label, measure, field, format
    ("rows of the index", "index", "index_rows", ","),
    ("indexing without embedding, s", "index", "engine_s", ",.1f"),
    ("of it reading and cutting, s", "index", "stages_s.read", ",.1f"),
    ("after reading and embedding, s", "index", "stages_s.after", ",.1f"),
    ("peak memory of indexing, MiB", "index", "rss_mib", ",.0f"),
    ("disk, MiB", "disk", "disk_mib", ",.1f"),
    ("server, own memory, MiB", "serving", "RssAnon_mib", ",.0f"),
    ("server, mapped files, MiB", "serving", "RssFile_mib", ",.0f"),
    ("server, proportional share, MiB", "serving", "Pss_mib", ",.0f"),
    ("cold `bureau search`, s", "cold", "cold_s", ".2f"),
    *(
        (f"{label}, {name}, ms", "warm", f"{chosen}.{field}_ms", ".1f")
        for chosen, label in (
            ("all", "warm search"),
            ("half", "filter that keeps a half"),
            ("hundredth", "filter that keeps a hundredth"),
            ("report", "filter that keeps one report"),
        )
        for name, field in (("p50", "p50"), ("p95", "p95"))
    ),
    ("warm search without the model, p50, ms", "warm", "all.engine_p50_ms", ".1f"),
    ("recall@10 of the vectors", "recall", "recall", ".4f"),
    ("of it for questions", "recall", "recall_of_questions", ".4f"),
    ("recall@10 among the vectors as they are kept", "recall", "recall_of_kept", ".4f"),
    ("search of the vectors alone, p50, ms", "recall", "vectors_p50_ms", ".2f"),
)


def main() -> None:
    """Measure what is not there yet and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.scale")
    parser.add_argument("--out", type=Path, required=True, help="JSONL of measurements")
    parser.add_argument("--table", action="store_true", help="only print the table of --out")
    parser.add_argument("--passages", type=Path, help="JSONL with a field text")
    parser.add_argument("--count", type=int, help="only so many of them")
    parser.add_argument("--index", type=Path, help="where to make the index; kept afterwards")
    parser.add_argument("--pool", type=Path, help="real vectors; default: beside --out")
    parser.add_argument("--measures", default=",".join(MEASURES), help="comma list")
    given = parser.parse_args()
    if not given.table:
        if not (given.passages and given.index):
            parser.error("--passages and --index are needed")
        pool = given.pool or given.out.with_name("pool.npz")
        place = Place(given.passages, given.index.absolute(), pool.absolute(), given.count)
        measure(place, given.out, given.measures.split(","))
    print(table(read_lines(given.out)))


if __name__ == "__main__":
    main()
