"""A user's own questions: reading them, scoring by span, and configurations side by side."""

import json
import math

import pytest
from conftest import EVAL, HashEmbedder
from shell import run_bureau

from indexer.build import build_index
from indexer.embedders import open_embedder
from indexer.reembedding import reembedded
from indexer.shapes import BadInput, Passage, Role
from indexer.store import Index
from search_api import trials as trials_module
from search_api.engine import Engine
from search_api.evaluate import Judge, index_collection, load_collection, systems_of, table
from search_api.judged import Judged, load_judgements, load_questions
from search_api.trials import Marks, Trial, answerable, mark, run_trials, shown, trial
from search_api.trials import table as compared

pytest_plugins = "models"
TRANSFORMERS = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


def write_lines(path, rows):
    path.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), "utf-8")
    return path


@pytest.fixture(scope="module")
def collection():
    return load_collection(EVAL)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory, collection, embedder):
    """Folder of an index of the development set's reports."""
    root = tmp_path_factory.mktemp("labelled")
    index_collection(collection, embedder, root).close()
    return root / "index"


@pytest.fixture(scope="module")
def files(tmp_path_factory, collection):
    """The development set as a user would write it: questions, and judgements by quote."""
    folder = tmp_path_factory.mktemp("judged")
    asked = [
        {"id": q.id, "text": q.text, "lang": q.lang, "kind": q.kind} for q in collection.questions
    ]
    judged = [
        {"question": q.id, "report": report, "quote": text}
        for q in collection.questions
        for report, text in (collection.paragraphs[i] for i in sorted(q.relevant))
    ]
    write_lines(folder / "questions.jsonl", asked)
    write_lines(folder / "judgements.jsonl", judged)
    return folder


def test_figures_are_those_of_the_development_set(labelled, files, collection, embedder):
    """Two ways of scoring, by paragraph and by span, agree to the last digit."""
    index = Index.open(labelled)
    engine = Engine(index, embedder)
    questions = load_questions(files / "questions.jsonl")
    judgements = load_judgements(files / "judgements.jsonl", questions, index)
    rows = compared([trial("bundled", engine, questions, judgements)], questions)
    judge = Judge(collection, index)
    scores = judge.scores(systems_of(engine)["hybrid"])
    expected = {r.group: r for r in table("hybrid", scores, collection.questions)}
    assert {row.group for row in rows} == {"all", *expected}
    for row in rows:
        if row.group != "all":
            same = expected[row.group]
            assert row.questions == same.questions
            assert row.ndcg == pytest.approx(same.ndcg)
            assert row.recall == pytest.approx(same.recall)
            assert row.mrr == pytest.approx(same.mrr)


def test_graded_measures_by_hand():
    grades = {"a": 2, "b": 1, "c": 0, "d": 1}
    found = mark(["x", "b", "c", "a"], grades)
    best = 2 + 1 / math.log2(3) + 1 / 2
    assert found.ndcg == pytest.approx((1 / math.log2(3) + 2 / math.log2(5)) / best)
    assert found.recall == pytest.approx(2 / 3)
    assert found.mrr == 0.5
    assert found.judged == 0.75
    assert mark([], grades) == Marks(0.0, 0.0, 0.0, 0.0)
    assert mark(["a", "b", "d"], grades).ndcg == pytest.approx(1.0)
    assert mark([*"0123456789", "a"], grades)[:3] == (0.0, 0.0, 0.0)


def passage(start, end, report="r"):
    return Passage(report, start, end, "文" * (end - start), 0, (), Role.WORK)


def test_a_ranking_is_read_as_the_spans_that_it_shows():
    long, short = Judged("r", 0, 300, 1), Judged("r", 420, 430, 2)
    ranked = [passage(300, 400), passage(0, 150), passage(150, 300), passage(400, 500)]
    assert shown(ranked, [long, short]) == ["r:300-400", "r:0-300", "r:420-430"]
    whole = [passage(0, 500), passage(0, 150, "other")]
    assert shown(whole, [long, short]) == ["r:0-300", "r:420-430", "other:0-150"]
    assert shown([passage(290, 400)], [long]) == ["r:290-400"]  # ten characters show nothing


