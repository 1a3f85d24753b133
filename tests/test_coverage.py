"""The table of regions and years adds up, at a level that fits the page."""

from dataclasses import replace
from itertools import product

import pytest

from indexer.shapes import Level, Region
from search_api.coverage import coverage, coverage_fields


def test_the_bundled_corpus_is_covered_county_by_county(engine):
    fields = coverage_fields(engine.index)
    assert (fields["reports"], fields["bureaus"], fields["years"]) == (5, 5, [2023, 2024, 2025])
    assert sum(sum(row["years"].values()) for row in fields["regions"]) == 5
    assert {row["label"] for row in fields["regions"]} >= {"广东省揭阳市", "福建省三明市永安市"}


@pytest.mark.parametrize(
    ("provinces", "prefectures", "counties", "level", "rows"),
    [(1, 2, 20, "county", 40), (1, 3, 14, "prefecture", 3), (2, 21, 2, "province", 2)],
)
def test_many_counties_are_counted_in_what_contains_them(
    engine, provinces, prefectures, counties, level, rows
):
    regions = [
        Region(f"{35 + a}{b + 1:02}{c + 21:02}", f"省{a}", f"市{b}", f"县{c}")
        for a, b, c in product(range(provinces), range(prefectures), range(counties))
    ]
    meta = engine.index.metas[0]
    found, table = coverage([replace(meta, region=region, year=2024) for region in regions])
    assert (str(found), len(table)) == (level, rows)
    assert sum(row.years["2024"] for row in table) == len(regions)


def test_unknown_regions_and_years_are_counted_apart(engine):
    meta = engine.index.metas[0]
    lost = replace(meta, region=Region("000000", "", "", ""), year=None)
    found, table = coverage([meta, lost])
    assert found is Level.COUNTY
    assert next((row.code, row.years) for row in table) == ("", {"": 1})
