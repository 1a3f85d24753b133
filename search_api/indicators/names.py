"""A name that was asked for -> which of the reports' names it means, and how surely."""

from __future__ import annotations

import re
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from indexer.bridge import Expansion
from indexer.indicators.store import IndicatorTable
from indexer.shapes import BadInput
from indexer.words import QUERY_STOP, cut, fold, tokens
from search_api.query import Query, parse_query

SPEAKS = re.compile("[A-Za-z\u3400-\u9fff]")
SAME, OF_A_THING, WITHIN, TAIL, WORDS = 1.0, 0.9, 0.8, 0.6, 0.5
NEAR = 0.65  # weight from which the bridge's word is another name, not just related
SHORTEST_TAIL = 3  # characters of a name that a longer question may end with
FILLER = frozenset(
    ["的", "了", "率是", "多少", "是", "各", "各地", "情况", "数据", "指标", "数量", "数", "统计"]
)


def asked(text: str, *, expand: bool) -> Query:
    """A checked name.

    :raises BadInput: if it is empty, too long or has no word in it.
    """
    query = parse_query(text, expand=expand)
    if not SPEAKS.search(text):
        raise BadInput(
            "the name has no Chinese or English word: ask for 化解率 or “resolution rate”",
            "指标名称中没有中文或英文词：例如“化解率”",
        )
    return query


def matched(table: IndicatorTable, query: Query) -> NDArray[np.float64]:
    """How well each of the table's strings, as a label, answers to ``query``: 0 to 1."""
    scores = np.zeros(len(table.strings))
    whole = bare_name(query.read)
    groups = alternatives(query)
    parts = [w for w in tokens(whole) if len(w) > 1 and w != whole]
    tails = (whole[n:] for n in range(1, len(whole) - SHORTEST_TAIL + 1))
    near = table.lines_with([whole, *parts, *tails, *chain(*groups)])
    for label in near & table.labels.keys():
        said = table.strings[label]
        scores[label] = max(
            likeness(said, table.strings[name], whole, groups, parts)
            for name in table.labels[label]
        )
    return scores


def carried(query: Query) -> tuple[Expansion, ...]:
    """The terms of the question with other names for the same, without what is just related."""
    kept = (
        Expansion(e.term, tuple(pair for pair in e.words if pair[1] >= NEAR))
        for e in query.expansion
    )
    return tuple(e for e in kept if e.words)


def alternatives(query: Query) -> list[list[str]]:
    """For every word of the question the words that may stand for it, as the bridge has them."""
    others = {e.term: [word for word, _ in e.words] for e in carried(query)}
    english = [words for term, words in others.items() if term.isascii()]
    own = [w for w in cut(query.read) if is_name_word(w) and not w.isascii()]
    return [*english, *([word, *others.get(word, [])] for word in own)]


def likeness(label: str, name: str, whole: str, groups: list[list[str]], parts: list[str]) -> float:
    """How well a name answers: as it stands, as a part, or by all words of the question."""
    if whole in (label, name):
        return SAME
    if whole and whole in label:
        return OF_A_THING if label.endswith(whole) else WITHIN
    if len(groups) == 1 and name in groups[0]:
        return OF_A_THING
    if len(name) == len(whole) and sorted(name) == sorted(whole):
        return OF_A_THING  # 受理及时率 and 及时受理率
    if label == name and len(name) >= SHORTEST_TAIL and whole.endswith(name):
        return TAIL
    if groups and name and all(any(word in label for word in group) for group in groups):
        return WORDS
    return WORDS if len(parts) > 1 and all(part in label for part in parts) else 0.0


def is_name_word(word: str) -> bool:
    """Whether a word of a question names something."""
    return word not in QUERY_STOP and word not in FILLER and bool(SPEAKS.search(word))


def bare_name(text: str) -> str:
    """The words of a question that name something: 各地的化解率是多少 -> 化解率."""
    return "".join(filter(is_name_word, cut(text))) or fold(text).strip()
