"""Vectors are found again: those of all passages, and those that filters allow."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder
from shell import assert_refused, run_bureau

from indexer import integrity
from indexer.backend import EVERYTHING
from indexer.build import add_to_index, build_index
from indexer.integrity import check, hash_tree, remember
from indexer.layout import MOST_FLAT, REFINED_FROM, Kind, Wanted
from indexer.shapes import BadIndex, BadInput
from indexer.store import Index
from indexer.vectors import VectorIndex

MANY, DIMENSION, SOURCES = 60_000, 192, 2_000


@pytest.fixture(scope="module")
def vectors():
    """Unit vectors in clusters, as those of texts stand."""
    rng = np.random.default_rng(5)
    sources = rng.standard_normal((SOURCES, DIMENSION), dtype=np.float32)
    noise = rng.standard_normal((MANY, DIMENSION), dtype=np.float32)
    made = sources[rng.integers(0, SOURCES, MANY)] + 0.5 * noise
    return made / np.linalg.norm(made, axis=1, keepdims=True)


@pytest.fixture(scope="module")
def questions(vectors):
    rng = np.random.default_rng(6)
    near = vectors[:50] + 0.1 * rng.standard_normal((50, DIMENSION), dtype=np.float32)
    return near / np.linalg.norm(near, axis=1, keepdims=True)


@pytest.fixture(scope="module", params=list(Kind))
def index(request, vectors, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    layout = Wanted(request.param).layout(MANY, DIMENSION)
    return VectorIndex.open(folder, VectorIndex.write(folder, vectors, layout))


def exact(vectors, question, k, allowed=None):
    cosines = vectors @ question
    if allowed is not None:
        cosines[~allowed] = -2
    return set(np.argsort(-cosines)[:k].tolist())


def recall(index, vectors, questions, allowed=None):
    shares = []
    for question in questions:
        rows, _ = index.search(question, 10, allowed)
        assert allowed is None or allowed[rows].all()
        shares.append(len(exact(vectors, question, 10, allowed) & set(rows.tolist())) / 10)
    return float(np.mean(shares))


def test_the_ten_nearest_are_found(index, vectors, questions):
    assert recall(index, vectors, questions) >= 0.96
    rows, cosines = index.search(questions[0], 10)
    assert len(rows) == 10 and (np.diff(cosines) <= 0).all()
    assert cosines == pytest.approx(vectors[rows] @ questions[0], abs=0.01)


@pytest.mark.parametrize("share", [0.5, 0.4, 0.01])
def test_filters_lose_nothing(index, vectors, questions, share):
    allowed = np.random.default_rng(7).random(MANY) < share
    assert recall(index, vectors, questions, allowed) >= 0.96


def test_few_allowed_all_allowed_and_none(index, vectors, questions):
    few = np.zeros(MANY, np.bool_)
    few[[3, 70, 59_999]] = True
    rows, _ = index.search(questions[0], 10, few)
    assert sorted(rows.tolist()) == [3, 70, 59_999]
    everything, _ = index.search(questions[0], 10, np.ones(MANY, np.bool_))
    assert everything.tolist() == index.search(questions[0], 10)[0].tolist()
    assert not len(index.search(questions[0], 10, np.zeros(MANY, np.bool_))[0])
    assert len(index.search(questions[0], 0)[0]) == 0


def test_vectors_come_back(index, vectors):
    rows = [0, 59_999, 17]
    assert index.reconstruct(rows) == pytest.approx(vectors[rows], abs=0.05)
    assert index.cosines(vectors[5], rows) == pytest.approx(vectors[rows] @ vectors[5], abs=0.01)
    assert index.reconstruct([]).shape == (0, DIMENSION)
    assert len(index) == MANY and index.dimension == DIMENSION


def test_the_files_are_mapped_not_read(index):
    maps = Path("/proc/self/maps").read_text()
    assert "vectors.faiss" in maps
    assert index.layout.kind is Kind.FLAT or "lists.faiss" in maps


@pytest.mark.parametrize("refined", [False, True])
def test_the_same_vectors_make_the_same_files_and_are_kept_the_same_again(
    vectors, tmp_path, refined
):
    layout = replace(Wanted(Kind.IVF).layout(3_000, DIMENSION), refined=refined)
    for name in "abc":
        (tmp_path / name).mkdir()
    for name in "ab":
        VectorIndex.write(tmp_path / name, vectors[:3_000], layout)
    assert hash_tree(tmp_path / "a") == hash_tree(tmp_path / "b")
    held = VectorIndex.open(tmp_path / "a", layout).refined(range(3_000))
    VectorIndex.write(tmp_path / "c", held, layout)
    assert np.array_equal(VectorIndex.open(tmp_path / "c", layout).refined(range(3_000)), held)


def test_what_bytes_leave_out_tells_near_vectors_apart(tmp_path):
    rng = np.random.default_rng(8)
    crowd = rng.standard_normal(DIMENSION, dtype=np.float32)
    crowd = crowd + 0.3 * rng.standard_normal((3_000, DIMENSION), dtype=np.float32)
    crowd /= np.linalg.norm(crowd, axis=1, keepdims=True)
    found = {}
    for refined in (False, True):
        (tmp_path / str(refined)).mkdir()
        layout = replace(Wanted(Kind.IVF).layout(3_000, DIMENSION), refined=refined)
        layout = VectorIndex.write(tmp_path / str(refined), crowd, layout)
        index = VectorIndex.open(tmp_path / str(refined), layout)
        found[refined] = recall(index, crowd, crowd[:50])
        error = np.abs(index.refined(range(3_000)) - crowd).max()
        assert error <= layout.step * (0.034 if refined else 0.5001)
    assert found[True] >= 0.97 > 0.92 > found[False]


def test_components_that_need_it_get_a_wider_step(tmp_path):
    spiky = np.zeros((100, DIMENSION), np.float32)
    spiky[np.arange(100), np.arange(100) % DIMENSION] = 1.0
    layout = VectorIndex.write(tmp_path, spiky, Wanted().layout(100, DIMENSION))
    assert layout.step == pytest.approx(1 / 127)
    held = VectorIndex.open(tmp_path, layout)
    assert held.reconstruct([7]) == pytest.approx(spiky[7:8], abs=1e-6)


def test_the_layout_goes_by_size_unless_one_is_wanted():
    assert Wanted().layout(MOST_FLAT, 384).kind is Kind.FLAT
    large = Wanted().layout(1_000_000, 384)
    assert (large.kind, large.lists, large.probes) == (Kind.IVF, 2000, 96)
    assert large.refined and not Wanted().layout(REFINED_FROM - 1, 384).refined
    assert Wanted(Kind.FLAT).layout(1_000_000, 384).kind is Kind.FLAT
    assert Wanted(Kind.IVF, 7).layout(1_000, 384).probes == 7
    assert Wanted(Kind.IVF, 500).layout(100, 384).probes == 20  # there are no more lists
    with pytest.raises(BadInput, match="at least 1"):
        Wanted(probes=0).layout(10, 384)


def test_a_large_file_is_hashed_again_only_if_it_may_have_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(integrity, "LARGE", 10)
    (tmp_path / "big").write_bytes(b"x" * 20)
    (tmp_path / "small").write_bytes(b"x" * 5)
    hashes = hash_tree(tmp_path)
    remember(tmp_path, hashes)
    hashed = []
    true = integrity.sha256_of
    monkeypatch.setattr(integrity, "sha256_of", lambda p: hashed.append(p.name) or true(p))
    check(tmp_path, hashes)
    assert hashed == ["small"]
    check(tmp_path, hashes, trusting=False)
    assert sorted(hashed[1:]) == ["big", "small"]
    (tmp_path / "big").write_bytes(b"x" * 19 + b"y")
    with pytest.raises(BadIndex, match="big is damaged"):
        check(tmp_path, hashes)


@pytest.mark.parametrize("looks", ["", "[]", "{", json.dumps({"big": "no"})])
def test_a_spoilt_note_of_what_was_sound_is_worth_nothing(tmp_path, monkeypatch, looks):
    monkeypatch.setattr(integrity, "LARGE", 10)
    (tmp_path / "big").write_bytes(b"x" * 20)
    hashes = hash_tree(tmp_path)
    (tmp_path / integrity.CHECKED).write_text(looks)
    check(tmp_path, hashes)
    (tmp_path / "big").write_bytes(b"y" * 20)
    with pytest.raises(BadIndex, match="big is damaged"):
        check(tmp_path, hashes)


def test_an_index_is_laid_out_as_wanted_and_again_when_that_changes(small, tmp_path):
    root = tmp_path / "index"
    build_index([small], root, HashEmbedder())
    assert Index.open(root).manifest.vectors.kind is Kind.FLAT
    build_index([small], root, HashEmbedder(), wanted=Wanted(Kind.IVF, 2))
    other = Index.open(root)
    assert other.generation == "gen-000002" and other.manifest.vectors.kind is Kind.IVF
    assert (other.folder / "lists.faiss").is_file() and other.manifest.vectors.probes == 2
    vector = HashEmbedder().embed_query("信访")
    assert len(other.nearest(vector, 3, EVERYTHING)) == 3
    build_index([small], root, HashEmbedder(), wanted=Wanted(Kind.IVF, 2))
    assert Index.open(root).generation == "gen-000002"  # nothing changed


def test_a_layout_is_chosen_on_the_command_line(small, tmp_path):
    root = tmp_path / "index"
    made = run_bureau("index", small, "--vectors", "ivf", "--probes", 1, index=root)
    assert made.returncode == 0, made.stderr
    assert Index.open(root).manifest.vectors.kind is Kind.IVF
    found = run_bureau("search", "重复信访", index=root)
    assert found.returncode == 0 and "青禾县" in found.stdout
    assert_refused(
        run_bureau("index", small, "--probes", 0, index=root), "probes = 0 is not at least 1"
    )


def test_a_server_hashes_everything_when_it_starts(small, tmp_path, monkeypatch):
    monkeypatch.setattr(integrity, "LARGE", 10)
    root = tmp_path / "index"
    build_index([small], root, HashEmbedder())
    index = Index.open(root)
    hashed = []
    true = integrity.sha256_of
    monkeypatch.setattr(integrity, "sha256_of", lambda p: hashed.append(p.name) or true(p))
    Index.open(root).hold()
    assert "clauses.npy" not in hashed
    index.check_all()
    assert len(set(hashed)) >= len(index.manifest.sha256) - 3


def test_what_was_chosen_stays_when_reports_are_added(small, tmp_path):
    root, more = tmp_path / "index", tmp_path / "more"
    build_index([small], root, HashEmbedder(), wanted=Wanted(Kind.IVF, 2))
    more.mkdir()
    (more / "new.txt").write_text(
        "一、主要做法\n组织灯塔管理员维护航标灯和雾号，全年无事故。", "utf-8"
    )
    add_to_index([more], root, HashEmbedder())
    added = Index.open(root).manifest
    assert added.reports == 3 and (added.vectors.kind, added.vectors.probes) == (Kind.IVF, 2)
    add_to_index([], root, HashEmbedder(), wanted=Wanted(Kind.FLAT))
    assert Index.open(root).manifest.vectors.kind is Kind.FLAT


def test_how_milvus_keeps_vectors_is_not_chosen_by_these_options(small):
    done = run_bureau("index", small, "--vectors", "ivf", index="milvus://127.0.0.1:1/reports")
    assert_refused(done, "?vectors=")
