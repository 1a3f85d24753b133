"""Proposing and ordering: what the short cuts leave out changes nothing at the top."""

import json

import numpy as np
import pytest
from conftest import EVAL
from hypothesis import given
from hypothesis import strategies as st

from indexer.backend import EVERYTHING
from search_api.query import parse_query
from search_api.ranking import POOL, among, largest, union

QUESTIONS = [row["text"] for row in json.loads((EVAL / "queries.json").read_text("utf-8"))][::6]
ROWS = st.lists(st.integers(0, 40), max_size=30)


@given(st.lists(ROWS, min_size=1, max_size=4))
def test_a_union_has_every_row_once_and_in_order(parts):
    found = union([np.array(part, np.int64) for part in parts])
    assert found.tolist() == sorted(set().union(*parts))


@given(ROWS, ROWS)
def test_among_says_where_rows_stand(rows, known):
    known = sorted(set(known))
    at, held = among(np.array(rows, np.int64), np.array(known, np.int64))
    assert held.tolist() == [row in known for row in rows]
    assert [known[n] for n in at[held]] == [row for row in rows if row in known]


@given(st.lists(st.floats(-1, 1), max_size=30), st.integers(1, 40))
def test_the_largest_are_the_largest(values, k):
    found = largest(np.array(values, float), k)
    assert sorted(values[n] for n in found) == sorted(values)[-k:]


def plainly(engine, query):
    """All passages in order, every kind of evidence worked out for each of them."""
    index, fusion = engine.index, engine.fusion
    weights = fusion.weights(english=query.english)
    every = np.arange(len(index))
    vector = engine.embedder.embed_query(query.read)
    vectors = index.vectors_of(every)
    cosine = (1 - fusion.clause) * (vectors @ vector)
    cosine += fusion.clause * index.clause_cosines(vector, every)
    groups = (*query.groups, *query.inner)
    lexical = np.zeros(len(index))
    held, scores = index.words(groups, len(index), boosts=engine.boosts, chosen=EVERYTHING)
    ceiling = index.ceiling(query.groups, absent=True) + index.ceiling(query.inner)
    lexical[held] = np.minimum(1, scores / (ceiling or 1))
    mentions = engine.gazetteer.find(query.read)
    report, role = index.facts(every)
    prior = engine._ranker._prior(mentions, every, report, role)
    evidence = cosine + weights.lexical * lexical + prior
    best = np.lexsort((every, -evidence))[: fusion.speakers]
    voice = weights.first(evidence[best]) @ vectors[best] / fusion.speakers
    evidence += weights.feedback * (vectors @ voice)
    order = np.lexsort((every, -evidence))
    seen = set()
    for row in order:
        if report[row] in seen:
            evidence[row] -= fusion.again
        seen.add(report[row])
    return np.lexsort((every, -evidence)), weights.final(evidence)


@pytest.mark.parametrize("text", QUESTIONS)
def test_ranking_is_the_plain_sum_of_evidence(engine, text):
    query = parse_query(text)
    order, scores = plainly(engine, query)
    whole = engine.rank(query, EVERYTHING, pool=len(engine.index))
    assert whole.row.tolist() == order.tolist()
    assert whole.score == pytest.approx(scores[order], abs=1e-4)
    short = engine.rank(query, EVERYTHING, pool=POOL)
    assert short.row[:10].tolist() == order[:10].tolist()
