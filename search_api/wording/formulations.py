"""Wording (规范表述): how a phrase or a draft is printed in the corpus, by whom and since when.

A draft is divided into sentences and clauses. For each, the occurrences that match exactly or
nearly (`search_api.wording.match`) are put together by wording, and wordings that are alike
into clusters. Marks, spaces, numbers and traditional characters make no difference to a
wording; every instance is a verbatim span all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import log2

import numpy as np

from indexer.formulations.text import CLAUSE, SENTENCE, Codes, Stream, stream_of
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.filters import Filters
from search_api.wording.fuller import Fuller, fuller_form, usual
from search_api.wording.match import Form, find, known_stretches, table
from search_api.wording.places import Instance, instances_at
from search_api.wording.scope import BRIEF, Limits, Scope, Usage

LONGEST = 2000  # characters of a draft
SHORTEST = 2  # counting characters of a wording
SHORT_CLAUSE = 6  # a shorter clause of a draft is read with its neighbour
WHOLE = 60  # a sentence of up to so many characters is also looked for as a whole
SHORTEST_KNOWN = 6  # characters of a printed stretch within a clause that is not printed
SAME_CLUSTER = 0.7  # similarity from which two wordings are variants of one
FEW_PARTS = 4  # clauses of a draft; of more, each gets less room


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a cluster; ``instances`` are the first of its occurrences."""

    text: str  # verbatim, as most of its instances have it
    similarity: float  # to what was asked for; 1: exactly it
    usage: Usage
    instances: tuple[Instance, ...]


@dataclass(frozen=True, slots=True)
class Cluster:
    """Wordings that are alike, the most used first; the first represents the others."""

    variants: tuple[Variant, ...]
    usage: Usage  # of all of them
    more_variants: int
    fuller: Fuller | None


@dataclass(frozen=True, slots=True)
class Part:
    """``start:end`` of the draft and the clusters of wordings that match it, best first."""

    text: str
    start: int
    end: int
    whole: bool  # a whole sentence of the draft of which clauses follow
    clusters: tuple[Cluster, ...]
    more_clusters: int


@dataclass(frozen=True, slots=True)
class Wording:
    """A draft, part by part; ``bureaus`` and ``reports`` are those that the filters leave."""

    text: str
    parts: tuple[Part, ...]
    bureaus: int
    reports: int

    @property
    def found(self) -> bool:
        """Whether any part is printed anywhere."""
        return any(part.clusters for part in self.parts)


def wording(
    index: Index,
    text: str,
    *,
    filters: Filters = Filters(),  # noqa: B008 - frozen and empty
    limits: Limits | None = None,
) -> Wording:
    """How ``text`` is printed in the reports that ``filters`` allow.

    Of every variant that is given there is an instance; without ``limits``, a draft of many
    parts gets fewer of each.

    :raises BadInput: for a text that is empty, too long or without Chinese, or a filter that
        the index does not know.
    """
    checked(text)
    scope, stream = Scope.of(index, filters), stream_of(text)
    many = len(cut(stream, (0, len(stream) - 1), CLAUSE, SHORT_CLAUSE)) > FEW_PARTS
    scope = replace(scope, limits=limits or (BRIEF if many else scope.limits))
    parts = tuple(parts_of(scope, text, stream))
    return Wording(text, parts, scope.bureaus, int(scope.allowed.sum()))


def checked(text: str) -> None:
    """Refuse what cannot be looked for.

    :raises BadInput: saying why.
    """
    if not text.strip():
        raise BadInput("the wording is empty: give a phrase or a draft", "请输入表述或草稿")
    if len(text) > LONGEST:
        raise BadInput(
            f"the draft has {len(text):,} characters, more than {LONGEST:,}: look for it in parts",
            f"草稿有 {len(text):,} 字，超过 {LONGEST:,} 字：请分段查找",
        )
    han = sum("\u3400" <= char <= "\u9fff" for char in text)
    if han == 1:
        raise BadInput("one character is too short for a wording", "单个汉字太短，无法查找表述")
    if not han:
        raise BadInput(
            "there are no Chinese words in it: wordings are looked for in Chinese",
            "没有中文词语：请输入中文表述",
        )


def parts_of(scope: Scope, text: str, stream: Stream) -> Iterator[Part]:
    """The parts of a draft: each sentence, where it has several clauses and is printed as a
    whole, then its clauses; of a clause that nobody prints, the stretches that somebody does."""
    for start, end in cut(stream, (0, len(stream) - 1), SENTENCE, 0):
        clauses = [
            piece
            for clause in cut(stream, (start, end), CLAUSE, SHORT_CLAUSE)
            for piece in halves(clause)
        ]
        if len(clauses) > 1 and end - start <= WHOLE:
            part = part_of(scope, text, stream, (start, end), whole=True)
            if part.clusters:
                yield part
        for clause in clauses:
            part = part_of(scope, text, stream, clause)
            if part.clusters:
                yield part
                continue
            yield from stretches(scope, text, stream, part, clause)


