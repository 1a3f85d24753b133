"""The index directory: published whole or not at all, and checked when it is opened."""

import json
import os
import pickle
import shutil
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from conftest import HashEmbedder

from indexer.build import build_index
from indexer.files import only_writer, write_durably
from indexer.generations import FORMAT
from indexer.shapes import BadIndex, BadInput, BureauError, Fate
from indexer.store import Index


@pytest.fixture
def built(tmp_path, small):
    root = tmp_path / "index"
    build_index([small], root, HashEmbedder())
    return root


def files_of(root):
    return [
        p
        for p in sorted(root.rglob("*"))
        if p.is_file() and p.name not in ("LOCK",) and not p.name.endswith(".lock")
    ]


def test_build_and_open_round_trip(built):
    index = Index.open(built)
    assert len(index) == index.manifest.passages == len(index.vectors) == len(index.lexical)
    for row in range(len(index)):
        passage = index.passage(row)
        report = index.report(passage.report_id)
        assert report.text[passage.start : passage.end] == passage.text
        assert index.row_of(passage.id) == row


def test_threads_read_the_same_passages(built):
    """Read by many at once, and again when they are held; each is what its report says."""
    index, other = Index.open(built), Index.open(built)
    rows = list(range(len(index)))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(index.passage, rows * 20))
    assert found == [other.passage(row) for row in rows] * 20
    for passage in found[: len(rows)]:
        stored = index.report(passage.report_id)
        assert passage.text == stored.text[passage.start : passage.end]
        assert passage.path == stored.sections[passage.section].path


def opened(root):
    """The index with all its files opened, as a server has it."""
    index = Index.open(root)
    index.hold()
    index.hold_tools()
    return index


def test_no_index(tmp_path):
    with pytest.raises(BadIndex, match="no index at .*bureau index"):
        Index.open(tmp_path)


def test_every_flipped_byte_is_refused_naming_the_file(built):
    rng = np.random.default_rng(7)
    for path in files_of(built):
        data = bytearray(path.read_bytes())
        for at in rng.integers(0, len(data), size=3):
            data[at] ^= 0x10
            path.write_bytes(data)
            with pytest.raises(BadIndex) as caught:
                opened(built)
            named = path.name in str(caught.value) or path.name == "CURRENT"
            assert named, (path, str(caught.value))
            assert "rebuild" in str(caught.value)
            data[at] ^= 0x10
        path.write_bytes(data)
    Index.open(built)


def test_every_truncated_or_missing_file_is_refused(built):
    for path in files_of(built):
        data = path.read_bytes()
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(BadIndex):
            opened(built)
        path.unlink()
        with pytest.raises(BadIndex):
            opened(built)
        path.write_bytes(data)
    Index.open(built)


def test_pickle_in_the_place_of_any_file_is_refused(built, tmp_path):
    trap = tmp_path / "trap"
    payload = pickle.dumps(_Trap(str(trap)))
    for path in files_of(built):
        data = path.read_bytes()
        path.write_bytes(payload)
        with pytest.raises(BadIndex):
            opened(built)
        path.write_bytes(data)
    assert not trap.exists()


@pytest.mark.parametrize("payload", ["pickle", "npy"])
def test_nothing_is_unpickled_even_if_the_manifest_was_forged_too(built, tmp_path, payload):
    trap, buffer = _Trap(str(tmp_path / "trap")), BytesIO()
    if payload == "pickle":
        pickle.dump(trap, buffer)
    else:
        np.save(buffer, np.array([trap], dtype=object), allow_pickle=True)
    current, folder = built / "CURRENT", Index.open(built).folder
    honest = (folder / "manifest.json").read_bytes(), current.read_bytes()
    fields = json.loads(honest[0])
    for name in fields["sha256"]:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(buffer.getvalue())
        hashes = fields["sha256"] | {name: sha256(buffer.getvalue()).hexdigest()}
        forged = json.dumps(fields | {"sha256": hashes}).encode()
        (folder / "manifest.json").write_bytes(forged)
        current.write_text(f"{folder.name} {sha256(forged).hexdigest()}\n")
        with suppress(BureauError, ValueError, RuntimeError, sqlite3.Error):
            opened(built)
        (folder / name).write_bytes(data)
        (folder / "manifest.json").write_bytes(honest[0])
        current.write_bytes(honest[1])
    assert not (tmp_path / "trap").exists()
    Index.open(built).hold()


class _Trap:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.mkdir, (self.path,))


def test_other_format_version_is_refused_with_the_way_out(built):
    manifest = next(built.glob("gen-*/manifest.json"))
    fields = json.loads(manifest.read_text("utf-8")) | {"format": FORMAT + 1}
    manifest.write_text(json.dumps(fields), "utf-8")
    with pytest.raises(BadIndex, match=f"format version {FORMAT + 1}.*bureau index"):
        Index.open(built)


def test_a_reader_keeps_its_generation_while_new_ones_are_published(built, small):
    index = Index.open(built)
    index.hold()
    before = [index.passage(row) for row in range(len(index))]
    for _ in range(3):
        build_index([small], built, HashEmbedder(), afresh=True)
    assert [index.passage(row) for row in range(len(index))] == before
    assert index.lexical.search([[("信访", 1.0)]], 5, boosts=_boosts())
    assert Index.open(built).generation == "gen-000004"
    assert len(list(built.glob("gen-*"))) == 2


