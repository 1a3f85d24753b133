"""Hybrid search: BM25 and vectors, fused; filters, facets. No HTTP, no printing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

from indexer.backend import Backend, Chosen, Remote, Rows
from indexer.bridge import Expansion
from indexer.embedders import Embedder, FloatArray
from indexer.lexical import Boosts
from indexer.opening import needs_folder
from indexer.shapes import BadInput, Metadata, Passage
from indexer.store import Index
from indexer.words import matched_spans
from search_api.faceting import FacetCounter, FacetValue
from search_api.filters import Filters, restrict
from search_api.fusion import Candidate, Candidates, Fusion
from search_api.likeness import same_wording
from search_api.mentions import Gazetteer
from search_api.query import Query, parse_query
from search_api.ranking import POOL, Ranker
from search_api.rerank import DEPTH, Reranker, read_with_headings, reranked

if TYPE_CHECKING:
    from search_api.asked import Atlas

MOST_HITS = 1000
DIVERSE = 0.6  # diversity at which a report's further passages come after all others' best


class Matched(StrEnum):
    """Which half of the search found a passage."""

    LEXICAL = "lexical"
    SEMANTIC = "semantic"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Hit:
    """A ranked passage; ``marks`` are the spans of its text that hold words of the query.

    ``same_as`` names an earlier hit of the same result with nearly the same wording.
    """

    rank: int
    score: float
    row: int
    passage: Passage
    meta: Metadata
    matched: Matched
    marks: tuple[tuple[int, int], ...]
    same_as: str | None = None


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Hits and what surrounds them; ``total`` counts the ranked passages."""

    query: str
    read: str  # the query with misspelt words corrected: what was searched
    english: bool
    corrections: tuple[tuple[str, str], ...]  # (typed, read) English words
    expansion: tuple[Expansion, ...]
    hits: tuple[Hit, ...]
    total: int
    facets: dict[str, tuple[FacetValue, ...]]


