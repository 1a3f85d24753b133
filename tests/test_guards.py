"""Foreign hosts and origins, sizes, headers, compression and caching."""

import pytest
from starlette.testclient import TestClient

from search_api.app import create_app

ASK = "/v1/search?q=重复信访"


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost:8000")


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8000", "127.0.0.1:80", "[::1]:8000"])
def test_own_host_is_served(client, host):
    assert client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:8000",
        "10.0.0.1",
        "",
        "[::2]",
        "[",
        "]",
    ],
)
@pytest.mark.parametrize("path", ["/", "/healthz", ASK])
def test_foreign_host_is_refused(client, host, path):
    response = client.get(path, headers={"Host": host})
    assert response.status_code == 403
    assert response.json()["errors"][0]["field"] == "Host"
    assert response.headers["content-security-policy"]


def test_a_host_given_by_name_is_served(engine):
    client = TestClient(create_app(engine, hosts=["reports.example"]), base_url="http://localhost")
    for host, status in (("reports.example:80", 200), ("localhost", 200), ("10.0.0.1", 403)):
        assert client.get("/healthz", headers={"Host": host}).status_code == status


def test_bound_everywhere_any_address_but_no_foreign_name_is_served(engine):
    client = TestClient(create_app(engine, hosts=["0.0.0.0"]), base_url="http://localhost")
    for host, status in (("192.168.1.5:8000", 200), ("[fe80::1]", 200), ("evil.example", 403)):
        assert client.get("/healthz", headers={"Host": host}).status_code == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:8000"}, 200),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate"}, 200),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "no-cors"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}, 200),
    ],
)
def test_another_site_is_refused(client, headers, status):
    assert client.get(ASK, headers=headers).status_code == status


def test_an_oversized_body_is_refused_before_it_is_read(client):
    response = client.post("/v1/search", content=b"x" * (2**20 + 1))
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"
    response = client.post("/v1/search", headers={"Content-Length": "9" * 30})
    assert response.status_code == 413


def test_answers_are_compressed_on_request(client):
    response = client.get(ASK, headers={"Accept-Encoding": "gzip"})
    assert response.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get(ASK, headers={"Accept-Encoding": ""}).headers


@pytest.mark.parametrize("path", [ASK, "/v1/reports", "/v1/reports/yongan-2024"])
def test_a_known_answer_is_not_sent_again(client, path):
    first = client.get(path)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    again = client.get(path, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == tag
    assert again.headers["content-security-policy"]
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_each_address_has_its_own_tag(client):
    tags = {client.get(f"{ASK}&k={k}").headers["etag"] for k in (1, 2, 3)}
    assert len(tags) == 3


def test_failures_are_not_kept(client):
    response = client.get("/v1/reports/nope")
    assert "etag" not in response.headers
    assert response.headers["cache-control"] == "no-store"


def test_the_page_is_revalidated(client):
    response = client.get("/")
    assert response.headers["cache-control"] == "no-cache"
    again = client.get("/", headers={"If-None-Match": response.headers["etag"]})
    assert again.status_code == 304
