"""What is in an index is shown, and can be corrected by hand."""

import csv
import io

import pytest
from conftest import HashEmbedder
from shell import run_bureau

from indexer.build import build_index
from indexer.store import Index


@pytest.fixture
def root(tmp_path, small):
    text = (small / "青禾县-2023.txt").read_text("utf-8").replace("青禾县", "").replace("12", "13")
    (small / "vague.txt").write_text(text, "utf-8")
    (small / "empty.txt").write_bytes(b"")
    build_index([small], tmp_path / "index", HashEmbedder())
    return tmp_path / "index"


def test_stats_shows_coverage_weak_guesses_and_files_left_out(root):
    done = run_bureau("stats", index=root)
    assert done.returncode == 0
    assert "region" in done.stdout and "2023" in done.stdout and "2024" in done.stdout
    assert "vague: region (not found)" in done.stdout
    assert "skipped: 'empty.txt': the file is empty" in done.stdout


def test_stats_speaks_chinese(root):
    done = run_bureau("stats", index=root, BUREAU_LANG="zh")
    assert "vague: 地区 (未找到)" in done.stdout
    assert "跳过: 'empty.txt': 文件为空" in done.stdout


def test_a_manifest_is_written_corrected_and_read_again(root, small, tmp_path):
    done = run_bureau("manifest", index=root)
    rows = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert [row["file"] for row in rows] == ["vague.txt", "白鹭市-2024.txt", "青禾县-2023.txt"]
    vague = rows[0]
    assert "region" in vague["weak"]
    assert vague["confidence"].split("; ")[-1] == "region 0.00"
    vague |= {"region_code": "350481", "year": "2021", "issuer": "永安市信访局"}
    table = io.StringIO()
    writer = csv.DictWriter(table, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    (small / "corpus.csv").write_text(table.getvalue(), "utf-8")
    build_index([small], root, HashEmbedder())
    meta = next(meta for meta in Index.open(root).metas if meta.file == "vague.txt")
    assert (meta.year, meta.region.code, meta.issuer, meta.weak) == (
        2021,
        "350481",
        "永安市信访局",
        {},
    )


def test_strict_makes_a_failure_an_error(small, tmp_path):
    plain = run_bureau("index", small, "--strict", index=tmp_path / "index")
    assert plain.returncode == 0
    (small / "broken.pdf").write_bytes(b"%PDF-1.4 broken")
    strict = run_bureau("index", small, "--strict", index=tmp_path / "index")
    assert strict.returncode == 2
    assert "broken.pdf" in strict.stderr
    assert run_bureau("index", small, index=tmp_path / "index").returncode == 0
