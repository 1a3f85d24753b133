"""Where the time of a warm query goes: ``python -m tests.bench.breakdown --index DIR``.

Every question of the development set is asked five times of an index that is there; the parts
of the engine are clocked from outside, in processor time of the one thread. A part that is
called by another one stands below it and is counted in it.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

from indexer.embedders import open_embedder
from indexer.store import Index
from search_api import engine as module
from search_api.engine import Engine

QUESTIONS = Path(__file__).parents[1] / "eval" / "queries.json"
ROUNDS = 5
Call = Callable[..., Any]
SEARCH = "the whole search"
PARTS = (  # (name, owner, attribute), outer before inner
    (SEARCH, "engine", "search"),
    ("words of the question", "module", "parse_query"),
    ("ranking", "engine", "rank"),
    ("– embedding the question", "embedder", "embed_query"),
    ("– nearest vectors", "index", "nearest"),
    ("– BM25", "index", "words"),
    ("– clauses of the candidates", "index", "clause_cosines"),
    ("– vectors of the candidates", "index", "vectors_of"),
    ("the hits: text, path, marks", "engine", "hit"),
    ("facets", "engine", "facets"),
    ("folding the same wording", "engine", "_folded"),
)


class Clock:
    """Adds up the processor time of calls, by name."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = defaultdict(float)

    def wrapped(self, name: str, call: Call) -> Call:
        """``call``, its time added to ``name``."""

        def timed(*arguments: Any, **options: Any) -> Any:
            started = thread_time()
            result = call(*arguments, **options)
            self.spent[name] += thread_time() - started
            return result

        return timed


def breakdown(root: Path) -> dict[str, float]:
    """Median milliseconds of each part of a search."""
    index = Index.open(root)
    embedder = open_embedder()
    engine = Engine(index, embedder)
    owners = {"engine": engine, "index": index, "embedder": embedder, "module": module}
    questions = [row["text"] for row in json.loads(QUESTIONS.read_text("utf-8"))]
    for text in questions:
        engine.search(text)
    clock, times = Clock(), defaultdict[str, list[float]](list)
    for name, owner, attribute in PARTS:
        held = owners[owner]
        setattr(held, attribute, clock.wrapped(name, getattr(held, attribute)))
    for text in questions * ROUNDS:
        clock.spent.clear()
        engine.search(text)
        for name, _, _ in PARTS:
            times[name].append(clock.spent[name] * 1000)
    return {name: median(times[name]) for name, _, _ in PARTS}


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.breakdown")
    parser.add_argument("--index", type=Path, required=True)
    found = breakdown(parser.parse_args().index)
    print("| part | ms | share |\n|---|---|---|")
    for name, spent in found.items():
        print(f"| {name} | {spent:.2f} | {spent / found[SEARCH]:.0%} |")


if __name__ == "__main__":
    main()
