"""Normalising, segmentation and the English -> Chinese term bridge.

One place, used for passages and queries alike. Folding is for matching only: the text that
is shown and cited stays as printed. Segmentation is jieba's algorithm and dictionary in
Rust (rjieba, whose only importer is here) with the domain words of the lexicon added.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rjieba import Jieba

HAN = "\u3400-\u9fff"
SPACED_HAN = re.compile(
    rf"(?<![{HAN}])[{HAN}](?:[ \t\u3000]+[{HAN}](?![{HAN}]))*[ \t\u3000]+[{HAN}]"
)
WORD = re.compile(r"\w")


def _word_list(name: str) -> frozenset[str]:
    return frozenset((files("indexer") / "bundled" / name).read_text("utf-8").split())


QUERY_STOP = _word_list("stopwords.txt")  # ask, but say nothing
QUERY_FRAME = _word_list("framewords.txt")  # what every question of the field is put in


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text and where it stands: ``text[start:end]`` before folding."""

    word: str
    start: int
    end: int


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC, lower case, simplified characters.

    Spaces between single Chinese characters (信 访 局) go. Length may change; use
    `fold_aligned` where offsets matter.
    """
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = text.lower().translate(_simplified())
    return SPACED_HAN.sub(lambda m: re.sub(r"\s+", "", m[0]), text)


def fold_aligned(text: str) -> tuple[str, Sequence[int]]:
    """Folded text and, for each of its characters, the offset of its source character."""
    folded = text.translate(FOLDING)
    if len(folded) == len(text) and not SPACED_HAN.search(text):
        return folded, range(len(text))  # no character became two
    chars: list[str] = []
    origin: list[int] = []
    spaced = {i for m in SPACED_HAN.finditer(text) for i in range(m.start(), m.end())}
    for at, char in enumerate(text):
        if at in spaced and char.isspace():
            continue
        folded = char.translate(FOLDING)
        chars.append(folded)
        origin.extend([at] * len(folded))
    return "".join(chars), origin


class _Folding(dict[int, str]):
    """For `str.translate`: every character's folded form, worked out when it is first met."""

    def __missing__(self, code: int) -> str:
        folded = unicodedata.normalize("NFKC", chr(code)).lower().translate(_simplified())
        self[code] = folded
        return folded


FOLDING = _Folding()


@lru_cache(maxsize=1)
def _simplified() -> dict[int, str]:
    """Traditional -> simplified, one character to one, from OpenCC's table."""
    table = (files("opencc") / "dictionary" / "TSCharacters.txt").read_text("utf-8")
    pairs = (line.split("\t") for line in table.splitlines() if "\t" in line)
    one_to_one = ((old, new.split()[0]) for old, new in pairs)
    return {ord(old): new for old, new in one_to_one if len(old) == len(new) == 1 and old != new}


def lexicon_rows(name: str) -> Iterator[list[str]]:
    """Rows of a bundled lexicon file (`zh_en.tsv` or `terms.tsv`), split at tabs."""
    table = files("indexer") / "bundled" / "lexicon" / name
    for line in table.read_text("utf-8").splitlines():
        if line:
            yield line.split("\t")


@lru_cache(maxsize=1)
def _segmenter() -> Jieba:
    import rjieba

    segmenter = rjieba._DEFAULT_JIEBA  # a second instance would hold the dictionary twice
    for name in ("zh_en.tsv", "terms.tsv"):
        for row in lexicon_rows(name):
            word = row[0]
            if 2 <= len(word) <= 8 and not segmenter.has_word(word):
                segmenter.add_word(word, None, None)
    return segmenter


def prepare() -> None:
    """Load the dictionary now; meant for a thread beside other loading."""
    _segmenter()
    _simplified()


def cut(text: str) -> list[str]:
    """The words of ``text`` in reading order, none overlapping, folded."""
    return list(_segmenter().cut(fold(text)))


def tokens(text: str) -> list[str]:
    """The words of ``text`` for indexing: search mode, folded, without punctuation."""
    return [w for w in _segmenter().cut_for_search(fold(text)) if WORD.search(w)]


def content_words(words: Sequence[str]) -> list[str]:
    """``words``, each once, without question words, particles and punctuation.

    If nothing else is left, the question words themselves.
    """
    found = [w for w in dict.fromkeys(words) if WORD.search(w)]
    return [w for w in found if w not in QUERY_STOP] or found


def tokens_with_offsets(text: str, mode: Literal["search", "default"] = "search") -> list[Token]:
    """The words of ``text`` with their places in the unfolded text.

    In the mode ``search`` shorter words stand beside the longer ones that hold them; in
    ``default`` none overlap.
    """
    folded, origin = fold_aligned(text)
    cut = _segmenter().tokenize(folded, mode)
    return [Token(w, origin[a], origin[b - 1] + 1) for w, a, b in cut if WORD.search(w)]


def matched_spans(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Spans of ``text`` that are covered by one of ``words`` (folded), merged, in order."""
    folded, origin = fold_aligned(text)
    cut = _segmenter().tokenize(folded, "search")
    hits = sorted((origin[a], origin[b - 1] + 1) for w, a, b in cut if w in words)
    spans: list[tuple[int, int]] = []
    for start, end in hits:
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def is_english(text: str) -> bool:
    """Whether a query is English: Latin letters, and more of them than Chinese ones count."""
    han = sum("\u3400" <= c <= "\u9fff" for c in text)
    latin = sum(c.isascii() and c.isalpha() for c in text)
    return latin > 4 * han
