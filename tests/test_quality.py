"""The shipped retrieval quality, held by its own interval on the development set."""

import json
import re
from itertools import islice
from pathlib import Path

import pytest
from conftest import EVAL, load_eval

from indexer.build import build_index
from indexer.reading import read_reports
from indexer.shapes import BadInput
from indexer.sources import bundled_corpus, find_sources
from indexer.store import Index
from search_api.engine import Engine
from search_api.evaluate import Row, evaluate, load_collection

SHIPPED = load_eval("shipped.json")  # made by: bureau eval --json


@pytest.fixture(scope="module")
def rows(embedder):
    return {(row.system, row.group): row for row in evaluate(EVAL, embedder)}


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda r: f"{r['system']} {r['group']}")
def test_quality_does_not_fall_below_the_shipped_interval(rows, shipped):
    found = rows[shipped["system"], shipped["group"]]
    assert found.questions == shipped["questions"]
    for measure in ("ndcg", "recall", "mrr"):
        assert getattr(found, measure).mean >= shipped[measure][1]


@pytest.mark.parametrize(("group", "floor"), [("en", 0.88), ("zh", 0.92)])
def test_hybrid_is_good_and_not_below_its_parts(rows, group, floor):
    hybrid = rows["hybrid", group].ndcg.mean
    assert hybrid >= floor
    assert hybrid >= max(rows[part, group].ndcg.mean for part in ("dense", "BM25 + bridge"))


@pytest.mark.parametrize("group", ["en", "zh"])
def test_diversity_brings_more_reports_without_giving_up_relevance(rows, group):
    plain, diverse = rows["hybrid, not spread", group], rows["hybrid, diverse", group]
    assert diverse.reports.mean >= plain.reports.mean
    assert diverse.ndcg.mean >= plain.ndcg.mean - 0.02


def other_passages():
    """Passages of petition work first (groups, development and real reports), then the rest."""
    groups = bundled_corpus().parent / "indexer" / "training" / "groups.jsonl"
    rows = [json.loads(line) for line in groups.read_text("utf-8").splitlines()]
    petition = re.compile("信访|上访|来访|诉求|接访")
    ours = [bool(petition.search(row["topic"] + row["a"] + row["b"])) for row in rows]
    yield from (row[side] for row, own in zip(rows, ours, strict=True) if own for side in "ab")
    yield from (text for _, text in load_collection(EVAL).paragraphs.values())
    reports, _ = read_reports(find_sources([bundled_corpus()]))
    yield from (p.text for report in reports for p in report.passages)
    yield from (row["b"] for row, own in zip(rows, ours, strict=True) if not own)


@pytest.fixture(scope="module")
def longtail(tmp_path_factory, embedder):
    """An engine over the passages on other departments among others, 2,000 in all."""
    folder = tmp_path_factory.mktemp("longtail")
    questions = load_eval("longtail.json")
    wanted = [p for q in questions for p in q["passages"]]
    texts = folder / "texts"
    texts.mkdir()
    for n, text in enumerate([*wanted, *islice(other_passages(), 2000 - len(wanted))]):
        (texts / f"p{n:04}.txt").write_text(f"某局2024年法治政府建设报告\n{text}", "utf-8")
    result = build_index([texts], folder / "index", embedder)
    assert result.passages == 2000
    return Engine(Index.open(folder / "index"), embedder), questions


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_questions_on_other_departments_find_their_passages(longtail, lang):
    engine, questions = longtail
    found = wanted = 0
    for q in questions:
        texts = [hit.passage.text for hit in engine.search(q[lang], k=10).hits]
        wanted += len(q["passages"])
        found += sum(any(p[:20] in text for text in texts) for p in q["passages"])
    assert found / wanted >= 0.9, (found, wanted)


def test_a_folder_without_labels_is_refused(tmp_path):
    with pytest.raises(BadInput, match="no development set"):
        load_collection(tmp_path)
    (tmp_path / "queries.json").write_text(json.dumps([]), "utf-8")
    with pytest.raises(BadInput, match="no development set"):
        load_collection(Path(tmp_path))


def test_rows_hold_every_language_and_kind(rows):
    groups = {group for _, group in rows}
    assert groups == {"en", "zh", "en/question", "en/keywords", "zh/question", "zh/keywords"}
    assert all(isinstance(row, Row) for row in rows.values())
