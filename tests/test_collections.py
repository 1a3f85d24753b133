"""Collections: gathered, kept, annotated and exported in every form."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import openpyxl
import pytest
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from indexer.shapes import BadInput
from search_api.app import create_app
from search_api.sharing.collections import (
    MOST_ITEMS,
    Collection,
    Wanted,
    checked_name,
    collect,
    entry_of,
    new_collection,
)
from search_api.sharing.exports import Form, bibliography, exported
from search_api.sharing.references import Entry, Style, reference
from search_api.sharing.shelf import Shelf, default_folder, from_json, to_json

ONE, TWO, THREE = "yongan-2024:1849-1980", "jieyang-2024:3558-3650", "jieyang-2024:4022-4157"
ROOT = Path(__file__).parents[1]
FORMULA = '=HYPERLINK("http://evil.example")'


@pytest.fixture(scope="module")
def items(engine):
    return collect(engine.index, [Wanted(ONE, note="第二节"), Wanted(TWO), Wanted(THREE)])


@pytest.fixture(scope="module")
def made(items):
    return new_collection("听证", items)


@pytest.fixture
def bureau(corpus_index, tmp_path):
    """Runs “bureau collect …” over the bundled reports, in a folder of its own."""

    def run(verb, *args, given=None, **env):
        index = corpus_index if verb == "add" else None
        env = {"BUREAU_COLLECTIONS": str(tmp_path / "kept")} | env
        return run_bureau("collect", verb, *args, index=index, given=given, **env)

    return run


def test_an_item_has_its_quote_and_all_that_cites_it(engine, items):
    report = engine.index.report("yongan-2024")
    item = items[0]
    assert item.id == ONE
    assert item.text == report.text[1849:1980]
    assert item.sha256 == sha256(item.text.encode()).hexdigest()
    assert item.text_sha256 == report.text_sha256
    passage = engine.index.passage(engine.index.row_of(ONE))
    assert (item.heading_path, item.page) == (passage.path, passage.page)
    assert (item.issuer, item.title, item.year) == (
        report.meta.issuer,
        report.meta.title,
        report.meta.year,
    )


def test_any_span_can_be_collected_and_stands_under_its_heading(engine):
    passage = engine.index.passage(engine.index.row_of(TWO))
    (item,) = collect(engine.index, [Wanted(f"jieyang-2024:{passage.start + 3}-{passage.end - 3}")])
    assert item.text == passage.text[3:-3]
    assert item.heading_path == passage.path
    (title,) = collect(engine.index, [Wanted("jieyang-2024:0-5")])
    assert title.heading_path == ()


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("yongan-2024"), "not report:start-end"),
        (Wanted("yongan-2024:5-5"), "no span"),
        (Wanted("yongan-2024:9-5"), "no span"),
        (Wanted("yongan-2024:0-99999999"), "no span"),
        (Wanted("yongan-2024:０-５"), "not report:start-end"),
        (Wanted("yongan-2024:0-5555555555555"), "not report:start-end"),
        (Wanted("nope:0-5"), "nope"),
        (Wanted("../../etc/passwd:0-5"), "etc/passwd"),
        (Wanted(ONE, "别的话"), ONE),
        (Wanted(ONE, note="长" * 2001), "note"),
        (Wanted(ONE, note="\ud800"), "note"),
        (Wanted(""), "not report:start-end"),
        (Wanted("x" * 100_000), "not report:start-end"),
    ],
)
def test_what_cannot_be_collected_is_one_sentence_in_both_languages(engine, wanted, words):
    with pytest.raises(BadInput, match=re.escape(words)) as refused:
        collect(engine.index, [wanted])
    assert refused.value.zh != str(refused.value)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("name", ["听证", "my notes 2024", "a" * 60, "1.5 版", "é", "“引号”"])
def test_good_names(name):
    assert checked_name(f" {name} ") == name


@pytest.mark.parametrize(
    "name",
    ["", "  ", ".", "..", ".hidden", "../up", "a/b", "a\\b", "a\nb", "a\0b", "a:b", "x" * 61, "*"],
)
def test_a_name_that_could_leave_the_folder_is_refused(name, tmp_path):
    with pytest.raises(BadInput, match="the name"):
        Shelf(tmp_path).edit(name, lambda c: c)
    assert list(tmp_path.iterdir()) == []


def test_the_file_of_a_collection_is_read_back_and_readable(made, tmp_path):
    shelf = Shelf(tmp_path / "new" / "folder")
    shelf.edit("听证", lambda c: c.with_items(made.items))
    assert shelf.names() == ["听证"]
    assert shelf.load("听证").items == made.items
    text = (tmp_path / "new" / "folder" / "听证.json").read_text("utf-8")
    assert made.items[0].text in text  # a person can read it
    fields = json.loads(text)
    assert (fields["format"], fields["version"]) == ("bureau-collection", 1)
    assert from_json(to_json(made), "x") == made


def test_where_collections_are(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "bureau" / "collections"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")  # to be ignored, by the XDG rules
    monkeypatch.setenv("HOME", str(tmp_path))
    assert default_folder() == tmp_path / ".local" / "share" / "bureau" / "collections"


def damaged(made):
    """Files that are no collection: (bytes, what is said of them)."""
    good = json.loads(to_json(made))
    first = good["items"][0]

    def with_first(**changes):
        return json.dumps(good | {"items": [first | changes]}).encode()

    return [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b"[]", "format"),
        (json.dumps(good | {"format": "x"}).encode(), "format"),
        (json.dumps(good | {"version": 2}).encode(), "version 2"),
        (json.dumps(good | {"items": {}}).encode(), "items"),
        (json.dumps(good | {"items": [1]}).encode(), "items.0"),
        (with_first(start="1"), "items.0.start"),
        (with_first(start=True), "items.0.start"),
        (with_first(start=9, end=3), "items.0"),
        (with_first(text=None), "items.0.text"),
        (with_first(text="\ud800"), "items.0.text"),
        (with_first(heading_path=[1]), "items.0.heading_path"),
        (with_first(year="2024"), "items.0.year"),
        (b"\xff\xfe", "JSON"),
    ]


def test_a_damaged_file_is_one_sentence_and_is_left_alone(made, tmp_path, bureau):
    shelf = Shelf(tmp_path / "kept")
    shelf.edit("听证", lambda c: c)
    for data, words in damaged(made):
        shelf.path("听证").write_bytes(data)
        with pytest.raises(BadInput, match=words) as refused:
            shelf.edit("听证", lambda c: c.with_items(made.items))
        assert "听证.json" in str(refused.value)
        assert shelf.path("听证").read_bytes() == data
    assert_refused(bureau("show", "听证"), "听证.json")


WRITER = """
import sys
from pathlib import Path
from search_api.sharing.collections import Collection
from search_api.sharing.shelf import Shelf, from_json
folder, source, first = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
items = from_json(source.read_bytes(), "x").items
for item in items[first : first + 20]:
    Shelf(folder).edit("共用", lambda c: c.with_items([item]))
