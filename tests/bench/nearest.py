"""How many of the nearest vectors an index finds, of those that numpy finds.

Numpy compares with every vector, once as the embedder gives it and once as the index keeps it.
Looked for are the neighbours of questions of the development set and of passages that were
perturbed once more, `HALF` of each.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import FloatArray
from indexer.embedding import embedded_text
from indexer.store import Index
from tests.bench.perturbed import PerturbedEmbedder
from tests.bench.phases import FOUND, Figures, questions

HALF = 100  # vectors asked of each kind
CHUNK = 4096  # passages whose vectors are in memory at once
SAME = 1e-5  # cosines that near are a tie


def recall_of(root: Path, embedder: PerturbedEmbedder) -> Figures:
    """Share of the ten nearest rows that the index finds; a row as near as the tenth is one."""
    opened = Index.open(root)
    asked = vectors_asked(opened, embedder)
    times, found = [], np.full((len(asked), FOUND), -1, dtype=np.int64)
    for at, vector in enumerate(asked):
        started = perf_counter()
        rows, _ = opened.vectors.search(vector, FOUND)
        times.append((perf_counter() - started) * 1000)
        found[at, : len(rows)] = rows
    tenth, cosines = exact(opened, embedder, asked, found)
    right = (cosines >= tenth[:, None] - SAME).mean(axis=1)
    tenth, cosines = exact(opened, None, asked, found)
    kept = (cosines >= tenth[:, None] - SAME).mean(axis=1)
    opened.close()
    return {
        "recall": float(right.mean()),
        "recall_of_questions": float(right[:HALF].mean()),
        "recall_of_kept": float(kept.mean()),
        "recall_of_passages": float(right[HALF:].mean()),
        "vectors_p50_ms": float(np.median(times)),
    }


def vectors_asked(opened: Index, embedder: PerturbedEmbedder) -> FloatArray:
    """`HALF` questions of the development set, and as many passages, perturbed once more."""
    texts = [embedder.embed_query(row["text"]) for row in questions(HALF)]
    rows = np.linspace(0, len(opened) - 1, HALF).astype(int).tolist()
    passages = embedder.embed_passages([embedded_text(opened.passage(row)) for row in rows])
    return np.concatenate([np.stack(texts), embedder.passages.again(passages)])


def exact(
    opened: Index, embedder: PerturbedEmbedder | None, asked: FloatArray, found: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """The tenth highest cosine of each vector ``asked``, and those of the rows ``found``.

    Of the vectors that the embedder gives; without one, of those that the index keeps.
    """
    best = np.full((len(asked), FOUND), -1.0, dtype=np.float32)
    cosines = np.full(found.shape, -1.0, dtype=np.float32)
    for first in range(0, len(opened), CHUNK):
        rows = range(first, min(first + CHUNK, len(opened)))
        if embedder is None:
            vectors = opened.vectors.refined(rows)
        else:
            texts = [embedded_text(opened.passage(row)) for row in rows]
            vectors = embedder.embed_passages(texts)
        scores = asked @ vectors.T
        joined = np.concatenate([best, scores], axis=1)
        best = np.partition(joined, -FOUND, axis=1)[:, -FOUND:]
        here = (found >= rows.start) & (found < rows.stop)
        cosines[here] = scores[np.nonzero(here)[0], found[here] - first]
    return best.min(axis=1), cosines
