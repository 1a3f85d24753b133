"""A search in full: pages by cursor, facets that link, the index that answered; health, figures."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine

QUERY = {"q": "重复信访怎么治理"}


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def pages(client, params):
    """All pages of a search, first to last."""
    cursor, found = "", []
    while cursor is not None:
        found.append(client.get("/v1/search", params=params | {"cursor": cursor}).json())
        cursor = found[-1]["next"]
    return found


def test_pages_hold_every_passage_once_in_the_order_of_one_long_list(client):
    found = pages(client, QUERY | {"k": 7})
    hits = [hit for page in found for hit in page["hits"]]
    whole = client.get("/v1/search", params=QUERY | {"k": 100}).json()
    assert len(hits) == whole["total"] > 14
    assert [h["rank"] for h in hits] == list(range(1, len(hits) + 1))
    assert [h["passage_id"] for h in hits] == [h["passage_id"] for h in whole["hits"]]
    assert all(len(page["hits"]) == 7 for page in found[:-1])


def test_the_page_size_may_change_between_pages(client):
    first = client.get("/v1/search", params=QUERY | {"k": 3}).json()
    second = client.get("/v1/search", params=QUERY | {"k": 5, "cursor": first["next"]}).json()
    assert [hit["rank"] for hit in second["hits"]] == [4, 5, 6, 7, 8]


def test_nothing_found_has_no_next_page(client):
    body = client.get("/v1/search", params=QUERY | {"year": 1999}).json()
    assert (body["hits"], body["total"], body["next"]) == ([], 0, None)


@pytest.mark.parametrize("change", [{"q": "律师"}, {"year": 2024}, {"expand": "false"}])
def test_a_cursor_of_another_question_is_refused(client, change):
    cursor = client.get("/v1/search", params=QUERY).json()["next"]
    response = client.get("/v1/search", params=QUERY | change | {"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "cursor"


@pytest.mark.parametrize(
    "cursor", ["x", "====", "bnVsbA", "WzFd", "WzEsMiwzLDRd", "LTE", "é", "e30", "W1tbW1tb" * 20]
)
def test_a_made_up_cursor_is_refused(client, cursor):
    response = client.get("/v1/search", params=QUERY | {"cursor": cursor})
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "cursor"


def test_facets_link_to_the_search_that_they_promise(client):
    body = client.get("/v1/search", params=QUERY | {"k": 2, "year": 2024}).json()
    for name, values in body["facets"].items():
        for facet in values:
            found = client.get(facet["toggle_url"]).json()
            if facet["selected"]:
                assert (name, facet["value"]) == ("year", "2024")
                assert found["total"] > body["total"]
            else:
                back = next(f for f in found["facets"][name] if f["value"] == facet["value"])
                assert back["selected"]
                assert "cursor" not in facet["toggle_url"]


@pytest.mark.parametrize(
    ("name", "given", "value"),
    [
        ("region", "350481", "350481"),
        ("region", "永安", "350481"),
        ("region", "永安市", "350481"),
        ("region", "福建省", "350000"),
        ("issuer", "永安市", "永安市人民政府信访局"),
        ("role", "work", "work"),
        ("year", "2024", "2024"),
    ],
)
def test_a_choice_is_recognised_in_every_form_and_taken_back(client, name, given, value):
    body = client.get("/v1/search", params=QUERY | {name: given}).json()
    facet = next(f for f in body["facets"][name] if f["value"] == value)
    assert facet["selected"]
    assert f"{name}=" not in facet["toggle_url"]


def test_index_and_time_are_told(client, engine):
    body = client.get("/v1/search", params=QUERY).json()
    assert body["index"] == {
        "generation": engine.index.generation,
        "reports": 5,
        "passages": len(engine.index),
        "embedder": "bundled",
    }
    assert 0 < body["took_ms"] < 60_000


def test_facets_without_a_question_count_all_passages(client, engine):
    body = client.get("/v1/facets").json()
    assert sum(facet["count"] for facet in body["facets"]["role"]) == len(engine.index)
    assert {facet["value"] for facet in body["facets"]["year"]} == {"2023", "2024", "2025"}
    body = client.get("/v1/facets", params={"year": 2023}).json()
    assert [facet["value"] for facet in body["facets"]["issuer"]] == ["浮山县信访局"]
    assert client.get(body["facets"]["role"][0]["toggle_url"]).status_code == 200


def test_facets_of_a_question_are_those_of_its_search(client):
    search = client.get("/v1/search", params=QUERY).json()["facets"]
    facets = client.get("/v1/facets", params=QUERY).json()["facets"]
    plain = [
        {n: [(f["value"], f["count"]) for f in v] for n, v in x.items()} for x in (search, facets)
    ]
    assert plain[0] == plain[1]
    assert client.get("/v1/facets", params={"q": ""}).status_code == 422
    assert client.get("/v1/facets", params={"role": "boss"}).status_code == 422


def test_ready_and_healthy(client, engine):
    assert client.get("/healthz").json()["generation"] == engine.index.generation
    body = client.get("/readyz").json()
    assert (body["status"], body["stale"], body["passages"]) == ("ready", False, len(engine.index))


def test_metrics_count_by_route_and_keep_no_question(engine):
    client = TestClient(create_app(engine), base_url="http://localhost")
    for path in ("/v1/search?q=秘密", "/v1/search?q=secret", "/v1/search", "/v1/reports/nope", "/"):
        client.get(path)
    client.get("/healthz", headers={"Host": "evil.example"})
    text = client.get("/metrics").text
    families = {f.name: f for f in text_string_to_metric_families(text)}
    counts = {
        (s.labels["route"], s.labels["status"]): s.value
        for s in families["bureau_requests"].samples
        if s.name.endswith("_total")
    }
    assert counts["/v1/search", "200"] == 2
    assert counts["/v1/search", "422"] == 1
    assert counts["/v1/reports/{report_id}", "404"] == 1
    assert counts["other", "403"] == 1
    timed = {
        s.labels["route"]: s.value
        for s in families["bureau_request_seconds"].samples
        if s.name.endswith("_count")
    }
    assert timed["/v1/search"] == 3
    generation = int(engine.index.generation.removeprefix("gen-"))
    assert families["bureau_generation"].samples[0].value == generation
    assert "secret" not in text and "nope" not in text and "evil" not in text


def test_a_cursor_does_not_outlive_its_generation(small, tmp_path, embedder):
    build_index([small], tmp_path / "i", embedder, afresh=True)
    cursor = None
    for generation in range(2):
        engine = Engine(Index.open(tmp_path / "i"), embedder)
        client = TestClient(create_app(engine), base_url="http://localhost")
        if generation:
            response = client.get("/v1/search", params=QUERY | {"k": 2, "cursor": cursor})
            assert response.status_code == 422
            assert "older index" in response.json()["detail"]
        cursor = client.get("/v1/search", params=QUERY | {"k": 2}).json()["next"]
        assert cursor
        (small / f"{generation}.txt").write_text(
            "某县信访局2022年工作报告\n一、做法\n接访。", "utf-8"
        )
        build_index([small], tmp_path / "i", embedder, afresh=True)
