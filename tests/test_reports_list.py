"""The list of reports, page by page; levels; what leaves nothing; the names a server goes by."""

import json
from dataclasses import replace

import pytest
from conftest import HashEmbedder
from server import running
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.serving import listing

QUERY = {"q": "重复信访怎么治理"}


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Over 23 small reports and three files that are none."""
    folder = tmp_path_factory.mktemp("many") / "reports"
    folder.mkdir()
    for number in range(23):
        title = f"第{number}县信访局2022年工作报告"
        text = f"{title}\n一、做法\n（一）接访。全年接待来访群众{number}批次。"
        (folder / f"r{number:02}.txt").write_text(text, "utf-8")
    for name in ("a.txt", "b.txt", "c.exe"):
        (folder / name).write_text("no report", "utf-8")
    build_index([folder], folder.parent / "index", HashEmbedder())
    app = create_app(Engine(Index.open(folder.parent / "index"), HashEmbedder()))
    return TestClient(app, base_url="http://localhost")


def pages(client, **params):
    """All pages of the list."""
    cursor, found = "", []
    while cursor is not None:
        found.append(client.get("/v1/reports", params=params | {"cursor": cursor}).json())
        cursor = found[-1]["next"]
    return found


@pytest.mark.parametrize("k", [1, 5, 22, 23, 24, 1000])
def test_pages_hold_every_report_once(many, k):
    found = pages(many, k=k)
    ids = [report["report_id"] for page in found for report in page["reports"]]
    assert len(ids) == len(set(ids)) == 23
    assert {page["total"] for page in found} == {23}
    assert all(len(page["reports"]) == k for page in found[:-1])


def test_every_ledger_line_stands_on_one_page(many):
    found = pages(many, k=5)
    lines = [line for page in found for line in page["ledger"]]
    assert len(lines) == len({line["file"] for line in lines}) == 26
    assert len([line for line in found[0]["ledger"] if line["reason"]]) == 3
    assert found[0]["files"]["indexed"] == 23
    assert sum(found[0]["files"].values()) == 26


def test_the_first_page_tells_of_a_bounded_number_of_troubles(many, monkeypatch):
    monkeypatch.setattr(listing, "MOST_TROUBLES", 2)
    page = many.get("/v1/reports", params={"k": 1000}).json()
    assert len(page["ledger"]) == 25


def test_without_parameters_it_is_the_whole_of_a_small_index(client, engine):
    body = client.get("/v1/reports").json()
    assert (len(body["reports"]), body["total"], body["next"]) == (5, 5, None)
    assert len(body["ledger"]) == len(engine.index.ledger)


@pytest.mark.parametrize(
    ("params", "field"),
    [({"k": 0}, "k"), ({"k": 1001}, "k"), ({"cursor": "x"}, "cursor"), ({"k": "many"}, "k")],
)
def test_a_bad_page_is_refused(client, params, field):
    response = client.get("/v1/reports", params=params)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field


def test_a_cursor_of_a_search_is_none_of_the_list(client):
    cursor = client.get("/v1/search", params=QUERY).json()["next"]
    assert client.get("/v1/reports", params={"cursor": cursor}).status_code == 422


@pytest.mark.parametrize("route", ["search", "ask", "facets", "compare", "export"])
def test_level_is_a_filter_everywhere(client, route):
    asked = QUERY | {"level": ["county", "prefecture"]}
    assert client.get(f"/v1/{route}", params=asked).status_code == 200
    response = client.get(f"/v1/{route}", params=QUERY | {"level": "village"})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "level"


def test_level_is_a_facet_whose_links_work(client):
    body = client.get("/v1/search", params=QUERY).json()
    for facet in body["facets"]["level"]:
        found = client.get(facet["toggle_url"]).json()
        assert found["facets"]["level"][0]["selected"]
        ids = {hit["report_id"] for hit in found["hits"]}
        levels = {client.get(f"/v1/reports/{i}").json()["level"] for i in ids}
        assert levels == {facet["value"]}


def test_nothing_found_says_which_filter_leaves_nothing(client, engine):
    asked = QUERY | {"year": [1999, 2000], "role": "work"}
    body = client.get("/v1/search", params=asked).json()
    assert (body["total"], body["hits"]) == (0, [])
    told = {entry["name"]: entry for entry in body["without"]}
    assert told["year"]["values"] == ["1999", "2000"]
    work = client.get("/v1/search", params=QUERY | {"role": "work"}).json()["total"]
    assert told["year"]["total"] == work > 0
    assert told["role"]["total"] == 0
    assert client.get("/v1/search", params=QUERY).json()["without"] == []


def test_what_is_folded_under_another_page_is_shown(engine):
    found = engine.search("信访", k=6)
    ids = [hit.passage.id for hit in found.hits]
    firsts = [None, ids[0], ids[0], ids[0], None, ids[4]]
    hits = [replace(hit, same_as=first) for hit, first in zip(found.hits, firsts, strict=True)]
    page = listing.paged(replace(found, hits=tuple(hits)), 2)
    assert [hit.same_as for hit in page.hits] == [None, ids[2], None, ids[4]]
    assert [hit.rank for hit in page.hits] == [3, 4, 5, 6]


def test_a_value_given_twice_is_one_column(client):
    body = client.get("/v1/compare", params=QUERY | {"year": [2024, 2024]}).json()
    assert body["years"] == [2024]


def test_coverage_and_gloss_are_served(client, engine):
    body = client.get("/v1/coverage").json()
    assert (body["reports"], body["passages"]) == (5, len(engine.index))
    words = client.get("/v1/gloss", params={"text": "组织律师接访"}).json()["words"]
    assert {"律师接访"} <= {word["word"] for word in words}
    for word in words:
        assert word["gloss"]
        assert "组织律师接访"[word["start"] : word["end"]] == word["word"]


@pytest.mark.parametrize("form", ["csv", "xlsx", "json"])
def test_a_comparison_is_exported(client, form):
    response = client.get("/v1/compare/export", params=QUERY | {"format": form})
    assert response.status_code == 200
    assert f'filename="bureau-compare.{form}"' in response.headers["content-disposition"]
    if form == "json":
        compared = client.get("/v1/compare", params=QUERY).json()
        cells = [cell for row in compared["rows"] for cell in row["cells"]]
        assert [row["state"] for row in response.json()] == [cell["state"] for cell in cells]


def test_a_server_goes_by_the_names_that_it_was_given(corpus_index):
    options = ("--allow-host", "reports.example", "--allow-host", "Zweit.example")
    with running(corpus_index, *options) as server:
        for host, status in (
            ("reports.example", 200),
            ("reports.example:443", 200),
            ("zweit.example", 200),
            ("localhost", 200),
            ("evil.example", 403),
            ("10.0.0.1", 403),
        ):
            assert server.ask("/healthz", headers={"Host": host})[0] == status, host
        behind = {"Host": "reports.example", "Origin": "https://reports.example"}
        assert server.ask("/v1/coverage", headers=behind)[0] == 200
        body = json.loads(server.ask("/v1/reports", "POST", b"", behind)[2])
        assert body["status"] == 403 and "--allow-upload" in body["detail"]
