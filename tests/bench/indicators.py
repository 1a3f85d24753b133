"""How fast numbers are found and answered: ``python -m tests.bench.indicators [--file F.jsonl]``.

For corpora of three sizes (``--sizes``, in reports of 20 passages) prints one JSON line for each
measurement, in processor time, which other work on the machine hardly changes: to find all
numbers of a report, and the median and the slowest of `ROUNDS` answers, warm, in this process.
Only the parts of a generation that indicators use are written: no words, no vectors. The text is
made up (`tests.bench.bulk`, or the field ``text`` of every line of F): no line of it is true. A
corpus larger than `DISTINCT` reports repeats their text under other bureaus and years, and
numbers are found once in a text.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from pathlib import Path

import numpy as np

from indexer.build import passage_columns
from indexer.embedders import Identity
from indexer.generations import FORMAT, Manifest
from indexer.indicators.store import report_indicators, write_located
from indexer.records import report_row
from indexer.reports import write_reports
from indexer.shapes import Level, Metadata, Passage, Region, Report, Role, Section, Source
from indexer.store import Index
from search_api.filters import Filters
from search_api.indicators.fields import indicators_fields
from search_api.indicators.table import MOST_EXPORTED, indicators
from tests.bench.bulk import A_REPORT, HEADS, TAILS, made_up_passages, passages_of

SIZES = (1_000, 10_000, 30_000)
HEAD = len("安阳安县信访局2016年法治政府建设工作报告")  # characters of every title
YEARS = range(2016, 2026)
ROUNDS = 7
DISTINCT = 2_000
QUESTIONS: dict[str, Callable[[Index], object]] = {
    "化解率": lambda index: indicators(index, "化解率"),
    "resolution rate": lambda index: indicators(index, "resolution rate"),
    "排查矛盾纠纷": lambda index: indicators(index, "排查矛盾纠纷"),
    "化解率, one year": lambda index: indicators(index, "化解率", filters=Filters(year=(2024,))),
    "no name": indicators,
    "化解率, a file": lambda index: indicators(index, "化解率", most=MOST_EXPORTED),
}


def made_up_reports(count: int, file: Path | None) -> Iterator[Report]:
    """Reports of invented bureaus, ten years each, of `A_REPORT` passages."""
    passages = passages_of(file) if file else made_up_passages(DISTINCT * A_REPORT)
    texts = cycle(islice(passages, DISTINCT * A_REPORT))
    places = [a + b + c for a in HEADS for b in TAILS for c in HEADS]
    for number in range(count):
        place = places[number // len(YEARS) % len(places)] + "县"
        yield report_of(number, place, YEARS[number % len(YEARS)], list(islice(texts, A_REPORT)))


def report_of(number: int, place: str, year: int, lines: list[str]) -> Report:
    """One report of a single section."""
    name, path = f"r{number:06}", ("一、主要做法",)
    title = f"{place}信访局{year}年法治政府建设工作报告"
    text, passages = "\n".join([title, *lines]), []
    at = len(title) + 1
    for line in lines:
        passages.append(Passage(name, at, at + len(line), line, 0, path, Role.WORK))
        at += len(line) + 1
    region = Region(f"{350000 + number % 90 * 100}", "某省", f"某市{number % 90}")
    meta = Metadata(name, title, f"{place}信访局", region, Level.COUNTY, year, None, f"{name}.txt")
    sections = (Section("一", path[0], 0, 0, None, path, Role.WORK),)
    return Report(meta, text, sections, tuple(passages), "", Source(Path(name), name, {}))


def build(folder: Path, reports: list[Report]) -> Index:
    """The parts of a generation that indicators use."""
    folder.mkdir()
    distinct = reports[:DISTINCT]
    started = time.process_time()
    known = {report.text[HEAD:]: list(report_indicators(report)) for report in distinct}
    took = time.process_time() - started
    write_located(folder, (known[report.text[HEAD:]] for report in reports))
    np.save(folder / "passages.npy", passage_columns(reports))
    write_reports(folder / "reports.sqlite", map(report_row, range(len(reports)), reports), [])
    identity = Identity("none", "0", 1)
    index = Index(folder, Manifest(FORMAT, identity, len(reports), len(reports) * A_REPORT, "", {}))
    size = sum(path.stat().st_size for path in folder.glob("indicators.*"))
    line(
        "write",
        len(reports),
        indicators=len(index.indicators),
        ms_a_report=round(1000 * took / len(distinct), 2),
        mib=round(size / 2**20, 1),
    )
    return index


def measure(index: Index) -> None:
    """Print how long each question takes."""
    for name, ask in QUESTIONS.items():
        ask(index)
        times = []
        for _ in range(ROUNDS):
            started = time.process_time()
            fields = indicators_fields(ask(index))
            times.append(1000 * (time.process_time() - started))
        values = sum(group["values"] for group in fields["groups"])
        p50, most = np.percentile(times, (50, 100)).round(1).tolist()
        line(name, len(index.metas), values=values, p50_ms=p50, max_ms=most)


def line(measure_name: str, reports: int, **figures: object) -> None:
    """One measurement, with the most memory that the process has held so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    said = {"measure": measure_name, "reports": reports, **figures, "peak_mib": peak}
    print(json.dumps(said, ensure_ascii=False), flush=True)


def main() -> None:
    """Measure every size."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--file", type=Path, help="JSON lines with a field text")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="in reports")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        for size in given.sizes:
            index = build(Path(home) / str(size), list(made_up_reports(size, given.file)))
            measure(index)
            index.close()


if __name__ == "__main__":
    main()
