"""Which texts of one list may be which of another, without comparing all with all.

Two lists of usual length are compared in full. For long ones only pairs are looked at that
share rare pairs of characters, the rarest first, up to a budget: the work grows with the length
of the lists and not with its square. Equal texts are always a candidate.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search_api.changes.wording import Scores, all_likenesses, some_likenesses

FULL = 300_000  # pairs up to which all are compared
BUDGET = 3_000_000  # meetings of two texts at a pair of characters
MOST = 10  # candidates of one text
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of places in two lists, each with how alike the texts are; shape (pairs,) each."""

    left: Numbers
    right: Numbers
    likeness: Scores


def candidates(ones: Sequence[str], others: Sequence[str], floor: float) -> Candidates:
    """The pairs whose likeness is at least ``floor``."""
    if len(ones) * len(others) <= FULL:
        scores = all_likenesses(ones, others)
        left, right = np.nonzero((scores >= floor) & (scores >= _tenth_best(scores)))
        return Candidates(left, right, scores[left, right])
    keys = np.union1d(_equal(ones, others), _sharing(ones, others))
    left, right = np.divmod(keys, len(others))
    scores = some_likenesses(
        (ones[i], others[j]) for i, j in zip(left.tolist(), right.tolist(), strict=True)
    )
    kept = scores >= floor
    return Candidates(left[kept], right[kept], scores[kept])


def _tenth_best(scores: Scores) -> Scores:
    """Of every left text the score of its `MOST`-th best pair, shape (left, 1)."""
    if scores.shape[1] <= MOST:
        return np.zeros((len(scores), 1), dtype=np.float32)
    best: Scores = np.partition(scores, -MOST, axis=1)[:, -MOST, None]
    return best


def _equal(ones: Sequence[str], others: Sequence[str]) -> Numbers:
    """Equal texts, the first with the first and so on, as ``left * len(others) + right``."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(others):
        places[text].append(at)
    taken: dict[str, int] = defaultdict(int)
    keys = []
    for at, text in enumerate(ones):
        if taken[text] < len(places.get(text, ())):
            keys.append(at * len(others) + places[text][taken[text]])
            taken[text] += 1
    return np.array(keys, dtype=np.int64)


def _sharing(ones: Sequence[str], others: Sequence[str]) -> Numbers:
    """For each text the `MOST` others that share most rare pairs of characters, as above."""
    left_of, left = _shingles(ones)
    right_of, right = _shingles(others)
    known = np.intersect1d(left, right)
    starts = np.searchsorted(left, known), np.searchsorted(right, known)
    counts = (
        np.searchsorted(left, known, "right") - starts[0],
        np.searchsorted(right, known, "right") - starts[1],
    )
    meetings = counts[0] * counts[1]
    rarest = np.argsort(meetings, kind="stable")
    chosen = rarest[np.cumsum(meetings[rarest]) <= BUDGET]
    # every meeting of a chosen pair of characters: its number, and the place in the product
    of = np.repeat(chosen, meetings[chosen])
    ends = np.cumsum(meetings[chosen])
    place = np.arange(len(of)) - np.repeat(ends - meetings[chosen], meetings[chosen])
    row, column = np.divmod(place, counts[1][of])
    met = left_of[starts[0][of] + row] * len(others) + right_of[starts[1][of] + column]
    keys, shared = np.unique(met, return_counts=True)
    return _best(keys, shared, len(others))


def _best(keys: Numbers, shared: Numbers, width: int) -> Numbers:
    """Of every text's pairs the `MOST` that share most."""
    if not len(keys):
        return keys
    left = keys // width
    order = np.lexsort((-shared, left))
    first = np.searchsorted(left[order], left[order])
    rank = np.arange(len(order)) - first
    best: Numbers = keys[order[rank < MOST]]
    return best


def _shingles(texts: Sequence[str]) -> tuple[Numbers, Numbers]:
    """(text, pair of characters) of all pairs, each once a text, sorted by the pair."""
    found = [
        (ord(a) << 21 | ord(b), at) for at, text in enumerate(texts) for a, b in set(pairwise(text))
    ]
    table = np.array(found, dtype=np.int64).reshape(len(found), 2)
    order = np.argsort(table[:, 0], kind="stable")
    return table[order, 1], table[order, 0]
