"""Normalising, segmentation and the English -> Chinese term bridge.

One place, used for passages and queries alike. Folding is for matching only: the text that
is shown and cited stays as printed. Segmentation is jieba's algorithm and dictionary in
Rust (rjieba, whose only importer is here) with the domain words of the lexicon added.
"""

from __future__ import annotations

import re
import unicodedata
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from sys import intern
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from rjieba import Jieba

HAN = "\u3400-\u9fff"
SPACED_HAN = re.compile(
    rf"(?<![{HAN}])[{HAN}](?:[ \t\u3000]+[{HAN}](?![{HAN}]))*[ \t\u3000]+[{HAN}]"
)
WORD = re.compile(r"\w")
# Characters whose folded form never depends on their neighbours: no accents, no Greek sigma.
PLAIN = re.compile(rf"[\x00-\x7f·‘’“”…—\u3000-\u3029{HAN}\uff01-\uff5e]*")
HELD = 2048  # passages kept cut, some 2.4 KB each


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
    if PLAIN.fullmatch(text):
        text = text.translate(FOLDING)  # the same in half the time
    else:
        text = unicodedata.normalize("NFKC", text).lower().translate(_simplified())
    if not has_space(text):
        return text
    return SPACED_HAN.sub(lambda m: re.sub(r"\s+", "", m[0]), text)


def has_space(folded: str) -> bool:
    """Whether a folded text has white space that may stand between Chinese characters."""
    return " " in folded or "\t" in folded


def fold_aligned(text: str) -> tuple[str, Sequence[int]]:
    """Folded text and, for each of its characters, the offset of its source character."""
    folded = text.translate(FOLDING)
    if len(folded) == len(text) and not (has_space(folded) and SPACED_HAN.search(text)):
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


@lru_cache(maxsize=HELD)
def _held_cut(text: str) -> tuple[tuple[str, ...], array[int], array[int], Sequence[int]]:
    """The words of a passage in the mode ``search``, where each starts and ends in the folded
    text, and the origin of its characters as `fold_aligned` gives it.

    A passage is shown for many questions, and to cut it costs more than to find it.
    """
    folded, origin = fold_aligned(text)
    cut = _segmenter().tokenize(folded, "search")
    words, starts, ends = zip(*cut, strict=True) if cut else ((), (), ())
    shared = tuple(map(intern, words))  # passages have most of their words in common
    return shared, array("I", starts), array("I", ends), origin


def matched_spans(text: str, words: frozenset[str]) -> list[tuple[int, int]]:
    """Spans of ``text`` that are covered by one of ``words`` (folded), merged, in order."""
    cut, starts, ends, origin = _held_cut(text)
    found = [n for n, word in enumerate(cut) if word in words]
    spans: list[tuple[int, int]] = []
    for start, end in sorted((origin[starts[n]], origin[ends[n] - 1] + 1) for n in found):
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
