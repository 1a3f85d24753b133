"""How well found and not found agree with people: precision, recall and F1 of every practice."""

import json
import shutil

import numpy as np
import pytest
from conftest import EVAL, load_eval

from search_api.practices.lists import Practice, PracticeList, shipped
from search_api.practices.matrix import matrix
from search_api.practices.presence import CURVE, FOUND, LEXICAL, presence
from search_api.practices.quality import fitted, judged, means, practices_for


def test_found_means_found_on_the_development_set(embedder):
    """The rule as it ships; `fitted` shows what practices get that had no say in its numbers."""
    figures = judged(EVAL, embedder)
    assert [f.id for f in figures] == [p.id for p in shipped().practices]
    for f in figures:
        line = f"{f.id} P {f.precision:.2f} R {f.recall:.2f} F1 {f.f1:.2f} of {f.reports:2}"
        print(line, f.name)
    precision, recall, f1 = means(figures)
    print(f"macro: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    assert precision >= 0.92 and recall >= 0.91 and f1 >= 0.91


def test_practices_held_out_of_the_choice_of_numbers_do_as_well(embedder):
    found = fitted(EVAL, embedder)
    precision, recall, f1 = means(found.figures)
    print(f"held out: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    assert f1 >= 0.91
    assert found.lexical == pytest.approx(LEXICAL, abs=0.2)
    assert CURVE(np.array([found.floor]))[0] == pytest.approx(FOUND, abs=0.2)


@pytest.mark.parametrize(("language", "least"), [("zh", 0.86), ("en", 0.81)])
def test_a_list_of_bare_names_is_enough(embedder, language, least):
    bare = [Practice(p.id, **{language: getattr(p, language)}) for p in shipped().practices]
    precision, recall, f1 = means(judged(EVAL, embedder, PracticeList("names", tuple(bare))))
    print(f"{language} names: precision {precision:.3f}, recall {recall:.3f}, F1 {f1:.3f}")
    assert f1 >= least


def test_found_means_found_in_real_reports(engine):
    """The five bundled reports, read by hand; passages of theirs are taken out of the examples."""
    own = [
        Practice(p.id, p.zh, p.en, p.queries, tuple(e for e in p.examples if not e.source))
        for p in shipped().practices
    ]
    listed = PracticeList("own words", tuple(own))
    relevance = presence(engine, listed).relevance
    labels = load_eval("matrix.json")["reports"]
    right = said = having = 0
    for place, meta in enumerate(engine.index.metas):
        yes, maybe = (set(labels[meta.id][name]) for name in ("yes", "maybe"))
        found = {p.id for n, p in enumerate(own) if relevance[n, place] >= FOUND} - maybe
        right, said, having = right + len(found & yes), said + len(found), having + len(yes)
    print(f"real reports: precision {right / said:.2f}, recall {right / having:.2f}")
    assert right / said >= 0.80 and right / having >= 0.75


def test_the_list_is_not_the_evaluation_set():
    """No query of the evaluation is in the list, no wording of its reports in the examples."""
    asked = {row["text"] for row in load_eval("queries.json")}
    texts = "".join(path.read_text("utf-8") for path in (EVAL / "reports").glob("*.json"))
    for practice in shipped().practices:
        assert not asked & set(practice.queries)
        for example in practice.examples:
            assert example.text not in texts
            runs = {example.text[n : n + 12] for n in range(len(example.text) - 11)}
            assert sum(run in texts for run in runs) <= 4, example.text


def test_examples_with_a_source_stand_in_that_report(engine):
    named = [e for p in shipped().practices for e in p.examples if e.source]
    assert len(named) >= 20
    for example in named:
        text = "".join(engine.index.report(example.source).text.split())
        assert "".join(example.text.split()) in text


def test_practices_of_another_set_are_described_by_its_questions(tmp_path, embedder):
    lawyers = shipped().practices[5]
    names = {"P06": lawyers.zh, "P07": "给来访人做心理疏导"}
    (tmp_path / "practices.json").write_text(json.dumps(names), "utf-8")
    shutil.copytree(EVAL / "reports", tmp_path / "reports")
    shutil.copy(EVAL / "queries.json", tmp_path)
    first, second = practices_for(tmp_path).practices
    assert first == lawyers
    assert second.zh == names["P07"] and len(second.queries) == 4 and not second.examples
    assert [f.f1 >= 0.8 for f in judged(tmp_path, embedder)] == [True, True]


def test_a_practice_of_nobody_is_found_nowhere(engine):
    odd = PracticeList(
        "odd", (Practice("1", zh="企业所得税汇算清缴"), Practice("2", en="oyster beds"))
    )
    assert [row.found for row in matrix(engine, practices=odd).rows] == [0, 0]
