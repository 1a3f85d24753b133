"""Rank measures against values worked out by hand."""

import math

import pytest

from search_api.metrics import interval, score


def test_perfect_ranking():
    assert score(["a", "b", "x"], {"a", "b"}) == (1.0, 1.0, 1.0, 0)


def test_hand_computed_ranking():
    found = score(["x", "a", "y", "b"], {"a", "b", "c"})
    dcg = 1 / math.log2(3) + 1 / math.log2(5)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == pytest.approx((dcg / ideal, 2 / 3, 1 / 2, 0))


def test_only_the_first_ten_count():
    assert score([*"0123456789", "a"], {"a"}) == (0.0, 0.0, 0.0, 0)


def test_nothing_found_counts_as_zero():
    assert score([], {"a"}) == (0.0, 0.0, 0.0, 0)


def test_interval_holds_the_mean_and_is_repeatable():
    first, second = interval([0.0, 1.0] * 20), interval([0.0, 1.0] * 20)
    assert first == second
    assert first.low < first.mean == 0.5 < first.high
    assert interval([0.7] * 5) == pytest.approx((0.7, 0.7, 0.7))