def test_every_judged_span_is_shown_by_some_passage_however_the_text_is_cut():
    for cut in (3, 7, 50, 120):
        pieces = [passage(at, at + cut) for at in range(0, 600, cut)]
        for start in range(0, 400, 13):
            for length in (2, 40, 130):
                span = Judged("r", start, start + length, 1)
                assert any(span.is_in(piece) for piece in pieces), (cut, start, length)


@pytest.fixture
def asked(tmp_path):
    return write_lines(
        tmp_path / "q.jsonl",
        [
            {"id": "q1", "text": "重复信访怎么治理"},
            {"id": "q2", "text": "how do bureaus handle repeated petitioning", "kind": "long"},
            {"id": "q3", "text": "接访", "lang": "dialect"},
        ],
    )


def test_language_and_kind_have_defaults(asked):
    questions = load_questions(asked)
    assert [q.groups for q in questions] == [
        ("all", "zh"),
        ("all", "en", "en/long"),
        ("all", "dialect"),
    ]


def test_all_forms_of_judgements_mean_the_same(asked, engine, tmp_path):
    questions = load_questions(asked)
    text = engine.index.report("yongan-2024").text
    forms = [
        {"question": "q1", "passage": "yongan-2024:1849-1980", "grade": 2},
        {"question": "q1", "report": "yongan-2024", "start": 1849, "end": 1980, "grade": 2},
        {"question": "q1", "report": "yongan-2024", "quote": text[1849:1980], "grade": 2},
    ]
    expected = {"q1": (Judged("yongan-2024", 1849, 1980, 2),)}
    for form in forms:
        path = write_lines(tmp_path / "j.jsonl", [form])
        assert load_judgements(path, questions, engine.index) == expected
    qrels = tmp_path / "j.qrels"
    qrels.write_text("q1 0 yongan-2024:1849-1980 2\nq2 0 yongan-2024:0-50 0\n", "utf-8")
    found = load_judgements(qrels, questions, engine.index)
    assert found == expected | {"q2": (Judged("yongan-2024", 0, 50, 0),)}
    assert [q.id for q in answerable(questions, found)] == ["q1"]


GOOD = {"question": "q1", "passage": "yongan-2024:0-50"}


@pytest.mark.parametrize(
    ("row", "part"),
    [
        ("{", "not JSON"),
        ("[1]", "neither JSON nor"),
        ('{"question": "q1"}', "report is missing"),
        ({**GOOD, "question": "q9"}, "no question “q9”"),
        ({**GOOD, "grade": "high"}, "grade"),
        ({**GOOD, "grade": True}, "grade"),
        ({**GOOD, "grade": -1}, "grade"),
        ({**GOOD, "passage": "yongan-2024"}, "no passage"),
        ({**GOOD, "passage": "nowhere:0-10"}, "no report “nowhere”"),
        ({**GOOD, "passage": "yongan-2024:50-50"}, "no span 50-50"),
        ({**GOOD, "passage": "yongan-2024:0-999999"}, "no span 0-999999"),
        ({"question": "q1", "report": "yongan-2024", "start": 0}, "end"),
        ({"question": "q1", "report": "yongan-2024", "quote": "不在文中的话"}, "stands 0 times"),
        ({"question": "q1", "report": "yongan-2024", "quote": "信访"}, "give start and end"),
        (GOOD, "judged twice"),
    ],
)
def test_a_bad_judgement_is_refused_with_file_and_line(asked, engine, tmp_path, row, part):
    path = tmp_path / "j.jsonl"
    first = "" if row == "[1]" else json.dumps(GOOD) + "\n"
    line = row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)
    path.write_text(f"{first}\n{line}\n", "utf-8")
    number = 2 if row == "[1]" else 3
    with pytest.raises(BadInput) as refused:
        load_judgements(path, load_questions(asked), engine.index)
    assert str(refused.value).startswith(f"{path}:{number}: ")
    assert part in str(refused.value)
    assert str(number) in refused.value.zh


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "no questions"),
        ('{"id": "a"}', ":1: text is missing"),
        ('{"text": "接访"}', ":1: id is missing"),
        ('{"id": "a", "text": "  "}', ":1: text is missing"),
        ('{"id": "a", "text": "%s"}' % ("访" * 100_000), ":1: the query has"),
        ('{"id": 7, "text": "接访"}', ":1: id is missing"),
        ('{"id": "a", "text": "接访"}\n{"id": "a", "text": "接访"}', ":2: the id “a” comes twice"),
        ('{"id": "a", "text": "接访"}\n\n[]', ":3: this is no JSON object"),
        (b"\xff\xfe\x00", "not UTF-8"),
    ],
)
def test_a_bad_question_is_refused_with_file_and_line(tmp_path, text, part):
    path = tmp_path / "q.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    with pytest.raises(BadInput) as refused:
        load_questions(path)
    assert part in str(refused.value)
    assert str(path) in str(refused.value)


