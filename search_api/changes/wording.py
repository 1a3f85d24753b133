"""How alike two texts are, and what was inserted and deleted: by characters, numbers whole.

Numbers are taken as one character each, so that 367 → 400 is one change and not three. Stretches
of one character that two changes leave between them are given up: a person reads 排查 → 化解, not
what the two happen to share. rapidfuzz's importer on the read side.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import Indel

from indexer.words import fold
from search_api.changes.shapes import Op, Run

TOKEN = re.compile(r"\d+(?:[.,]\d+)*|.", re.S)
LETTERS = re.compile(r"\d+(?:[-.~—–:/]\d+)*%?|[^\W_]")  # 98.1% is another than 981
ORDINAL = re.compile(
    "^(?:[一二三四五六七八九十]{1,3}(?:是|、)|第[一二三四五六七八九十]{1,3}[，、,]"
    "|[（(][一二三四五六七八九十0-9]{1,3}[)）]|[0-9]{1,2}[.．、](?![0-9]))"
)
SHORTEST_SAME = 2  # tokens between two changes that are still shown as kept
Scores = NDArray[np.float32]


def bare(text: str) -> str:
    """The letters and digits of a text, folded, without the number that it begins with."""
    folded = fold(text).strip()
    kept = "".join(LETTERS.findall(ORDINAL.sub("", folded)))
    return kept or "".join(LETTERS.findall(folded)) or folded


def likeness(one: str, other: str) -> float:
    """Share of the characters of both that they have in common in order, 0 to 1."""
    return Indel.normalized_similarity(one, other)


def all_likenesses(ones: Sequence[str], others: Sequence[str]) -> Scores:
    """`likeness` of all pairs, shape (ones, others)."""
    if not ones or not others:
        return np.zeros((len(ones), len(others)), dtype=np.float32)
    scores: Scores = process.cdist(
        ones, others, scorer=Indel.normalized_similarity, dtype=np.float32, workers=1
    )
    return scores


def some_likenesses(pairs: Iterable[tuple[str, str]]) -> Scores:
    """`likeness` of each pair, shape (pairs,)."""
    return np.array([likeness(one, other) for one, other in pairs], dtype=np.float32)


def runs_of(one: str, other: str) -> tuple[Run, ...]:
    """The stretches that turn ``one`` into ``other``, in order.

    Those same or deleted make up ``one``, those same or inserted ``other``.
    """
    left, right = TOKEN.findall(one), TOKEN.findall(other)
    parts: list[tuple[Op, list[str], list[str]]] = []
    for code in Indel.opcodes(left, right):
        op = Op.SAME if code.tag == "equal" else Op.DELETED
        old, new = left[code.src_start : code.src_end], right[code.dest_start : code.dest_end]
        parts.append((op, old, new))
    return tuple(_runs(_tidied(parts)))


def _tidied(
    parts: list[tuple[Op, list[str], list[str]]],
) -> list[tuple[Op, list[str], list[str]]]:
    """The parts, those that stay the same for less than `SHORTEST_SAME` tokens given up."""
    found = []
    for at, (op, left, right) in enumerate(parts):
        inside = 0 < at < len(parts) - 1
        gone = op is Op.SAME and inside and len(left) < SHORTEST_SAME
        found.append((Op.DELETED if gone else op, left, right))
    return found


def _runs(parts: list[tuple[Op, list[str], list[str]]]) -> Iterable[Run]:
    for op, group in groupby(parts, key=lambda part: part[0]):
        members = list(group)
        left = "".join("".join(part[1]) for part in members)
        right = "".join("".join(part[2]) for part in members)
        if op is Op.SAME:
            yield Run(op, left)
            continue
        if left:
            yield Run(Op.DELETED, left)
        if right:
            yield Run(Op.INSERTED, right)
