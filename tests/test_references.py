"""Entries of a bibliography: every form, every escape, over HTTP and on the command line."""

import json
import re
from dataclasses import replace

import pytest
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from indexer.shapes import Level, Metadata, Passage, Region, Role
from search_api.app import create_app
from search_api.sharing.references import Style, reference

META = Metadata(
    id="yongan-2024",
    title="永安市信访局2024年法治政府建设工作报告",
    issuer="永安市信访局",
    region=Region("350481", "福建省", "三明市", "永安市"),
    level=Level.COUNTY,
    year=2024,
    date="2025-01-10",
    file="yongan.pdf",
)
PASSAGE = Passage(
    report_id="yongan-2024",
    start=812,
    end=985,
    text="化解率98%。",
    section=3,
    path=("一、工作举措", "（三）依法办理。"),
    role=Role.WORK,
    page=4,
)
HOSTILE = "50% of {A&B} _x_ #1 ~ ^ $9 \\input{/etc/passwd}\r\nER  - \nTY  - BOOK\u2028\x07"


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


@pytest.fixture(scope="module")
def hit(client):
    return client.get("/v1/search", params={"q": "信访听证"}).json()["hits"][0]


@pytest.mark.parametrize("style", [Style.GBT_2015, Style.GBT_2025])
def test_gbt7714_is_a_report_with_page_and_place_in_it(style):
    assert reference(style, META, PASSAGE).splitlines() == [
        "永安市信访局. 永安市信访局2024年法治政府建设工作报告[R]. 永安: 永安市信访局, 2025: 4.",
        "引文位置：一、工作举措 › （三）依法办理，[yongan-2024:812-985]",
    ]


@pytest.mark.parametrize(
    ("changes", "imprint"),
    [
        ({"date": None}, "永安: 永安市信访局, [2024]: 4."),
        ({"date": None, "year": None}, "永安: 永安市信访局: 4."),
        ({"date": "2025-01"}, "永安: 永安市信访局, 2025: 4."),
        ({"date": "早春"}, "永安: 永安市信访局, [2024]: 4."),
        ({"region": Region()}, "[出版地不详]: 永安市信访局, 2025: 4."),
        ({"region": Region("110000", "北京市")}, "北京: 永安市信访局, 2025: 4."),
        ({"issuer": ""}, "永安: [出版者不详], 2025: 4."),
    ],
)
def test_gbt7714_says_what_is_not_known(changes, imprint):
    line = reference(Style.GBT_2025, replace(META, **changes), PASSAGE).splitlines()[0]
    assert line.endswith(f"[R]. {imprint}")


def test_ris_has_one_tag_a_line_whatever_the_text_holds():
    meta = replace(META, title=HOSTILE, issuer=HOSTILE)
    passage = replace(PASSAGE, text=HOSTILE, path=(HOSTILE,))
    lines = reference(Style.RIS, meta, passage).split("\r\n")
    assert lines[0] == "TY  - RPRT"
    assert lines[-2:] == ["ER  - ", ""]
    tags = [line[:6] for line in lines[:-1]]
    assert all(re.fullmatch("[A-Z][A-Z0-9]  - ", tag) for tag in tags)
    assert [tags.count("TY  - "), tags.count("ER  - ")] == [1, 1]


def test_ris_keeps_date_page_and_place():
    entry = reference(Style.RIS, META, PASSAGE)
    for line in ("PY  - 2025", "DA  - 2025/01/10/", "SP  - 4", "CY  - 永安", "AB  - 化解率98%。"):
        assert line in entry.split("\r\n")
    assert "[yongan-2024:812-985]" in entry
    assert "DA  - " not in reference(Style.RIS, replace(META, date=None), PASSAGE)


def test_bibtex_balances_and_escapes_whatever_the_text_holds():
    entry = reference(Style.BIBTEX, replace(META, title=HOSTILE, issuer=HOSTILE), PASSAGE)
    assert entry.count("{") == entry.count("}")
    title = next(line for line in entry.splitlines() if line.startswith("  title"))
    for escaped in (r"50\%", r"A\&B", r"\_x\_", r"\#1", r"\$9", r"\textbackslash{}input"):
        assert escaped in title
    assert r"\input" not in title


def test_bibtex_entry_and_its_key():
    entry = reference(Style.BIBTEX, META, PASSAGE)
    assert entry.startswith("@techreport{yongan-2024:812-985,\n")
    for line in ("author = {{永安市信访局}}", "year = {2025}", "month = {1}", "pages = {4}"):
        assert f"  {line},\n" in entry
    keys = set()
    for report_id in ("青禾县-2023", "白鹭市-2023", "a,b}-2023"):
        entry = reference(Style.BIBTEX, META, replace(PASSAGE, report_id=report_id))
        keys.add(re.match(r"@techreport\{([A-Za-z0-9:.+-]+),\n", entry)[1])
    assert len(keys) == 3


def test_csl_json_is_a_list_of_one_report():
    (item,) = json.loads(reference(Style.CSL_JSON, META, PASSAGE))
    assert item["type"] == "report"
    assert item["author"] == [{"literal": "永安市信访局"}]
    assert item["issued"] == {"date-parts": [[2025, 1, 10]]}
    assert item["page"] == "4"
    assert item["custom"] == {"passage_id": "yongan-2024:812-985", "start": 812, "end": 985}
    (item,) = json.loads(reference(Style.CSL_JSON, replace(META, date=None), PASSAGE))
    assert item["issued"] == {"date-parts": [[2024]], "circa": True}


@pytest.mark.parametrize("style", list(Style))
def test_every_form_over_http_is_what_the_command_line_prints(client, corpus_index, hit, style):
    response = client.get(f"/v1/cite/{hit['passage_id']}", params={"format": style})
    assert response.status_code == 200
    assert "charset=utf-8" in response.headers["content-type"]
    done = run_bureau("cite", hit["passage_id"], "--format", style, index=corpus_index)
    assert done.returncode == 0
    assert done.stdout == response.text.replace("\r\n", "\n")
    assert hit["title"] in done.stdout
    assert hit["passage_id"] in done.stdout


def test_gbt7714_2025_is_the_default(client, hit):
    path = f"/v1/cite/{hit['passage_id']}"
    assert client.get(path).text == client.get(path, params={"format": "gbt7714-2025"}).text


def test_bad_requests_are_refused(client, corpus_index, hit):
    assert client.get("/v1/cite/nope:1-2").status_code == 404
    response = client.get(f"/v1/cite/{hit['passage_id']}", params={"format": "word"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "format"
    assert_refused(run_bureau("cite", "nope:1-2", index=corpus_index), "nope:1-2")
    done = run_bureau("cite", hit["passage_id"], "--format", "word", index=corpus_index)
    assert_refused(done, "word", "bibtex")