def test_missing_files_and_empty_judgements_are_refused(asked, engine, tmp_path):
    with pytest.raises(BadInput, match="none.jsonl: No such file"):
        load_questions(tmp_path / "none.jsonl")
    empty = write_lines(tmp_path / "j.jsonl", [])
    with pytest.raises(BadInput, match="has no judgements"):
        load_judgements(empty, load_questions(asked), engine.index)
    with pytest.raises(BadInput, match="no question has a span"):
        answerable(load_questions(asked), {"q1": (Judged("r", 0, 1, 0),)})


def test_judgements_survive_another_cut_of_the_text(small, tmp_path, embedder, monkeypatch):
    """The same judgements on an index with shorter passages: the same spans are found."""
    import indexer.passages as passages

    build_index([small], tmp_path / "long", embedder)
    for name, size in (("SHORTEST", 5), ("GOAL", 10), ("LONGEST", 15), ("ENDLESS", 20)):
        monkeypatch.setattr(passages, name, size)
    build_index([small], tmp_path / "short", embedder)
    questions = load_questions(
        write_lines(tmp_path / "q.jsonl", [{"id": "q", "text": "包案化解重复信访"}])
    )
    quote = "对重复信访逐案建立台账，由县级领导包案化解，全年化解积案12件。"
    judgement = {"question": "q", "report": "青禾县-2023", "quote": quote}
    path = write_lines(tmp_path / "j.jsonl", [judgement])
    cuts = []
    for name in ("long", "short"):
        index = Index.open(tmp_path / name)
        cuts.append(len(index))
        judged = load_judgements(path, questions, index)
        found = trial(name, Engine(index, embedder), questions, judged)
        assert found.marks["q"].recall == 1
        assert found.marks["q"].mrr == 1
    assert cuts[1] > cuts[0]


def test_reembedding_keeps_everything_but_the_vectors(corpus_index, tmp_path):
    index = Index.open(corpus_index)
    other = reembedded(index, HashEmbedder(), tmp_path / "other")
    assert other.manifest.embedder == HashEmbedder.identity
    assert len(other) == len(index)
    assert [other.passage(n) for n in range(9)] == [index.passage(n) for n in range(9)]
    made = Engine(other, HashEmbedder())
    text = index.passage(5).text
    assert made.search(text, k=1).hits[0].passage == index.passage(5)
    fresh = tmp_path / "fresh"
    build_index([corpus_index_inputs(index)], fresh, HashEmbedder())
    ranked = [h.passage.id for h in made.search("重复信访", k=20).hits]
    built = Engine(Index.open(fresh), HashEmbedder())
    assert ranked == [h.passage.id for h in built.search("重复信访", k=20).hits]
    assert Index.open(corpus_index).manifest == index.manifest


