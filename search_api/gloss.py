"""English glosses for the Chinese words of a text, from the bundled lexicon."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from indexer.shapes import BadInput
from indexer.words import lexicon_rows, tokens_with_offsets
from search_api.fields import Fields

LONGEST = 2000  # characters of a text
LONGEST_RUN = 5  # words of the segmenter that one term of the lexicon may hold
MOST_SENSES = 3
KEY_TERMS = 3


@dataclass(frozen=True, slots=True)
class Gloss:
    """A word or term of a text, ``text[start:end]`` before folding, and what it means."""

    start: int
    end: int
    word: str
    gloss: str


def glosses(text: str) -> list[Gloss]:
    """The words of ``text`` that the lexicon knows, in order, the longest term first.

    :raises BadInput: if the text is too long.
    """
    if len(text) > LONGEST:
        raise BadInput(
            f"the text has {len(text):,} characters, at most {LONGEST:,} are glossed at a time",
            f"文本共 {len(text):,} 字，一次最多 {LONGEST:,} 字",
        )
    words = tokens_with_offsets(text, "default")
    known = _lexicon()
    found: list[Gloss] = []
    at = 0
    while at < len(words):
        for length in range(min(LONGEST_RUN, len(words) - at), 0, -1):
            run = words[at : at + length]
            term = "".join(token.word for token in run)
            touching = all(a.end == b.start for a, b in pairwise(run))
            if touching and term in known:
                found.append(Gloss(run[0].start, run[-1].end, term, known[term]))
                break
        at += length
    return found


def key_terms(text: str, most: int = KEY_TERMS) -> list[Gloss]:
    """The terms of the field in a text, the ``most`` longest of them, in its order."""
    terms = {g.word: g for g in reversed(glosses(text[:LONGEST])) if g.word in _terms()}
    longest = sorted(terms.values(), key=lambda g: -len(g.word))[:most]
    return sorted(longest, key=lambda g: g.start)


@lru_cache(maxsize=1)
def _terms() -> frozenset[str]:
    return frozenset(row[0] for row in lexicon_rows("terms.tsv"))


@lru_cache(maxsize=1)
def _lexicon() -> dict[str, str]:
    """Chinese word -> its first senses; terms of the field before everyday words."""
    found: dict[str, str] = {}
    for name in ("terms.tsv", "zh_en.tsv"):
        for word, senses, *_ in lexicon_rows(name):
            first = [sense.strip() for sense in senses.split(";")[:MOST_SENSES]]
            found.setdefault(word, "; ".join(first))
    return found


def gloss_fields(found: list[Gloss]) -> Fields:
    """Glosses as the interface sends them."""
    words = [{"start": g.start, "end": g.end, "word": g.word, "gloss": g.gloss} for g in found]
    return {"words": words}
