"""Which sentence became which: one for one, best first.

A pair is scored by its wording, and by its meaning where the wording leaves room. Within sections
that became each other less will do than across the report, where a sentence has moved.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search_api.changes.candidates import Candidates, candidates
from search_api.changes.sections import Group, in_order
from search_api.changes.units import Text

FLOOR = 0.3  # likeness below which no meaning makes one sentence of two
MEANING = 0.5  # weight of the cosine above `NEUTRAL`
NEUTRAL = 0.5  # cosine that speaks neither for nor against
WITHIN, ACROSS = 0.5, 0.68  # score from which a sentence of the same section, of another, is one
LONE = 8  # letters from which a sentence can be told from others across the report
SAME_SECTION, DISTANCE = 0.15, 0.05  # what the order of the pairs owes to their places
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """A sentence of ``a`` and the one of ``b`` it became; places in the two texts' units."""

    a: int
    b: int
    likeness: float
    moved: bool = False


def compared(a: Text, b: Text) -> tuple[Candidates, Floats]:
    """Pairs of sentences that may be the same, and a score for each."""
    found = candidates([unit.bare for unit in a.units], [unit.bare for unit in b.units], FLOOR)
    cosine = np.einsum("nd,nd->n", a.vectors[found.left], b.vectors[found.right])
    score = found.likeness + MEANING * (cosine - NEUTRAL)
    equal = found.likeness == 1
    return found, np.where(equal, 2.0, score).astype(np.float64)


def matched(
    a: Text, b: Text, found: Candidates, score: Floats, groups: Sequence[Group]
) -> list[Match]:
    """One for one, by the place in ``a``; a pair across groups, or out of order, has moved."""
    group_a = {p: n for n, group in enumerate(groups) for p in group.a}
    group_b = {q: n for n, group in enumerate(groups) for q in group.b}
    home_a = np.array([group_a[unit.section] for unit in a.units], dtype=np.int64)
    home_b = np.array([group_b[unit.section] for unit in b.units], dtype=np.int64)
    same = home_a[found.left] == home_b[found.right]
    short = np.array([len(unit.bare) < LONE for unit in a.units], dtype=np.bool_)[found.left]
    good = np.where(same, score >= WITHIN, (score >= ACROSS) & ~short)
    apart = np.abs(found.left / max(1, len(a.units)) - found.right / max(1, len(b.units)))
    rank = score + SAME_SECTION * same - DISTANCE * apart
    order = np.argsort(-rank, kind="stable")
    pairs: list[Match] = []
    left: set[int] = set()
    right: set[int] = set()
    for at in order[good[order]].tolist():
        i, j = int(found.left[at]), int(found.right[at])
        if i not in left and j not in right:
            left.add(i)
            right.add(j)
            pairs.append(Match(i, j, float(found.likeness[at]), not bool(same[at])))
    pairs += repeated(a, b, left, right, home_a.tolist(), home_b.tolist())
    return displaced(sorted(pairs, key=lambda pair: pair.a), home_b)


def repeated(
    a: Text, b: Text, left: set[int], right: set[int], home_a: list[int], home_b: list[int]
) -> list[Match]:
    """Equal sentences that were left over, in order: what is said often has too many candidates."""
    waiting: dict[str, deque[int]] = defaultdict(deque)
    for j, unit in enumerate(b.units):
        if j not in right:
            waiting[unit.bare].append(j)
    found = []
    for i, unit in enumerate(a.units):
        if i not in left and waiting.get(unit.bare) and len(unit.bare) >= LONE:
            j = waiting[unit.bare].popleft()
            found.append(Match(i, j, 1.0, home_a[i] != home_b[j]))
    return found


def displaced(pairs: Sequence[Match], home: NDArray[np.int64]) -> list[Match]:
    """The pairs, those that stand out of the order of their section marked as moved."""
    staying: dict[int, list[tuple[int, int]]] = {}
    for pair in pairs:
        if not pair.moved:
            staying.setdefault(int(home[pair.b]), []).append((pair.a, pair.b))
    kept = {pair for group in staying.values() for pair in in_order(group)}
    return [replace(pair, moved=(pair.a, pair.b) not in kept) for pair in pairs]
