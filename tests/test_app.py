"""The HTTP interface."""

import pytest
from starlette.testclient import TestClient

from search_api.app import create_app


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def test_search(client):
    body = client.get("/v1/search", params={"q": "重复信访怎么治理", "k": 3}).json()
    assert [hit["rank"] for hit in body["hits"]] == [1, 2, 3]
    assert body["total"] > 3
    assert body["facets"]["year"][0]["count"]


def test_search_with_filters(client):
    params = {"q": "repeated petitions", "year": [2023, 2025], "role": "work"}
    body = client.get("/v1/search", params=params).json()
    assert {hit["year"] for hit in body["hits"]} <= {2023, 2025}
    assert {hit["role"] for hit in body["hits"]} == {"work"}
    assert "重复信访" in body["expansion"][0]["words"]


def test_ask(client):
    body = client.get("/v1/ask", params={"q": "律师怎么参与接访"}).json()
    assert body["sufficient"] is True
    assert body["bureaus"][0]["quotes"][0]["text"]


def test_report_and_passage_agree(client):
    hit = client.get("/v1/search", params={"q": "信访听证"}).json()["hits"][0]
    report = client.get(f"/v1/reports/{hit['report_id']}").json()
    assert report["text"][hit["start"] : hit["end"]] == hit["text"]
    passage = client.get(f"/v1/passages/{hit['passage_id']}").json()
    assert passage["text"] == hit["text"]
    assert passage["text_sha256"] == report["text_sha256"]


def test_reports_lists_the_index(client):
    body = client.get("/v1/reports").json()
    assert len(body["reports"]) == 5
    assert body["embedder"]["name"] == "bundled"


def test_the_page_is_served_with_a_strict_policy(client):
    response = client.get("/")
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "unsafe" not in response.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("path", "params", "status"),
    [
        ("/v1/search", {"q": ""}, 422),
        ("/v1/search", {"q": "a" * 5000}, 422),
        ("/v1/search", {"q": "信访", "k": 10**9}, 422),
        ("/v1/search", {"q": "信访", "role": "boss"}, 422),
        ("/v1/search", {}, 422),
        ("/v1/passages/nope:1-2", {}, 404),
        ("/v1/passages/..%2F..%2Fetc%2Fpasswd", {}, 404),
        ("/v1/reports/nope", {}, 404),
        ("/%2e%2e/pyproject.toml", {}, 404),
    ],
)
def test_bad_request_is_a_4xx(client, path, params, status):
    response = client.get(path, params=params)
    assert response.status_code == status
