"""BM25 over pre-cut words, through tantivy (its only importer).

Words always come from `indexer.words`; tantivy splits at spaces only. BM25 is tantivy's
(k1 = 1.2, b = 0.75). A row number ties a document to its passage and vector.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import tantivy
from tantivy import Occur, Query

WRITER_BYTES = 64 * 2**20
SPLIT = "spaces"
K1 = 1.2  # fixed in tantivy
CORE = 0.7  # share of the best weight from which a word counts as the usual one
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
                (weight * self._idf(word) for word, weight in self._levelled(group)),
                default=rarest * max((weight for _, weight in group), default=0.0),
            )
            for group in groups
        )

    def _levelled(self, group: Alternatives) -> list[tuple[str, float]]:
        """``group`` with the weight of rare words lowered to that of the usual one.

        BM25 pays a word for being rare; among words for the same thing that would make the
        oddest the best. Words that no passage holds are left out.
        """
        found = [(word, weight, self._idf(word)) for word, weight in group]
        core = CORE * max((weight for _, weight, _ in found), default=0.0)
        usual = min((idf for _, weight, idf in found if idf and weight >= core), default=math.inf)
        return [(word, weight * min(1.0, usual / idf)) for word, weight, idf in found if idf]

    def _idf(self, word: str) -> float:
        """BM25's weight of a word; 0 for one that no passage holds."""
        n, df = len(self), self.document_frequency(word)
        return math.log(1 + (n - df + 0.5) / (df + 0.5)) if df else 0.0

    def search(
        self,
        groups: Sequence[Alternatives],
        k: int,
        *,
        boosts: Boosts,
        tags: Sequence[Sequence[str]] = (),
    ) -> list[tuple[int, float]]:
        """The best ``k`` (row, score) for the query words ``groups``.

        Of the alternatives for one query word only the best match counts. ``tags`` restricts:
        one tag of every inner sequence must be present.
        """
        levelled = [self._levelled(group) for group in groups]
        words = [self._any_of(group, boosts) for group in levelled if group]
        if not words or k < 1:
            return []
        query = Query.boolean_query([(Occur.Should, word) for word in words])
        if tags:
            required = [self._one_tag(options) for options in tags]
            query = Query.boolean_query([(Occur.Must, query), *((Occur.Must, r) for r in required)])
        hits = self._searcher.search(query, limit=k, count=False).hits
        rows = self._searcher.fast_field_values("row", [address for _, address in hits])
        return [(int(row or 0), float(score)) for row, (score, _) in zip(rows, hits, strict=True)]

    def _any_of(self, group: Alternatives, boosts: Boosts) -> Query:
        options = [self._in_fields(word, weight, boosts) for word, weight in group]
        return options[0] if len(options) == 1 else Query.disjunction_max_query(options)

    def _in_fields(self, word: str, weight: float, boosts: Boosts) -> Query:
        fields = (("body", boosts.body), ("heading", boosts.heading), ("title", boosts.title))
        terms = [
            (Occur.Should, Query.boost_query(self._term(name, word), weight * boost))
            for name, boost in fields
            if boost > 0
        ]
        return Query.boolean_query(terms)

    def _term(self, field: str, word: str) -> Query:
        return Query.term_query(self._schema, field, word, index_option="freq")

    def _one_tag(self, options: Sequence[str]) -> Query:
        found = Query.term_set_query(self._schema, "tags", list(options))
        return Query.const_score_query(found, 0.0)


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("row", fast=True)
    for name in ("body", "heading", "title"):
        builder.add_text_field(name, tokenizer_name=SPLIT, index_option="freq")
    builder.add_text_field("tags", tokenizer_name="raw", index_option="basic")
    return builder.build()
