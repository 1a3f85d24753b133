"""Vectors of clauses: how near the nearest few words of a passage come to a question.

A long passage of a real report speaks of many things, and its one vector of all of them at
once. So every clause of some 15 to 30 characters has a vector too, kept as signed bytes in a
memory-mapped file and read only for the candidates of a question. Clauses find nothing by
themselves; they tell candidates apart, and show which words of a passage answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.vectors import FloatArray, Rows

SHORTEST, LONGEST = 15, 30  # characters
PART = re.compile("[^，。；：！？,;:!?]+[，。；：！？,;:!?]*[”’」』）)]*")
STOPS = frozenset("。；！？;!?")
SCALE = 127.0


def split_clauses(text: str) -> list[tuple[int, int]]:
    """Spans of the clauses of ``text``, in order; together they cover all of it but the edges."""
    spans: list[tuple[int, int]] = []
    open_start: int | None = None
    end = 0
    for match in PART.finditer(text):
        start, stop = match.span()
        if open_start is not None and stop - open_start > LONGEST:
            spans.append((open_start, end))
            open_start = None
        open_start = start if open_start is None else open_start
        end = stop
        if end - open_start >= SHORTEST and text[end - 1] in STOPS:
            spans.append((open_start, end))
            open_start = None
    if open_start is not None:
        spans.append((open_start, end))
    return spans or [(0, len(text))]


class ClauseVectors:
    """The clause vectors of all passages; row n's are ``bytes[starts[n]:starts[n + 1]]``."""

    def __init__(self, vectors: NDArray[np.int8], starts: NDArray[np.int64]) -> None:
        self._vectors = np.asarray(vectors)  # still mapped, without the cost of a memmap's views
        self._starts = starts

    @classmethod
    def open(cls, folder: Path) -> ClauseVectors:
        """Map what `write` wrote."""
        vectors = np.load(folder / "clauses.npy", mmap_mode="r", allow_pickle=False)
        starts = np.load(folder / "clause_starts.npy", allow_pickle=False)
        return cls(vectors, starts)

    @staticmethod
    def write(folder: Path, vectors: FloatArray, counts: Sequence[int]) -> None:
        """Write unit ``vectors``, shape (clauses, dimension), ``counts[n]`` of them for row n."""
        rounded = np.rint(vectors * SCALE).astype(np.int8)
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        np.save(folder / "clauses.npy", rounded, allow_pickle=False)
        np.save(folder / "clause_starts.npy", starts, allow_pickle=False)

    def of(self, row: int) -> FloatArray:
        """The clause vectors of ``row`` in text order, shape (clauses, dimension)."""
        part = self._vectors[self._starts[row] : self._starts[row + 1]]
        vectors: FloatArray = part.astype(np.float32)
        return vectors / np.float32(SCALE)

    def nearest(self, query: FloatArray, rows: Rows) -> FloatArray:
        """The highest clause cosine of each of ``rows``, shape (len(rows),)."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        first, last = self._starts[rows], self._starts[np.asarray(rows) + 1]
        counts = last - first
        edges = np.cumsum(counts) - counts
        places = np.repeat(first - edges, counts) + np.arange(counts.sum())
        cosines = self._vectors[places].astype(np.float32) @ query
        nearest: FloatArray = np.maximum.reduceat(cosines, edges).astype(np.float32)
        return nearest / np.float32(SCALE)

    def nearest_of_all(self, queries: FloatArray, first: int, last: int) -> FloatArray:
        """The highest clause cosines of rows ``first`` to ``last``, shape (queries, rows)."""
        edges = self._starts[first:last] - self._starts[first]
        part = self._vectors[self._starts[first] : self._starts[last]].astype(np.float32)
        nearest: FloatArray = np.maximum.reduceat(queries @ part.T, edges, axis=1)
        return nearest / np.float32(SCALE)
