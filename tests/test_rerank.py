"""Ranking again by a cross-encoder: a real tiny one, and fakes for the order itself."""

import json
import subprocess
import sys

import numpy as np
import pytest

from indexer.shapes import BadInput
from search_api.answer import answer
from search_api.engine import Engine
from search_api.rerank import DEPTH, open_reranker, reranked

pytest_plugins = "models"
QUESTION = "律师怎么参与接访"


class ShortestFirst:
    """A fake: the shorter the text, the better."""

    def __init__(self):
        self.asked = []

    def scores(self, question, texts):
        self.asked.append((question, len(texts)))
        return np.array([-len(text) for text in texts], dtype=np.float32)


@pytest.fixture
def other(engine):
    """An engine over the same index with a reranker."""
    return Engine(engine.index, engine.embedder, reranker=ShortestFirst())


def test_the_best_passages_come_in_the_rerankers_order(engine, other):
    plain, again = engine.search(QUESTION, k=80), other.search(QUESTION, k=80)
    best = sorted(plain.hits[:DEPTH], key=lambda hit: len(read(hit)))
    assert [hit.passage.id for hit in again.hits[:DEPTH]] == [hit.passage.id for hit in best]
    rest = [hit.passage.id for hit in plain.hits[DEPTH:]]
    assert [hit.passage.id for hit in again.hits[DEPTH:]] == rest
    assert other.reranker.asked == [(QUESTION, DEPTH)]


def read(hit):
    return " ".join((*hit.passage.path, hit.passage.text))


def test_relevances_stay_with_the_places(engine, other):
    plain, again = engine.search(QUESTION, k=20), other.search(QUESTION, k=20)
    assert [hit.score for hit in plain.hits] == [hit.score for hit in again.hits]
    assert again.total == plain.total and again.facets == plain.facets
    assert answer(other, QUESTION).sufficient


def test_ties_keep_their_order(engine):
    from indexer.backend import EVERYTHING
    from search_api.query import parse_query

    ranked = engine.rank(parse_query(QUESTION), EVERYTHING)

    class Same:
        def scores(self, question, texts):
            return np.zeros(len(texts), dtype=np.float32)

    found = reranked(ranked, QUESTION, ["x"] * 10, Same())
    assert found.row.tolist() == ranked.row.tolist()
    assert found.score.tolist() == ranked.score.tolist()


def test_nothing_found_is_nothing_to_rank(other):
    from search_api.filters import Filters

    assert other.search(QUESTION, filters=Filters(year=(1999,))).hits == ()
    assert other.reranker.asked == []


def test_a_real_cross_encoder_ranks(engine, tiny_reranker):
    model = open_reranker(str(tiny_reranker))
    texts = ["律师参与接访。", "悬挂横幅。", "律师参与接访。"]
    scores = model.scores(QUESTION, texts)
    assert scores.shape == (3,) and scores.dtype == np.float32
    assert scores[0] == pytest.approx(scores[2], abs=1e-4)
    assert scores[0] != pytest.approx(scores[1], abs=1e-6)
    found = Engine(engine.index, engine.embedder, reranker=model).search(QUESTION, k=DEPTH).hits
    again = model.scores(QUESTION, [read(hit) for hit in found])
    assert np.all(np.diff(again) <= 1e-4)


def test_a_model_that_is_not_there(tmp_path):
    with pytest.raises(BadInput, match="nothing-here") as caught:
        open_reranker(str(tmp_path / "nothing-here"))
    assert "重排" in caught.value.zh


def test_a_model_that_does_not_rank(tiny_reranker, tmp_path):
    import shutil

    folder = tmp_path / "classes"
    shutil.copytree(tiny_reranker, folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"id2label": {"0": "a", "1": "b"}, "label2id": {"a": 0, "b": 1}}
    (folder / "config.json").write_text(json.dumps(config))
    from safetensors.numpy import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    weights |= {
        name: np.concatenate([array] * 2) for name, array in weights.items() if "classifier" in name
    }
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(BadInput, match="2 numbers"):
        open_reranker(str(folder))


@pytest.mark.parametrize("verb", ["search", "ask"])
def test_the_command_line_ranks_again(corpus_index, tiny_reranker, verb):
    command = [sys.executable, "-m", "search_api.cli", verb, QUESTION, "--index", str(corpus_index)]
    done = subprocess.run(
        [*command, "--json", "--reranker", str(tiny_reranker)],
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    plain = subprocess.run([*command, "--json"], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout != plain.stdout and done.stdout


def test_the_server_keeps_its_reranker_over_generations(engine, other):
    from search_api.serving.live import reopened

    assert reopened(other).reranker is other.reranker
