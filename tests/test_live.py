"""A new generation is served without a restart and without a dropped request."""

import json
import re
import threading
import time

import pytest
from conftest import HashEmbedder
from server import running, wait_for
from shell import run_bureau
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.serving import live as live_module
from search_api.serving.live import Live

CLIENTS, SWITCHES = 8, 100
IMPATIENT = """
from search_api.serving import live
live.CHECK_EVERY = 0.05
from search_api.cli import main
main()
"""


def add_report(folder, number):
    text = f"第{number}县信访局2022年工作报告\n一、做法\n（一）接访。全年接待来访群众{number}批次。"
    (folder / f"more-{number}.txt").write_text(text, "utf-8")


@pytest.fixture
def published(small, tmp_path):
    """Folder of an index of two reports, made with a fake embedder."""
    build_index([small], tmp_path / "index", HashEmbedder())
    return tmp_path / "index"


def test_a_new_generation_replaces_the_engine(published, small, monkeypatch):
    monkeypatch.setattr(live_module, "CHECK_EVERY", 0.0)
    live = Live(Engine(Index.open(published), HashEmbedder()))
    old = live.now()
    assert live.now() is old
    add_report(small, 1)
    build_index([small], published, HashEmbedder(), afresh=True)
    wait_for(lambda: live.now() is not old)
    assert live.now().index.generation == "gen-000002"
    assert live.now().embedder is old.embedder
    assert old.search("接访").hits  # a request in flight goes on with the old one


def test_current_is_looked_at_once_a_second_at_most(published, monkeypatch):
    live = Live(Engine(Index.open(published), HashEmbedder()))
    looks = []
    monkeypatch.setattr(live, "_look", lambda: looks.append(1) or Live._look(live))
    for _ in range(1000):
        live.now()
    assert len(looks) <= 2


def test_a_damaged_generation_leaves_the_old_one_answering(published, small, monkeypatch):
    monkeypatch.setattr(live_module, "CHECK_EVERY", 0.0)
    client = TestClient(
        create_app(Engine(Index.open(published), HashEmbedder())), base_url="http://localhost"
    )
    assert client.get("/readyz").json()["stale"] is False
    add_report(small, 1)
    build_index([small], published, HashEmbedder(), afresh=True)
    (published / "gen-000002" / "passages.npy").write_bytes(b"")
    wait_for(lambda: client.get("/readyz").json()["stale"])
    body = client.get("/v1/search", params={"q": "接访"}).json()
    assert body["index"]["generation"] == "gen-000001"
    assert body["hits"]
    add_report(small, 2)
    build_index([small], published, HashEmbedder(), afresh=True)
    wait_for(lambda: client.get("/readyz").json()["generation"] == "gen-000003")
    assert client.get("/readyz").json()["stale"] is False


def test_an_entity_tag_ends_with_its_generation(published, small, monkeypatch):
    monkeypatch.setattr(live_module, "CHECK_EVERY", 0.0)
    client = TestClient(
        create_app(Engine(Index.open(published), HashEmbedder())), base_url="http://localhost"
    )
    tag = client.get("/v1/reports").headers["etag"]
    assert client.get("/v1/reports", headers={"If-None-Match": tag}).status_code == 304
    add_report(small, 1)
    build_index([small], published, HashEmbedder(), afresh=True)
    wait_for(lambda: client.get("/v1/reports", headers={"If-None-Match": tag}).status_code == 200)
    assert len(client.get("/v1/reports").json()["reports"]) == 3


@pytest.fixture
def server(small, tmp_path):
    """A real server over the two reports."""
    index = tmp_path / "index"
    assert run_bureau("index", small, index=index).returncode == 0
    with running(index) as started:
        yield started


def generation(server):
    """The name of the generation that answers."""
    return json.loads(server.ask("/readyz")[2])["generation"]


def renumber(folder, number):
    """Let every report of ``folder`` say that it is the ``number``-th edition."""
    for path in folder.glob("*.txt"):
        kept = path.read_text("utf-8").partition("\n本版接访")[0]
        path.write_text(f"{kept}\n本版接访记录为第{number}版，供来访群众查阅。", "utf-8")


@pytest.mark.timeout(900)  # a minute where nothing else runs
def test_switches_under_load_drop_no_request_and_mix_no_generations(small, tmp_path, embedder):
    renumber(small, 1)
    build_index([small], tmp_path / "index", embedder)
    answers, stop = [], threading.Event()

    def client():
        while not stop.is_set():
            answers.append(server.ask("/v1/search?q=%E6%8E%A5%E8%AE%BF&k=100"))

    with running(tmp_path / "index", program=("-c", IMPATIENT)) as server:
        threads = [threading.Thread(target=client) for _ in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            for number in range(2, SWITCHES + 2):
                renumber(small, number)
                build_index([small], tmp_path / "index", embedder)
                name = f"gen-{number:06}"
                wait_for(lambda name=name: generation(server) == name)
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert len(answers) > 5 * SWITCHES
    assert {answer and answer[0] for answer in answers} == {200}
    seen = set()
    for *_, body in answers:
        found = json.loads(body)
        number = int(found["index"]["generation"].removeprefix("gen-"))
        editions = re.findall(r"第(\d+)版", " ".join(hit["text"] for hit in found["hits"]))
        assert set(editions) == {str(number)} and len(editions) == 2  # one from each report
        seen.add(number)
    assert len(seen) > SWITCHES / 2


def test_a_megabyte_of_question_is_refused_by_the_real_server(server):
    began = time.monotonic()
    status, _, body = server.ask("/v1/search?q=" + "a" * 1_000_000)
    assert status == 414
    assert json.loads(body)["errors"][0]["field"] == "q"
    assert time.monotonic() - began < 5
    assert server.ask("/healthz")[0] == 200


def test_refreshed_waits_until_the_new_generation_is_open(published, small):
    live = Live(Engine(Index.open(published), HashEmbedder()))
    old = live.now()
    assert live.refreshed() is old
    for number in range(1, 4):
        add_report(small, number)
        build_index([small], published, HashEmbedder())
        assert live.refreshed().index.generation == f"gen-{number + 1:06}"
        assert live.now() is live.refreshed()


def test_refreshed_from_many_threads_opens_a_generation_once(published, small, monkeypatch):
    live = Live(Engine(Index.open(published), HashEmbedder()))
    live.refreshed()
    opened = []
    plain = live_module.reopened
    monkeypatch.setattr(live_module, "reopened", lambda old: opened.append(1) or plain(old))
    add_report(small, 1)
    build_index([small], published, HashEmbedder())
    threads = [threading.Thread(target=live.refreshed) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert opened == [1]
