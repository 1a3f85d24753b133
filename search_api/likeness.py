"""Passages that say the same in the same words: shown once, the others folded under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import FloatArray
from indexer.words import fold

CODE = 21  # bits of a character
HELD = 2048  # passages whose shingles are kept, some 2 KB each
SAME = 0.7  # share of all shingles that two passages have in common (Jaccard)
NO_LETTER = re.compile(r"[\W_]+")
CLOSE = 0.8  # cosine below which wording need not be compared


def same_wording(texts: Sequence[str], vectors: FloatArray) -> list[int | None]:
    """For each text the number of an earlier one with nearly the same wording, or None.

    ``vectors`` are those of the texts, shape (n, dimension), of unit length: they only spare
    comparisons. What is folded is folded under a text that is itself shown.
    """
    close = vectors @ vectors.T >= CLOSE
    pieces = cache(lambda n: set(shingles(texts[n]).tolist()))
    shown: list[int] = []
    found: list[int | None] = []
    for n in range(len(texts)):
        beside = close[n].tolist()
        near = (at for at in shown if beside[at])
        first = next((at for at in near if jaccard(pieces(n), pieces(at)) >= SAME), None)
        if first is None:
            shown.append(n)
        found.append(first)
    return found


@lru_cache(maxsize=HELD)
def shingles(text: str) -> NDArray[np.int64]:
    """All runs of three letters and digits of the folded text, each as one number.

    A text of fewer is filled up with zeros.
    """
    kept = NO_LETTER.sub("", fold(text)).ljust(3, "\0")
    codes = np.frombuffer(kept.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.int64)
    return codes[:-2] << 2 * CODE | codes[1:-1] << CODE | codes[2:]


def jaccard(one: set[int], other: set[int]) -> float:
    """Share of the elements of either set that are in both."""
    both = len(one & other)
    return both / (len(one) + len(other) - both)
