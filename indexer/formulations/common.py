"""The formulations that most bureaus share, mined from a corpus or from an even sample of it.

Level by level: every stretch of `SHORTEST` characters that two bureaus print, then of one
character more, as long as two bureaus still print it. A stretch is complete if no longer one
around it is printed by as many bureaus. It must read as a formulation (`Edges`). Of complete
stretches, one inside another is left out unless it is used by clearly more bureaus.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.formulations.text import (
    CLAUSE,
    MARK,
    NONE,
    NUMBER,
    SENTENCE,
    SEPARATOR,
    Codes,
    Positions,
    letters,
)
from indexer.words import tokens_with_offsets

SHORTEST, LONGEST = 8, 80  # characters of a shared formulation
MOST_SAMPLED = 1_200_000  # characters mined; of more, an even sample
MOST_SEGMENTED = 6000  # complete stretches whose ends are looked at, by number of bureaus
MOST_KEPT = 1000  # formulations of an index
CLEARLY_MORE = 1.5  # a part is a formulation of its own if this many times as many bureaus use it
BUREAU_BITS = np.uint64(20)
SEED = 20_240_501  # of the random number for every code: the same in every run
FACTOR = np.uint64(0x9E3779B97F4A7C15)
LEADING_BACK = "的 和 与 及 了 等 以及 并 后 中 上 下 来 地 得 着 年 年度 月 日"
LEADING_ON = (
    "的 和 与 及 以 为 对 在 将 把 从 向 由 按 被 让 使 以及 并 是 或 于 到 深入 进一步 不断 "
    "一是 二是 三是 四是 五是 良好 全面 切实 认真 积极 有效 同 着力 如下"
)
NO_FIRST, NO_LAST = frozenset(LEADING_BACK.split()), frozenset(LEADING_ON.split())
Edged = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shared:
    """A stretch ``at : at + length`` of the mined stream and the bureaus that print it."""

    at: int
    length: int
    bureaus: int
    before: int = 0  # the strongest mark before it wherever it stands, and after it
    after: int = 0
    within: int = 0  # the strongest inside, where it is printed with the weakest


def whole_stretches(sentence: NDArray[np.int32], codes: Codes, length: int) -> Positions:
    """The places from which ``length`` characters lie in one sentence."""
    last = len(codes) - length + 1
    if last <= 0:
        return np.empty(0, np.int64)
    same = sentence[:last] == sentence[length - 1 :]
    return np.flatnonzero(same & (codes[:last] != SEPARATOR) & (codes[length - 1 :] != SEPARATOR))


def stretch_hashes(codes: Codes, places: Positions, length: int) -> NDArray[np.uint64]:
    """Hashes of the ``length`` codes from each place on, shape (places,)."""
    values = np.random.default_rng(SEED).integers(1, 2**63, 0x10000, dtype=np.uint64)
    hashes = np.zeros(len(places), np.uint64)
    for step in range(length):
        hashes = hashes * FACTOR + values[codes[places + step]]
    return mixed(hashes)


def mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The hashes with their bits spread, so that the upper ones tell them apart."""
    folded = hashes ^ (hashes >> np.uint64(31))
    return folded * np.uint64(0xBF58476D1CE4E5B9)


def bureaus_of(hashes: NDArray[np.uint64], bureau: NDArray[np.int64]) -> tuple[Positions, ...]:
    """(order, first, count): stretches sorted by hash, where each run of equal ones begins, and
    how many bureaus it has. 44 bits of a hash count."""
    packed = (hashes >> BUREAU_BITS) << BUREAU_BITS | bureau.astype(np.uint64)
    order = np.argsort(packed)
    packed = packed[order]
    fresh = np.concatenate([[True], packed[1:] != packed[:-1]])
    names = packed >> BUREAU_BITS
    first = np.flatnonzero(np.concatenate([[True], names[1:] != names[:-1]]))
    return order, first, np.add.reduceat(fresh.astype(np.int64), first)


