"""The command line as a user meets it: real processes, exit statuses, one sentence on errors."""

import csv
import io
import json
import socket
import subprocess
import sys

import pytest
from shell import assert_refused
from shell import run_bureau as bureau

FIELDS = [
    *("rank", "passage_id", "report_id", "title", "issuer", "region", "year", "heading_path"),
    *("role", "text", "start", "end", "page", "score", "matched", "same_as"),
]


def test_index_search_ask_show(tmp_path, small):
    index = tmp_path / "index"
    done = bureau("index", small, index=index)
    assert done.returncode == 0
    assert done.stdout == ""
    assert f"2 reports, 6 passages, 0 skipped, 0 failed → {index}" in done.stderr

    done = bureau("search", "重复信访怎么治理", "--json", index=index)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(row) for row in rows] == [FIELDS] * 5
    assert rows[0]["report_id"] == "青禾县-2023"
    assert rows[0]["heading_path"] == ["一、主要做法", "（一）依法办理。"]

    done = bureau("show", rows[0]["passage_id"], index=index)
    assert done.returncode == 0
    assert rows[0]["text"] in done.stdout
    assert f"[{rows[0]['passage_id']}]" in done.stdout

    done = bureau("ask", "律师怎么参与接访", index=index)
    assert done.returncode == 0
    assert "组织律师参与接访" in done.stdout
    assert "白鹭市信访局" in done.stdout


def test_search_prints_bureau_year_heading_passage_and_id(corpus_index):
    done = bureau("search", "重复信访怎么治理", index=corpus_index)
    assert done.returncode == 0
    first = done.stdout.splitlines()[0]
    assert first.startswith(" 1. ")
    assert " · 2024 · " in first or " · 2023 · " in first or " · 2025 · " in first
    assert "[" in done.stdout.splitlines()[2]


def test_english_query_says_what_it_was_expanded_to(corpus_index):
    query = "how do bureaus handle repeated petitioning"
    assert "重复信访" in bureau("search", query, index=corpus_index).stderr
    assert bureau("search", query, "--no-expand", index=corpus_index).stderr == ""


def test_csv_is_for_spreadsheets(corpus_index):
    done = bureau("search", "信访", "--csv", index=corpus_index)
    assert done.stdout.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(done.stdout.removeprefix("\ufeff"))))
    assert len(rows) == 5
    assert list(rows[0]) == FIELDS


def test_ask_json_is_one_object(corpus_index):
    done = bureau("ask", "重复信访怎么治理", "--json", index=corpus_index)
    answer = json.loads(done.stdout)
    assert answer["sufficient"] is True
    assert answer["bureaus"][0]["quotes"][0]["sha256"]


def test_insufficient_evidence_has_its_own_status(corpus_index):
    done = bureau("ask", "how to bake sourdough bread", index=corpus_index)
    assert done.returncode == 3
    assert "Insufficient evidence" in done.stderr
    done = bureau("ask", "红烧肉怎么做", index=corpus_index, BUREAU_LANG="zh")
    assert done.returncode == 3
    assert "证据不足" in done.stderr


def test_nothing_found_has_its_own_status(corpus_index):
    done = bureau("search", "信访", "--year", "1999", index=corpus_index)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing found" in done.stderr