def corpus_index_inputs(index):
    (folder,) = index.manifest.inputs
    return type(index.folder)(folder)


def test_differences_are_paired(asked):
    """A small gain on every question is clear, however much the questions differ."""
    questions = load_questions(asked)
    low = {q.id: Marks(0.1 + 0.4 * n, 0.5, 0.5, 1) for n, q in enumerate(questions)}
    high = {i: m._replace(ndcg=m.ndcg + 0.02, recall=0.4) for i, m in low.items()}
    mixed = {
        i: m._replace(ndcg=m.ndcg + d)
        for (i, m), d in zip(low.items(), (0.3, 0, -0.2), strict=True)
    }
    ranked = {q.id: [] for q in questions}
    given = [
        Trial("first", low, ranked),
        Trial("high", high, ranked),
        Trial("mixed", mixed, ranked),
    ]
    rows = {row.system: row for row in compared(given, questions) if row.group == "all"}
    assert rows["first"].verdict == "" and rows["first"].ndcg_difference is None
    assert rows["high"].ndcg_difference == pytest.approx((0.02, 0.02, 0.02))
    assert rows["high"].verdict == "better"
    assert rows["high"].recall_difference.high < 0
    assert rows["mixed"].verdict == "unclear"
    assert rows["mixed"].ndcg_difference.low < 0 < rows["mixed"].ndcg_difference.high
    again = {row.system: row for row in compared(given, questions) if row.group == "all"}
    assert again == rows  # seeded


@pytest.fixture
def two_files(tmp_path):
    """Three questions to the two made-up reports, and what answers them."""
    questions = [
        {"id": "q1", "text": "重复信访怎么治理", "kind": "question"},
        {"id": "q2", "text": "律师参与接访", "kind": "keywords"},
        {"id": "q3", "text": "法律援助", "kind": "keywords"},
        {"id": "q4", "text": "没有标注的问题"},
    ]
    judgements = [
        {"question": "q1", "report": "青禾县-2023", "quote": "由县级领导包案化解", "grade": 2},
        {"question": "q2", "report": "白鹭市-2024", "quote": "组织律师参与接访"},
        {"question": "q3", "report": "白鹭市-2024", "quote": "法律援助86人次"},
    ]
    write_lines(tmp_path / "q.jsonl", questions)
    write_lines(tmp_path / "j.jsonl", judgements)
    return ["--questions", tmp_path / "q.jsonl", "--judgements", tmp_path / "j.jsonl"]


@TRANSFORMERS
def test_models_are_compared_side_by_side(
    small,
    tmp_path,
    two_files,
    embedder,
    tiny_model,
    tiny_reranker,
):
    build_index([small], tmp_path / "index", embedder)
    published = (tmp_path / "index" / "CURRENT").read_bytes()
    saved = tmp_path / "saved.json"
    models = ["--embedder", tiny_model, "--embedder", "bundled", "--reranker", tiny_reranker]
    ran = run_bureau(
        "eval", *two_files, *models, "--save", saved, "--json", index=tmp_path / "index"
    )
    assert ran.returncode == 0, ran.stderr
    assert "in a temporary index" in ran.stderr
    assert "1 questions have no span judged above 0" in ran.stderr
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    names = [
        "bundled",
        f"bundled + {tiny_reranker}",
        str(tiny_model),
        f"{tiny_model} + {tiny_reranker}",
    ]
    assert [row["system"] for row in rows if row["group"] == "all"] == names
    assert {row["group"] for row in rows} == {"all", "zh", "zh/keywords", "zh/question"}
    whole = {row["system"]: row for row in rows if row["group"] == "all"}
    assert whole["bundled"]["ndcg"][0] == 1
    assert whole["bundled"]["ndcg_difference"] is None
    for name in names[1:]:
        mean, low, high = whole[name]["ndcg_difference"]
        assert low <= mean <= high
        assert mean == pytest.approx(whole[name]["ndcg"][0] - 1, abs=1e-3)
    kept = json.loads(saved.read_text("utf-8"))
    assert kept["rows"] == rows
    assert kept["index"]["embedder"]["name"] == "bundled"
    assert len(kept["questions"]) == 3 * 4
    first = kept["questions"][0]
    assert (first["id"], first["system"], first["ndcg"]) == ("q1", "bundled", 1)
    assert first["ranked"][0].startswith("青禾县-2023:")
    assert (tmp_path / "index" / "CURRENT").read_bytes() == published


