"""The comparison of two reports by command and over HTTP."""

import csv
import io
import json

import pytest
from changes_cases import CASES, development_reports, paragraphs_of, read_case, write_reports
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine

A, B = "dev-11", "dev-11-2025"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, embedder):
    """Folder of an index of one bureau's two years and another bureau."""
    root = tmp_path_factory.mktemp("changes-shells")
    rows = [row for row in development_reports() if row[0] in (A, "dev-24")]
    earlier = next(row for row in rows if row[0] == A)
    case = read_case(CASES / f"{B}.txt", paragraphs_of("\n".join(earlier[1::3])))
    rows.append((B, f"{earlier[2]}2025年法治政府建设情况报告", earlier[2], 2025, case.text))
    build_index([write_reports(root / "reports", rows)], root / "index", embedder)
    return root / "index"


@pytest.fixture(scope="module")
def client(folder, embedder):
    """A client of an application over that index."""
    return TestClient(create_app(Engine(Index.open(folder), embedder)), base_url="http://localhost")


def test_the_command_prints_sections_figures_and_plans(folder):
    shown = run_bureau("changes", A, B, "--index", folder)
    assert shown.returncode == 0, shown.stderr
    assert "== moved: （三）法治服务 → （一）法治服务" in shown.stdout
    assert "[-86-]{+104+}条" in shown.stdout
    assert "首次反映: 2,950 → 2,781 件 (-169)" in shown.stdout
    assert "  ? 三是稳定镇村登记员，考试上岗；" in shown.stdout
    assert "no candidate (not found is not the same as not done)" in shown.stdout
    assert "kept" in shown.stderr and "dropped" in shown.stderr
    assert "  = 1 kept" in shown.stdout
    whole = run_bureau("changes", A, B, "--all", "--index", folder).stdout
    assert "= 现将有关情况报告如下。" in whole and "= 现将有关情况报告如下。" not in shown.stdout


def test_a_bureau_and_two_years_name_the_same_pair(folder):
    by_years = ("--issuer", "瑶溪市信访办公室", "--from", "2024", "--to", "2025")
    named = run_bureau("changes", *by_years, "--index", folder)
    assert named.stdout == run_bureau("changes", A, B, "--index", folder).stdout


def test_files_hold_sentences_figures_or_plans(folder, tmp_path):
    args = ("changes", A, B, "--index", folder)
    printed = run_bureau(*args, "--format", "csv").stdout
    rows = list(csv.DictReader(io.StringIO(printed.removeprefix("\ufeff"))))
    assert printed.startswith("\ufeff") and {row["kind"] for row in rows} >= {"kept", "edited"}
    target = tmp_path / "figures.json"
    done = run_bureau(*args, "--table", "figures", "--format", "json", "--out", target)
    assert done.returncode == 0
    assert {"value_a", "value_b", "difference"} <= set(json.loads(target.read_text("utf-8"))[0])
    plans = run_bureau(*args, "--table", "plans", "--format", "json").stdout
    assert any(row["score"] for row in json.loads(plans))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ((A, A), "both reports are"),
        ((A, "nope"), "no report “nope”"),
        ((A,), "name two report ids"),
        ((), "name two report ids"),
        ((A, B, "--issuer", "瑶溪"), "name two report ids"),
        (("--issuer", "瑶溪", "--from", "2019", "--to", "2025"), "there is one for 2024, 2025"),
        (("--issuer", "信访", "--from", "2024", "--to", "2025"), "reports of “信访” for 2024"),
        ((A, B, "--table", "chapters"), "no table “chapters”"),
        ((A, "x" * 100_000), "no report"),
    ],
)
def test_unusable_commands_are_refused_in_one_sentence(folder, args, said):
    assert_refused(run_bureau("changes", *args, "--index", folder), said)


def test_the_interface_gives_sections_with_verbatim_sides(client):
    found = client.get("/v1/changes", params={"a": A, "b": B}).json()
    assert found["follows"] and found["a"]["year"] == 2024
    texts = {r: client.get(f"/v1/reports/{r}").json()["text"] for r in (A, B)}
    changes = [change for section in found["sections"] for change in section["changes"]]
    assert {change["kind"] for change in changes} == {"kept", "edited", "new", "dropped"}
    for span in (c[side] for c in changes for side in "ab" if c[side]):
        assert texts[span["report_id"]][span["start"] : span["end"]] == span["text"]
    for section in found["sections"]:
        assert sum(section["counts"].values()) == len(section["changes"])


def test_the_interface_gives_plans_pairs_and_files(client):
    plans = client.get("/v1/changes/plans", params={"a": A, "b": B}).json()
    assert 0 < plans["answered"] <= len(plans["results"])
    pairs = client.get("/v1/changes/pairs").json()
    assert (pairs["total"], pairs["pairs"][0]["same_bureau"]) == (3, True)
    assert [pairs["pairs"][0][side]["report_id"] for side in "ab"] == [A, B]
    one = client.get("/v1/changes/pairs", params={"issuer": "云梦泽"}).json()
    assert one["total"] == 1 and one["pairs"] == []
    for table in ("sentences", "figures", "plans"):
        params = {"a": A, "b": B, "table": table, "format": "xlsx"}
        file = client.get("/v1/changes/export", params=params)
        assert file.content[:2] == b"PK"
        assert f'filename="bureau-changes-{table}.xlsx"' in file.headers["content-disposition"]


@pytest.mark.parametrize(
    ("path", "params", "status", "field"),
    [
        ("", {"a": A, "b": "nope"}, 422, "b"),
        ("", {"a": A, "b": A}, 422, "a"),
        ("", {"a": A}, 422, "b"),
        ("/plans", {"a": A, "b": "dev-24"}, 422, "a"),
        ("/export", {"a": A, "b": B, "table": "x"}, 422, "table"),
        ("", {"a": A, "b": "x" * 20_000}, 422, "b"),
    ],
)
def test_the_interface_names_the_field_to_blame(client, path, params, status, field):
    answer = client.get(f"/v1/changes{path}", params=params)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["field"] == field
    assert answer.json()["detail_zh"]
