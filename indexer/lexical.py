"""BM25 over pre-cut words, through tantivy (its only importer).

Words always come from `indexer.words`; tantivy splits at spaces only. BM25 is tantivy's
(k1 = 1.2, b = 0.75). A row number ties a document to its passage and vector.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import tantivy
from numpy.typing import NDArray
from tantivy import Occur, Query

WRITER_BYTES = 64 * 2**20
SPLIT = "spaces"
K1 = 1.2  # fixed in tantivy
CORE = 0.7  # share of the best weight from which a word counts as the usual one
HALF = math.log(2)  # the rarity of a word that half of all passages hold
FURTHER = 0.85  # of its weight that a word keeps beside another one for the same thing
MEMORISED = 2**14  # words of questions
Alternatives = Sequence[tuple[str, float]]  # words that stand for one query word, weighted


@dataclass(frozen=True, slots=True)
class LexicalEntry:
    """What is searchable of one passage: cut words of each field, and tags to filter by."""

    body: Sequence[str]
    heading: Sequence[str]
    title: Sequence[str]
    tags: Sequence[str]


@dataclass(frozen=True, slots=True)
class Boosts:
    """Weight of a match in each field."""

    body: float = 1.0
    heading: float = 0.6
    title: float = 0.4


class LexicalIndex:
    """A tantivy index on disk, opened for searching."""

    def __init__(self, folder: Path) -> None:
        self._index = tantivy.Index.open(str(folder))
        self._register(self._index)
        self._searcher = self._index.searcher()
        self._schema = self._index.schema
        self._idf = lru_cache(maxsize=MEMORISED)(self._rarity)
        self._levelled = lru_cache(maxsize=MEMORISED)(self._weighed)
        self._clauses = lru_cache(maxsize=MEMORISED)(self._in_fields)

    @classmethod
    def build(cls, folder: Path, entries: Iterable[LexicalEntry]) -> int:
        """Write an index of ``entries``, row 0 first; returns their number.

        :raises OSError: naming the folder, e.g. on a full disk.
        """
        folder.mkdir(parents=True)
        try:
            return cls._write(folder, entries)
        except ValueError as error:  # what tantivy's I/O errors arrive as
            raise OSError(errno.EIO, str(error), str(folder)) from None

    @classmethod
    def _write(cls, folder: Path, entries: Iterable[LexicalEntry]) -> int:
        index = tantivy.Index(_schema(), path=str(folder))
        cls._register(index)
        writer = index.writer(heap_size=WRITER_BYTES, num_threads=1)
        rows = 0
        for rows, entry in enumerate(entries, 1):
            document = tantivy.Document()
            document.add_unsigned("row", rows - 1)
            document.add_text("body", " ".join(entry.body))
            document.add_text("heading", " ".join(entry.heading))
            document.add_text("title", " ".join(entry.title))
            for tag in entry.tags:
                document.add_text("tags", tag)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        return rows

    @staticmethod
    def _register(index: tantivy.Index) -> None:
        builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace())
        index.register_tokenizer(SPLIT, builder.build())

    def __len__(self) -> int:
        return self._searcher.num_docs

    def document_frequency(self, word: str) -> int:
        """Number of passages whose body holds ``word``."""
        return self._searcher.doc_freq("body", word)

    def ceiling(self, groups: Sequence[Alternatives], *, absent: bool = False) -> float:
        """The score of a passage body that holds every word of ``groups`` without end.

        A score divided by it means the same for short and long queries. With ``absent`` a
        word that no passage holds counts like the rarest: what is asked for is not there.
        """
        rarest = math.log(1 + (len(self) + 0.5) / 0.5) if absent else 0.0
        return (K1 + 1) * sum(
            max(
                (weight * self._idf(word) for word, weight in self._levelled(tuple(group))),
                default=rarest * max((weight for _, weight in group), default=0.0),
            )
            for group in groups
        )

    def _weighed(self, group: tuple[tuple[str, float], ...]) -> list[tuple[str, float]]:
        return levelled([(word, weight, self._idf(word)) for word, weight in group])

    def _rarity(self, word: str, field: str = "body") -> float:
        """BM25's weight of a word; 0 for one that no passage holds."""
        n, df = len(self), self._searcher.doc_freq(field, word)
        return math.log(1 + (n - df + 0.5) / (df + 0.5)) if df else 0.0

    def search(
        self,
        groups: Sequence[Alternatives],
        k: int,
        *,
        boosts: Boosts,
        tags: Sequence[Sequence[str]] = (),
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The best ``k`` rows for the query words ``groups``, best first, and their scores.

        ``tags`` restricts: one tag of every inner sequence must be present. One flat union of
        words lets tantivy skip what cannot be among the best (block-max WAND).
        """
        words = [word for group in groups for word in self._levelled(tuple(group))]
        least = least_rarity(self._idf(word) for word, _ in words)
        clauses = [
            (Occur.Should, clause)
            for word, weight in words
            for clause, rarity in self._clauses(word, weight, boosts)
            if rarity >= least
        ]
        if not clauses or k < 1:
            return np.empty(0, np.int64), np.empty(0)
        query = Query.boolean_query(clauses)
        if tags:
            required = [self._one_tag(options) for options in tags]
            query = Query.boolean_query([(Occur.Must, query), *((Occur.Must, r) for r in required)])
        hits = self._searcher.search(query, limit=k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return np.array(rows, dtype=np.int64), np.array([score for score, _ in hits])

    def _in_fields(self, word: str, weight: float, boosts: Boosts) -> list[tuple[Query, float]]:
        """What finds a word in each field that holds it, and how rare it is there."""
        fields = (("body", boosts.body), ("heading", boosts.heading), ("title", boosts.title))
        return [
            (Query.boost_query(self._term(name, word), weight * boost), rarity)
            for name, boost in fields
            if boost > 0 and (rarity := self._idf(word, name))
        ]

    def _term(self, field: str, word: str) -> Query:
        return Query.term_query(self._schema, field, word, index_option="freq")

    def _one_tag(self, options: Sequence[str]) -> Query:
        found = Query.term_set_query(self._schema, "tags", list(options))
        return Query.const_score_query(found, 0.0)


def levelled(group: Sequence[tuple[str, float, float]]) -> list[tuple[str, float]]:
    """(word, weight, rarity) of words for the same thing -> (word, weight) as they count.

    BM25 pays a word for being rare; here that would make the oddest word the best, so a rare
    one counts no more than the usual one. All but the one that then counts most lose a little:
    a passage that says a thing in two ways says it once. Words of no rarity, which no passage
    holds, are left out.
    """
    core = CORE * max((weight for _, weight, _ in group), default=0.0)
    usual = min((idf for _, weight, idf in group if idf and weight >= core), default=math.inf)
    known = [(word, weight * min(1.0, usual / idf), idf) for word, weight, idf in group if idf]
    known.sort(key=lambda found: -found[1] * found[2])
    return [(word, weight * (FURTHER if n else 1.0)) for n, (word, weight, _) in enumerate(known)]


def least_rarity(rarities: Iterable[float]) -> float:
    """How rare a word must be in a field to be looked for there, given how rare all are in texts.

    What most passages hold tells few of them apart, and takes as long as all the rest to look
    through. Where nothing else is asked for, it is looked for.
    """
    return HALF if any(rarity >= HALF for rarity in rarities) else 0.0


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    for name in ("body", "heading", "title"):
        builder.add_text_field(name, tokenizer_name=SPLIT, index_option="freq")
    builder.add_text_field("tags", tokenizer_name="raw", index_option="basic")
    return builder.build()
