"""Passages that say the same in the same words: shown once, the others folded under it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, partial

from indexer.embedders import FloatArray
from indexer.words import fold

SHINGLE = 3  # characters
SAME = 0.7  # share of all shingles that two passages have in common (Jaccard)
NO_LETTER = re.compile(r"[\W_]+")
CLOSE = 0.8  # cosine below which wording need not be compared


def same_wording(texts: Sequence[str], vectors: FloatArray) -> list[int | None]:
    """For each text the number of an earlier one with nearly the same wording, or None.

    ``vectors`` are those of the texts, shape (n, dimension), of unit length: they only spare
    comparisons. What is folded is folded under a text that is itself shown.
    """
    cosines = vectors @ vectors.T
    pieces = [cache(partial(shingles, text)) for text in texts]
    shown: list[int] = []
    found: list[int | None] = []
    for n, own in enumerate(pieces):
        near = (at for at in shown if cosines[n, at] >= CLOSE)
        first = next((at for at in near if jaccard(own(), pieces[at]()) >= SAME), None)
        if first is None:
            shown.append(n)
        found.append(first)
    return found


def shingles(text: str) -> set[str]:
    """All runs of `SHINGLE` letters and digits of the folded text; the text if it is shorter."""
    kept = NO_LETTER.sub("", fold(text))
    return {kept[at : at + SHINGLE] for at in range(len(kept) - SHINGLE + 1)} or {kept}


def jaccard(one: set[str], other: set[str]) -> float:
    """Share of the elements of either set that are in both."""
    return len(one & other) / len(one | other)