def test_stats_lists_reports_and_what_was_left_out(tmp_path, small):
    (small / "empty.txt").write_bytes(b"")
    bureau("index", small, index=tmp_path / "i")
    done = bureau("stats", index=tmp_path / "i")
    assert "青禾县-2023" in done.stdout
    assert "skipped: 'empty.txt': the file is empty" in done.stdout
    assert json.loads(bureau("stats", "--json", index=tmp_path / "i").stdout)["passages"] == 6


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["search", "信访"], ["no index at", "bureau index"]),
        (["ask", "信访"], ["no index at"]),
        (["show", "a:1-2"], ["no index at"]),
        (["stats"], ["no index at"]),
        (["serve"], ["no index at"]),
    ],
)
def test_no_index_is_one_sentence(tmp_path, args, words):
    assert_refused(bureau(*args, index=tmp_path / "none"), *words)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["search", ""], ["empty"]),
        (["search", "a" * 100_000], ["100,000", "shorten"]),
        (["search", "信访", "-k", "0"], ["k = 0"]),
        (["search", "信访", "--json", "--csv"], ["--csv"]),
        (
            ["search", "信访", "--embedder", "/no/such/model"],
            ["/no/such/model", "cannot be loaded"],
        ),
        (["search", "信访", "--report", "nope"], ["nope"]),
        (["show", "nope:1-2"], ["nope:1-2"]),
        (["show", "yongan-2024"], ["yongan-2024"]),
        (["show", "yongan-2024:0-1"], ["yongan-2024:0-1"]),
        (["show", "yongan-2024:٣-٤"], ["no passage"]),
        (["show", "yongan-2024:" + "9" * 5000 + "-1"], ["no passage"]),
    ],
)
def test_bad_input_is_one_sentence(corpus_index, args, words):
    assert_refused(bureau(*args, index=corpus_index), *words)


def test_errors_speak_chinese_too(corpus_index):
    done = bureau("search", "", index=corpus_index, BUREAU_LANG="zh")
    assert "查询为空" in done.stderr


@pytest.mark.parametrize("content", [None, b"", b"\xff" * 1000])
def test_nothing_to_index_is_one_sentence_and_harms_nothing(tmp_path, small, content):
    index, folder = tmp_path / "index", tmp_path / "bad"
    bureau("index", small, index=index)
    folder.mkdir()
    if content is not None:
        (folder / "a.txt").write_bytes(content)
    assert_refused(bureau("index", folder, index=index), "no report could be indexed")
    assert bureau("search", "信访", index=index).returncode == 0


def test_missing_path_is_one_sentence(tmp_path):
    assert_refused(bureau("index", tmp_path / "absent", index=tmp_path / "i"), "absent")


def test_an_index_that_cannot_be_written_is_one_sentence(tmp_path, small):
    (tmp_path / "file").write_text("x")
    assert_refused(bureau("index", small, index=tmp_path / "file" / "i"), "file")


def test_damaged_index_is_one_sentence(tmp_path, small):
    index = tmp_path / "index"
    bureau("index", small, index=index)
    vectors = next(index.glob("gen-*/vectors.faiss"))
    data = bytearray(vectors.read_bytes())
    data[100] ^= 1
    vectors.write_bytes(data)
    assert_refused(bureau("search", "信访", index=index), "vectors.faiss", "bureau index")


def test_a_reader_that_leaves_early_is_no_error(corpus_index):
    search = f"{sys.executable} -m search_api.cli search 信访 -k 50 --no-expand"
    command = f"{search} --index {corpus_index} | head -1"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr == ""


@pytest.mark.parametrize("verb", ["index", "search", "ask", "show", "stats", "serve"])
def test_help_of_every_verb_has_an_example(verb):
    done = bureau(verb, "--help")
    assert done.returncode == 0
    assert f"bureau {verb}" in done.stdout.split("Example:")[1]


def test_an_address_in_use_is_one_sentence(corpus_index):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        done = bureau("serve", "--port", port, index=corpus_index)
    assert_refused(done, str(port), "choose another")


def test_a_corrected_question_says_so(corpus_index):
    assert "petitoin → petition" in bureau("ask", "petitoin hearing", index=corpus_index).stderr


def test_errors_about_ids_and_paths_speak_chinese_too(corpus_index, tmp_path):
    assert "没有段落" in bureau("show", "x:1-2", index=corpus_index, BUREAU_LANG="zh").stderr
    assert "没有索引" in bureau("stats", index=tmp_path / "none", BUREAU_LANG="zh").stderr


@pytest.mark.parametrize("verb", ["show", "cite"])
def test_the_example_in_the_help_works(corpus_index, verb):
    words = bureau(verb, "--help").stdout.split("Example: bureau ")[1].split()
    example = words[: 4 if verb == "cite" else 2]
    assert bureau(*example, index=corpus_index).returncode == 0
