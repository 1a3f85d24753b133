"""Quotes checked against the reports, over HTTP and on the command line."""

import json

import pytest
from shell import assert_refused, run_bureau
from starlette.testclient import TestClient

from search_api.app import create_app


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


@pytest.fixture(scope="module")
def quote(client):
    hit = client.get("/v1/search", params={"q": "信访听证"}).json()["hits"][0]
    return {name: hit[name] for name in ("report_id", "start", "end", "text")}


def check(client, *quotes):
    return client.post("/v1/verify", json={"quotes": quotes})


def test_a_quote_of_a_hit_is_verbatim(client, quote):
    body = check(client, quote).json()
    assert body["counts"] == {"verbatim": 1, "changed": 0, "missing": 0}
    (found,) = body["quotes"]
    assert found["status"] == "verbatim"
    assert found["now"] == quote["text"]
    report = client.get(f"/v1/reports/{quote['report_id']}").json()
    assert found["text_sha256"] == report["text_sha256"]


def test_one_other_character_is_a_change_and_shows_what_stands_there(client, quote):
    (found,) = check(client, quote | {"text": "改" + quote["text"][1:]}).json()["quotes"]
    assert found["status"] == "changed"
    assert found["now"] == quote["text"]
    assert found["elsewhere"] is None


def test_a_quote_that_has_moved_is_found_again(client, quote):
    moved = quote | {"start": quote["start"] + 1, "end": quote["end"] + 1}
    (found,) = check(client, moved).json()["quotes"]
    assert found["status"] == "changed"
    assert found["elsewhere"] == [quote["start"], quote["end"]]


@pytest.mark.parametrize(
    "changes",
    [
        {"report_id": "nope"},
        {"report_id": "../../etc/passwd"},
        {"start": 10**9, "end": 10**9 + 5},
        {"end": 10**30},
        {"start": 5, "end": 5},
        {"start": 9, "end": 3},
    ],
)
def test_what_is_not_there_is_missing(client, quote, changes):
    (found,) = check(client, quote | changes).json()["quotes"]
    assert found["status"] == "missing"
    assert found["now"] is None


def test_verdicts_keep_the_order_of_the_quotes(client, quote):
    body = check(client, quote, quote | {"report_id": "nope"}, quote | {"text": "x"}).json()
    assert [q["status"] for q in body["quotes"]] == ["verbatim", "missing", "changed"]


def test_a_long_span_is_shown_cut(client, quote):
    report = client.get(f"/v1/reports/{quote['report_id']}").json()
    whole = quote | {"start": 0, "end": len(report["text"]), "text": report["text"] + "x"}
    (found,) = check(client, whole).json()["quotes"]
    assert found["status"] == "changed"
    assert len(found["now"]) <= 4000


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "body"),
        (b"[]", "body"),
        (b'{"quotes": []}', "quotes"),
        (b'{"quotes": [{}]}', "quotes.0.report_id"),
        (b'{"quotes": [{"report_id":"a","start":NaN,"end":2,"text":""}]}', "quotes.0.start"),
        (b'{"quotes": [{"report_id":"a","start":-1,"end":2,"text":""}]}', "quotes.0.start"),
        (b'{"quotes": [{"report_id":"a","start":1,"end":1e400,"text":""}]}', "quotes.0.end"),
        (b'{"quotes": [{"report_id":"a","start":1,"end":2,"text":"\\ud800"}]}', "quotes.0.text"),
        (
            b'{"quotes": [{"report_id":"\\udfff","start":1,"end":2,"text":""}]}',
            "quotes.0.report_id",
        ),
        (b'{"quotes": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", None),
        (b"\xff\xfe", None),
        (b'{"quotes": [{"report_id":"a","end":2,"text":"","start":' + b"9" * 5000 + b"}]}", None),
    ],
)
def test_a_bad_body_is_a_4xx_that_names_the_field(client, body, field):
    response = client.post("/v1/verify", content=body, headers={"Content-Type": "application/json"})
    assert 400 <= response.status_code < 500, response.text
    assert response.headers["content-type"] == "application/problem+json"
    if field:
        assert field in {entry["field"] for entry in response.json()["errors"]}


def test_a_body_of_unannounced_length_is_stopped(client):
    def chunks():
        for _ in range(40):
            yield b" " * 2**16

    response = client.post(
        "/v1/verify", content=chunks(), headers={"Content-Type": "application/json"}
    )
    assert response.status_code == 413
    assert response.headers["content-type"] == "application/problem+json"


def test_more_than_a_thousand_quotes_are_refused(client, quote):
    response = check(client, *[{**quote, "text": "x"}] * 1001)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == "quotes"


def test_search_and_verify_fit_together(corpus_index):
    hits = run_bureau("search", "重复信访", "--json", index=corpus_index).stdout
    done = run_bureau("verify", index=corpus_index, given="\n" + hits)
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["verbatim"] * 5
    assert "5 verbatim" in done.stderr


def test_one_changed_quote_makes_the_exit_status_1(corpus_index, quote, tmp_path):
    lines = [quote, quote | {"text": "x"}, quote | {"report_id": "nope"}]
    path = tmp_path / "quotes.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines), "utf-8")
    done = run_bureau("verify", path, "--json", index=corpus_index)
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["status"] for line in found] == ["verbatim", "changed", "missing"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no quotes"]),
        ("{", ["line 1", "JSON"]),
        ("\n[]", ["line 2", "object"]),
        ('{"report_id": 1}', ["line 1", "report_id"]),
        ('{"report_id": "a", "start": true, "end": 2, "text": "x"}', ["start"]),
        ('{"report_id": "a", "start": 1, "end": 2, "text": "\\ud800"}', ["text", "Unicode"]),
    ],
)
def test_bad_lines_are_one_sentence(corpus_index, tmp_path, text, words):
    (tmp_path / "q").write_text(text, "utf-8")
    assert_refused(run_bureau("verify", tmp_path / "q", index=corpus_index), *words)


def test_a_file_that_is_not_there_is_one_sentence(corpus_index, tmp_path):
    assert_refused(run_bureau("verify", tmp_path / "absent", index=corpus_index), "absent")
