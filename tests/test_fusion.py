"""Evidence, relevance and the order that follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_api.fitting import fit_logistic
from search_api.fusion import Candidates, Curve, Fusion, Weights

WEIGHTS = Weights(0.5, 1.0, Curve(10, 0.5), Curve(10, 1.0))


def test_curve_is_a_half_at_its_middle():
    assert Curve(20, 0.6)(0.6) == 0.5
    assert Curve(20, 0.6)(0.7) == pytest.approx(1 / (1 + np.exp(-2)))


def candidates(cosine, lexical=0.0, prior=0.0, feedback=0.0):
    size = len(cosine)
    columns = (cosine, lexical, prior, feedback)
    whole = (np.broadcast_to(np.array(c, float), size).copy() for c in columns)
    return Candidates.of(np.arange(size), *whole)


def rows(found):
    return found.row.tolist()


def test_evidence_is_the_weighted_sum():
    found = WEIGHTS.ranked(candidates([0.4], 0.2, -0.08, 0.3), np.array([7]), 0.1)
    assert WEIGHTS.evidence(found) == pytest.approx([0.72])
    assert list(found) == [found[0]]
    assert found[0].score == pytest.approx(WEIGHTS.final(0.72))


def test_equal_candidates_keep_the_order_of_rows():
    found = candidates([0.5, 0.6, 0.5, 0.6])
    assert rows(WEIGHTS.ranked(found, np.arange(4), 0.1)) == [1, 3, 0, 2]
    assert rows(WEIGHTS.ranked(found, np.zeros(4, int), 0.0)) == [1, 3, 0, 2]


def test_a_reports_best_passage_goes_before_its_others():
    found = candidates([0.6, 0.58, 0.55])
    reports = np.array([7, 7, 8])
    assert rows(WEIGHTS.ranked(found, reports, 0.1)) == [0, 2, 1]
    assert rows(WEIGHTS.ranked(found, reports, 0.0)) == [0, 1, 2]
    alone = WEIGHTS.ranked(found, np.array([7, 7, 7]), 0.5)
    assert rows(alone) == [0, 1, 2]  # within one report the order stays


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)), max_size=30))
def test_scores_are_probabilities_in_order(evidence):
    cosine, lexical, feedback = np.array(evidence, float).reshape(-1, 3).T
    for weights in (Fusion().zh, Fusion().en):
        found = candidates(cosine, lexical, 0.0, feedback)
        scores = weights.ranked(found, found.row % 3, 0.1).score.tolist()
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_logistic_fit_recovers_the_curve_that_made_the_data():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 20_000)
    y = (rng.uniform(size=x.size) < 1 / (1 + np.exp(-12 * (x - 0.6)))).astype(float)
    curve = fit_logistic(x, y)
    assert curve.slope == pytest.approx(12, rel=0.1)
    assert curve.middle == pytest.approx(0.6, abs=0.02)
