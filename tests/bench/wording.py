"""Time and memory of wordings over synthetic reports, one JSON line for each measurement.

Times are of the processor (``cpu_ms``), which other work on the machine does not change, and
by the clock (``wall_ms``).

Only what wordings need is made: the files of `indexer.formulations.table` and the database of
reports; nothing is embedded. The text is made up and repeats itself more than real reports do.

    python -m tests.bench.wording --reports 1000 --passages synth.jsonl
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from indexer.backend import ROLES
from indexer.embedders import Identity
from indexer.formulations.build import build, text_of, write_arrays
from indexer.formulations.text import Text
from indexer.generations import FORMAT, Manifest
from indexer.layout import Kind, VectorLayout
from indexer.records import report_row
from indexer.reports import write_reports
from indexer.shapes import Level, Metadata, Passage, Region, Report, Role, Section, Source
from indexer.store import COLUMNS, Index
from search_api.filters import Filters
from search_api.wording.formulations import wording
from search_api.wording.shares import sentence_shares
from search_api.wording.top import top
from tests.bench.bulk import A_REPORT, HEADS, TAILS, made_up_passages, passages_of

YEARS = 10  # reports of one bureau
ROUNDS = 5
QUESTIONS = {
    "phrase": "办事依法、遇事找法",
    "boilerplate": "坚持以习近平新时代中国特色社会主义思想为指导",
    "word": "信访工作",
    "near": "依法分类处理群众信访诉求问题",
    "absent": "以量子计算赋能牡蛎养殖",
    "sentence": "深入学习贯彻习近平法治思想，坚持把信访工作纳入法治轨道，着力推动信访积案化解。",
    "paragraph": "坚持以习近平新时代中国特色社会主义思想为指导，全面贯彻党的二十大精神，深入学习"
    "宣传贯彻《信访工作条例》。局党组书记切实履行推进法治建设第一责任人职责，坚持重要工作"
    "亲自部署、重大问题亲自过问。充分发挥人民调解作用，全年共排查矛盾纠纷367件，化解360件，"
    "引导群众办事依法、遇事找法、解决问题用法、化解矛盾靠法。",
}


def made_up_report(number: int, passages: list[str], chance: random.Random) -> Report:
    """A report of an invented bureau; every bureau has one a year."""
    bureau, year = divmod(number, YEARS)
    place = HEADS[bureau % len(HEADS)] + TAILS[bureau // len(HEADS) % len(TAILS)]
    region = Region(f"{bureau % 900_000 + 100_000}", "某省", "", f"{place}县")
    name = f"r{number:06}"
    meta = Metadata(
        name,
        f"{place}县信访局报告",
        f"{place}县信访局{bureau}",
        region,
        Level.COUNTY,
        2016 + year,
        None,
        f"{name}.txt",
    )
    starts = np.cumsum([0, *(len(text) + 1 for text in passages)]).tolist()
    section = Section("", "", 0, 0, None, (), Role.WORK)
    cut = tuple(
        Passage(name, start, start + len(text), text, 0, (), Role.WORK)
        for start, text in zip(starts, passages, strict=False)
    )
    source = Source(Path(f"/{name}.txt"), f"{name}.txt", {})
    return Report(meta, "\n".join(passages), (section,), cut, "0" * 64, source)


def reports_of(passages: Iterator[str], count: int) -> Iterator[Report]:
    """``count`` reports of `A_REPORT` passages."""
    chance = random.Random(7)
    for number in range(count):
        block = list(islice(passages, A_REPORT))
        if not block:
            return
        yield made_up_report(number, block, chance)


class Made:
    """Reports written to a database as they pass; counts them and their characters."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count, self.chars = folder, 0, 0
        self.columns: list[np.ndarray] = []

    def texts(self, reports: Iterator[Report]) -> Iterator[Text]:
        """What is mined of each report, after its row was kept."""
        rows = []
        for report in reports:
            rows.append(report_row(self.count, report))
            self.columns.append(
                np.array(
                    [
                        (self.count, p.start, p.end, 0, ROLES.index(p.role), 0)
                        for p in report.passages
                    ],
                    np.int32,
                )
            )
            self.count += 1
            self.chars += len(report.text)
            yield text_of(report)
            if len(rows) == 1000:
                self._write(rows)
                rows = []
        if rows:
            self._write(rows)
        np.save(
            self.folder / "passages.npy", np.concatenate(self.columns).reshape(-1, len(COLUMNS))
        )

    def _write(self, rows: list[tuple[object, ...]]) -> None:
        path = self.folder / "reports.sqlite"
        if not path.exists():
            write_reports(path, rows, [])
            return
        places = ", ".join("?" * len(rows[0]))
        with sqlite3.connect(path) as db:
            db.executemany(f"INSERT INTO reports VALUES ({places})", rows)


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Median milliseconds of `ROUNDS` runs after a first one."""
    work()
    wall, cpu = [], []
    for _ in range(ROUNDS):
        began, spent = perf_counter(), process_time()
        work()
        wall.append(1000 * (perf_counter() - began))
        cpu.append(1000 * (process_time() - spent))
    return {
        "cpu_ms": round(statistics.median(cpu), 1),
        "wall_ms": round(statistics.median(wall), 1),
    }


def say(**fields: object) -> None:
    """One JSON line."""
    sys.stdout.write(json.dumps(fields, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def measure(reports: int, passages: Iterator[str], folder: Path) -> None:
    """Build, open, ask; a line for each."""
    made = Made(folder)
    began = perf_counter()
    texts = list(made.texts(reports_of(passages, reports)))
    made_s = perf_counter() - began
    began, spent = perf_counter(), process_time()
    write_arrays(folder, build(texts))
    seconds, cpu = perf_counter() - began, process_time() - spent
    size = sum(p.stat().st_size for p in (folder / "formulations").iterdir())
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(
        what="build",
        reports=made.count,
        chars=made.chars,
        cpu_s=round(cpu, 1),
        wall_s=round(seconds, 1),
        cpu_ms_per_report=round(1000 * cpu / made.count, 2),
        files_mb=round(size / 2**20, 1),
        peak_mb=round(peak),
        making_s=round(made_s, 1),
    )
    del texts
    identity = Identity("none", "1", 1)
    counts = (made.count, made.count * A_REPORT)
    flat = VectorLayout(Kind.FLAT, 1.0)
    index = Index(folder, Manifest(FORMAT, identity, *counts, "", {}, flat))
    _ = index.metas
    for name, question in QUESTIONS.items():
        found = wording(index, question)
        first = next((c for p in found.parts for c in p.clusters), None)
        times = timed(lambda q=question: wording(index, q))
        say(
            what=name,
            reports=made.count,
            **times,
            bureaus=first.usage.bureaus if first else 0,
            of=found.bureaus,
            places=first.usage.occurrences if first else 0,
        )
    others = {
        "top": lambda: top(index),
        "top, one year": lambda: top(index, filters=Filters(year=(2020,))),
        "phrase, one year": lambda: wording(
            index, QUESTIONS["phrase"], filters=Filters(year=(2020,))
        ),
        "shares of a report": lambda: sentence_shares(index, index.metas[0].id),
    }
    for name, work in others.items():
        times = timed(work)
        say(
            what=name,
            reports=made.count,
            **times,
        )
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    say(what="memory", reports=made.count, peak_mb=round(held))


def main() -> None:
    """Measure one size, or compare candidates with the option."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000)
    parser.add_argument("--passages", type=Path, help="JSONL of passages; made up without")
    asked = parser.parse_args()
    count = asked.reports * A_REPORT
    passages = passages_of(asked.passages) if asked.passages else made_up_passages(count)
    with tempfile.TemporaryDirectory() as folder:
        measure(asked.reports, passages, Path(folder))


if __name__ == "__main__":
    main()
