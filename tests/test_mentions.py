"""Places, years and numbers that a question names; typing slips."""

import pytest

from indexer.names import place_names
from indexer.shapes import Region, Role
from indexer.spelling import correct
from search_api.query import parse_query


def reports(engine, mask):
    return {m.id for m, named in zip(engine.index.metas, mask, strict=True) if named}


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("城口 风险评估", {"chengkou-2024"}),
        ("重慶市城口縣", {"chengkou-2024"}),
        ("Jieyang psychological counselling", {"jieyang-2024"}),
        ("San Men Xia publicity", {"sanmenxia-2025"}),
        ("福建和广东的做法", {"yongan-2024", "jieyang-2024"}),
    ],
)
def test_places_are_recognised(engine, query, named):
    assert reports(engine, engine.gazetteer.find(query).places) == named


def test_no_place_is_seen_where_none_is_named(engine):
    assert engine.gazetteer.find("重复信访怎么治理").places is None
    assert engine.gazetteer.find("how do bureaus handle it").places is None


def test_years_numbers_and_roles(engine):
    found = engine.gazetteer.find("2023年受理49747件，满意率84.54%，存在哪些问题")
    assert reports(engine, found.years) == {"fushan-2023"}
    assert found.numbers == ("49747", "84.54%")
    assert found.roles == {Role.PROBLEMS}


def test_a_named_number_is_found_in_either_language(engine):
    for query in ("49747 messages from residents", "群众留言满意率84.54%"):
        texts = [hit.passage.text for hit in engine.search(query, k=3).hits]
        assert any("49747" in text for text in texts)


def test_names_leave_ordinary_words_out():
    region = Region("441625", "广东省", "河源市", "和平县")
    names = place_names(region, "和平县信访局")
    assert "和平县" in names
    assert "和平" not in names
    assert "heping" in names


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("petitoin", "petition"),
        ("laywer", "lawyer"),
        ("satisfacton", "satisfaction"),
        ("hearing", None),
        ("blockchain", None),
        ("the", None),
        ("信访", None),
        ("covid19", None),
    ],
)
def test_correct(typed, read):
    assert correct(typed) == read


def test_a_corrected_query_says_so():
    query = parse_query("petitoin hearing")
    assert (query.text, query.read) == ("petitoin hearing", "petition hearing")
    assert query.corrections == (("petitoin", "petition"),)
