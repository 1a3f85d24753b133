"""`bureau serve` and `bureau ask` with a model: real processes, a real endpoint on the loopback."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.parse import quote

import httpx
import pytest
from llm_double import WAYS, double, faithful
from server import ROOT, wait_for
from test_ask_stream import STREAM, events_of, joined

CANARY = "sk-canary-52cd10"
ANSWERED, DECLINED = "律师怎么参与接访", "企业所得税汇算清缴怎么办理"
SECONDS = "2"  # that the server waits for its model


def environment(**more):
    kept = {k: v for k, v in os.environ.items() if "OPENAI" not in k}
    return kept | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "BUREAU_LLM_KEY": CANARY,
        **more,
    }


@contextmanager
def served(index, url, home, workers=1):
    """The address of a server with a model, and the file of all that it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "search_api.cli", "serve", "--index", str(index)]
    command += ["--port", str(port), "--workers", str(workers), "--llm-timeout", SECONDS]
    command += ["--llm-url", url, "--llm-model", "double"]
    log = home / "log"
    with (
        log.open("w") as handle,
        subprocess.Popen(command, env=environment(), stdout=handle, stderr=handle) as child,
    ):
        base = f"http://127.0.0.1:{port}"
        try:
            wait_for(lambda: child.poll() is not None or up(base), 60)
            yield base, log
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(30)


def up(base):
    try:
        return httpx.get(f"{base}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


@pytest.fixture(scope="module")
def there():
    with double(faithful) as elsewhere, double(faithful, to=elsewhere.url) as running:
        running.elsewhere = elsewhere
        yield running


@pytest.fixture(scope="module")
def server(corpus_index, there, tmp_path_factory):
    with served(corpus_index, there.url, tmp_path_factory.mktemp("llm")) as started:
        yield started


@pytest.fixture(autouse=True)
def well(there):
    there.way = "well"
    there.requests.clear()
    there.left.clear()
    there.writing.clear()


def asked(base, question=ANSWERED, **params):
    response = httpx.get(
        f"{base}/v1/ask", params={"q": question, **params}, headers=STREAM, timeout=30
    )
    assert response.status_code == 200
    return events_of(response.text)


def test_the_models_answer_follows_the_extractive_one(server, there):
    base, _ = server
    events = asked(base)
    names = [name for name, _ in events]
    at = names.index("done")
    assert set(names[at + 1 :]) == {"llm", "sentence", "llm_end"} and names[-1] == "llm_end"
    whole = httpx.get(f"{base}/v1/ask", params={"q": ANSWERED}).json()
    assert joined(events[: at + 1]) == whole
    assert whole["llm"] == events[at + 1][1]["model"] == "double"
    passages = events[at + 1][1]["passages"]
    assert passages == [hit["passage_id"] for hit in whole["evidence"]][: len(passages)]
    for name, fields in events:
        for citation in fields["citations"] if name == "sentence" else ():
            assert citation["passage_id"] in passages
            text = httpx.get(f"{base}/v1/reports/{citation['report_id']}").json()["text"]
            assert text[citation["start"] : citation["end"]] == citation["text"]
    assert events[-1][1]["state"] == "complete" and events[-1][1]["supported"] > 0
    assert len(there.requests) == 1  # JSON asks no model


def test_the_model_is_asked_only_where_it_is_wanted_and_there_is_evidence(server, there):
    base, _ = server
    assert asked(base, llm="false")[-1][0] == "done"
    declined = asked(base, DECLINED)
    assert [name for name, _ in declined[-2:]] == ["insufficient", "llm_end"]
    assert declined[-1][1]["state"] == "not_asked" and declined[-1][1]["notice_zh"]
    assert not there.requests


def test_sentences_come_before_the_model_has_ended(server, there):
    base, _ = server
    there.way = "hang_after_words"
    began = time.monotonic()
    with httpx.stream("GET", f"{base}/v1/ask", params={"q": ANSWERED}, headers=STREAM) as response:
        lines = response.iter_lines()  # held: letting go of it would close the connection
        for line in lines:
            if line == "event: sentence":
                break
        assert time.monotonic() - began < float(SECONDS)
    assert there.left.wait(1)


@pytest.mark.parametrize("way", [way for way in WAYS if way != "well"])
def test_the_extractive_answer_is_there_whatever_the_model_does(server, there, way):
    base, log = server
    there.way = way
    whole = httpx.get(f"{base}/v1/ask", params={"q": ANSWERED}).json()
    began = time.monotonic()
    events = asked(base)
    assert time.monotonic() - began < float(SECONDS) + 5
    at = [name for name, _ in events].index("done")
    assert joined(events[: at + 1]) == whole
    end = events[-1][1]
    assert events[-1][0] == "llm_end"
    assert (end["state"] == "complete") is (way == "refuses_options")
    assert bool(end["notice"] and end["notice_zh"]) is (end["state"] != "complete")
    assert not there.elsewhere.requests
    metrics = httpx.get(f"{base}/metrics").text
    assert CANARY not in json.dumps(events) + metrics + log.read_text()
    assert there.url not in json.dumps(events)


@pytest.mark.parametrize("way", ["hang", "hang_after_head", "hang_after_words", "drip"])
def test_the_endpoint_is_let_go_within_a_second_of_the_client(server, there, way):
    base, log = server
    there.way = way
    with httpx.stream("GET", f"{base}/v1/ask", params={"q": ANSWERED}, headers=STREAM) as response:
        lines = response.iter_lines()  # held: letting go of it would close the connection
        for line in lines:
            if line == "event: llm":
                break
        assert there.writing.wait(5)
        assert not there.left.is_set()
    assert there.left.wait(1)
    assert httpx.get(f"{base}/healthz").status_code == 200
    assert "Traceback" not in log.read_text()


def test_several_processes_have_the_model_too(corpus_index, there, tmp_path):
    with served(corpus_index, there.url, tmp_path, workers=2) as (base, log):
        for _ in range(6):
            assert asked(base)[-1][1]["state"] == "complete"
    assert CANARY not in log.read_text()


def ask(corpus_index, *options, **more):
    command = [
        sys.executable,
        "-m",
        "search_api.cli",
        "ask",
        "--index",
        str(corpus_index),
        *options,
    ]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env=environment(**more), check=False
    )


