"""The words that set a report apart, by jieba's TF-IDF (jieba's only importer).

Its frequency table is jieba's; the words are cut by `indexer.words`, so that jieba's own
dictionary is never loaded.
"""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any

from indexer.words import WORD, cut

KEYWORDS = 8
MEMORISED = 2**16  # words


class _Cutter:
    """What jieba's TF-IDF asks of a tokenizer."""

    def cut(self, text: str) -> list[str]:
        return [word for word in cut(text) if is_telling(word)]


@lru_cache(maxsize=MEMORISED)
def is_telling(word: str) -> bool:
    """Whether a word may set a report apart: no mark, no number, no single character."""
    return len(word) > 1 and WORD.search(word) is not None and not word[0].isdigit()


@lru_cache(maxsize=1)
def _extractor() -> Any:  # noqa: ANN401 - jieba has no stubs
    with warnings.catch_warnings():
        # jieba's source has old-style escapes, and it leaves its table's file to the collector
        warnings.simplefilter("ignore")
        from jieba.analyse import default_tfidf as extractor  # 100 MiB that a server need not hold
    extractor.tokenizer = _Cutter()
    return extractor


def keywords(text: str, n: int = KEYWORDS) -> tuple[str, ...]:
    """The ``n`` most telling words of ``text``, best first."""
    return tuple(_extractor().extract_tags(text, topK=n))
