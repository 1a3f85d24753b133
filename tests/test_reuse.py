"""A second build does only what has changed, and a stopped one goes on where it stopped."""

import shutil

import numpy as np
import pytest
from conftest import HashEmbedder
from shell import assert_refused, run_bureau

from indexer import reuse
from indexer.build import add_to_index, build_index
from indexer.embedders import Identity
from indexer.embedding import embedded_text
from indexer.layout import Kind, Wanted
from indexer.reuse import UNFINISHED, Unfinished, text_key
from indexer.shapes import BadIndex, BadInput, Fate
from indexer.store import Index


class Counting(HashEmbedder):
    """Counts the texts that it embeds; stops at the ``limit``."""

    def __init__(self, limit=10**9):
        self.texts = []
        self.limit = limit

    def embed_passages(self, texts):
        if len(self.texts) + len(texts) > self.limit:
            raise KeyboardInterrupt
        self.texts += texts
        return super().embed_passages(texts)


@pytest.fixture
def root(tmp_path, small):
    build_index([small], tmp_path / "index", HashEmbedder())
    return tmp_path / "index"


def fates(result):
    return {entry.file: str(entry.fate) for entry in result.ledger}


def same_answers(root, other):
    one, two = Index.open(root), Index.open(other)
    assert [one.passage(r) for r in range(len(one))] == [two.passage(r) for r in range(len(two))]
    rows = range(len(one))
    assert np.array_equal(one.vectors.reconstruct(rows), two.vectors.reconstruct(rows))
    assert all(np.array_equal(one.clauses.of(row), two.clauses.of(row)) for row in rows)
    assert tuple(one.metas) == tuple(two.metas)


def test_nothing_changed_means_nothing_done_and_nothing_published(root, small):
    counting = Counting()
    before = Index.open(root).generation
    result = build_index([small], root, counting)
    assert counting.texts == []
    assert set(fates(result).values()) == {"unchanged"}
    assert str(result).startswith("2 reports (2 unchanged), ")
    assert Index.open(root).generation == before == result.folder.name


def test_only_changed_and_new_files_are_read_and_embedded(root, small, tmp_path):
    changed = small / "白鹭市-2024.txt"
    changed.write_text(changed.read_text("utf-8").replace("86人次", "87人次"), "utf-8")
    text = changed.read_text("utf-8").replace("白鹭市", "黑石市")
    (small / "黑石市-2024.txt").write_text(text.replace("律师", "心理咨询师"), "utf-8")
    counting = Counting()
    result = build_index([small], root, counting)
    assert fates(result) == {
        "白鹭市-2024.txt": "indexed",
        "青禾县-2023.txt": "unchanged",
        "黑石市-2024.txt": "indexed",
    }
    assert counting.texts and not any("青禾县" in text or "包案" in text for text in counting.texts)
    assert not any("法治思维" in text for text in counting.texts), "an unchanged paragraph"
    build_index([small], tmp_path / "fresh", HashEmbedder())
    same_answers(root, tmp_path / "fresh")


def test_a_renamed_file_keeps_its_vectors_and_a_removed_one_leaves(root, small):
    (small / "青禾县-2023.txt").rename(small / "qinghe.txt")
    (small / "白鹭市-2024.txt").unlink()
    counting = Counting()
    build_index([small], root, counting)
    assert counting.texts == []
    assert [meta.id for meta in Index.open(root).metas] == ["qinghe"]


def test_a_corrected_manifest_row_is_heard(root, small):
    (small / "corpus.csv").write_text("file,year\n青禾县-2023.txt,1999\n", "utf-8")
    result = build_index([small], root, HashEmbedder())
    assert fates(result)["青禾县-2023.txt"] == "indexed"
    assert 1999 in {meta.year for meta in Index.open(root).metas}


def test_the_same_text_under_two_names_is_reported_and_indexed_once(root, small):
    shutil.copy(small / "青禾县-2023.txt", small / "副本.txt")
    result = build_index([small], root, HashEmbedder())
    assert fates(result)["副本.txt"] == "skipped"
    reason = next(entry.reason for entry in result.ledger if entry.fate is Fate.SKIPPED)
    assert "青禾县-2023.txt" in reason
    assert len(Index.open(root).metas) == 2


def test_another_program_or_model_keeps_nothing_it_should_not(root, small, monkeypatch):
    monkeypatch.setattr(reuse, "program", lambda: "another")
    monkeypatch.setattr("indexer.build.program", lambda: "another")
    counting = Counting()
    assert set(fates(build_index([small], root, counting)).values()) == {"indexed"}
    assert counting.texts == []  # the texts are the same: their vectors are too
    counting.identity = Identity("hash", "2", 64)
    build_index([small], root, counting)
    assert counting.texts


