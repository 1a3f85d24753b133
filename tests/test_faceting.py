"""Facets: counted over arrays, they are those of counting passage by passage."""

import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from indexer.backend import EVERYTHING, ROLES
from search_api.faceting import FACETS, FacetCounter, report_facets


def counted_one_by_one(index, rows):
    """(facet, value, label, count) of all values, in the order in which they are shown."""
    counts = Counter()
    for report, role in zip(*(column.tolist() for column in index.facts(rows)), strict=True):
        counts["role", ROLES[role], ROLES[role]] += 1
        for name, (value, label) in report_facets(index.metas[report]):
            if value:
                counts[name, value, label] += 1
    order = sorted(counts.items(), key=lambda c: (FACETS.index(c[0][0]), -c[1], *c[0][1:]))
    return [(*key, n) for key, n in order]


def shown(facets):
    return [(n, v.value, v.label, v.count) for n, values in facets.items() for v in values]


@pytest.mark.parametrize("size", [0, 1, 7, 60, 500])
def test_counts_are_those_of_counting_one_by_one(engine, size):
    counter, rng = FacetCounter(engine.index), np.random.default_rng(size)
    for _ in range(5):  # what is known of a report does not change what is counted
        rows = rng.integers(0, len(engine.index), size)
        assert shown(counter.count(rows)) == counted_one_by_one(engine.index, rows)


def test_a_tally_counts_as_its_passages_do(engine):
    index = engine.index
    report, role = index.facts(index.rows_of(EVERYTHING))
    pairs, n = np.unique(np.stack([report, role]), axis=1, return_counts=True)
    tallied = FacetCounter(index).weighed(pairs[0], pairs[1], n)
    assert shown(tallied) == shown(engine.facets_of(EVERYTHING))


def test_threads_that_meet_reports_at_once_count_right(engine):
    index = engine.index
    rows = [np.flatnonzero(index.column("report") == n) for n in range(len(index.metas))]
    expected = [counted_one_by_one(index, own) for own in rows]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            for _ in range(50):
                counter = FacetCounter(index)
                found = [pool.submit(counter.count, own) for own in rows * 2]
                assert [shown(one.result()) for one in found] == expected * 2
    finally:
        sys.setswitchinterval(before)
