"""Which sections of one report became which of the other.

Three signs are added up for a pair of sections: the share of their text that has a counterpart in
the other, the likeness of their headings without numbering, and the closeness of their mean
vectors. Pairs are taken best first. A section that is then left alone joins the one that holds
most of its text: that is how merged and split sections show.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import FloatArray
from indexer.shapes import Role
from search_api.changes.candidates import FULL, Candidates, candidates
from search_api.changes.shapes import Relation
from search_api.changes.units import Part, Text

TEXT, HEADING, MEANING = 0.45, 0.3, 0.25  # weights of the signs of a pair
ANOTHER, SPECIAL = -0.1, 0.1  # for another role; for the same one, if it is not work done
FLOOR = 0.2  # of their sum
HELD = 0.4  # share of a section's text from which it belongs to the section that holds it
SURE = 0.5  # score from which a sentence counts as the counterpart of another
LIKE_HEADING = 0.3  # headings less alike say nothing
NEAR, FAR = 0.9, 0.4  # cosines of mean vectors that count in full, and not at all
Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Group:
    """Sections that became each other: places in the two texts' parts."""

    relation: Relation
    a: tuple[int, ...]
    b: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Links:
    """Pairs of sections and what speaks for them; shape (pairs,) each.

    ``held_a`` is the share of the left section's text that has a counterpart in the right one.
    """

    left: Numbers
    right: Numbers
    held_a: Floats
    held_b: Floats
    score: Floats


def align(a: Text, b: Text, found: Candidates, score: Floats) -> list[Group]:
    """Groups of sections in the order of ``b``, those of ``a`` alone behind what they followed.

    ``found`` are pairs of sentences, ``score`` says how surely each became the other.
    """
    links = linked(a, b, found, score)
    main = best_pairs(links)
    owner_a = {p: p for p in main}  # the left section of the pair that a section belongs to
    owner_b = {q: p for p, q in main.items()}
    for p, q in holders(links.left, links.right, links.held_a):
        if p not in owner_a and q in owner_b:
            owner_a[p] = owner_b[q]
    for q, p in holders(links.right, links.left, links.held_b):
        if q not in owner_b and p in owner_a:
            owner_b[q] = owner_a[p]
    left, right = inverted(owner_a), inverted(owner_b)
    stay = set(in_order(sorted(main.items())))
    made = [
        Group(relation(a, b, left[p], right[p], (p, main[p]) in stay), left[p], right[p])
        for p in main
    ]
    made += [Group(Relation.NEW, (), (q,)) for q in range(len(b.parts)) if q not in owner_b]
    alone = [Group(Relation.DROPPED, (p,), ()) for p in range(len(a.parts)) if p not in owner_a]
    return placed(made, alone)


def inverted(owners: Mapping[int, int]) -> dict[int, tuple[int, ...]]:
    """The sections of each owner, in order."""
    found: dict[int, list[int]] = {}
    for section in sorted(owners):
        found.setdefault(owners[section], []).append(section)
    return {owner: tuple(sections) for owner, sections in found.items()}


def linked(a: Text, b: Text, found: Candidates, sure: Floats) -> Links:
    """All pairs of sections that something speaks for."""
    width = len(b.parts)
    part_a = np.array([unit.section for unit in a.units], dtype=np.int64)
    part_b = np.array([unit.section for unit in b.units], dtype=np.int64)
    kept = sure >= SURE
    left, right, weight = found.left[kept], found.right[kept], np.minimum(sure[kept], 1)
    text_a = held(left, part_a, part_b[right], weight, a, width, flip=False)
    text_b = held(right, part_b, part_a[left], weight, b, width, flip=True)
    heads = candidates([p.head for p in a.parts], [p.head for p in b.parts], LIKE_HEADING)
    heading = dict(
        zip((heads.left * width + heads.right).tolist(), heads.likeness.tolist(), strict=True)
    )
    keys = set(text_a) | set(text_b) | set(heading)
    if len(a.parts) * width <= FULL:
        keys |= set(range(len(a.parts) * width))
    rows = np.array(sorted(keys), dtype=np.int64)
    lefts, rights = np.divmod(rows, max(1, width))
    held_a, held_b, alike = (
        np.array([known.get(key, 0.0) for key in rows.tolist()])
        for known in (text_a, text_b, heading)
    )
    text = shared(a, b, lefts, rights, held_a, held_b)
    score = pair_scores(a, b, lefts, rights, text=text, heading=alike)
    return Links(lefts, rights, held_a, held_b, score)


