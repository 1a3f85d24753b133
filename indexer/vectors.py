"""Nearest vectors, through FAISS (its only importer).

Vectors are of unit length and compared by dot product, so every score is a cosine. They are
kept as `indexer.layout` says, in files that are mapped, not read; what FAISS finds is put in
order by the question's own, unrounded vector.

    vectors.faiss   all vectors in the order of passages, a signed byte for each component
    lists.faiss     inverted file over them, if the layout has one
    residuals.npy   what the bytes leave out, four bits for each component, if the layout has it

Written as bytes of `serialize_index`: `write_index` can report success on a full disk.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.files import write_durably
from indexer.layout import Kind, VectorLayout
from indexer.packed import CodeFile, Packed

FloatArray = NDArray[np.float32]
Mask = NDArray[np.bool_]
RowArray = NDArray[np.int64]
Rows = Sequence[int] | RowArray

VECTORS, LISTS, RESIDUALS = "vectors.faiss", "lists.faiss", "residuals.npy"
AT_ONCE = 65_536  # vectors rounded in one go
ZERO = 128  # the byte of a component that is nothing
TRAINED = 50  # vectors for each list to be learnt from
PULLED = 1_000  # passages that the inverted file proposes, at least
ONE_IN = 800  # it proposes one passage in so many, if that is more
SPARE = 50  # passages beyond those asked for that are put in order
FEW = 20_000  # allowed passages up to which each is compared, past the inverted file
CLIPPED = 1e-3  # share of components that may not fit into a byte
FINER = 15  # parts of a byte's step that its residual tells apart


class VectorIndex:
    """Search over the vectors of all passages; row n belongs to passage n."""

    def __init__(
        self,
        codes: faiss.Index,
        lists: faiss.Index | None,
        residuals: CodeFile | None,
        layout: VectorLayout,
    ) -> None:
        self._index = cast(Any, codes)  # of its kinds the type stubs know too little
        self._lists: Any = lists
        self._residuals = residuals
        self.layout = layout
        flat = faiss.rev_swig_ptr(self._index.codes.data(), codes.ntotal * codes.d)
        self._codes: NDArray[np.uint8] = flat.reshape(codes.ntotal, codes.d)

    @staticmethod
    def write(folder: Path, vectors: FloatArray, layout: VectorLayout) -> VectorLayout:
        """Write an index of ``vectors``, shape (n, dimension); returns the layout it has.

        That is ``layout``, but for a wider step where the vectors need one.

        :raises OSError: on a full disk.
        """
        layout = replace(layout, step=fitting_step(vectors, layout.step))
        kind, metric = faiss.ScalarQuantizer.QT_8bit_direct_signed, faiss.METRIC_INNER_PRODUCT
        index = faiss.IndexScalarQuantizer(vectors.shape[1], kind, metric)
        for part in parts_of(vectors):
            index.add(rounded(part, layout.step))
        write_durably(folder / VECTORS, serialised(index))
        if layout.refined:
            np.save(folder / RESIDUALS, residuals(vectors, layout.step), allow_pickle=False)
        if layout.kind is Kind.IVF:
            lists = inverted_file(vectors, layout)
            write_durably(folder / LISTS, serialised(lists))
        return layout

    @classmethod
    def open(cls, folder: Path, layout: VectorLayout) -> VectorIndex:
        """Map what `write` wrote."""
        faiss.omp_set_num_threads(1)  # one question at a time gains nothing from more
        mapped = faiss.IO_FLAG_MMAP_IFC
        codes = faiss.read_index(str(folder / VECTORS), mapped)
        lists = None
        if layout.kind is Kind.IVF:
            lists = faiss.read_index(str(folder / LISTS), mapped)
        finer = CodeFile(folder / RESIDUALS) if layout.refined else None
        return cls(codes, lists, finer, layout)

    def __len__(self) -> int:
        return len(self._codes)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._codes.shape[1])

    def search(
        self, query: FloatArray, k: int, allowed: Mask | None = None
    ) -> tuple[RowArray, FloatArray]:
        """The ``k`` nearest rows to ``query`` among those ``allowed``, and their cosines."""
        rows = self._proposed(query, k, allowed)
        cosines = self.cosines(query, rows)
        if self._residuals:
            rows, cosines = highest(rows, cosines, k + SPARE)
            cosines += self._residuals_of(rows).cosines(query[None])[:, 0]
        return highest(rows, cosines, k)

    def _proposed(self, query: FloatArray, k: int, allowed: Mask | None) -> RowArray:
        """The rows worth putting in order, in no order."""
        everything = allowed is None or bool(allowed.all())
        size = len(self) if allowed is None else int(np.count_nonzero(allowed))
        if size <= (k + SPARE if self._lists is None else max(k, FEW)):
            return np.arange(size) if allowed is None else np.flatnonzero(allowed)
        parameters: dict[str, Any] = {}
        if allowed is not None and not everything:
            bits = np.packbits(allowed, bitorder="little")
            parameters["sel"] = faiss.IDSelectorBitmap(len(allowed), faiss.swig_ptr(bits))
        if self._lists is None:
            asked = rounded(query.reshape(1, -1), float(np.abs(query).max()) / 127 or 1.0)
            take, index = k + SPARE, self._index
            options = faiss.SearchParameters(**parameters)
        else:  # fewer allowed: more lists, so that as many are seen
            probes = min(self.layout.lists, self.layout.probes * len(self) // size)
            asked, index = query.reshape(1, -1), self._lists
            take = max(PULLED, len(self) // ONE_IN, 2 * k)
            options = faiss.SearchParametersIVF(nprobe=probes, **parameters)  # type: ignore[call-arg]
        _, rows = index.search(asked, min(take, size), params=options)
        found: RowArray = rows[0][rows[0] >= 0]
        return found

    def reconstruct(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows``, shape (len(rows), dimension)."""
        codes = self._codes[np.asarray(rows, dtype=np.int64)].astype(np.float32)
        vectors: FloatArray = (codes - np.float32(ZERO)) * np.float32(self.layout.step)
        return vectors

    def refined(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows`` as exact as they are kept, shape (len(rows), dimension).

        Written by the same layout, they are kept the same again.
        """
        vectors = np.empty((len(rows), self.dimension), dtype=np.float32)
        for start in range(0, len(rows), AT_ONCE):
            some = rows[start : start + AT_ONCE]
            vectors[start : start + AT_ONCE] = self.reconstruct(some)
            if self._residuals:
                vectors[start : start + AT_ONCE] += self._residuals_of(some).unpacked()
        return vectors

    def _residuals_of(self, rows: Rows) -> Packed:
        """What the bytes of ``rows`` leave out."""
        assert self._residuals
        places = np.asarray(rows, dtype=np.int64).tolist()
        codes = self._residuals.read((row, row + 1) for row in places)
        scale = np.float16(self.layout.step / FINER)
        return Packed(codes, np.full(len(codes), scale, dtype=np.float16))

    def cosines(self, query: FloatArray, rows: Rows) -> FloatArray:
        """Dot products of ``query`` with the vectors of ``rows``, shape (len(rows),)."""
        codes = self._codes[np.asarray(rows, dtype=np.int64)].astype(np.float32)
        cosines: FloatArray = (codes @ query - ZERO * query.sum()) * np.float32(self.layout.step)
        return cosines


def highest(rows: RowArray, cosines: FloatArray, k: int) -> tuple[RowArray, FloatArray]:
    """The ``k`` rows of the highest cosines, highest first, and these."""
    order = np.lexsort((rows, -cosines))[:k]
    return rows[order], cosines[order]


def rounded(vectors: FloatArray, step: float) -> FloatArray:
    """``vectors`` in whole units of ``step`` that a signed byte can hold."""
    units: FloatArray = np.clip(np.rint(vectors / np.float32(step)), -127, 127)
    return units.astype(np.float32)


def residuals(vectors: FloatArray, step: float) -> NDArray[np.uint8]:
    """What whole units of ``step`` leave of ``vectors``, packed, shape (n, dimension / 2)."""
    left = (part - rounded(part, step) * np.float32(step) for part in parts_of(vectors))
    return np.concatenate([Packed.of(part, step / FINER).codes for part in left])


def fitting_step(vectors: FloatArray, step: float) -> float:
    """``step``, or a wider one if too many components would not fit into a byte."""
    largest, over = 0.0, 0
    for part in parts_of(vectors):
        size = np.abs(part)
        largest, over = max(largest, float(size.max())), over + int((size > 127 * step).sum())
    return step if over <= CLIPPED * vectors.size else largest / 127


def parts_of(vectors: FloatArray) -> Iterator[FloatArray]:
    """``vectors`` in parts of `AT_ONCE`."""
    for start in range(0, len(vectors), AT_ONCE):
        yield vectors[start : start + AT_ONCE]


def serialised(index: faiss.Index) -> memoryview:
    """What `faiss.read_index` reads."""
    return faiss.serialize_index(index).data


def inverted_file(vectors: FloatArray, layout: VectorLayout) -> faiss.Index:
    """An inverted file of product-quantised residuals; the same vectors give the same file."""
    n, dimension = vectors.shape
    factory = f"IVF{layout.lists},PQ{parts_in(dimension, layout.width)}x4fs"
    index: Any = faiss.index_factory(dimension, factory, faiss.METRIC_INNER_PRODUCT)
    index.cp.niter, index.cp.spherical = 10, True
    index.cp.max_points_per_centroid, index.cp.min_points_per_centroid = TRAINED, 1
    index.pq.cp.min_points_per_centroid = 1
    chance = np.random.default_rng(n)
    sample = np.sort(chance.choice(n, min(n, TRAINED * layout.lists), replace=False))
    index.train(vectors[np.resize(sample, max(len(sample), index.pq.ksub))])
    for part in parts_of(vectors):
        index.add(np.ascontiguousarray(part))
    built: faiss.Index = index
    return built


def parts_in(dimension: int, width: int) -> int:
    """The most equal parts of a vector that have ``width`` components at least."""
    return next(n for n in range(max(1, dimension // width), 0, -1) if dimension % n == 0)
