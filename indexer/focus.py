"""Vectors of clauses: how near the nearest few words of a passage come to a question.

A long passage of a real report speaks of many things, and its one vector of all of them at
once. So every clause of some 15 to 30 characters has a vector too, kept at four bits a component
in a file of which only those of a question's candidates are read. Clauses find nothing by
themselves; they tell candidates apart, and show which words of a passage answer.
"""

from __future__ import annotations

import os
import re
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.vectors import FloatArray, RowArray, Rows

SHORTEST, LONGEST = 15, 30  # characters
PART = re.compile("[^，。；：！？,;:!?]+[，。；：！？,;:!?]*[”’」』）)]*")
STOPS = frozenset("。；！？;!?")
CODES, SCALES, STARTS = "clauses.npy", "clause_scales.npy", "clause_starts.npy"
BITS, MASK, MIDDLE, TOP = 4, np.uint8(15), 8, 7
TINY = np.float32(1e-6)


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


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Unit vectors at four bits a component, each with a scale of its own.

    ``codes``, shape (n, dimension / 2): the first half of the components in the lower bits, the
    second in the upper ones; a component is ``(code - MIDDLE) * scale``. What was packed and
    unpacked is packed the same again.
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]  # (n,)

    @classmethod
    def of(cls, vectors: FloatArray) -> Packed:
        """Pack ``vectors``, shape (n, dimension), the dimension even."""
        scales = (np.abs(vectors).max(axis=1, initial=0.0) / TOP).astype(np.float16)
        steps = np.maximum(scales.astype(np.float32), TINY)[:, None]
        units = np.clip(np.rint(vectors / steps), -TOP, TOP).astype(np.int8) + MIDDLE
        half = vectors.shape[1] // 2
        codes = units[:, :half].astype(np.uint8) | units[:, half:].astype(np.uint8) << BITS
        return cls(codes, scales)

    @classmethod
    def joined(cls, parts: Sequence[Packed]) -> Packed:
        """All of ``parts``, one after the other."""
        codes = np.concatenate([part.codes for part in parts])
        return cls(codes, np.concatenate([part.scales for part in parts]))

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice | RowArray) -> Packed:
        return Packed(self.codes[rows], self.scales[rows])

    def unpacked(self) -> FloatArray:
        """The vectors, shape (n, dimension)."""
        halves = (self.codes & MASK, self.codes >> BITS)
        units = np.concatenate(halves, axis=1).astype(np.float32) - np.float32(MIDDLE)
        vectors: FloatArray = units * self.scales.astype(np.float32)[:, None]
        return vectors

    def cosines(self, queries: FloatArray) -> FloatArray:
        """Dot products with ``queries``, shape (queries, dimension): shape (n, queries)."""
        half = self.codes.shape[1]
        lower, upper = queries[:, :half].T, queries[:, half:].T
        sums = (self.codes & MASK).astype(np.float32) @ lower
        sums += (self.codes >> BITS).astype(np.float32) @ upper
        sums -= np.float32(MIDDLE) * queries.sum(axis=1)
        cosines: FloatArray = sums * self.scales.astype(np.float32)[:, None]
        return cosines


class CodeFile:
    """The codes of a file, read where they stand.

    Mapping it would make its pages resident one by one, and the kernel maps fifteen more round
    each: after some thousand questions nearly all of the largest file of an index.
    """

    def __init__(self, path: Path) -> None:
        mapped = np.load(path, mmap_mode="r", allow_pickle=False)  # refuses one cut short
        self._first: int = mapped.offset
        self._width: int = mapped.shape[1]
        self._file = os.open(path, os.O_RDONLY)
        closing = weakref.finalize(self, os.close, self._file)
        closing.atexit = False  # a thread may still read then
        if hasattr(os, "posix_fadvise"):  # a question reads a page here and there
            os.posix_fadvise(self._file, 0, 0, os.POSIX_FADV_RANDOM)

    def read(self, runs: Iterable[tuple[int, int]]) -> NDArray[np.uint8]:
        """The codes from a place to before another, for all ``runs``, shape (codes, width)."""
        first, width = self._first, self._width
        parts = [os.pread(self._file, (b - a) * width, first + a * width) for a, b in runs]
        return np.frombuffer(b"".join(parts), dtype=np.uint8).reshape(-1, width)


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