def test_ask_prints_both_answers(corpus_index, there):
    model = ["--llm-url", there.url, "--llm-model", "double"]
    plain = ask(corpus_index, ANSWERED, BUREAU_LANG="en")
    done = ask(corpus_index, ANSWERED, *model, BUREAU_LANG="en")
    assert done.returncode == 0
    assert done.stdout.startswith(plain.stdout)
    added = done.stdout[len(plain.stdout) :]
    assert "double answers, each sentence checked" in added
    assert "[1]" in added and "sanmenxia-2025:" in added
    assert CANARY not in done.stdout + done.stderr


@pytest.mark.parametrize("way", ["status_500", "cut", "hang"])
def test_ask_says_what_became_of_the_model(corpus_index, there, way):
    there.way = way
    model = ["--llm-url", there.url, "--llm-model", "double", "--llm-timeout", "1"]
    done = ask(corpus_index, ANSWERED, *model, BUREAU_LANG="zh")
    assert done.returncode == 0
    assert done.stdout and "以报告原文回答为准" in done.stderr
    assert "Traceback" not in done.stderr and CANARY not in done.stdout + done.stderr


def test_ask_as_json_holds_the_models_answer(corpus_index, there):
    done = ask(corpus_index, ANSWERED, "--json", "--llm-url", there.url, "--llm-model", "double")
    fields = json.loads(done.stdout)
    assert fields["sufficient"] and fields["llm"]["state"] == "complete"
    assert fields["llm"]["sentences"][0]["citations"][0]["sha256"]
    assert "llm" not in json.loads(ask(corpus_index, ANSWERED, "--json").stdout)


def test_half_of_the_settings_is_one_sentence(corpus_index):
    done = ask(corpus_index, ANSWERED, "--llm-url", "http://127.0.0.1:9/v1", BUREAU_LANG="en")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "bureau: --llm-url needs --llm-model as well\n"


def test_nothing_of_it_is_loaded_unless_asked_for(corpus_index):
    code = (
        "import sys, runpy\n"
        f"sys.argv = ['bureau', 'ask', {ANSWERED!r}, '--index', {str(corpus_index)!r}]\n"
        "try: runpy.run_module('search_api.cli', run_name='__main__')\n"
        "except SystemExit: pass\n"
        "names = ('openai', 'httpx2', 'search_api.llm.client', 'sentence_transformers')\n"
        "print([n for n in names if n in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_the_question_goes_to_the_model_as_it_was_asked(server, there):
    base, _ = server
    httpx.get(f"{base}/v1/ask?q={quote(ANSWERED)}&year=2025", headers=STREAM)
    body = json.loads(there.requests[0]["body"]["messages"][1]["content"])
    assert body["question"] == ANSWERED
    assert {passage["year"] for passage in body["passages"]} == {2025}