def _boosts():
    from indexer.lexical import Boosts

    return Boosts()


def test_a_failed_build_leaves_the_old_index_answering(built, tmp_path):
    before = Index.open(built).generation
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadInput, match="no report could be indexed"):
        build_index([empty], built, HashEmbedder())

    class Broken(HashEmbedder):
        def embed_passages(self, texts):
            raise MemoryError

    with pytest.raises(MemoryError):
        build_index([tmp_path / "reports"], built, Broken(), afresh=True)
    assert Index.open(built).generation == before


def test_a_second_writer_is_told_who_is_writing(built, small):
    with only_writer(built), pytest.raises(BadIndex, match=f"process {os.getpid()}"):
        build_index([small], built, HashEmbedder())
    build_index([small], built, HashEmbedder())


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[4])
from conftest import HashEmbedder
from pathlib import Path
import indexer.files as files
count = 0
def die(*args, **kwargs):
    global count
    count += 1
    if count == int(sys.argv[3]):
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)
real, os.fsync = os.fsync, die
from indexer.build import build_index
build_index([Path(sys.argv[1])], Path(sys.argv[2]), HashEmbedder(), afresh=True)
"""


@pytest.mark.parametrize("at", [1, 2, 3, 5, 8, 13])
def test_killed_at_a_sync_point_the_old_or_the_new_generation_answers(built, small, at):
    before = Index.open(built)
    here = str(Path(__file__).parent)
    child = [sys.executable, "-c", KILLED, str(small), str(built), str(at), here]
    subprocess.run(child, check=False)
    after = Index.open(built)
    assert len(after) == len(before)
    assert after.lexical.search([[("信访", 1.0)]], 5, boosts=_boosts())
    build_index([small], built, HashEmbedder())
    assert len(Index.open(built)) == len(before)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_is_reported_and_harms_nothing(tmp_path, small):
    disk = tmp_path / "disk"
    disk.mkdir()
    size = 600_000
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", disk]).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        build_index([small], disk / "index", HashEmbedder())
        before = Index.open(disk / "index").generation
        free = shutil.disk_usage(disk).free
        for spare in (1, 4096, 20_000, 60_000):
            (disk / "filler").write_bytes(b"x" * max(0, free - spare))
            with pytest.raises(OSError):
                build_index([small], disk / "index", HashEmbedder(), afresh=True)
            assert Index.open(disk / "index").generation == before
            (disk / "filler").unlink()
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_write_durably_replaces_whole_files(tmp_path):
    path = tmp_path / "f"
    write_durably(path, b"old")
    write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
    with pytest.raises(FileNotFoundError):
        write_durably(tmp_path / "absent" / "f", b"x")


def test_the_ledger_accounts_for_every_file(small, tmp_path):
    (small / "empty.txt").write_bytes(b"")
    (small / "noise.txt").write_bytes(b"\xff" * 500)
    (small / "table.xlsx").write_bytes(b"PK")
    (small / "link.txt").symlink_to("/etc/hostname")
    sub = small / "more"
    sub.mkdir()
    text = (small / "青禾县-2023.txt").read_text("utf-8")
    (sub / "青禾县-2023.txt").write_text(text.replace("积案12件", "积案13件"), "utf-8")
    result = build_index([small], tmp_path / "index", HashEmbedder())
    assert str(result).startswith("3 reports, ")
    assert str(result).endswith(" 3 skipped, 1 failed")
    assert sum(result.count(fate) for fate in Fate) == 7
    ids = {entry.report_id for entry in result.ledger if entry.fate is Fate.INDEXED}
    assert ids == {"青禾县-2023", "青禾县-2023-2", "白鹭市-2024"}
    assert Index.open(tmp_path / "index").ledger == result.ledger


def test_odd_files_are_in_the_ledger_and_cost_no_neighbour(small, tmp_path):
    (small / "aaa.txt").symlink_to("白鹭市-2024.txt")
    (small / "dead.txt").symlink_to("nowhere.txt")
    os.mkfifo(small / "pipe.txt")
    odd = Path(os.fsdecode(os.fsencode(small) + b"/\xff\xfe.txt"))
    odd.write_bytes((small / "青禾县-2023.txt").read_bytes().replace(b"12", b"13"))
    (small / "broken.pdf").write_bytes(BROKEN_PDF)
    result = build_index([small], tmp_path / "index", HashEmbedder())
    assert str(result).endswith("3 skipped, 1 failed")
    assert result.count(Fate.INDEXED) == 3
    files = {entry.file for entry in Index.open(tmp_path / "index").ledger}
    assert files >= {"\\xff\\xfe.txt", "dead.txt", "aaa.txt", "pipe.txt", "broken.pdf"}


BROKEN_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0]/Rotate/x>>endobj\n"
    b"trailer<</Root 1 0 R>>\n"
)


def test_other_folders_beside_the_generations_are_left_alone(built, small):
    (built / "gen-000001.bak").mkdir()
    for _ in range(3):
        build_index([small], built, HashEmbedder(), afresh=True)
    assert (built / "gen-000001.bak").is_dir()
    assert Index.open(built).generation == "gen-000004"