def halves(span: tuple[int, int]) -> Iterator[tuple[int, int]]:
    """A clause in pieces of `WHOLE` characters at most."""
    start, end = span
    pieces = -(-(end - start) // WHOLE)
    edges = [start + (end - start) * n // pieces for n in range(pieces + 1)]
    yield from pairwise(edges)


def stretches(
    scope: Scope, text: str, stream: Stream, part: Part, clause: tuple[int, int]
) -> Iterator[Part]:
    """The printed stretches of a clause that is not printed; the clause itself if none is."""
    codes = stream.codes[clause[0] : clause[1]]
    known = known_stretches(scope.index.formulations, codes, SHORTEST_KNOWN)
    spans = [(clause[0] + a, clause[0] + b) for a, b in known if b - a < len(codes)]
    parts = [part_of(scope, text, stream, span) for span in spans]
    found = [part for part in parts if part.clusters]
    yield from found or [part]


def cut(
    stream: Stream, span: tuple[int, int], strength: int, shortest: int
) -> list[tuple[int, int]]:
    """``span`` of a stream divided at marks; a piece below ``shortest`` joins the one before."""
    start, end = span
    marks = start + 1 + np.flatnonzero(stream.edge[start + 1 : end] >= strength)
    pieces: list[tuple[int, int]] = []
    for a, b in pairwise([start, *marks.tolist(), end]):
        if pieces and min(b - a, pieces[-1][1] - pieces[-1][0]) < shortest:
            pieces[-1] = (pieces[-1][0], b)
        elif b > a:
            pieces.append((a, b))
    return pieces


def part_of(
    scope: Scope, text: str, stream: Stream, span: tuple[int, int], *, whole: bool = False
) -> Part:
    """What is printed like ``span`` of the draft's stream."""
    start, end = span
    first, last = int(stream.origin[start]), int(stream.origin[end - 1]) + 1
    codes = stream.codes[start:end]
    groups: list[list[Form]] = []
    if len(codes) >= SHORTEST:
        forms = [
            replace(f, places=scope.keep(f.places)) for f in find(scope.index.formulations, codes)
        ]
        groups = grouped(scope, [form for form in forms if len(form.places)])
    clusters = tuple(cluster_of(scope, group) for group in groups[: scope.limits.clusters])
    return Part(
        text[first:last], first, last, whole, clusters, max(0, len(groups) - scope.limits.clusters)
    )


def grouped(scope: Scope, forms: Sequence[Form]) -> list[list[Form]]:
    """Forms that are alike put together, the most used first; groups with the best match first.

    A form joins the first group whose most used form it is like.
    """
    held = scope.index.formulations
    used = {id(form): len(np.unique(scope.bureau[held.report_of(form.places)])) for form in forms}
    ranked = sorted(forms, key=lambda form: (-used[id(form)], -form.similarity, -len(form.places)))
    groups: list[list[Form]] = []
    for form in ranked:
        for group in groups:
            if alike(form.codes, group[0].codes):
                group.append(form)
                break
        else:
            groups.append([form])
    return sorted(groups, key=lambda group: rank(group, used))


def rank(group: Sequence[Form], used: Mapping[int, int]) -> tuple[bool, float]:
    """The exact wording first, then by likeness and by how many bureaus print one form."""
    likest = max(form.similarity for form in group)
    return likest < 1, -likest * log2(1 + max(used[id(form)] for form in group))


def alike(one: Codes, other: Codes) -> bool:
    """Whether two wordings differ so little that they are variants of each other."""
    row = table(one, other[None, :], np.arange(len(other) + 1, dtype=np.int16))
    return 1 - int(row[0, -1]) / max(len(one), len(other)) >= SAME_CLUSTER


def cluster_of(scope: Scope, forms: Sequence[Form]) -> Cluster:
    """A cluster of forms, each with the first of its instances."""
    left = scope.limits.instances
    variants = []
    for form in forms[: scope.limits.variants]:
        shown = form.places[: max(1, left)]
        left -= len(shown)
        instances = tuple(instances_at(scope.index, shown, len(form.codes)))
        usage = scope.usage(form.places)
        variants.append(
            Variant(usual([i.text for i in instances]), form.similarity, usage, instances)
        )
    usage = scope.usage(np.concatenate([form.places for form in forms]))
    more = max(0, len(forms) - scope.limits.variants)
    return Cluster(tuple(variants), usage, more, fuller_form(scope, forms[0]))