def held(
    units: Numbers,
    part_of: Numbers,
    other_part: Numbers,
    weight: Floats,
    text: Text,
    width: int,
    *,
    flip: bool,
) -> dict[int, float]:
    """Share of a section's letters with a counterpart in the other: by ``a part * width + b part``.

    A sentence counts once for each section of the other report, by its best counterpart there.
    """
    if not len(units):
        return {}
    many = max(width, int(other_part.max()) + 1)
    best: dict[int, float] = {}
    for key, value in zip((units * many + other_part).tolist(), weight.tolist(), strict=True):
        best[key] = max(best.get(key, 0.0), value)
    shares: dict[int, float] = {}
    for key, value in best.items():
        unit, other = divmod(key, many)
        part = int(part_of[unit])
        pair = other * width + part if flip else part * width + other
        letters = len(text.units[unit].bare) * value
        shares[pair] = shares.get(pair, 0.0) + letters / max(1, text.parts[part].size)
    return shares


def shared(
    a: Text, b: Text, left: Numbers, right: Numbers, held_a: Floats, held_b: Floats
) -> Floats:
    """Share of the letters of both sections that have a counterpart in the other."""
    size_a, size_b = sizes(a.parts)[left], sizes(b.parts)[right]
    both: Floats = (held_a * size_a + held_b * size_b) / np.maximum(1, size_a + size_b)
    return both


def sizes(parts: Sequence[Part]) -> Floats:
    """Letters of the sections."""
    return np.array([part.size for part in parts], dtype=np.float64)


def pair_scores(
    a: Text, b: Text, left: Numbers, right: Numbers, *, text: Floats, heading: Floats
) -> Floats:
    """What speaks for each pair of sections, added up; without headings their text counts more."""
    bare_a = np.array([not part.head for part in a.parts], dtype=np.bool_)[left]
    bare_b = np.array([not part.head for part in b.parts], dtype=np.bool_)[right]
    heading = np.where(bare_a & bare_b, 1.0, np.where(bare_a | bare_b, 0.0, heading))
    sorts = [(a.parts[p].role, b.parts[q].role) for p, q in zip(left, right, strict=True)]
    role = [
        ANOTHER if one != other else SPECIAL if one is not Role.WORK else 0.0
        for one, other in sorts
    ]
    cosine = np.einsum("nd,nd->n", means(a)[left], means(b)[right])
    meaning = np.clip((cosine - FAR) / (NEAR - FAR), 0, 1)
    total: Floats = TEXT * text + HEADING * heading + MEANING * meaning
    return total + np.array(role, dtype=np.float64)


def means(text: Text) -> FloatArray:
    """Mean vectors of the sections, of length 1 or 0, shape (sections, dimension)."""
    rows = np.array(
        [text.vectors[part.units.start : part.units.stop].sum(0) for part in text.parts]
    )
    rows = rows.reshape(len(text.parts), text.vectors.shape[1])
    unit: FloatArray = rows / np.maximum(1e-6, np.linalg.norm(rows, axis=1, keepdims=True))
    return unit


def best_pairs(links: Links) -> dict[int, int]:
    """One section for one, best first."""
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for at in np.argsort(-links.score, kind="stable").tolist():
        if links.score[at] < FLOOR:
            break
        p, q = int(links.left[at]), int(links.right[at])
        if p not in pairs and q not in taken:
            pairs[p] = q
            taken.add(q)
    return pairs


def holders(left: Numbers, right: Numbers, share: Floats) -> list[tuple[int, int]]:
    """(section, the one that holds much of it), largest share first."""
    order = np.argsort(-share, kind="stable")
    order = order[share[order] >= HELD]
    return list(zip(left[order].tolist(), right[order].tolist(), strict=True))


def in_order(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The most pairs that are in the same order on both sides; ``pairs`` go by the left one."""
    ends: list[int] = []  # the smallest right side that ends a chain of each length
    tails: list[int] = []  # the pair it belongs to
    before: list[int | None] = []
    for at, (_, right) in enumerate(pairs):
        length = bisect_left(ends, right)
        before.append(tails[length - 1] if length else None)
        if length == len(ends):
            ends.append(right)
            tails.append(at)
        else:
            ends[length], tails[length] = right, at
    chain = []
    last = tails[-1] if tails else None
    while last is not None:
        chain.append(pairs[last])
        last = before[last]
    return chain[::-1]


def relation(a: Text, b: Text, left: Sequence[int], right: Sequence[int], stays: bool) -> Relation:
    """What a group of sections is called."""
    if len(left) > 1 and len(right) > 1:
        return Relation.REGROUPED
    if len(left) > 1:
        return Relation.MERGED
    if len(right) > 1:
        return Relation.SPLIT
    same = a.parts[left[0]].role == b.parts[right[0]].role
    return Relation.KEPT if stays and same else Relation.MOVED


def placed(made: Sequence[Group], alone: Sequence[Group]) -> list[Group]:
    """Groups in the order of ``b``, those without a side there behind the one before them."""
    known = sorted((group.a[0], group.b[0]) for group in made if group.a)
    starts = [start for start, _ in known]

    def place(group: Group) -> tuple[int, int]:
        if group.b:
            return group.b[0], -1
        before = bisect_left(starts, group.a[0]) - 1
        return (known[before][1] if before >= 0 else -1), group.a[0]

    return sorted([*made, *alone], key=place)
