"""Misspelt English words of a query -> the words they were meant to be.

A word is known if the lexicon's glosses hold a form of it or if it is one piece of the
bundled model's vocabulary; only an unknown one is changed, to the nearest word of the
glosses, and only when that is near. rapidfuzz's importer on the write
side.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexer.bridge import ENGLISH, stems
from indexer.words import lexicon_rows

SHORTEST = 5  # letters; shorter words have too many neighbours
WORD_START = "▁"


def correct(word: str) -> str | None:
    """The word that ``word`` (lower case) was meant to be; None if it is fine or unclear."""
    if len(word) < SHORTEST or not word.isascii() or not word.isalpha() or _known(word):
        return None
    reach = 1 if len(word) < 8 else 2
    found = process.extractOne(
        word, _by_initial().get(word[0], ()), scorer=OSA.distance, score_cutoff=reach
    )
    return found[0] if found else None


def _known(word: str) -> bool:
    return stems(word)[0] in _gloss_stems() or word in _pieces()


@lru_cache(maxsize=1)
def _gloss_words() -> tuple[str, ...]:
    """The English words of the lexicon, most usual first."""
    rows = (row[1] for name in ("terms.tsv", "zh_en.tsv") for row in lexicon_rows(name) if row[1:])
    return tuple(dict.fromkeys(m[0] for row in rows for m in ENGLISH.finditer(row.lower())))


@lru_cache(maxsize=1)
def _gloss_stems() -> frozenset[str]:
    return frozenset(stem for word in _gloss_words() for stem in stems(word))


@lru_cache(maxsize=1)
def _by_initial() -> dict[str, tuple[str, ...]]:
    """The lexicon's words by first letter: a slip of the pen rarely hits that one."""
    words: dict[str, list[str]] = {}
    for word in _gloss_words():
        if len(word) >= SHORTEST - 1 and word.isalpha():
            words.setdefault(word[0], []).append(word)
    return {initial: tuple(found) for initial, found in words.items()}


@lru_cache(maxsize=1)
def _pieces() -> frozenset[str]:
    """Whole English words of the bundled model's vocabulary."""
    table = files("indexer") / "bundled" / "model" / "tokenizer.json"
    vocabulary = json.loads(table.read_text("utf-8"))["model"]["vocab"]
    return frozenset(piece[1:] for piece, _ in vocabulary if piece.startswith(WORD_START))
