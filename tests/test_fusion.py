"""Evidence, relevance and the order that follows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from search_api.fitting import fit_logistic
from search_api.fusion import Candidate, Curve, Fusion, Weights

WEIGHTS = Weights(0.5, 1.0, Curve(10, 0.5), Curve(10, 1.0))


def test_curve_is_a_half_at_its_middle():
    assert Curve(20, 0.6)(0.6) == 0.5
    assert Curve(20, 0.6)(0.7) == pytest.approx(1 / (1 + np.exp(-2)))


def test_evidence_is_the_weighted_sum():
    assert WEIGHTS.evidence(Candidate(0, 0.4, 0.2, -0.08, 0.3)) == pytest.approx(0.72)


def test_feedback_counts_only_after_it_was_heard():
    near, far = Candidate(0, 0.5, 0.0, feedback=0.0), Candidate(1, 0.4, 0.0, feedback=0.5)
    assert [c.row for c in WEIGHTS.after_feedback([near, far])] == [1, 0]


def test_a_reports_best_passage_goes_before_its_others():
    found = WEIGHTS.after_feedback(
        [Candidate(row, c, 0.0) for row, c in enumerate((0.6, 0.58, 0.55))]
    )
    reports = {0: 7, 1: 7, 2: 8}
    assert [c.row for c in WEIGHTS.spread(found, reports.get, 0.1)] == [0, 2, 1]
    assert [c.row for c in WEIGHTS.spread(found, reports.get, 0.0)] == [0, 1, 2]
    alone = WEIGHTS.spread(found, lambda row: 7, 0.5)
    assert [c.row for c in alone] == [0, 1, 2]  # within one report the order stays


@given(st.lists(st.tuples(st.floats(-1, 1), st.floats(0, 1), st.floats(0, 1)), max_size=30))
def test_scores_are_probabilities_in_order(rows):
    found = [Candidate(n, a, b, 0.0, c) for n, (a, b, c) in enumerate(rows)]
    for weights in (Fusion().zh, Fusion().en):
        scores = [c.score for c in weights.spread(weights.after_feedback(found), hash, 0.1)]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_logistic_fit_recovers_the_curve_that_made_the_data():
    rng = np.random.default_rng(1)
    x = rng.uniform(0, 1, 20_000)
    y = (rng.uniform(size=x.size) < 1 / (1 + np.exp(-12 * (x - 0.6)))).astype(float)
    curve = fit_logistic(x, y)
    assert curve.slope == pytest.approx(12, rel=0.1)
    assert curve.middle == pytest.approx(0.6, abs=0.02)
