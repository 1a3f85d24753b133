"""How the practice matrix grows: ``python -m tests.bench.matrix [--reports 35 500 2000]``.

Prints one JSON line for each number of reports, for all shipped practices: ``first`` is the first
matrix over an index, with the list's vectors known; ``again`` the same one, its evidence kept;
``filtered`` one of another year. Each has milliseconds by the clock and of the processor, which
other work on the machine disturbs less. ``megabytes`` is the most that working out the evidence
held at once. ``cold``, on a line of its own, is what the vectors of the list take, once in a
process. Text is made up and vectors are drawn, since only their number costs time.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import tracemalloc
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter, process_time

import numpy as np

from indexer.build import build_index
from indexer.embedders import BundledEmbedder, FloatArray
from indexer.store import Index
from indexer.words import prepare
from search_api.engine import Engine
from search_api.filters import Filters
from search_api.practices.lists import shipped
from search_api.practices.matrix import matrix
from search_api.practices.presence import targets_of, worked_out
from tests.bench.bulk import A_REPORT, made_up_passages, write_reports


class Drawn:
    """The bundled model for questions; for passages, unit vectors drawn at random."""

    def __init__(self, model: BundledEmbedder) -> None:
        self.identity = model.identity
        self.embed_query = model.embed_query
        self._chance = np.random.default_rng(7)

    def embed_passages(self, texts: Sequence[str]) -> FloatArray:
        """Vectors of as many texts, shape (n, dimension)."""
        drawn = self._chance.standard_normal((len(texts), self.identity.dimension))
        vectors: FloatArray = drawn.astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Milliseconds that ``work()`` takes."""
    began, spent = perf_counter(), process_time()
    work()
    taken = {"clock": perf_counter() - began, "processor": process_time() - spent}
    return {name: round(1000 * seconds, 1) for name, seconds in taken.items()}


def megabytes(engine: Engine) -> float:
    """The most memory that working out the evidence holds at once."""
    targets = targets_of(shipped(), engine.embedder)
    tracemalloc.start()
    worked_out(engine, targets, frozenset())
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return round(peak / 2**20, 1)


def measured(root: Path, reports: int, model: BundledEmbedder) -> dict[str, object]:
    """The figures for so many reports."""
    write_reports(made_up_passages(reports * A_REPORT), root / "texts")
    build_index([root / "texts"], root / "index", Drawn(model))
    opened = Index.open(root / "index")
    figures: dict[str, object] = {"reports": reports, "passages": len(opened)}
    for by in ("issuer", "province"):
        engine = Engine(opened, model)
        figures[f"first by {by}"] = timed(lambda e=engine, b=by: matrix(e, by=[b]))
        figures[f"again by {by}"] = timed(lambda e=engine, b=by: matrix(e, by=[b]))
    chosen = Filters(year=(2020,))
    figures["filtered"] = timed(lambda: matrix(engine, by=["issuer"], filters=chosen))
    return figures | {"megabytes": megabytes(engine)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.matrix")
    parser.add_argument("--reports", type=int, nargs="+", default=[35, 500, 2000])
    given = parser.parse_args()
    model = BundledEmbedder()
    prepare()
    cold = timed(lambda: targets_of(shipped(), model))
    print(json.dumps({"cold": cold}), flush=True)
    for reports in sorted(given.reports):
        with tempfile.TemporaryDirectory() as scratch:
            print(json.dumps(measured(Path(scratch), reports, model)), flush=True)


if __name__ == "__main__":
    main()
