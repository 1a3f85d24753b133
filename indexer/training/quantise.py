"""int8 weights and back: one scale per row of a table, or per output of a product."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

WEIGHT = 64  # largest weight: two of them times 255 fit the 16 bits of processors without VNNI
INPUT = 127  # largest input of a product, as a signed byte
ZERO = 128  # what stands for 0 in the unsigned bytes of an input


def pack_rows(table: Float) -> tuple[NDArray[np.int8], Float]:
    """[rows, width] -> int8 of the same shape and scales [rows, 1]."""
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127.0, 1e-12)
    packed = np.clip(np.rint(table / scales), -127, 127)
    return packed.astype(np.int8), scales.astype(np.float32)


def unpack_rows(packed: NDArray[np.int8], scales: Float) -> Float:
    """The inverse of `pack_rows`, as near as int8 allows."""
    rows: Float = packed.astype(np.float32) * scales
    return rows


def pack_columns(weight: Float, smooth: Float) -> tuple[NDArray[np.int8], Float]:
    """[out, in] -> int8 [in, out] and a scale per output, for inputs divided by `smooth`: [in]."""
    smoothed = weight * smooth
    scales = np.maximum(np.abs(smoothed).max(axis=1) / WEIGHT, 1e-12).astype(np.float32)
    packed = np.rint(smoothed / scales[:, None]).clip(-WEIGHT, WEIGHT)
    return packed.T.astype(np.int8), scales


def unpack_columns(packed: NDArray[np.int8], scales: Float, smooth: Float) -> Float:
    """The inverse of `pack_columns`, as near as int8 allows: [out, in]."""
    weight: Float = (packed * scales).T / smooth
    return weight


def smoothing(weight: Float, ranges: Float) -> Float:
    """What to divide each input by, so that a few large ones do not set the step of all: [in].

    ranges: the largest absolute value met of each input
    Half of an input's excess goes over to its weights (SmoothQuant, arXiv 2211.10438).
    """
    smooth: Float = np.sqrt(ranges / np.maximum(np.abs(weight).max(axis=0), 1e-5))
    return np.maximum(smooth, 1e-5).astype(np.float32)