def complete_stretches(
    codes: Codes, edge: Edged, sentence: NDArray[np.int32], bureau: NDArray[np.int64]
) -> Iterator[Shared]:
    """Every stretch that two bureaus share and no longer one around it as many."""
    edge = np.append(edge, np.uint8(SENTENCE))
    values = np.random.default_rng(SEED).integers(1, 2**63, 0x10000, dtype=np.uint64)[codes]
    at = whole_stretches(sentence, codes, SHORTEST)
    hashes = np.zeros(len(codes), np.uint64)
    for step in range(SHORTEST):
        hashes[at] = hashes[at] * FACTOR + values[at + step]
    counted, runs = _count(at, hashes, bureau)
    inner = np.zeros(len(codes), np.uint8)
    for step in range(1, SHORTEST):
        inner[:-step] = np.maximum(inner[:-step], edge[step:-1])
    for length in range(SHORTEST, LONGEST + 1):
        at = np.flatnonzero(counted >= 2)
        if not len(at):
            return
        longer = at[at + length < len(codes)]
        longer = longer[sentence[longer + length] == sentence[longer]]
        longer = longer[codes[longer + length] != SEPARATOR]
        hashes[longer] = hashes[longer] * FACTOR + values[longer + length]
        after, next_runs = _count(longer, hashes, bureau)
        around = np.maximum(after, np.concatenate([[0], after[:-1]]))
        order, first = runs
        most_around = np.maximum.reduceat(around[order], first)
        places = np.minimum.reduceat(order, first)
        alone = (counted[places] >= 2) & (most_around < counted[places])
        before = np.maximum.reduceat(edge[order], first)[alone]
        behind = np.maximum.reduceat(edge[order + length], first)[alone]
        within = np.minimum.reduceat(inner[order], first)[alone]
        columns = (places[alone], counted[places[alone]], before, behind, within)
        for place, bureaus, *marks in np.stack(columns, axis=1).tolist():
            yield Shared(place, length, bureaus, *marks)
        inner[:-length] = np.maximum(inner[:-length], edge[length:-1])
        counted, runs = after, next_runs


def _count(
    at: Positions, hashes: NDArray[np.uint64], bureau: NDArray[np.int64]
) -> tuple[Positions, tuple[Positions, Positions]]:
    """Bureaus by place (0 where none was asked for), and the runs of equal stretches."""
    counted = np.zeros(len(hashes), np.int64)
    if not len(at):
        return counted, (at, at)
    order, first, count = bureaus_of(mixed(hashes[at]), bureau[at])
    lengths = np.diff(np.append(first, len(order)))
    counted[at[order]] = np.repeat(count, lengths)
    return counted, (at[order], first)


def shared_formulations(codes: Codes, edge: Edged, bureau: NDArray[np.int64]) -> list[Shared]:
    """The formulations of 8 characters or more that most bureaus share, most shared first.

    ``edge`` is the strongest mark before every character, ``bureau`` its bureau.
    """
    sentence = sentences_of(edge)
    found = sorted(
        complete_stretches(codes, edge, sentence, bureau),
        key=lambda s: (-s.bureaus, -s.length, s.at),
    )
    edges = Edges(codes, edge, sentence)
    sound = [s for s in found[:MOST_SEGMENTED] if edges.whole(s)]
    return without_parts(codes, sound)[:MOST_KEPT]


def sentences_of(edge: Edged) -> NDArray[np.int32]:
    """The number of every character's sentence."""
    return np.cumsum(edge >= SENTENCE).astype(np.int32)


class Edges:
    """Where formulations may begin and end; a sentence is segmented when it is first asked for."""

    def __init__(self, codes: Codes, edge: Edged, sentence: NDArray[np.int32]) -> None:
        self._codes, self._edge, self._sentence = codes, edge, sentence
        self._known: dict[int, tuple[dict[int, str], dict[int, str]]] = {}

    def whole(self, stretch: Shared) -> bool:
        """Whether a stretch reads as a formulation.

        It begins and ends between words, not with a number or with a word that leads on; one
        side stands at a mark, and if there is a mark of clauses within it, both sides do.
        """
        start, end = stretch.at, stretch.at + stretch.length
        first, last = self._words(start)
        if start not in first or end not in last or self._codes[start] == NUMBER:
            return False
        if first[start] in NO_FIRST or last[end] in NO_LAST:
            return False
        if stretch.within >= CLAUSE:
            return min(stretch.before, stretch.after) >= CLAUSE
        return max(stretch.before, stretch.after) >= MARK

    def _words(self, at: int) -> tuple[dict[int, str], dict[int, str]]:
        """The words of the sentence round ``at``, by where they begin and by where they end."""
        number = int(self._sentence[at])
        if number not in self._known:
            start, end = np.searchsorted(self._sentence, np.array([number, number + 1], np.int32))
            marks = start + np.flatnonzero(self._edge[start:end] > NONE)
            first, last = {}, {}
            for a, b in pairwise([*sorted({int(start), *marks.tolist()}), int(end)]):
                for word in tokens_with_offsets(letters(self._codes[a:b]), "default"):
                    first[a + word.start] = last[a + word.end] = word.word
            self._known[number] = first, last
        return self._known[number]


def without_parts(codes: Codes, stretches: list[Shared]) -> list[Shared]:
    """The stretches without those inside another that nearly as many bureaus use."""
    kept: list[tuple[Shared, str]] = []
    for stretch in sorted(stretches, key=lambda s: (-s.length, -s.bureaus, s.at)):
        text = letters(codes[stretch.at : stretch.at + stretch.length])
        if all(
            text not in longer or stretch.bureaus > CLEARLY_MORE * other.bureaus
            for other, longer in kept
        ):
            kept.append((stretch, text))
    return sorted((s for s, _ in kept), key=lambda s: (-s.bureaus, -s.length, s.at))
