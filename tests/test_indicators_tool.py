"""Indicators across bureaus and years: names, groups, filters, files, and the three shells."""

import csv
import io
import json
from hashlib import sha256

import pytest
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.indicators.grammar import Kind
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.filters import Filters
from search_api.indicators.fields import indicator_rows, indicators_fields
from search_api.indicators.table import Order, indicators
from tests.clock import least_seconds
from tests.conftest import HashEmbedder
from tests.shell import assert_refused, run_bureau

PLACES = {
    "青禾县": (2023, "矛盾纠纷化解率92%，及时受理率99.1%。全年接待群众120人次。"),
    "白鹭市": (2023, "共排查矛盾纠纷50件，化解45件，化解率90%，同比上升2个百分点。"),
    "红枫区": (2024, "共排查矛盾纠纷80件，化解80件，化解率100%。受理及时率98%。"),
    "松涛县": (2024, "受理信访事项化解率由85%升至95%。全年接待群众88人次。"),
}
PLAN = "力争化解率达到99%，信访总量再下降5%。"
RUNS = "=HYPERLINK(1)受理事项7件。"  # a cell that a spreadsheet would run


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Index of four made-up reports."""
    folder = tmp_path_factory.mktemp("reports")
    for place, (year, text) in PLACES.items():
        lines = [
            f"{place}信访局{year}年法治政府建设工作报告",
            "一、主要做法",
            f"（一）依法办理。{text}",
            f"（二）其他。{RUNS if place == '青禾县' else '认真履行职责，推动工作落实。'}",
            "二、下一步打算",
            PLAN,
        ]
        (folder / f"{place}.txt").write_text("\n".join(lines), "utf-8")
    root = tmp_path_factory.mktemp("index")
    build_index([folder], root, HashEmbedder())
    index = Index.open(root)
    yield index
    index.close()


def given(found):
    return [(v.meta.issuer, v.value) for v in found.values if v.group == 0]


def test_a_name_across_bureaus_with_the_share_that_gives_it(made):
    found = indicators(made, "化解率")
    group = found.groups[0]
    assert (group.name, group.unit, group.bureaus, group.of) == ("化解率", "%", 2, 4)
    assert sorted(given(found)) == [("白鹭市信访局", 90), ("红枫区信访局", 100)]
    assert {v.subject for v in found.values if v.group == 0} == {"矛盾纠纷"}
    assert group.years == (2023, 2024)


def test_other_definitions_changes_and_plans_stand_apart(made):
    groups = indicators(made, "化解率").groups
    kinds = {(g.name, g.unit, g.change, g.planned) for g in groups}
    assert ("化解率", "百分点", True, False) in kinds
    assert ("化解率", "%", False, True) in kinds
    assert ("矛盾纠纷化解率", "%", False, False) in kinds
    assert len(kinds) == len(groups)


def test_a_name_with_its_thing_finds_the_bare_name_of_that_thing(made):
    found = indicators(made, "矛盾纠纷化解率")
    done = {v.meta.issuer for v in found.values if v.kind is Kind.VALUE}
    assert done == {"青禾县信访局", "白鹭市信访局", "红枫区信访局"}


@pytest.mark.parametrize("name", ["及时受理率", "受理及时率", "timely acceptance rate"])
def test_other_orders_of_words_and_english_find_the_same(made, name):
    issuers = {v.meta.issuer for v in indicators(made, name).values if v.unit == "%"}
    assert "青禾县信访局" in issuers
    assert name.isascii() or issuers == {"青禾县信访局", "红枫区信访局"}


def test_english_goes_through_the_bridge_unless_switched_off(made):
    found = indicators(made, "resolution rate")
    assert found.groups[0].name == "化解率"
    assert [e["term"] for e in indicators_fields(found)["expansion"]] == ["resolution rate"]
    assert not indicators(made, "resolution rate", expand=False).groups


def test_a_question_is_reduced_to_its_name(made):
    assert given(indicators(made, "各地的化解率是多少")) == given(indicators(made, "化解率"))


def test_filters_restrict_values_and_denominator(made):
    found = indicators(made, "化解率", filters=Filters(year=(2024,)))
    assert given(found) == [("红枫区信访局", 100)]
    assert (found.groups[0].bureaus, found.groups[0].of) == (1, 2)
    plans = indicators(made, "化解率", filters=Filters(role=("plans",)))
    assert {v.kind for v in plans.values} == {Kind.TARGET}
    assert {f.value for f in found.facets["year"]} == {"2024"}


@pytest.mark.parametrize("order", list(Order))
def test_values_are_sorted_as_asked(made, order):
    values = [v for v in indicators(made, "化解率", order=order).values if v.group == 0]
    key = {
        "region": lambda v: (v.meta.region.code, v.meta.issuer),
        "issuer": lambda v: v.meta.issuer,
        "year": lambda v: v.meta.year,
        "value": lambda v: v.value,
    }[order.removeprefix("-")]
    assert values == sorted(values, key=key, reverse=order.startswith("-"))


def test_without_a_name_the_names_that_most_bureaus_give(made):
    found = indicators(made)
    assert found.values == ()
    counts = [group.bureaus for group in found.groups]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] == 2
    assert "化解率" in [group.name for group in found.groups]
    assert not any(group.planned or group.change for group in found.groups)


def test_every_quote_is_verbatim_and_holds_its_value(made, engine):
    for index in (made, engine.index):
        for group in indicators(index).groups:
            for value in indicators(index, group.name).values:
                report = index.report(value.meta.id)
                assert value.quote == report.text[value.start : value.end]
                assert value.printed == report.text[value.value_start : value.value_end]
                assert value.printed in value.quote
                assert value.sha256 == sha256(value.quote.encode()).hexdigest()
                assert f"[{value.meta.id}:{value.start}-{value.end}]" in value.citation


def test_the_five_reports_say_what_they_say(engine):
    found = indicators(engine.index, "化解率")
    assert [(v.meta.id, v.subject, v.printed) for v in found.values[:2]] == [
        ("yongan-2024", "矛盾纠纷", "98%"),
        ("yongan-2024", "信访评理", "93%"),
    ]
    assert (found.groups[0].bureaus, found.groups[0].of) == (1, 5)
    letters = indicators(engine.index, "群众留言").values
    assert [(v.value, v.unit) for v in letters][:1] == [(49747, "条")]


@pytest.mark.parametrize("name", ["", "  ", "……", "12", "化" * 100_000])
def test_a_name_that_is_none_is_refused(made, name):
    with pytest.raises(BadInput) as refused:
        indicators(made, name)
    assert refused.value.zh != str(refused.value)
    assert len(str(refused.value)) < 200


def test_an_unknown_bureau_is_named(made):
    with pytest.raises(BadInput, match="火星"):
        indicators(made, "化解率", filters=Filters(issuer=("火星",)))


def test_a_name_that_nobody_gives_is_no_error(made):
    found = indicators(made, "航天发射次数")
    assert (found.groups, found.values, found.bureaus) == ((), (), 4)


def test_the_most_values_are_a_limit(made):
    found = indicators(made, "化解率", most=2)
    assert len(found.values) == 2
    assert found.left_out == sum(group.values for group in found.groups) - 2


def test_an_answer_is_quick(engine):
    indicators(engine.index, "化解率")
    assert least_seconds(lambda: indicators(engine.index, "化解率")) < 0.3  # measured: 3 ms


def test_rows_of_a_file_do_not_run(made):
    rows = indicator_rows(indicators(made, "受理事项"))
    assert rows[0]["of_bureaus"] == 4
    client = TestClient(create_app(Engine(made, HashEmbedder())), base_url="http://127.0.0.1")
    reply = client.get("/v1/indicators/export", params={"q": "受理"})
    assert reply.content.startswith("\ufeff".encode())
    table = list(csv.DictReader(io.StringIO(reply.text.removeprefix("\ufeff"))))
    assert not [cell for row in table for cell in row.values() if cell.startswith("=")]
    assert [row for row in table if "'=HYPERLINK" in row["text"]]


@pytest.fixture(scope="module")
def client(engine):
    with TestClient(create_app(engine), base_url="http://127.0.0.1") as opened:
        yield opened


def test_the_interface_answers_as_documented(client, engine):
    body = client.get("/v1/indicators", params={"q": "化解率", "year": 2024}).json()
    assert body["groups"][0]["bureaus"] == 1
    assert body["values"][0]["printed"] == "98%"
    assert body["facets"]["year"][0]["selected"]
    assert {"generation", "reports", "passages", "embedder"} == set(body["index"])
    names = client.get("/v1/indicators").json()
    assert names["query"] == ""
    assert names["values"] == []


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"q": ""}, "q"),
        ({"q": "12"}, "q"),
        ({"sort": "name"}, "sort"),
        ({"issuer": "火星"}, "issuer"),
    ],
)
def test_what_is_wrong_is_named(client, params, field):
    reply = client.get("/v1/indicators", params={"q": "化解率"} | params)
    assert reply.status_code == 422
    assert reply.json()["errors"][0]["field"] == field


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_files(client, form):
    reply = client.get("/v1/indicators/export", params={"q": "化解率", "format": form})
    assert reply.status_code == 200
    assert f"bureau-indicators.{form}" in reply.headers["content-disposition"]
    if form == "json":
        assert [row["value"] for row in reply.json()] == [98, 93, 100]
        assert client.get("/v1/indicators/export?format=json").json()[0]["years"] == "2024"


def test_the_command_line(corpus_index):
    shown = run_bureau("indicators", "化解率", index=corpus_index)
    assert shown.returncode == 0
    assert "given by 1 of 5 bureaus" in shown.stdout
    assert "98%" in shown.stdout
    lines = run_bureau("indicators", "化解率", "--json", "--sort=value", index=corpus_index).stdout
    assert [json.loads(line)["value"] for line in lines.splitlines()] == [93, 98, 100]
    assert run_bureau("indicators", "航天发射次数", index=corpus_index).returncode == 1
    assert_refused(run_bureau("indicators", "12", index=corpus_index), "化解率")
    long = run_bureau("indicators", "-", index=corpus_index, given="化" * 100_000)
    assert_refused(long, "100,000")
    assert run_bureau("indicators", "--csv", index=corpus_index).stdout.count("\n") > 20
