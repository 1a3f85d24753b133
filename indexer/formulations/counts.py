"""How many bureaus print the characters of each report, kept small: compressed report by report.

The counts of neighbouring places are mostly equal, so a report's take a sixth to a twentieth of
their room; a report's are always read together.
"""

from __future__ import annotations

import zlib
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.uint16]
Packed = NDArray[np.uint8]


def pack(counts: Counts, starts: NDArray[np.int64]) -> tuple[Packed, NDArray[np.int64]]:
    """The counts of the reports that begin at ``starts``, and where each report's bytes begin.

    ``starts`` ends with the end of the last report; so do the second array's entries.
    """
    parts = [counts[first:last] for first, last in pairwise(starts.tolist())]
    packed = [zlib.compress(_planes(part.astype("<u2").view(np.uint8))) for part in parts]
    at = np.cumsum([0, *map(len, packed)], dtype=np.int64)
    return np.frombuffer(b"".join(packed), np.uint8), at


def unpack(packed: Packed, at: NDArray[np.int64], report: int) -> Counts:
    """The counts of one report's characters."""
    data = zlib.decompress(packed[at[report] : at[report + 1]].tobytes())
    planes = np.frombuffer(data, np.uint8).reshape(2, -1)
    counts: Counts = planes[1].astype(np.uint16) << 8 | planes[0]
    return counts


def _planes(pairs: NDArray[np.uint8]) -> bytes:
    """All lower bytes before all upper ones, which are mostly 0."""
    return pairs.reshape(-1, 2).T.tobytes()
