"""BM25 from sparse vectors: what tantivy gives, wherever the words are kept.

A passage's sparse vector holds, for each word of each field, how much the word says of it
(the part of BM25 that depends on the passage); a question's holds how much the word counts
(rarity x weight x boost). Their dot product is BM25. The constants, the rounding of lengths and
the levelling of alternatives are those of `indexer.lexical`.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from indexer.lexical import K1, Alternatives, Boosts, LexicalEntry, least_rarity, levelled

B = 0.75  # fixed in tantivy
FIELDS = ("body", "heading", "title")
LARGEST = 2**32 - 1  # of a sparse vector's dimensions, not included
Sparse = dict[int, float]


def _lengths() -> list[int]:
    """The lengths that tantivy tells apart: one byte each, exact up to 40."""
    lengths = list(range(24))
    for code in range(256 - 24):
        bits, shift = code & 7, (code >> 3) - 1
        lengths.append(24 + (bits if shift < 0 else (bits | 8) << shift))
    return lengths


LENGTHS = _lengths()


@dataclass(frozen=True, slots=True)
class Totals:
    """Passages, and words in each of `FIELDS`, of a whole index or of a part of it."""

    passages: int = 0
    words: tuple[int, int, int] = (0, 0, 0)

    def __add__(self, other: Totals) -> Totals:
        body, heading, title = (a + b for a, b in zip(self.words, other.words, strict=True))
        return Totals(self.passages + other.passages, (body, heading, title))

    def average(self, field: int) -> float:
        """Mean length of a field in words."""
        return self.words[field] / self.passages if self.passages else 1.0


Frequencies = Mapping[str, tuple[int, int, int]]  # passages that hold a word, by field


def fields_of(entry: LexicalEntry) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
    """The words of each of `FIELDS`."""
    return entry.body, entry.heading, entry.title


def counted(entries: Sequence[LexicalEntry]) -> tuple[Totals, dict[str, tuple[int, int, int]]]:
    """How long ``entries`` are, and in how many of them each word stands."""
    lengths = [0, 0, 0]
    held: list[Counter[str]] = [Counter(), Counter(), Counter()]
    for entry in entries:
        for n, words in enumerate(fields_of(entry)):
            lengths[n] += len(words)
            held[n].update(set(words))
    known = sorted(set().union(*held))
    frequencies = {w: (held[0][w], held[1][w], held[2][w]) for w in known}
    return Totals(len(entries), (lengths[0], lengths[1], lengths[2])), frequencies


@lru_cache(maxsize=2**18)
def dimension(field: int, word: str) -> int:
    """The dimension in which a word of a field counts.

    Of three million words a question's word meets one of the others once in 1,400 times.
    """
    digest = blake2b(word.encode("utf-8"), digest_size=4, salt=bytes([field])).digest()
    return int.from_bytes(digest, "big") % LARGEST


def passage_vector(entry: LexicalEntry, totals: Totals) -> Sparse:
    """What each word says of a passage, given the average lengths of ``totals``."""
    vector: Sparse = {}
    for field, words in enumerate(fields_of(entry)):
        length = LENGTHS[bisect_right(LENGTHS, len(words)) - 1]
        norm = K1 * (1 - B + B * length / (totals.average(field) or 1.0))
        for word, times in Counter(words).items():
            vector[dimension(field, word)] = (K1 + 1) * times / (times + norm)
    return vector


@dataclass(frozen=True, slots=True)
class Rarity:
    """How much words count in an index of ``passages``; ``known`` has those asked for."""

    passages: int
    known: Frequencies

    def idf(self, word: str, field: int = 0) -> float:
        """BM25's weight of a word; 0 for one that no passage holds."""
        df = self.known.get(word, (0, 0, 0))[field]
        return math.log(1 + (self.passages - df + 0.5) / (df + 0.5)) if df else 0.0

    def levelled(self, group: Alternatives) -> list[tuple[str, float]]:
        """As `indexer.lexical` levels words for the same thing."""
        return levelled([(word, weight, self.idf(word)) for word, weight in group])

    def ceiling(self, groups: Sequence[Alternatives], *, absent: bool = False) -> float:
        """As `indexer.lexical.LexicalIndex.ceiling`."""
        rarest = math.log(1 + (self.passages + 0.5) / 0.5) if absent else 0.0
        return (K1 + 1) * sum(
            max(
                (weight * self.idf(word) for word, weight in self.levelled(group)),
                default=rarest * max((weight for _, weight in group), default=0.0),
            )
            for group in groups
        )

    def question(self, groups: Sequence[Alternatives], boosts: Boosts) -> Sparse:
        """The vector of a question; its product with a passage's is BM25."""
        boosted = (boosts.body, boosts.heading, boosts.title)
        words = [word for group in groups for word in self.levelled(group)]
        least = least_rarity(self.idf(word) for word, _ in words)
        whole: Sparse = {}
        for word, weight in words:
            for field, boost in enumerate(boosted):
                rarity = self.idf(word, field)
                if boost > 0 and rarity > 0 and rarity >= least:
                    at = dimension(field, word)
                    whole[at] = whole.get(at, 0.0) + weight * boost * rarity
        return whole
