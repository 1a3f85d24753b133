"""Vectors at four bits a component, and files of them that are read where they stand."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
RowArray = NDArray[np.int64]

BITS, MASK, MIDDLE, TOP = 4, np.uint8(15), 8, 7
TINY = np.float32(1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Vectors at four bits a component, each with a scale.

    ``codes``, shape (n, dimension / 2): the first half of the components in the lower bits, the
    second in the upper ones; a component is ``(code - MIDDLE) * scale``. What was packed and
    unpacked is packed the same again.
    """

    codes: NDArray[np.uint8]
    scales: NDArray[np.float16]  # (n,)

    @classmethod
    def of(cls, vectors: FloatArray, scale: float | None = None) -> Packed:
        """Pack ``vectors``, shape (n, dimension), the dimension even.

        :param scale: of all of them, instead of what the largest component of each needs.
        """
        if scale is None:
            scales = (np.abs(vectors).max(axis=1, initial=0.0) / TOP).astype(np.float16)
        else:
            scales = np.full(len(vectors), scale, dtype=np.float16)
        steps = np.maximum(scales.astype(np.float32), TINY)[:, None]
        units = np.clip(np.rint(vectors / steps), -TOP, TOP).astype(np.int8) + MIDDLE
        half = vectors.shape[1] // 2
        codes = units[:, :half].astype(np.uint8) | units[:, half:].astype(np.uint8) << BITS
        return cls(codes, scales)

    @classmethod
    def empty(cls, count: int, dimension: int) -> Packed:
        """Room for ``count`` vectors, to be `put` there."""
        codes = np.empty((count, dimension // 2), dtype=np.uint8)
        return cls(codes, np.empty(count, dtype=np.float16))

    def put(self, start: int, vectors: FloatArray) -> None:
        """Pack ``vectors`` into the rows from ``start`` on."""
        packed = Packed.of(vectors)
        rows = slice(start, start + len(packed))
        self.codes[rows], self.scales[rows] = packed.codes, packed.scales

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