@TRANSFORMERS
def test_another_model_ranks_as_in_an_index_of_its_own(
    small, tmp_path, two_files, tiny_model, embedder
):
    """The temporary index gives what ``bureau index --embedder`` would."""
    build_index([small], tmp_path / "index", embedder)
    index = Index.open(tmp_path / "index")
    questions = load_questions(two_files[1])
    judged = load_judgements(two_files[3], questions, index)
    kept = answerable(questions, judged)
    found = list(run_trials(index, kept, judged, embedders=[str(tiny_model)]))[1]
    model = open_embedder(str(tiny_model))
    build_index([small], tmp_path / "own", model)
    own = trial("own", Engine(Index.open(tmp_path / "own"), model), kept, judged)
    assert (found.marks, found.ranked) == (own.marks, own.ranked)


def test_temporary_indexes_do_not_stay(small, tmp_path, two_files, embedder, monkeypatch):
    monkeypatch.setattr(
        trials_module,
        "open_embedder",
        lambda name, **_: {"bundled": embedder}.get(name, HashEmbedder()),
    )
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    build_index([small], tmp_path / "index", embedder)
    index = Index.open(tmp_path / "index")
    questions = load_questions(two_files[1])
    judged = load_judgements(two_files[3], questions, index)
    told = []
    found = run_trials(
        index,
        answerable(questions, judged),
        judged,
        embedders=["hash"],
        tell=lambda *a: told.append(a),
    )
    assert [t.name for t in found] == ["bundled", "hash"]
    assert told == [("hash", len(index))]
    assert list((tmp_path / "scratch").iterdir()) == []


def test_the_table_is_readable(small, tmp_path, two_files, embedder):
    build_index([small], tmp_path / "index", embedder)
    ran = run_bureau("eval", *two_files, BUREAU_INDEX=str(tmp_path / "index"))
    assert ran.returncode == 0, ran.stderr
    head, *lines = ran.stdout.splitlines()
    assert "nDCG@10 [95 %]" in head
    assert [line.split()[:3] for line in lines] == [
        ["all", "3", "bundled"],
        ["zh", "3", "bundled"],
        ["zh/keywords", "2", "bundled"],
        ["zh/question", "1", "bundled"],
    ]
    assert "1.000 [1.000, 1.000]" in lines[0]


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--questions", "q.jsonl"], "belong together"),
        (["--judgements", "j.jsonl"], "belong together"),
        (["--questions", "q", "--judgements", "j", "--fit"], "development set"),
        (["--questions", "q", "--judgements", "j"], "no index at"),
        (["--reranker", "x"], "need --questions"),
        (["--embedder", "x", "--embedder", "y"], "need --questions"),
    ],
)
def test_options_that_do_not_go_together_are_one_sentence(tmp_path, options, part):
    ran = run_bureau("eval", *options, index=tmp_path / "none")
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert part in ran.stderr
    assert ran.stderr.count("\n") == 1


def test_an_unknown_model_is_refused_before_anything_is_embedded(
    small, tmp_path, two_files, embedder
):
    build_index([small], tmp_path / "index", embedder)
    models = ["--embedder", tmp_path / "no-such-model"]
    ran = run_bureau("eval", *two_files, *models, index=tmp_path / "index")
    assert ran.returncode == 2
    assert "no-such-model" in ran.stderr
    assert "temporary" not in ran.stderr
    assert ran.stdout == ""
