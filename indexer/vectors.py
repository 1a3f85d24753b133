"""Nearest vectors, through FAISS (its only importer).

Vectors are of unit length and compared by dot product, so every score is a cosine. Written
as bytes of `serialize_index`: `write_index` can report success on a full disk.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import faiss
import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
Rows = Sequence[int] | NDArray[np.int64]


class VectorIndex:
    """Exact search over the vectors of all passages; row n belongs to passage n."""

    def __init__(self, index: faiss.Index) -> None:
        self._index = index

    @classmethod
    def from_vectors(cls, vectors: FloatArray) -> VectorIndex:
        """An index of ``vectors``, shape (n, dimension)."""
        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, dtype=np.float32))
        return cls(index)

    def to_bytes(self) -> bytes:
        """The serialised index."""
        return bytes(faiss.serialize_index(self._index).tobytes())

    @classmethod
    def open(cls, path: Path) -> VectorIndex:
        """Read what `to_bytes` gave."""
        return cls(faiss.deserialize_index(np.fromfile(path, dtype=np.uint8)))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def search(
        self, query: FloatArray, k: int, allowed: Mask | None = None
    ) -> list[tuple[int, float]]:
        """The ``k`` nearest (row, cosine) to ``query``, among the rows where ``allowed``."""
        k = min(k, len(self) if allowed is None else int(allowed.sum()))
        if k < 1:
            return []
        parameters = None
        if allowed is not None:
            bits = np.packbits(allowed, bitorder="little")
            selector = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
            parameters = faiss.SearchParameters(sel=selector)  # type: ignore[call-arg]
        scores, rows = self._index.search(query.reshape(1, -1), k, params=parameters)
        return [(int(r), float(s)) for r, s in zip(rows[0], scores[0], strict=True) if r >= 0]

    def reconstruct(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows``, shape (len(rows), dimension)."""
        if not len(rows):
            return np.empty((0, self.dimension), dtype=np.float32)
        vectors: FloatArray = self._index.reconstruct_batch(np.asarray(rows, dtype=np.int64))
        return vectors

    def cosines(self, query: FloatArray, rows: Rows) -> FloatArray:
        """Dot products of ``query`` with the vectors of ``rows``, shape (len(rows),)."""
        cosines: FloatArray = self.reconstruct(rows) @ query
        return cosines
