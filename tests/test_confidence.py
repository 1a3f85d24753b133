"""What is said of a guess's confidence is what is measured."""

import pytest

from indexer.confidence import MOST, SEEN, confidence
from indexer.metadata import year_before
from indexer.shapes import Origin
from tests.bench.metadata import measured


@pytest.fixture(scope="module")
def found():
    return measured(every=40)


@pytest.mark.parametrize("kind", [kind for kind in SEEN if kind[0] != "region"])
def test_the_written_figures_are_the_measured_ones(found, kind):
    assert found[kind] == SEEN[kind]


def test_regions_are_as_sure_as_is_said(found):
    right, made = found["region", Origin.ISSUER]
    assert made > 70
    assert right / made >= confidence("region", Origin.ISSUER) - 0.03


def test_confidence_lies_between_nothing_and_a_persons_word():
    assert confidence("year", Origin.MANIFEST) == 1
    assert confidence("year", Origin.NOTHING) == 0
    assert confidence("date", Origin.PROPERTY) == 0.5  # never measured
    assert 0.5 < confidence("region", Origin.TEXT) < confidence("region", Origin.ISSUER) == MOST


@pytest.mark.parametrize(
    ("day", "year"),
    [("2025-01-10", "2024"), ("2024-12-20", "2024"), ("2024-03-30", "2023"), ("", "")],
)
def test_a_report_signed_at_the_years_end_speaks_of_that_year(day, year):
    assert year_before(day) == year
