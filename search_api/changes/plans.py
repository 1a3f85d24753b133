"""What became of a plan: sentences of the later report that may answer it, best first.

A sentence of the later report's work (or its leader's duty) is scored by half the relevance of
its passage, which means the same for every question, and half the cosine of the sentence itself.
Below `FLOOR` nothing is offered: that no sentence is found does not mean that nothing was done.
"""

from __future__ import annotations

from copy import copy
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexer.embedders import Embedder
from indexer.shapes import BadInput, Metadata, Role
from search_api.changes.pairs import check_pair, same_bureau
from search_api.changes.shapes import Candidate, PlanResult, Plans
from search_api.changes.units import Text, Unit, text_of
from search_api.engine import Engine
from search_api.filters import Filters, restrict
from search_api.query import LONGEST_QUERY, parse_query

FLOOR = 0.27  # of a candidate, chosen on made-up pairs of years
MOST_CANDIDATES = 4  # of one plan
NEAR_BEST = 0.6  # share of the best one's score that another candidate must reach
MOST_PLANS = 24  # sentences of a plan that are looked up
SHORTEST, SHORTEST_RESULT = 8, 15  # letters of a plan, and of what may answer it
RESULTS = (Role.WORK, Role.DUTY)
Floats = NDArray[np.float64]


def plans(engine: Engine, a: str, b: str) -> Plans:
    """The plans of the earlier of two reports, with candidate results in the later one.

    :raises BadInput: if one is not in the index, or they are not of two years of one bureau.
    """
    check_pair(engine.index.metas, a, b)
    metas = {meta.id: meta for meta in engine.index.metas}
    if not follows(metas[a], metas[b]):
        raise BadInput(
            f"“{a}” and “{b}” are not of two years of one bureau: a plan is followed up only there",
            f"“{a}” 与 “{b}” 不是同一机关两个年度的报告：只有同一机关才能对照计划与结果",
        )
    first, last = sorted((a, b), key=lambda report: metas[report].year or 0)
    earlier = text_of(engine.local, engine.index.report(first))
    later = text_of(engine.local, engine.index.report(last))
    planned = plans_of(earlier)
    finder = Finder(engine, later)
    results = tuple(PlanResult(u.span, finder.candidates(u)) for u in planned[:MOST_PLANS])
    left_out = max(0, len(planned) - MOST_PLANS)
    return Plans(earlier.report.meta, later.report.meta, results, left_out)


def follows(a: Metadata, b: Metadata) -> bool:
    """Whether the two reports are of one bureau and of different years."""
    return same_bureau(a, b) and None not in (a.year, b.year) and a.year != b.year


def plans_of(text: Text) -> list[Unit]:
    """The sentences that plan something; what only announces a list does not."""
    own = [n for part in text.parts if part.role is Role.PLANS for n in part.units]
    units = [text.units[n] for n in own]
    return [u for u in units if len(u.bare) >= SHORTEST and u.span.text[-1] not in "：:"]


class Once:
    """An embedder that works out the vector of a question once, however often it is asked for."""

    def __init__(self, embedder: Embedder) -> None:
        self.identity = embedder.identity
        self.embed_passages = embedder.embed_passages
        self.embed_query = cache(embedder.embed_query)


class Finder:
    """Looks for answers among the sentences of one report."""

    def __init__(self, engine: Engine, text: Text) -> None:
        self._engine = copy(engine)
        self._engine.embedder = Once(engine.embedder)
        rows = [
            n
            for n, u in enumerate(text.units)
            if u.span.role in RESULTS and len(u.bare) >= SHORTEST_RESULT
        ]
        self._units = [text.units[n] for n in rows]
        self._vectors = text.vectors[rows]
        roles = tuple(str(role) for role in RESULTS)
        report = Filters(report=(text.report.meta.id,), role=roles)
        self._within = restrict(engine.index, report)

    def candidates(self, plan: Unit) -> tuple[Candidate, ...]:
        """The best sentences for a plan; empty if none is good enough."""
        if not self._units:
            return ()
        asked = plan.span.text[:LONGEST_QUERY]
        cosine = self._vectors @ self._engine.embedder.embed_query(asked)
        score = (cosine + self._relevance(asked)) / 2
        best = np.argsort(-score, kind="stable")[:MOST_CANDIDATES].tolist()
        floor = max(FLOOR, NEAR_BEST * float(score[best[0]]))
        return tuple(
            Candidate(self._units[n].span, float(score[n])) for n in best if score[n] >= floor
        )

    def _relevance(self, asked: str) -> Floats:
        """Of each sentence, the relevance of the passage it stands in."""
        engine, query = self._engine, parse_query(asked)
        size = engine.index.count(self._within)
        found = np.zeros(len(self._units))
        if not size:
            return found
        voice = engine.voice(query)
        ranked = engine.rank(query, self._within, pool=size, diversity=0, voice=voice)
        starts, ends = engine.local.column("start"), engine.local.column("end")
        places = np.array([u.span.start for u in self._units])
        for candidate in ranked:
            inside = (starts[candidate.row] <= places) & (places < ends[candidate.row])
            found[inside] = candidate.score
        return found
