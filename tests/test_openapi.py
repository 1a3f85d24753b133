"""The description of the interface: complete, with examples that are true, and kept to."""

import json
import shutil

import jsonschema_rs
import pytest
from examples import KEPT, example_requests, made, problems
from starlette.testclient import TestClient

from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.routes.document import operations

JSON, PROBLEM = "application/json", "application/problem+json"
BINARY = ("openxmlformats", "image/", "application/", "multipart/")


@pytest.fixture(scope="module")
def client(corpus_index, embedder, tmp_path_factory):
    """Over a copy of the index, since an example adds a report."""
    copy = tmp_path_factory.mktemp("documented") / "index"
    shutil.copytree(corpus_index, copy)
    app = create_app(Engine(Index.open(copy), embedder), uploads=True)
    return TestClient(app, base_url="http://localhost")


@pytest.fixture(scope="module")
def description(client):
    response = client.get("/openapi.json")
    assert response.status_code == 200
    return response.json()


@pytest.fixture(scope="module")
def described(description):
    return dict(operations(description))


def validator(description, schema):
    """Checks a value against a schema of the description."""
    return jsonschema_rs.validator_for(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": description["components"],
            **schema,
        }
    )


def responses_of(described):
    """(operation, status, media type, content) of everything that is documented."""
    for name, operation in described.items():
        for status, response in operation["responses"].items():
            for media_type, content in response.get("content", {}).items():
                yield name, status, media_type, content


def test_every_route_is_described(described, client):
    for name, operation in described.items():
        assert operation["summary"] and operation["description"] and operation["tags"], name
    served = {
        (method.lower(), route.path_format)
        for route in client.app.routes
        if getattr(route, "include_in_schema", False)
        for method in getattr(route, "methods", ())
    }
    api = {f"{method} {path}" for method, path in served if path.startswith(("/v1", "/healthz"))}
    assert api <= set(described)
    assert len(described) == 32


def test_every_tag_is_described(description, described):
    told = {tag["name"] for tag in description["tags"] if tag["description"]}
    assert {tag for operation in described.values() for tag in operation["tags"]} == told


def test_every_parameter_is_described_and_has_an_example_that_fits(description, described):
    for name, operation in described.items():
        for parameter in operation.get("parameters", ()):
            schema = parameter["schema"]
            where = f"{name} {parameter['name']}"
            assert parameter["description"], where
            assert schema["examples"], where
            for example in schema["examples"]:
                assert validator(description, schema).is_valid(example), where


def test_every_field_is_described(description):
    for name, schema in description["components"]["schemas"].items():
        for field, inner in schema.get("properties", {}).items():
            assert inner.get("description") or "$ref" in inner, f"{name}.{field}"


def test_every_answer_has_a_schema_and_an_example_that_fits(description, described):
    seen = 0
    for name, status, media_type, content in responses_of(described):
        where = f"{name} {status} {media_type}"
        assert content["schema"], where
        if media_type == PROBLEM or (media_type == JSON and not name.endswith("export")):
            validator(description, content["schema"]).validate(content["example"])
            seen += 1
        elif not media_type.startswith(BINARY) and not name.endswith("/file"):
            assert content["example"], where
    assert seen > 60


def test_failures_are_problems(described):
    for name, operation in described.items():
        statuses = {int(status) for status in operation["responses"]}
        assert {403, 422} <= statuses, name
        for status in statuses - {200, 201}:
            assert list(operation["responses"][str(status)]["content"]) == [PROBLEM], name


def shape(value):
    """What a value is made of, without its lengths."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return type(value).__name__


def test_the_examples_are_what_the_server_says_now(client):
    kept, now = json.loads(KEPT.read_text("utf-8")), made(client)
    assert kept.keys() == now.keys()
    for name in kept:
        assert shape(kept[name]) == shape(now[name]), name
    assert kept["get /v1/gloss"] == now["get /v1/gloss"]


def test_real_answers_keep_to_the_schemas(client, description, described):
    checked = 0
    for name, request in example_requests(client):
        response = client.request(**request)
        media_type = response.headers["content-type"].partition(";")[0]
        content = described[name]["responses"][str(response.status_code)]["content"][media_type]
        if media_type == JSON:
            validator(description, content["schema"]).validate(response.json())
            checked += 1
    assert checked >= 14
    check = validator(description, {"$ref": "#/components/schemas/Problem"})
    for status, body in problems(client).items():
        check.validate(body)
        assert str(body["status"]) == status


def test_every_report_and_passage_keeps_to_the_schemas(client, description):
    shapes = {
        name: {"$ref": f"#/components/schemas/{name}"}
        for name in description["components"]["schemas"]
    }
    report = validator(description, shapes["ReportInFull"])
    passage = validator(description, shapes["PassageInFull"])
    for line in client.get("/v1/reports").json()["reports"]:
        report.validate(client.get(f"/v1/reports/{line['report_id']}").json())
    page = client.get("/v1/search", params={"q": "信访", "k": 100}).json()
    validator(description, shapes["SearchPage"]).validate(page)
    assert len(page["hits"]) > 50
    for hit in page["hits"][:20]:
        passage.validate(client.get(f"/v1/passages/{hit['passage_id']}").json())
    for question in ("律师怎么参与接访", "lawyers", "企业所得税汇算清缴", "petitoin"):
        asked = {"q": question}
        for route, name in (("ask", "Answer"), ("compare", "Comparison"), ("facets", "FacetList")):
            answer = client.get(f"/v1/{route}", params=asked).json()
            validator(description, shapes[name]).validate(answer)


def test_head_answers_like_get_and_is_not_described(client, described):
    assert not [name for name in described if name.startswith("head")]
    for path in ("/v1/search?q=信访", "/v1/reports", "/healthz", "/v1/coverage"):
        head, get = client.head(path), client.get(path)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["content-type"] == get.headers["content-type"]
