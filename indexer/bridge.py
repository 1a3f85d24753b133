"""The term bridge: words of a query -> the Chinese words that reports use for the same.

The lexicon's glosses, inverted: each English gloss leads to the Chinese words that carry
it, weighted by how usual the sense is. The longest match goes first ("first-time petition"
before "petition"). Words are compared by their Snowball stems. A Chinese term leads to its
variants (重复信访 to 重复访, 重信重访), and so does one that English led to.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import Stemmer

from indexer.words import QUERY_STOP, lexicon_rows

LONGEST_TERM = 6  # English words
MOST_WORDS = 6  # Chinese words for one English term
LEAST_WEIGHT = 0.3
VARIANT_WEIGHT = 0.7
RELATED_WEIGHT = 0.6  # times the cosine of the terms
TERM_BONUS = 1.5  # a term of the field counts more than a dictionary word
ENGLISH = re.compile(r"[a-z0-9]+")
Key = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expansion:
    """A term of the query and the Chinese words it was carried to, best first."""

    term: str
    words: tuple[tuple[str, float], ...]  # (Chinese word, weight in (0, 1])


def expand_english(query: str) -> tuple[Expansion, ...]:
    """The Chinese words for a query's English terms, in order; Chinese ones are left alone."""
    words = [m[0] for m in ENGLISH.finditer(query.lower())]
    keys = _stem_words(words)
    found: list[Expansion] = []
    at = 0
    while at < len(words):
        length = _longest(keys, at)
        if length:
            term = " ".join(words[at : at + length])
            found.append(Expansion(term, _best(tuple(keys[at : at + length]))))
        at += length or 1
    return tuple(found)


def expand_chinese(words: Sequence[str]) -> tuple[Expansion, ...]:
    """The variants of those of ``words`` that are terms of the field."""
    pairs = ((word, _variants().get(word)) for word in words)
    return tuple(Expansion(word, tuple(found.items())) for word, found in pairs if found)


def _longest(keys: list[str], at: int) -> int:
    """Number of words of the longest known term that starts at ``at``; 0 if none."""
    for length in range(min(LONGEST_TERM, len(keys) - at), 0, -1):
        key = tuple(keys[at : at + length])
        if key in _glosses() and not (length == 1 and key[0] in _stop_stems()):
            return length
    return 0


def _best(key: Key) -> tuple[tuple[str, float], ...]:
    """The Chinese words for an English term and their variants, best first."""
    weights = _glosses()[key]
    top = max(weights.values())
    ranked = sorted(weights.items(), key=lambda pair: -pair[1])[:MOST_WORDS]
    found = {w: round(v / top, 3) for w, v in ranked if v / top >= LEAST_WEIGHT}
    for word, weight in list(found.items()):
        for variant, likeness in _variants().get(word, {}).items():
            found.setdefault(variant, round(likeness * weight, 3))
    return tuple(sorted(found.items(), key=lambda pair: -pair[1]))


@lru_cache(maxsize=1)
def _glosses() -> dict[Key, dict[str, float]]:
    """Stems of an English gloss -> the Chinese words that carry it, by how usual the sense is.

    A single character stands for too much and is left out.
    """
    glosses: dict[Key, dict[str, float]] = defaultdict(dict)
    for name, bonus in (("terms.tsv", TERM_BONUS), ("zh_en.tsv", 1.0)):
        for row in lexicon_rows(name):
            senses = row[1].split(";") if len(row) > 1 and len(row[0]) > 1 else ()
            for rank, gloss in enumerate(senses):
                key = stems(gloss)
                if key and len(key) <= LONGEST_TERM:
                    weights = glosses[key]
                    weights[row[0]] = max(weights.get(row[0], 0.0), bonus / (1 + rank))
    return dict(glosses)


@lru_cache(maxsize=1)
def _variants() -> dict[str, dict[str, float]]:
    """Terms of the lexicon with other words for the same, and related ones, by weight."""
    found: dict[str, dict[str, float]] = defaultdict(dict)
    for row in lexicon_rows("terms.tsv"):
        for variant in re.split("[；;]", row[2]) if len(row) > 2 else ():
            variant = variant.strip("《》 ")
            if variant and variant != row[0]:
                found[row[0]][variant] = found[variant][row[0]] = VARIANT_WEIGHT
    for term, near in lexicon_rows("related.tsv"):
        for pair in near.split(";"):
            other, _, cosine = pair.partition("=")
            found[term].setdefault(other, round(RELATED_WEIGHT * float(cosine), 2))
    return dict(found)


def stems(text: str) -> Key:
    """The Snowball stems of an English text's words, articles and a leading "to" left out."""
    words = [m[0] for m in ENGLISH.finditer(text.lower())]
    if len(words) > 1:
        words = [w for w in words if w not in ("to", "the", "a", "an")] or words
    return tuple(_stem_words(words))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


@lru_cache(maxsize=1)
def _stop_stems() -> frozenset[str]:
    return frozenset(_stem_words([w for w in QUERY_STOP if w.isascii()]))


def _stem_words(words: list[str]) -> list[str]:
    return list(_stemmer().stemWords(words))
