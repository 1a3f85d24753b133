"""Which index of FAISS for the vectors: ``python -m tests.bench.kinds --pool P.npz [--count N]``.

Perturbed vectors (`tests.bench.perturbed`) and the development set's questions. What each kind
proposes, a thousand vectors, is put in order by the vectors at a byte a component, as
`indexer.vectors` does; recall@10 and @128, as many as a search looks at, are against all vectors
as floats. Two threads to build, one to search. One JSON line for each kind.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.embedders import BundledEmbedder, FloatArray
from indexer.layout import PROBES, Kind, Wanted
from indexer.vectors import PULLED, TRAINED, rounded
from tests.bench.perturbed import Perturbed, Pool

QUESTIONS = Path(__file__).parents[1] / "eval" / "queries.json"
KINDS = ("flat", "IVF{},PQ128x4fs", "IVF{},PQ192x4fs", "IVF{},RaBitQfs", "HNSW32,SQ8")
FOUND, DEPTH = (10, 128), 400


def built(
    kind: str, vectors: FloatArray, lists: int
) -> Any:  # faiss knows its own types too little
    """An index of ``vectors``; those of inverted files look into as many lists as ours."""
    dimension, metric = vectors.shape[1], faiss.METRIC_INNER_PRODUCT
    if kind == "flat":
        index: Any = faiss.IndexScalarQuantizer(
            dimension, faiss.ScalarQuantizer.QT_8bit_direct_signed, metric
        )
        index.add(rounded(vectors, Wanted().layout(len(vectors), dimension).step))
        return index
    index = faiss.index_factory(dimension, kind.format(lists), metric)
    sample = vectors
    if kind.startswith("IVF"):
        index.cp.niter, index.cp.spherical, index.nprobe = 10, True, PROBES
        chosen = np.random.default_rng(1).choice(len(vectors), TRAINED * lists, replace=False)
        sample = vectors[np.sort(chosen)]
    else:
        index.hnsw.efConstruction, index.hnsw.efSearch = 80, DEPTH
    index.train(sample)
    index.add(vectors)
    return index


def measured(kind: str, vectors: FloatArray, questions: FloatArray) -> dict[str, Any]:
    """Time to build, bytes a vector, time of a search, recall after putting in order."""
    layout = Wanted(Kind.IVF).layout(*vectors.shape)
    faiss.omp_set_num_threads(2)
    started = perf_counter()
    index = built(kind, vectors, layout.lists)
    seconds = perf_counter() - started
    size = len(faiss.serialize_index(index))
    exact = np.argsort(-(questions @ vectors.T), axis=1)[:, : max(FOUND)]
    codes = rounded(vectors, layout.step).astype(np.int8)
    faiss.omp_set_num_threads(1)
    times, shares = [], []
    for question, wanted in zip(questions, exact, strict=True):
        asked = question / (np.abs(question).max() / 127) if kind == "flat" else question
        started = perf_counter()
        rows: NDArray[np.int64] = index.search(
            np.rint(asked)[None] if kind == "flat" else asked[None], PULLED
        )[1][0]
        rows = rows[rows >= 0]
        rows = rows[np.argsort(-(codes[rows].astype(np.float32) @ question))]
        times.append((perf_counter() - started) * 1000)
        shares.append([np.isin(rows[:k], wanted[:k]).mean() for k in FOUND])
    return {
        "kind": kind.format(layout.lists),
        "vectors": len(vectors),
        "build_s": round(seconds, 1),
        "bytes_a_vector": round(size / len(vectors), 1),
        "search_p50_ms": round(median(times), 2),
        **{
            f"recall_at_{k}": round(float(s), 4)
            for k, s in zip(FOUND, np.mean(shares, 0), strict=True)
        },
    }


def main() -> None:
    """Measure every kind."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.kinds")
    parser.add_argument("--pool", type=Path, required=True, help="made by tests.bench.scale")
    parser.add_argument("--count", type=int, default=100_000)
    given = parser.parse_args()
    model = BundledEmbedder()
    pool = Pool.kept(given.pool, iter(()), model)
    vectors = Perturbed(pool.passages).of([f"text {n}" for n in range(given.count)])
    texts = [row["text"] for row in json.loads(QUESTIONS.read_text("utf-8"))]
    questions = np.stack([model.embed_query(text) for text in texts])
    for kind in KINDS:
        print(json.dumps(measured(kind, vectors, questions)), flush=True)


if __name__ == "__main__":
    main()
