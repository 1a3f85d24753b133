"""Comparing bureaus: every cell has its state, its best evidence and an honest count."""

import json

import numpy as np
import pytest
from conftest import EVAL
from shell import assert_refused, run_bureau

from indexer.build import build_index
from indexer.shapes import BadInput
from indexer.store import Index
from search_api import compare as comparing
from search_api.compare import State, best_by_report, compare, comparison_fields, comparison_rows
from search_api.engine import Engine
from search_api.evaluate import EVERYTHING, index_collection, load_collection
from search_api.filters import Filters
from search_api.query import parse_query

LAWYERS = "律师参与接访、提供法律咨询"


def states(found):
    return {
        (row.meta.region.county or row.meta.region.prefecture, cell.year): str(cell.state)
        for row in found.rows
        for cell in row.cells
    }


def test_each_bureau_and_year_has_one_of_three_states(engine):
    found = compare(engine, LAWYERS)
    assert found.years == (2023, 2024, 2025)
    assert len(found.rows) == 5
    seen = states(found)
    assert seen["三门峡市", 2025] == "found"
    assert seen["三门峡市", 2024] == "no_report"
    assert sum(found.counts.values()) == 15
    assert found.counts[State.NO_REPORT] == 10
    codes = [row.meta.region.code for row in found.rows]
    assert codes == sorted(codes)


def test_evidence_is_verbatim_and_of_the_cell(engine):
    for row in comparison_fields(compare(engine, LAWYERS))["rows"]:
        for cell in row["cells"]:
            if cell["state"] == "no_report":
                assert cell["evidence"] is None
                continue
            evidence = cell["evidence"]
            report = engine.index.report(evidence["report_id"])
            assert report.text[evidence["start"] : evidence["end"]] == evidence["text"]
            assert (report.meta.issuer, report.meta.year) == (row["issuer"], cell["year"])


def test_english_and_chinese_agree_on_the_clear_cells(engine):
    english = states(compare(engine, "lawyers take part in receiving petitioners"))
    chinese = states(compare(engine, LAWYERS))
    for cell in (("三门峡市", 2025), ("揭阳市", 2024)):
        assert english[cell] == chinese[cell] == "found"


def test_chosen_years_and_bureaus_make_the_table(engine):
    found = compare(
        engine, LAWYERS, filters=Filters(year=(2024, 2022), region=("广东省", "三门峡"))
    )
    assert found.years == (2024, 2022)
    seen = states(found)
    assert seen["揭阳市", 2024] == "found"
    assert {state for cell, state in seen.items() if cell != ("揭阳市", 2024)} == {"no_report"}


def test_a_topic_that_nobody_has_is_found_nowhere(engine):
    found = compare(engine, "企业所得税汇算清缴")
    assert found.counts[State.FOUND] == 0
    with pytest.raises(BadInput):
        compare(engine, LAWYERS, filters=Filters(region=("火星",)))


def test_more_bureaus_than_rows_keeps_the_strongest_and_counts_the_rest(engine, monkeypatch):
    everything = comparison_fields(compare(engine, LAWYERS))
    monkeypatch.setattr(comparing, "MOST_ROWS", 2)
    few = comparison_fields(compare(engine, LAWYERS))
    assert (len(few["rows"]), few["more_issuers"]) == (2, 3)
    best = sorted(
        ((c["score"] or 0, r["issuer"]) for r in everything["rows"] for c in r["cells"]),
        reverse=True,
    )[:2]
    assert {row["issuer"] for row in few["rows"]} == {issuer for _, issuer in best}


def test_a_report_without_a_year_has_a_column_at_the_end(tmp_path, small, embedder):
    first = next(small.glob("*.txt"))
    text = first.read_text("utf-8").replace("2023", "").replace("2024", "")
    (small / "undated.txt").write_text(text.replace("青禾县", "黑石县"), "utf-8")
    build_index([small], tmp_path / "index", embedder)
    found = compare(Engine(Index.open(tmp_path / "index"), embedder), "重复信访")
    assert found.years[-1] is None
    assert None not in found.years[:-1]


def test_rows_for_a_file_have_one_line_a_cell(engine):
    found = compare(engine, LAWYERS)
    rows = comparison_rows(found)
    assert len(rows) == 15
    assert {row["state"] for row in rows} == {"found", "not_found", "no_report"}
    cited = next(row for row in rows if row["state"] == "found")
    assert f"[{cited['report_id']}:{cited['start']}-{cited['end']}]" in cited["citation"]


def test_the_command_prints_states_and_writes_tables(corpus_index, tmp_path):
    shown = run_bureau("compare", LAWYERS, "--index", corpus_index)
    assert shown.returncode == 0
    assert "三门峡市信访局" in shown.stdout and "found" in shown.stdout
    assert "Not found does not mean not done." in shown.stderr
    target = tmp_path / "table.json"
    args = ("--format", "json", "--out", target, "--index", corpus_index)
    assert run_bureau("compare", LAWYERS, *args).returncode == 0
    assert len(json.loads(target.read_text("utf-8"))) == 15
    nothing = run_bureau("compare", "企业所得税汇算清缴", "--index", corpus_index)
    assert nothing.returncode == 1
    assert_refused(run_bureau("compare", "", "--index", corpus_index), "empty")


@pytest.mark.parametrize(("lang", "precision", "recall"), [("zh", 0.80, 0.78), ("en", 0.76, 0.76)])
def test_found_means_found_on_the_development_set(
    tmp_path_factory, embedder, lang, precision, recall
):
    """Means over practices, of reports that have one against those said to have it."""
    collection = load_collection(EVAL)
    index = index_collection(collection, embedder, tmp_path_factory.mktemp("compare"))
    engine = Engine(index, embedder)
    rates = []
    for question in (q for q in collection.questions if q.lang == lang):
        having = {paragraph.partition("#")[0] for paragraph in question.relevant}
        best = best_by_report(engine, parse_query(question.text), EVERYTHING)
        said = {report for report, hit in best.items() if hit.score >= comparing.FOUND}
        right = len(said & having)
        f1 = 2 * right / (len(said) + len(having))
        rates.append((right / max(1, len(said)), right / len(having), f1))
    means = np.mean(rates, axis=0)
    print(lang, "precision, recall, macro-F1:", means.round(3))
    assert means[0] >= precision and means[1] >= recall and means[2] >= 0.75