class Engine:
    """Searches one opened index with one embedder."""

    def __init__(
        self,
        index: Backend,
        embedder: Embedder,
        *,
        fusion: Fusion | None = None,
        boosts: Boosts | None = None,
        reranker: Reranker | None = None,
    ) -> None:
        """Refuses an embedder other than the index's.

        :raises BadIndex: naming both.
        """
        index.check_embedder(embedder.identity)
        index.hold()
        self.index = index
        self.embedder = embedder
        self.fusion = fusion or Fusion()
        self.boosts = boosts or Boosts()
        self.reranker = reranker
        self.gazetteer = Gazetteer(index)
        self._ranker = Ranker(index, embedder, self.gazetteer, self.fusion, self.boosts)
        self._facets = FacetCounter(index)

    @property
    def local(self) -> Index:
        """The index, for what needs the files of one on this machine.

        :raises NotOffered: if it is kept elsewhere.
        """
        if not isinstance(self.index, Index):
            raise needs_folder()
        return self.index

    @cached_property
    def atlas(self) -> Atlas:
        """The places and years of the reports, for who asks a question."""
        from search_api.asked import Atlas  # a search does not need it

        return Atlas(self.index.metas)

    def search(
        self,
        text: str,
        *,
        k: int = 10,
        filters: Filters = Filters(),  # noqa: B008 - frozen and empty
        expand: bool = True,
        diversity: float | None = None,
        distinctive: bool = False,
    ) -> SearchResult:
        """The ``k`` best passages for a question in Chinese or English.

        ``diversity`` (0 to 1, by default that of the fusion) is the evidence that a further
        passage of a report loses against other reports' best. ``distinctive`` puts passages
        first, mildly, that say it in words of their own; scores stay as they are.

        :raises BadInput: for an unusable question, number or filter.
        """
        if not 1 <= k <= MOST_HITS:
            raise BadInput(
                f"k = {k} is not between 1 and {MOST_HITS}", f"k = {k} 不在 1–{MOST_HITS} 之间"
            )
        if diversity is not None and not 0 <= diversity <= 1:
            raise BadInput(f"diversity = {diversity} is not between 0 and 1")
        query = parse_query(text, expand=expand)
        chosen = restrict(self.index, filters)
        ranked = self.rank(query, chosen, pool=max(POOL, k), diversity=diversity)
        ranked = self.reranked(query.read, ranked)
        if distinctive:
            from search_api.wording.shares import prefer_distinctive  # rarely asked for

            ranked = prefer_distinctive(self.local, ranked)
        hits = self._folded([self.hit(n, c, query) for n, c in enumerate(islice(ranked, k), 1)])
        facets = self.facets(ranked.row)
        return SearchResult(
            query=query.text,
            read=query.read,
            english=query.english,
            corrections=query.corrections,
            expansion=query.expansion,
            hits=hits,
            total=len(ranked),
            facets=facets,
        )

    def without(self, filters: Filters) -> list[tuple[str, int]]:
        """(name, passages allowed without it) for each filter: which of them leaves nothing."""
        return [
            (name, self.index.count(restrict(self.index, others)))
            for name, others in filters.without()
        ]

    def rank(
        self,
        query: Query,
        chosen: Chosen,
        *,
        pool: int = POOL,
        diversity: float | None = None,
        voice: FloatArray | None = None,
    ) -> Candidates:
        """All candidates, best first: two halves fused, feedback from the best, then spread.

        ``voice`` is feedback from elsewhere, such as `voice` of the whole index.
        """
        penalty = self.fusion.again if diversity is None else diversity
        return self._ranker.rank(query, chosen, pool=pool, diversity=penalty, voice=voice)

    def reranked(self, question: str, ranked: Candidates) -> Candidates:
        """``ranked`` as the reranker orders its best; without one, as it is."""
        if self.reranker is None or not len(ranked):
            return ranked
        best = [self.index.passage(row) for row in ranked.row[:DEPTH].tolist()]
        texts = [read_with_headings(passage) for passage in best]
        return reranked(ranked, question, texts, self.reranker)

    def voice(self, query: Query) -> FloatArray:
        """The feedback from the best passages of the whole index: whatever a ranking is
        restricted to, a passage then gets the same relevance."""
        return self._ranker.voice(query)

    def hit(self, rank: int, found: Candidate, query: Query) -> Hit:
        """A candidate as a hit."""
        passage = self.index.passage(found.row)
        marks = tuple(matched_spans(passage.text, query.words))
        return Hit(
            rank=rank,
            score=found.score,
            row=found.row,
            passage=passage,
            meta=self.index.metas[int(self.index.facts([found.row])[0][0])],
            matched=_matched(found, self.fusion),
            marks=marks,
        )

    def _folded(self, hits: Sequence[Hit]) -> tuple[Hit, ...]:
        """The hits, each that repeats an earlier one's wording pointing to it."""
        vectors = self.index.vectors_of([hit.row for hit in hits])
        firsts = same_wording([hit.passage.text for hit in hits], vectors)
        return tuple(
            hit if first is None else replace(hit, same_as=hits[first].passage.id)
            for hit, first in zip(hits, firsts, strict=True)
        )

    def facets_of(self, chosen: Chosen) -> dict[str, tuple[FacetValue, ...]]:
        """Counts as `facets` gives them over all passages that are chosen."""
        if isinstance(self.index, Remote):
            return self._facets.weighed(*self.index.tally(chosen))
        return self._facets.count(self.index.rows_of(chosen))

    def facets(self, rows: Rows) -> dict[str, tuple[FacetValue, ...]]:
        """Counts of issuer, region (every level), year, level and role over passages."""
        return self._facets.count(rows)


def _matched(found: Candidate, fusion: Fusion) -> Matched:
    if found.lexical < fusion.lexical_floor:
        return Matched.SEMANTIC
    return Matched.BOTH if found.cosine >= fusion.semantic_floor else Matched.LEXICAL