def test_what_bytes_leave_out_is_kept_too(small, tmp_path, monkeypatch):
    monkeypatch.setattr("indexer.layout.REFINED_FROM", 1)
    root, ivf = tmp_path / "index", Wanted(Kind.IVF)
    build_index([small], root, HashEmbedder(), wanted=ivf)
    first, counting = Index.open(root), Counting()
    assert "residuals.npy" in first.manifest.sha256
    monkeypatch.setattr(reuse, "program", lambda: "another")
    build_index([small], root, counting, wanted=ivf)
    again = Index.open(root)
    assert not counting.texts and again.generation != first.generation
    rows = range(len(first))
    assert np.array_equal(again.vectors.refined(rows), first.vectors.refined(rows))
    texts = [embedded_text(first.passage(row)) for row in rows]
    exact = HashEmbedder().embed_passages(texts)
    assert np.abs(first.vectors.refined(rows) - exact).max() < first.manifest.vectors.step / 25


def test_a_damaged_index_is_built_anew(root, small):
    next(root.glob("gen-*/vectors.faiss")).write_bytes(b"x")
    assert set(fates(build_index([small], root, HashEmbedder())).values()) == {"indexed"}
    assert len(Index.open(root).metas) == 2


def test_a_stopped_build_goes_on(tmp_path, small, monkeypatch):
    monkeypatch.setattr("indexer.embedding.CHUNK", 2)
    whole = Counting()
    build_index([small], tmp_path / "fresh", whole)
    root, stopped, resumed = tmp_path / "index", Counting(limit=5), Counting()
    with pytest.raises(KeyboardInterrupt):
        build_index([small], root, stopped)
    assert 0 < len(stopped.texts) <= 5
    build_index([small], root, resumed)
    assert sorted(stopped.texts + resumed.texts) == sorted(whole.texts)
    same_answers(root, tmp_path / "fresh")
    assert not (root / UNFINISHED).exists()


def test_vectors_of_a_torn_or_damaged_file_or_another_model_are_passed_over(tmp_path):
    model = HashEmbedder()
    texts = ["甲", "乙", "丙"]
    keys = [text_key(text) for text in texts]
    unfinished = Unfinished(tmp_path, model.identity)
    unfinished.add(keys, model.embed_passages(texts))
    assert set(unfinished.load()) == set(keys)
    assert Unfinished(tmp_path, Identity("hash", "2", 64)).load() == {}
    data = bytearray((tmp_path / UNFINISHED).read_bytes())
    data[30] ^= 1
    (tmp_path / UNFINISHED).write_bytes(data[:-5])
    assert set(unfinished.load()) == {keys[1]}
    unfinished.add([keys[2]], model.embed_passages(["丙"]))
    assert set(unfinished.load()) == {keys[1], keys[2]}


def test_adding_keeps_what_the_index_was_made_from(root, small, tmp_path):
    text = (small / "白鹭市-2024.txt").read_text("utf-8").replace("白鹭市", "黑石市")
    extra = tmp_path / "黑石市-2024.txt"
    extra.write_text(text.replace("律师", "心理咨询师"), "utf-8")
    result = add_to_index([extra], root, HashEmbedder())
    assert fates(result)["黑石市-2024.txt"] == "indexed"
    assert result.count(Fate.UNCHANGED) == 2
    assert add_to_index([], root, HashEmbedder()).count(Fate.UNCHANGED) == 3
    stored = Index.open(root).report("黑石市-2024")
    assert stored.source == str(extra)
    shutil.rmtree(small)
    with pytest.raises(BadInput, match="no such file"):
        add_to_index([], root, HashEmbedder())
    with pytest.raises(BadIndex, match="no index"):
        add_to_index([extra], tmp_path / "nowhere", HashEmbedder())


def test_the_command_adds_and_rebuilds(small, tmp_path):
    index = tmp_path / "index"
    assert run_bureau("index", small, index=index).returncode == 0
    again = run_bureau("index", small, index=index)
    assert "2 reports (2 unchanged), 6 passages" in again.stderr
    rebuilt = run_bureau("index", small, "--rebuild", index=index)
    assert "2 reports, 6 passages" in rebuilt.stderr
    assert_refused(run_bureau("index", tmp_path / "no.txt", "--add", index=index), "no.txt")


def test_an_index_of_another_version_is_refused_and_built_anew(root, small, monkeypatch):
    def other(data):
        raise KeyError("field")

    monkeypatch.setattr("indexer.reports.report_from_json", other)
    with pytest.raises(BadIndex, match="another version"):
        Index.open(root).hold()
    assert set(fates(build_index([small], root, HashEmbedder())).values()) == {"indexed"}