"""


def test_two_writers_lose_nothing(engine, tmp_path):
    spans = [Wanted(f"yongan-2024:{n}-{n + 20}") for n in range(40)]
    source = tmp_path / "all.json"
    source.write_bytes(to_json(new_collection("全部", collect(engine.index, spans))))
    command = [sys.executable, "-c", WRITER, str(tmp_path / "kept"), str(source)]
    writers = [subprocess.Popen([*command, first]) for first in ("0", "20")]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    kept = Shelf(tmp_path / "kept").load("共用")
    assert {item.id for item in kept.items} == {wanted.id for wanted in spans}


def test_a_full_disk_leaves_the_old_file(made, tmp_path, monkeypatch):
    shelf = Shelf(tmp_path)
    shelf.edit("听证", lambda c: c.with_items(made.items[:1]))

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("search_api.sharing.shelf.write_durably", full)
    with pytest.raises(OSError, match="space"):
        shelf.edit("听证", lambda c: c.with_items(made.items))
    assert shelf.load("听证").items == made.items[:1]


def test_a_collection_holds_no_span_twice_and_not_too_many(made, items):
    again = made.with_items([replace(items[0], note="另一个")])
    assert again == made
    many = [replace(items[0], start=n, end=n + 1) for n in range(MOST_ITEMS + 1)]
    with pytest.raises(BadInput, match="at most"):
        Collection("x", "").with_items(many)


def test_gbt7714_gives_every_report_one_number(made):
    assert bibliography(made).splitlines() == [
        "[1] 永安市人民政府信访局. 永安市人民政府信访局2024年法治政府建设工作情况报告[R]. 永安: "
        "永安市人民政府信访局, 2025.",
        f"    引文位置：三、下一步工作打算 › （三）进一步营造依法信访氛围，[{ONE}]",
        "[2] 揭阳市信访局. 揭阳市信访局2024年法治政府建设年度报告[R]. 揭阳: 揭阳市信访局, [2024].",
        f"    引文位置：三、存在问题 › （三）群众“信访不信法”现象依然存在，[{TWO}]",
        "    引文位置：四、下一步工作打算 › (三) 坚持和发展新时代“枫桥经验”，"
        f"持续推进信访问题源头治理和重复访治理，[{THREE}]",
    ]


def test_pages_stand_with_the_places_where_a_report_is_cited_from_several(items):
    pages = [replace(items[1], page=2), replace(items[2], page=5)]
    lines = bibliography(new_collection("x", pages)).splitlines()
    assert lines[0].endswith("揭阳市信访局, [2024].")
    assert [re.search("第 (.) 页", line)[1] for line in lines[1:]] == ["2", "5"]
    assert bibliography(new_collection("x", pages[:1])).splitlines()[0].endswith("[2024]: 2.")


def test_ris_bibtex_and_csl_json_have_an_entry_for_every_item(made, items):
    ris = exported(made, Form.RIS).decode()
    assert ris.count("TY  - RPRT") == ris.count("ER  - ") == 3
    assert [line[6:] for line in ris.split("\r\n") if line.startswith("ID")] == [
        ONE,
        TWO,
        THREE,
    ]
    assert all(re.fullmatch("[A-Z][A-Z0-9]  - .*", line) for line in ris.split("\r\n") if line)
    assert "N1  - 第二节" in ris
    bibtex = exported(made, Form.BIBTEX).decode()
    assert re.findall(r"@techreport\{(.*),", bibtex) == [ONE, TWO, THREE]
    assert bibtex.count("{") == bibtex.count("}")
    csl = json.loads(exported(made, Form.CSL_JSON))
    assert [item["id"] for item in csl] == [ONE, TWO, THREE]
    assert csl[0]["annote"] == "第二节"
    assert [item["abstract"] for item in csl] == [item.text for item in items]


def test_tables_have_a_row_for_every_item_and_run_no_formula(made, items):
    bad = new_collection("x", [replace(items[0], title=FORMULA, note=FORMULA), items[1]])
    rows = list(csv.DictReader(io.StringIO(exported(bad, Form.CSV).decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == [ONE, TWO]
    assert [row["text"] for row in rows] == [item.text for item in bad.items]
    assert rows[0]["title"] == rows[0]["note"] == "'" + FORMULA
    sheet = openpyxl.load_workbook(io.BytesIO(exported(bad, Form.XLSX))).active
    cells = [cell for row in sheet.iter_rows() for cell in row]
    assert len(list(sheet.iter_rows())) == 3
    assert all(cell.data_type != "f" for cell in cells)
    assert f"[{ONE}]" in rows[0]["citation"]


def test_an_exported_collection_can_be_added_again(bureau, tmp_path):
    assert bureau("add", "甲", ONE, TWO, "--note", "用").returncode == 0
    out = tmp_path / "甲.json"
    assert bureau("export", "甲", "--format", "json", "--out", out).returncode == 0
    done = bureau("add", "乙", "-", given=out.read_text("utf-8"))
    assert done.stdout.split() == [ONE, TWO]
    shown = [json.loads(line) for line in bureau("show", "乙", "--json").stdout.splitlines()]
    assert [row["note"] for row in shown] == ["用", "用"]


def test_search_and_ask_fit_together_with_collect(bureau, corpus_index):
    hits = run_bureau("search", "信访听证", "--json", index=corpus_index).stdout
    done = bureau("add", "听证", "-", given="\n" + hits)
    ids = [json.loads(line)["passage_id"] for line in hits.splitlines()]
    assert (done.returncode, done.stdout.split()) == (0, ids)
    assert done.stderr.strip() == "5 added, 0 already there: 5 in 听证"
    again = bureau("add", "听证", "-", given=hits)
    assert (again.returncode, again.stdout) == (0, "")
    assert "0 added, 5 already there" in again.stderr
    said = run_bureau("ask", "怎样宣传《信访工作条例》", "--json", index=corpus_index).stdout
    quotes = [q for b in json.loads(said)["bureaus"] for q in b["quotes"]]
    done = bureau("add", "问答", "-", given=said)
    assert len(done.stdout.split()) == len(quotes) > 0
    lines = bureau("show", "问答", "--json").stdout
    assert [json.loads(line)["sha256"] for line in lines.splitlines()] == [
        q["sha256"] for q in quotes
    ]
    assert run_bureau("verify", index=corpus_index, given=lines).returncode == 0


def test_the_life_of_a_collection(bureau, tmp_path):
    assert bureau("list").returncode == 1
    assert bureau("add", "听证", ONE, TWO, THREE).returncode == 0
    assert bureau("note", "听证", TWO, "看这里").returncode == 0
    assert bureau("list").stdout.startswith("听证  3  20")
    assert json.loads(bureau("list", "--json").stdout)["items"] == 3
    shown = bureau("show", "听证").stdout
    assert re.findall(r"^(\d)\. “", shown, re.M) == ["1", "2", "3"]
    assert "※ 看这里" in shown and f"[{THREE}]" in shown
    assert bureau("remove", "听证", ONE, THREE).returncode == 0
    assert [json.loads(line)["id"] for line in bureau("show", "听证", "--json").stdout.splitlines()]
    done = bureau("remove", "听证")
    assert done.returncode == 0
    assert bureau("list").returncode == 1
    kept = tmp_path / "kept" / ".removed" / "听证.json"
    assert str(kept) in done.stderr
    assert [item.id for item in from_json(kept.read_bytes(), "x").items] == [TWO]


def test_a_collection_is_shown_and_exported_without_an_index(bureau, tmp_path):
    bureau("add", "听证", ONE)
    gone = str(tmp_path / "no-index")
    assert ONE in bureau("show", "听证", BUREAU_INDEX=gone).stdout
    for form in Form:
        done = bureau(
            "export", "听证", "--format", form, "--out", tmp_path / "out", BUREAU_INDEX=gone
        )
        assert done.returncode == 0, done.stderr
        assert (tmp_path / "out").stat().st_size > 100


def test_a_round_trip_ends_verbatim(bureau, corpus_index, tmp_path):
    bureau("add", "听证", ONE, TWO, THREE, "--note", "一段\n两段")
    out = tmp_path / "听证.md"
    assert bureau("export", "听证", "--out", out).returncode == 0
    done = run_bureau("verify", out, index=corpus_index)
    assert (done.returncode, done.stderr.strip()) == (0, "6 verbatim · 0 changed · 0 missing")


@pytest.mark.parametrize(
    ("args", "given", "words"),
    [
        (("add", "../x", ONE), None, ["name"]),
        (("add", "x", "nope:1-2"), None, ["nope"]),
        (("add", "x", "-"), "{", ["line 1", "JSON"]),
        (("add", "x", "-"), f"{ONE}\nnope\n", ["nope"]),
        (("add", "x", "-"), '\n{"report_id": 1}', ["line 2", "report_id"]),
        (("add", "x", "-"), '{"report_id":"yongan-2024","start":0,"end":2,"text":"x"}', ["0-2"]),
        (("show", "x"), None, ["no collection", "x"]),
        (("export", "x"), None, ["no collection"]),
        (("export", "x", "--format", "pdf"), None, ["pdf", "bibtex"]),
        (("remove", "x", ONE), None, ["no collection"]),
        (("note", "x", ONE, "y"), None, ["no collection"]),
    ],
)
def test_bad_input_is_one_sentence_and_changes_nothing(bureau, tmp_path, args, given, words):
    assert_refused(bureau(*args, given=given), *words)
    assert list((tmp_path / "kept").glob("*.json")) == []


def test_an_item_that_is_not_there_is_named(bureau):
    bureau("add", "听证", ONE)
    assert_refused(bureau("remove", "听证", TWO), TWO, "听证")
    assert_refused(bureau("note", "听证", TWO, "x"), TWO)
    assert bureau("add", "听证", "-", given="").returncode == 1


@pytest.mark.parametrize("verb", ["", "add", "list", "show", "remove", "note", "export"])
def test_help_has_an_example(verb):
    done = run_bureau("collect", *filter(None, [verb]), "--help")
    assert done.returncode == 0
    assert "bureau" in done.stdout.split("Example:")[1]


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def post(client, form="md", **body):
    return client.post(f"/v1/collections/export?format={form}", json=body)


@pytest.mark.parametrize("form", list(Form))
def test_http_exports_what_the_command_line_does(client, made, form):
    body = [{"id": item.id, "text": item.text, "note": item.note} for item in made.items]
    answer = post(client, form, name="听证", items=body)
    assert answer.status_code == 200
    assert "attachment" in answer.headers["content-disposition"]
    ours = exported(made, form)
    if form is Form.XLSX:
        cells = [
            [[cell.value for cell in row] for row in openpyxl.load_workbook(io.BytesIO(d)).active]
            for d in (answer.content, ours)
        ]
        places = [n for n, name in enumerate(cells[0][0]) if name != "added"]
        assert [[r[n] for n in places] for r in cells[0]] == [
            [r[n] for n in places] for r in cells[1]
        ]
    else:
        times = re.compile(rb"20\d\d-\d\d-\d\dT[\d:+]+")
        assert times.sub(b"", answer.content) == times.sub(b"", ours)


@pytest.mark.parametrize(
    ("item", "field"),
    [
        ({"id": "nope:1-2"}, "items.1"),
        ({"id": "x"}, "items.1"),
        ({"id": ONE, "text": "别的话"}, "items.1"),
        ({"id": ONE, "note": "\ud800"}, "items.1.note"),
        ({"id": 7}, "items.1.id"),
        ({}, "items.1.id"),
        ({"id": ONE, "note": "长" * 2001}, "items.1.note"),
    ],
)
def test_http_names_the_item_that_is_wrong(client, item, field):
    body = json.dumps({"items": [{"id": TWO}, item]}).encode()
    headers = {"Content-Type": "application/json"}
    answer = client.post("/v1/collections/export", content=body, headers=headers)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_http_limits(client):
    many = [{"id": ONE}] * 501
    assert post(client, items=many).json()["errors"][0]["field"] == "items"
    assert post(client, items=[]).status_code == 422
    assert post(client, items=many[:500]).status_code == 200  # one span, once
    assert post(client, "pdf", items=[{"id": ONE}]).json()["errors"][0]["field"] == "format"
    assert post(client, name="a/b", items=[{"id": ONE}]).json()["errors"][0]["field"] == "name"
    large = client.post("/v1/collections/export", content=b" " * (2**20 + 1))
    assert large.status_code == 413


def test_the_server_keeps_nothing(client, engine, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path))
    before = sorted(engine.index.folder.rglob("*"))
    assert post(client, name="密", items=[{"id": ONE}]).status_code == 200
    assert list(tmp_path.iterdir()) == []
    assert sorted(engine.index.folder.rglob("*")) == before


def test_any_span_is_cited_and_a_passage_as_before(client, engine, corpus_index):
    passage = engine.index.passage(engine.index.row_of(TWO))
    meta = engine.index.report(passage.report_id).meta
    before = reference(Style.RIS, meta, passage)
    assert client.get(f"/v1/cite/{TWO}?format=ris").text == before
    span = f"{passage.report_id}:{passage.start}-{passage.end - 4}"
    answer = client.get(f"/v1/cite/{span}?format=ris").text
    assert answer == before.replace(TWO, span).replace(passage.text, passage.text[:-4])
    done = run_bureau("cite", span, "--format", "ris", index=corpus_index)
    assert done.stdout == answer.replace("\r\n", "\n")
    assert client.get("/v1/cite/jieyang-2024:5-999999").status_code == 404


def test_every_passage_has_the_same_entry_as_a_span(engine):
    index = engine.index
    for row in range(len(index)):
        passage = index.passage(row)
        meta = index.report(passage.report_id).meta
        assert entry_of(index, passage.id) == Entry.from_passage(meta, passage)


def test_footnotes_are_numbered_in_order_of_mention(made):
    text = exported(made, Form.MD).decode()
    marks = [int(n) for n in re.findall(r"\[\^(\d+)\](?!:)", text)]
    assert all(b == a + 1 for a, b in pairwise(marks))
    assert marks == [1, 2, 3]


def test_the_example_of_the_readme_is_real(corpus_index, tmp_path):
    readme = (ROOT / "README.md").read_text("utf-8")
    shown = re.search(r"<!-- example: collect -->\n+(.*?)<!-- end -->", readme, re.S)[1]
    lines = [line[4:] for line in shown.splitlines() if line.strip()]
    commands = "\n".join(line[2:] for line in lines if line.startswith("$ "))
    verb = f'bureau() {{ "{sys.executable}" -m search_api.cli "$@"; }}\n'
    places = {"BUREAU_INDEX": str(corpus_index), "BUREAU_COLLECTIONS": str(tmp_path / "kept")}
    done = subprocess.run(
        ["bash", "-c", verb + commands],
        cwd=tmp_path,
        env={**os.environ, **places, "BUREAU_LANG": "en", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.stdout.splitlines() == [line for line in lines if not line.startswith("$ ")]
    assert done.returncode == 1
