"""A user's question -> what the two halves of the search are asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.bridge import ENGLISH, Expansion, expand_chinese, expand_english
from indexer.shapes import BadInput
from indexer.words import QUERY_FRAME, QUERY_STOP, content_words, cut, fold, is_english, tokens

LONGEST_QUERY = 4000  # characters
FRAME_WEIGHT = 0.3
SHOWN = 0.25  # weight from which an occurrence is marked in a passage
YEAR_WORD = re.compile("20\\d\\d|年|年度")
LATIN_WORD = re.compile("[A-Za-z]+")
Group = tuple[tuple[str, float], ...]  # words that stand for one word of the query, weighted


@dataclass(frozen=True, slots=True)
class Query:
    """A checked question and its words.

    ``read`` is the text with misspelt English words corrected; ``corrections`` lists them.
    """

    text: str
    read: str
    corrections: tuple[tuple[str, str], ...]
    english: bool
    groups: tuple[Group, ...]  # one a word
    inner: tuple[Group, ...]  # shorter words within those: 信访 in 重复信访
    expansion: tuple[Expansion, ...]

    @property
    def words(self) -> frozenset[str]:
        """The words whose occurrence in a passage is shown as a match."""
        groups = (*self.groups, *self.inner)
        return frozenset(word for group in groups for word, weight in group if weight >= SHOWN)


def parse_query(text: str, *, expand: bool = True) -> Query:
    """Check and analyse a question; ``expand`` carries its words to others for the same.

    :raises BadInput: if it is empty, too long or not valid Unicode.
    """
    text = checked(text)
    read, corrections = corrected(text)
    whole = without_years(content_words(cut(read)))
    inner = without_years(content_words(tokens(read)))
    variants = expand_chinese(whole) if expand else ()
    carried = expand_english(fold(read)) if expand and has_english(whole) else ()
    return Query(
        text=text,
        read=read,
        corrections=corrections,
        english=is_english(text),
        groups=(*own_groups(whole, variants, carried), *carried_groups(carried)),
        inner=tuple(((w, 1.0),) for w in inner if w not in whole),
        expansion=(*variants, *carried),
    )


def checked(text: str) -> str:
    """``text`` without white space around it.

    :raises BadInput: if nothing is left, or too much, or what is no valid Unicode.
    """
    text = text.strip()
    if not text:
        raise BadInput(
            "the query is empty: type a question or some words", "查询为空：请输入问题或关键词"
        )
    if len(text) > LONGEST_QUERY:
        raise BadInput(
            f"the query has {len(text):,} characters, at most {LONGEST_QUERY:,} are possible: "
            "shorten it",
            f"查询共 {len(text):,} 字，最多 {LONGEST_QUERY:,} 字：请缩短",
        )
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise BadInput("the query is not valid Unicode text", "查询不是有效的 Unicode 文本")
    return text


def own_groups(
    words: Sequence[str], variants: Sequence[Expansion], carried: Sequence[Expansion]
) -> list[Group]:
    """A group for every word of the query that no English term already stands for."""
    others = {e.term: e.words for e in variants}
    known = {word for e in carried for word in e.term.split()}
    return [
        split_groups(((word, 1.0), *others.get(word, ())), weight(word))
        for word in words
        if word not in known
    ]


def carried_groups(carried: Sequence[Expansion]) -> list[Group]:
    """A group of Chinese words for every English term."""
    return [split_groups(e.words, weight(e.term)) for e in carried]


def without_years(words: list[str]) -> list[str]:
    """``words`` without years: `mentions` sees to those, and no text is about one."""
    return [w for w in words if not YEAR_WORD.fullmatch(w)] or words


def corrected(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """``text`` with misspelt English words corrected, and which ones: (typed, read)."""
    typed = dict.fromkeys(w for w in LATIN_WORD.findall(text) if w.lower() not in QUERY_STOP)
    if not typed:
        return text, ()
    from indexer.spelling import correct

    found = {word: right for word in typed if (right := correct(word.lower()))}
    read = LATIN_WORD.sub(lambda m: found.get(m[0], m[0]), text)
    return read, tuple(found.items())


def has_english(words: Sequence[str]) -> bool:
    """Whether one of a query's words is English and means something."""
    return any(ENGLISH.fullmatch(w) and not w.isdigit() and w not in QUERY_STOP for w in words)


def weight(term: str) -> float:
    """How much a word of the query counts: a frame word (处理, handle) little."""
    return FRAME_WEIGHT if term in QUERY_FRAME else 1.0


def split_groups(words: Sequence[tuple[str, float]], factor: float = 1.0) -> Group:
    """The words as the index knows them: one that the segmenter cuts is replaced by its parts.

    All weights are multiplied by ``factor``.
    """
    found: dict[str, float] = {}
    for word, likeness in words:
        known = tokens(word)
        parts = [word] if word in known else known
        for part in parts:
            found[part] = max(found.get(part, 0.0), factor * likeness / len(parts))
    return tuple(found.items())
