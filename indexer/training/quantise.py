"""int8 weights and back: one scale per row, or per block of a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]

BLOCK = 32  # weights of one output channel that share a scale
ZERO = 128  # what stands for 0 in the unsigned bytes of `pack_blocks`


def pack_rows(table: Float) -> tuple[NDArray[np.int8], Float]:
    """[rows, width] -> int8 of the same shape and scales [rows, 1]."""
    scales = np.maximum(np.abs(table).max(axis=1, keepdims=True) / 127.0, 1e-12)
    packed = np.clip(np.rint(table / scales), -127, 127)
    return packed.astype(np.int8), scales.astype(np.float32)


def unpack_rows(packed: NDArray[np.int8], scales: Float) -> Float:
    """The inverse of `pack_rows`, as near as int8 allows."""
    rows: Float = packed.astype(np.float32) * scales
    return rows


def pack_blocks(weight: Float) -> tuple[NDArray[np.uint8], Float]:
    """[out, in] -> bytes [out, in / BLOCK, BLOCK] and scales [out, in / BLOCK].

    The layout of onnxruntime's MatMulNBits with 8 bits.
    """
    outputs, inputs = weight.shape
    blocks = weight.reshape(outputs * inputs // BLOCK, BLOCK)
    packed, scales = pack_rows(blocks)
    unsigned = (packed.astype(np.int16) + ZERO).astype(np.uint8)
    return unsigned.reshape(outputs, -1, BLOCK), scales.reshape(outputs, -1)


def unpack_blocks(packed: NDArray[np.uint8], scales: Float) -> Float:
    """The inverse of `pack_blocks`, as near as int8 allows: [out, in]."""
    signed = packed.astype(np.float32) - ZERO
    weight: Float = (signed * scales[:, :, None]).reshape(len(packed), -1)
    return weight
