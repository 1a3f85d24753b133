"""Vectors of clauses: how near the nearest few words of a passage come to a question.

A long passage of a real report speaks of many things, and its one vector of all of them at
once. So every clause of some 15 to 30 characters has a vector too, kept at four bits a component
in a file of which only those of a question's candidates are read. Clauses find nothing by
themselves; they tell candidates apart, and show which words of a passage answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.packed import CodeFile, Packed
from indexer.vectors import FloatArray, Rows

SHORTEST, LONGEST = 15, 30  # characters
PART = re.compile("[^，。；：！？,;:!?]+[，。；：！？,;:!?]*[”’」』）)]*")
STOPS = frozenset("。；！？;!?")
CODES, SCALES, STARTS = "clauses.npy", "clause_scales.npy", "clause_starts.npy"


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
    """The clause vectors of all passages; row n's are ``starts[n]`` to ``starts[n + 1]``."""

    def __init__(
        self, codes: CodeFile, scales: NDArray[np.float16], starts: NDArray[np.int64]
    ) -> None:
        self._codes = codes
        self._scales = scales
        self._starts = starts

    @classmethod
    def open(cls, folder: Path) -> ClauseVectors:
        """Open what `write` wrote."""
        scales = np.load(folder / SCALES, allow_pickle=False)
        starts = np.load(folder / STARTS, allow_pickle=False)
        return cls(CodeFile(folder / CODES), scales, starts)

    @staticmethod
    def write(folder: Path, vectors: Packed, counts: Sequence[int]) -> None:
        """Write vectors, ``counts[n]`` of them for row n."""
        starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
        for name, array in ((CODES, vectors.codes), (SCALES, vectors.scales), (STARTS, starts)):
            np.save(folder / name, array, allow_pickle=False)

    def packed(self, row: int) -> Packed:
        """The clause vectors of ``row`` in text order, as they are kept."""
        return self._run(row, row + 1)

    def of(self, row: int) -> FloatArray:
        """The clause vectors of ``row`` in text order, shape (clauses, dimension)."""
        return self.packed(row).unpacked()

    def nearest(self, query: FloatArray, rows: Rows) -> FloatArray:
        """The highest clause cosine of each of ``rows``, shape (len(rows),)."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        first, last = self._starts[rows], self._starts[np.asarray(rows) + 1]
        counts = last - first
        edges = np.cumsum(counts) - counts
        places = np.repeat(first - edges, counts) + np.arange(counts.sum())
        codes = self._codes.read(zip(first.tolist(), last.tolist(), strict=True))
        cosines = Packed(codes, self._scales[places]).cosines(query[None])[:, 0]
        nearest: FloatArray = np.maximum.reduceat(cosines, edges)
        return nearest

    def nearest_of_all(self, queries: FloatArray, first: int, last: int) -> FloatArray:
        """The highest clause cosines of rows ``first`` to ``last``, shape (queries, rows)."""
        edges = self._starts[first:last] - self._starts[first]
        cosines = self._run(first, last).cosines(queries)
        nearest: FloatArray = np.maximum.reduceat(cosines, edges, axis=0).T
        return nearest

    def _run(self, first: int, last: int) -> Packed:
        """The clause vectors of rows ``first`` to before ``last``."""
        start, end = int(self._starts[first]), int(self._starts[last])
        return Packed(self._codes.read([(start, end)]), self._scales[start:end])
