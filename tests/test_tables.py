"""Exports: complete, readable by a spreadsheet, and never run by one."""

import csv
import io
import json

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from search_api.app import create_app
from search_api.sharing.tables import RUNS, TableFormat, inert, original, table

FORMULAS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "＋1", "－1", "＠SUM(A1)"),
    *('=HYPERLINK("http://evil.example","x")', "=cmd|'/c calc'!A0", '=IMPORTXML("x","y")'),
    *("+cmd|'/c calc'!A0", "-2+3+cmd|'/c calc'!A0", "@A1", "==1", "=", "+", "-", "@", "＝"),
    *(" =1+1", "\u3000=1", "\u00a0@A1", "'=1+1", "''=1", "'"),
    *(
        '=WEBSERVICE("x")',
        "=DDE(1)",
        "-1-1",
        "+A1",
        "=\n1",
        "= 1",
        "@\t1",
        "\t",
        "\r",
        "\n",
        "\t\t=",
    ),
    '=DDE("cmd";"/C calc";"x")',
]
COLUMNS = [
    *("rank", "passage_id", "report_id", "title", "issuer", "region", "year", "heading_path"),
    *("role", "text", "start", "end", "page", "score", "matched", "same_as", "citation"),
]
PLAIN = ["", "化解率98%", "1=1", "a-b", "《报告》", "（一）=", "86人次"]


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def read_csv(data):
    text = data.decode("utf-8")
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def read_xlsx(data):
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    names, *rows = sheet.iter_rows()
    assert all(cell.data_type != "f" for row in rows for cell in row)
    return [{n.value: c.value for n, c in zip(names, row, strict=True)} for row in rows]


def test_there_are_forty_formulas():
    assert len(FORMULAS) >= 40


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_made_inert_and_can_be_recovered(text):
    assert inert(text) == "'" + text
    assert original(inert(text)) == text
    rows = [{"text": text, "n": 1}]
    assert read_csv(table(TableFormat.CSV, rows))[0]["text"] == "'" + text
    assert read_xlsx(table(TableFormat.XLSX, rows))[0]["text"].startswith("'")
    assert json.loads(table(TableFormat.JSON, rows))[0]["text"] == text


@pytest.mark.parametrize("text", PLAIN)
def test_plain_text_stays_as_it_is(text):
    assert inert(text) == text


@given(st.text())
def test_every_text_can_be_recovered(text):
    made = inert(text)
    assert not made.startswith(RUNS)
    assert original(made) == text


def test_control_characters_do_not_break_a_workbook():
    rows = [{"text": "a\x00b\x0bc", "long": "长" * 40_000, "none": None}]
    (row,) = read_xlsx(table(TableFormat.XLSX, rows))
    assert row == {"text": "a\ufffdb\ufffdc", "long": "长" * 32_767, "none": None}


@pytest.mark.parametrize("form", list(TableFormat))
def test_export_holds_what_the_search_found(client, form):
    params = {"q": "重复信访", "year": 2024, "k": 20}
    hits = client.get("/v1/search", params=params).json()["hits"]
    response = client.get("/v1/export", params={**params, "format": form})
    assert f'filename="bureau-export.{form}"' in response.headers["content-disposition"]
    read = {"csv": read_csv, "xlsx": read_xlsx, "json": json.loads}[form]
    rows = read(response.content)
    assert [row["passage_id"] for row in rows] == [hit["passage_id"] for hit in hits]
    assert [row["text"] for row in rows] == [inert(hit["text"]) for hit in hits]
    assert list(rows[0]) == COLUMNS
    assert f"[{hits[0]['passage_id']}]" in rows[0]["citation"]


def test_up_to_a_thousand_rows(client, engine):
    rows = client.get("/v1/export?q=信访&format=json&k=1000").json()
    assert 50 < len(rows) <= len(engine.index)
    response = client.get("/v1/export?q=信访&k=1001")
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "k"


def test_no_rows_are_an_empty_table(client):
    assert client.get("/v1/export?q=信访&year=1999").content == b"\xef\xbb\xbf"
    assert client.get("/v1/export?q=信访&year=1999&format=json").json() == []
    assert client.get("/v1/export?q=信访&year=1999&format=xlsx").status_code == 200


def test_a_hostile_title_is_inert_on_the_command_line_too(tmp_path, small):
    (small / "corpus.csv").write_text(
        'file,title\n青禾县-2023.txt,"=HYPERLINK(""http://evil.example"")"\n', "utf-8"
    )
    index, out = tmp_path / "index", tmp_path / "out.csv"
    assert run_bureau("index", small, index=index).returncode == 0
    done = run_bureau("export", "重复信访", "--report", "青禾县-2023", "--out", out, index=index)
    assert done.returncode == 0, done.stderr
    title = '=HYPERLINK("http://evil.example")'
    rows = read_csv(out.read_bytes())
    assert {row["title"] for row in rows} == {"'" + title}
    assert {original(row["title"]) for row in rows} == {title}
    done = run_bureau("search", "重复信访", "--report", "青禾县-2023", "--csv", index=index)
    assert "'=HYPERLINK" in done.stdout


def test_export_of_every_form_to_a_file(tmp_path, corpus_index):
    for form, read in (("csv", read_csv), ("xlsx", read_xlsx), ("json", json.loads)):
        out = tmp_path / f"a.{form}"
        args = ("export", "信访听证", "-k", "7", "--format", form, "--out", out)
        done = run_bureau(*args, index=corpus_index)
        assert (done.returncode, done.stdout) == (0, "")
        assert len(read(out.read_bytes())) == 7
        assert str(out) in done.stderr


def test_export_failures_are_one_sentence(tmp_path, corpus_index):
    args = ("export", "信访", "--format")
    assert_refused(run_bureau(*args, "pdf", index=corpus_index), "pdf", "xlsx")
    out = tmp_path / "none" / "a.csv"
    assert_refused(run_bureau(*args, "csv", "--out", out, index=corpus_index), str(out))
    done = run_bureau(
        "export", "信访", "--year", "1999", "--out", tmp_path / "a", index=corpus_index
    )
    assert done.returncode == 1


@pytest.mark.parametrize("verb", ["cite", "verify", "export"])
def test_help_of_every_verb_has_an_example(verb):
    done = run_bureau(verb, "--help")
    assert done.returncode == 0
    assert f"bureau {verb}" in done.stdout.split("Example:")[1]
