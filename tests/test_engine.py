"""Hybrid search over the bundled reports: what must be found, and how it is restricted."""

import pytest
from conftest import load_eval

from indexer.build import build_index
from indexer.lexical import Boosts
from indexer.shapes import BadInput
from indexer.store import MUCH, Index
from search_api.engine import Engine, Matched
from search_api.filters import Filters, restrict
from search_api.query import parse_query

QUESTIONS = load_eval("questions.json")
REPEATED = ("how do bureaus handle repeated petitioning", "重复信访怎么治理")


def found_quotes(result, question):
    texts = [(hit.passage.report_id, hit.passage.text) for hit in result.hits]
    return [
        row
        for row in question["must_find"]
        if any(row["report_id"] == report and row["quote"] in text for report, text in texts)
    ]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q["id"])
def test_question_finds_its_passages_in_the_top_five(engine, question):
    found = found_quotes(engine.search(question["text"], k=5), question)
    by_report = question["count_by"] == "report"
    count = len({row["report_id"] for row in found}) if by_report else len(found)
    assert count >= question["min_found"], found


def test_hits_are_ranked_cited_and_marked(engine):
    result = engine.search("重复信访怎么治理", k=20)
    assert [hit.rank for hit in result.hits] == list(range(1, 21))
    scores = [hit.score for hit in result.hits]
    assert scores == sorted(scores, reverse=True)
    for hit in result.hits:
        report = engine.index.report(hit.passage.report_id)
        assert report.text[hit.passage.start : hit.passage.end] == hit.passage.text
        for start, end in hit.marks:
            assert 0 <= start < end <= len(hit.passage.text)


@pytest.mark.parametrize(
    ("filters", "reports"),
    [
        (Filters(year=(2023,)), {"fushan-2023"}),
        (Filters(year=(2023, 2025)), {"fushan-2023", "sanmenxia-2025"}),
        (Filters(region=("福建省",)), {"yongan-2024"}),
        (Filters(region=("350400",)), {"yongan-2024"}),
        (Filters(region=("永安", "广东")), {"yongan-2024", "jieyang-2024"}),
        (Filters(issuer=("城口县",)), {"chengkou-2024"}),
        (Filters(report=("jieyang-2024",), year=(2024,)), {"jieyang-2024"}),
        (Filters(report=("jieyang-2024",), year=(2023,)), set()),
    ],
)
def test_filters_restrict_before_ranking(engine, filters, reports):
    rows = {
        row for row in range(len(engine.index)) if engine.index.passage(row).report_id in reports
    }
    result = engine.search("信访工作法治化", k=100, filters=filters)
    assert {hit.passage.report_id for hit in result.hits} == reports
    assert len(result.hits) == len(rows) == result.total


@pytest.mark.parametrize("k", [1, 5, 40, 200])
@pytest.mark.parametrize("filters", [Filters(year=(2024,)), Filters(role=("work",))])
def test_words_among_much_that_is_chosen_are_those_that_its_tags_hold(engine, filters, k):
    index, chosen = engine.index, restrict(engine.index, filters)
    assert MUCH < index.count(chosen) / len(index) < 1
    for text in ("重复信访怎么治理", "党建", "how are lawyers involved", "存在问题"):
        groups = parse_query(text).groups
        rows, scores = index.words(groups, k, boosts=Boosts(), chosen=chosen)
        held, wanted = index.lexical.search(groups, k, boosts=Boosts(), tags=chosen.tags)
        assert rows.tolist() == held.tolist()
        assert scores == pytest.approx(wanted, rel=1e-6)


def test_role_filter(engine):
    result = engine.search("信访", k=100, filters=Filters(role=("problems", "plans")))
    assert {str(hit.passage.role) for hit in result.hits} == {"problems", "plans"}


@pytest.mark.parametrize(
    "filters",
    [
        Filters(region=("火星",)),
        Filters(issuer=("无此局",)),
        Filters(report=("x",)),
        Filters(role=("boss",)),
    ],
)
def test_unknown_filter_value_is_named(engine, filters):
    with pytest.raises(BadInput, match="no (region|issuer|report|role) “.*”"):
        engine.search("信访", filters=filters)


def test_facets_count_the_ranked_passages(engine):
    facets = engine.search("信访", k=1).facets
    total = len(engine.index)
    assert sum(v.count for v in facets["issuer"]) == total
    assert sum(v.count for v in facets["role"]) == total
    assert {v.value for v in facets["year"]} == {"2023", "2024", "2025"}
    labels = {v.value: v.label for v in facets["region"]}
    assert labels["350000"] == "福建省"
    assert labels["350481"] == "福建省三明市永安市"
    assert labels["500229"] == "重庆市城口县"


def test_expansion_is_part_of_the_result_and_can_be_switched_off(engine):
    query = "how do bureaus handle repeated petitioning"
    assert any("重复信访" in dict(e.words) for e in engine.search(query).expansion)
    plain = engine.search(query, expand=False)
    assert plain.expansion == ()
    assert {hit.matched for hit in plain.hits} == {Matched.SEMANTIC}
    assert all(hit.marks == () for hit in plain.hits)


@pytest.mark.parametrize("query", ["", "  \n", "信" * 100_000, "\ud800"])
def test_unusable_query_is_refused(engine, query):
    with pytest.raises(BadInput):
        engine.search(query)


@pytest.mark.parametrize("k", [0, -1, 10**9])
def test_unusable_k_is_named(engine, k):
    with pytest.raises(BadInput, match=str(k)):
        engine.search("信访", k=k)


@pytest.mark.parametrize(
    "query", ["!!!", "？", "的", "🙂", "zzzz qqqq", "a" * 4000, "\x00信访", "<b>"]
)
def test_strange_query_is_answered_without_harm(engine, query):
    result = engine.search(query, k=3)
    assert len(result.hits) == 3


def test_passages_with_the_same_wording_point_to_the_first(tmp_path, small, embedder):
    first = small / "青禾县-2023.txt"
    text = first.read_text("utf-8").replace("青禾县", "黑石县").replace("12件", "15件")
    (small / "黑石县-2023.txt").write_text(text, "utf-8")
    build_index([small], tmp_path / "index", embedder)
    hits = Engine(Index.open(tmp_path / "index"), embedder).search("重复信访包案").hits
    repeated = [hit for hit in hits if hit.same_as]
    assert repeated
    by_id = {hit.passage.id: hit for hit in hits}
    for hit in repeated:
        shown = by_id[hit.same_as]
        assert shown.rank < hit.rank and shown.same_as is None
        assert shown.passage.report_id != hit.passage.report_id


def test_the_filter_that_removes_everything_is_named(engine):
    filters = Filters(year=(2023,), region=("广东省",))
    assert engine.search("信访", filters=filters).total == 0
    without = dict(engine.without(filters))
    for name, others in filters.without():
        assert without[name] == engine.search("信访", filters=others, k=200).total > 0


def test_levels_are_filtered_and_counted(engine):
    facets = engine.search("信访").facets
    assert {facet.value for facet in facets["level"]} == {"county", "prefecture"}
    found = engine.search("信访", filters=Filters(level=("prefecture",)))
    assert {str(hit.meta.level) for hit in found.hits} == {"prefecture"}
    with pytest.raises(BadInput, match="level"):
        engine.search("信访", filters=Filters(level=("village",)))
