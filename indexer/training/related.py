"""The thesaurus: for each term of the field the terms that mean nearly the same.

Made with the trained model from the lexicon alone: a term's vector is the mean of its own and
that of its first English rendering; its neighbours are the terms of highest cosine, and the
terms that these contain. The table is read by `indexer.bridge`, so that a question never
embeds the lexicon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.words import lexicon_rows

RELATED = Path(__file__).resolve().parents[1] / "bundled" / "lexicon" / "related.tsv"
NEAREST, LEAST_COSINE = 10, 0.65
HUB = 25  # a word near to more terms than this is left out
CONTAINED = 0.8  # of the cosine, for a term inside a neighbour
Embed = Callable[[Sequence[str]], NDArray[np.float32]]


def related_terms(embed: Embed) -> dict[str, dict[str, float]]:
    """Term -> related terms with their cosines, nearest first."""
    rows = [row for row in lexicon_rows("terms.tsv") if len(row[0]) >= 2 and len(row) > 1]
    terms = [row[0] for row in rows]
    vectors = embed(terms) + embed([row[1].split(";")[0] for row in rows])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors.T
    found = {}
    for n, term in enumerate(terms):
        near = [int(m) for m in np.argsort(-cosines[n])[1 : NEAREST + 1]]
        pairs = {terms[m]: float(cosines[n, m]) for m in near if cosines[n, m] >= LEAST_COSINE}
        found[term] = _with_contained(term, pairs, terms)
    return without_hubs(found)


def without_hubs(found: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """``found`` without the words that are near to so many others that they tell nothing."""
    friends = Counter(other for near in found.values() for other in near)
    return {
        term: {other: cosine for other, cosine in near.items() if friends[other] <= HUB}
        for term, near in found.items()
    }


def _with_contained(term: str, pairs: dict[str, float], terms: Sequence[str]) -> dict[str, float]:
    """``pairs`` and, behind them, the terms that their longer terms contain."""
    inside = {
        other: CONTAINED * cosine
        for near, cosine in pairs.items()
        for other in terms
        if len(other) > 1 and other != near and other in near and other not in term
    }
    merged = inside | pairs
    return dict(sorted(merged.items(), key=lambda pair: -pair[1]))


def write_related(found: dict[str, dict[str, float]], path: Path) -> None:
    """One line a term: the term, a tab, ``other=cosine`` separated by semicolons."""
    lines = (
        term + "\t" + ";".join(f"{other}={cosine:.2f}" for other, cosine in near.items())
        for term, near in found.items()
        if near
    )
    path.write_text("\n".join(lines) + "\n", "utf-8")
