"""Every failure over HTTP is a problem that names the field, and none is a 5xx."""

import pytest
from starlette.testclient import TestClient

from search_api.app import create_app


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


def assert_problem(response, status, field=None):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["x-content-type-options"] == "nosniff"
    body = response.json()
    assert body["type"] == "about:blank"
    assert body["status"] == status
    assert body["title"] and body["detail"] and body["detail_zh"]
    if field:
        assert [entry["field"] for entry in body["errors"]] == [field]
        assert field in body["detail"] or field == "q"
    return body


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("q=a&year=abc", 422, "year.0"),
        ("q=a&k=1000000000", 422, "k"),
        ("q=a&k=0", 422, "k"),
        ("q=a&k=" + "9" * 5000, 422, "k"),
        ("q=a&k=1e3", 422, "k"),
        ("q=a&diversity=NaN", 422, "diversity"),
        ("q=a&diversity=inf", 422, "diversity"),
        ("q=a&expand=perhaps", 422, "expand"),
        ("q=a&role=boss", 422, "role"),
        ("q=a&report=nope", 422, "report"),
        ("q=a&region=Atlantis", 422, "region"),
        ("q=a&cursor=xyz", 422, "cursor"),
        ("q=a&cursor=" + "x" * 500, 422, "cursor"),
        ("q=", 422, "q"),
        ("", 422, "q"),
        ("q=%ED%A0%80", 422, "q"),
        ("q=%FF", 422, "q"),
        ("q=a%00b", 422, "q"),
        ("q=" + "a" * 5000, 422, "q"),
        ("q=" + "a" * 60_000, 414, "q"),
    ],
)
@pytest.mark.parametrize("path", ["/v1/search", "/v1/ask"])
def test_a_bad_parameter_is_named(client, path, query, status, field):
    if path == "/v1/ask" and field in ("diversity", "cursor"):
        pytest.skip("not a parameter of this route")
    assert_problem(client.get(f"{path}?{query}"), status, field)


@pytest.mark.parametrize(
    "path",
    [
        "/v1/nope",
        "/nope.html",
        "/v1/reports/nope",
        "/v1/passages/nope:1-2",
        "/v1/passages/..%2F..%2Fetc%2Fpasswd",
        "/v1/reports/..%2F..%2Fetc%2Fpasswd",
        "/v1/passages/%00",
        "/v1/passages/%ED%A0%80:1-2",
        "/v1/passages/yongan-2024:٣-٤",
        "/v1/passages/yongan-2024:" + "9" * 5000 + "-1",
        "/%2e%2e/pyproject.toml",
        "/..%2f..%2fetc%2fpasswd",
        "/%00",
    ],
)
def test_what_is_not_there_is_a_404(client, path):
    assert_problem(client.get(path), 404)


def test_another_method_is_a_405_with_the_allowed_ones(client):
    response = client.post("/v1/search")
    assert_problem(response, 405)
    assert response.headers["allow"] == "GET, HEAD"
    assert_problem(client.delete("/"), 405)


def test_a_problem_speaks_chinese_too(client):
    body = client.get("/v1/search?q=a&k=0").json()
    assert body["errors"] == [
        {
            "field": "k",
            "detail": "k = 0: input should be greater than or equal to 1",
            "detail_zh": "k = 0：不能小于 1",
        }
    ]
    assert "查询为空" in client.get("/v1/search?q=").json()["detail_zh"]


def test_two_bad_fields_are_two_entries(client):
    body = client.get("/v1/search?q=a&k=x&year=y").json()
    assert {entry["field"] for entry in body["errors"]} == {"k", "year.0"}


def test_an_unforeseen_failure_tells_nothing_and_keeps_the_headers(engine):
    app = create_app(engine)

    @app.middleware("http")
    async def broken(request, call_next):
        raise RuntimeError("/secret/path")

    client = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
    response = client.get("/v1/search?q=a")
    assert_problem(response, 500)
    assert "secret" not in response.text
    assert "default-src 'self'" in response.headers["content-security-policy"]
