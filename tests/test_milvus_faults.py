"""Milvus down, slow, silent, killed in the middle: what is said, and that nothing is lost."""

import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest

from indexer.backend import EVERYTHING
from indexer.build import build_index
from indexer.shapes import BadIndex
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.engine import Engine
from tests.conftest import HashEmbedder
from tests.server import running, wait_for

missing = "milvus-lite is not installed: pip install 'bureau-search[milvus]'"
pytest.importorskip("pymilvus", reason=missing)
pytest.importorskip("milvus_lite", reason=missing)

from indexer.milvus import layout  # noqa: E402
from indexer.milvus.address import parse_address  # noqa: E402
from indexer.milvus.building import build_on_milvus  # noqa: E402
from indexer.milvus.client import OPENING, Server  # noqa: E402
from indexer.milvus.index import MilvusIndex  # noqa: E402
from indexer.milvus.keeping import Kind, Records  # noqa: E402
from tests.milvus_server import Line, free_port, milvus  # noqa: E402
from tests.test_milvus import folder_of, ids_in  # noqa: E402

ROOT = Path(__file__).parents[1]
WITHIN = 5  # seconds in which a failure is said
BUILD = """
import sys
from pathlib import Path
from indexer.milvus.building import Shard, build_on_milvus
from tests.conftest import HashEmbedder
build_on_milvus([Path(sys.argv[1])], sys.argv[2], HashEmbedder(), shard=Shard.parse(sys.argv[3]))
"""


@pytest.fixture(scope="module")
def served(tmp_path_factory, embedder):
    """A Milvus of five reports, a line to it, and a server that answers from it."""
    with milvus(tmp_path_factory.mktemp("milvus") / "data") as server:
        build_on_milvus([bundled_corpus()], server.address(), embedder)
        with (
            closing(Line(server.port)) as line,
            running(f"milvus://127.0.0.1:{line.port}/reports") as site,
        ):
            yield server, line, site


def ask(site, question):
    """(status, body, seconds) of a search that no cache has seen."""
    began = time.monotonic()
    status, _, body = site.ask(f"/v1/search?q={quote(question)}&k=3")
    return status, json.loads(body), time.monotonic() - began


def recovers(site):
    wait_for(lambda: ask(site, f"信访听证{time.monotonic()}")[0] == 200, 10)


def is_said(site, line, question):
    """A failure is a problem that names Milvus, within the time."""
    status, body, seconds = ask(site, question)
    assert status == 503
    assert f"http://127.0.0.1:{line.port}" in body["detail"]
    assert "没有应答" in body["detail_zh"]
    assert seconds < WITHIN


def test_a_server_answers_from_milvus(served):
    _, _, site = served
    status, body, _ = ask(site, "重复信访怎么治理")
    assert status == 200
    assert len(body["hits"]) == 3
    for path in ("/readyz", "/v1/reports", "/v1/facets", "/metrics", "/"):
        assert site.ask(path)[0] == 200
    for path in ("/v1/wording?q=%E4%BF%A1%E8%AE%BF", "/v1/indicators", "/v1/matrix"):
        status, _, body = site.ask(path)
        assert status == 501
        assert "本机" in json.loads(body)["detail_zh"]


def test_killed_and_back(served):
    server, line, site = served
    server.kill()
    for n in range(3):
        is_said(site, line, f"律师接访{n}")
    assert site.ask("/readyz")[0] == 503
    assert site.ask("/healthz")[0] == 200
    server.start()
    recovers(site)


def test_stopped_and_going_on(served):
    server, line, site = served
    server.signal(signal.SIGSTOP)
    try:
        for n in range(2):
            is_said(site, line, f"领导包案{n}")
    finally:
        server.signal(signal.SIGCONT)
    recovers(site)


def test_many_clients_of_a_stopped_one_all_hear_in_time(served):
    server, _, site = served
    server.signal(signal.SIGSTOP)
    try:
        answers = []
        clients = [
            threading.Thread(target=lambda n=n: answers.append(ask(site, f"化解积案{n}")))
            for n in range(12)
        ]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert [status for status, _, _ in answers] == [503] * 12
        assert max(seconds for _, _, seconds in answers) < WITHIN
    finally:
        server.signal(signal.SIGCONT)
    recovers(site)


@pytest.mark.parametrize("delay", [0.7, 1.5, 4.0])
def test_a_slow_line(served, delay):
    _, line, site = served
    line.delay = delay
    try:
        status, body, seconds = ask(site, f"信访条例宣传{delay}")
        assert seconds < WITHIN
        assert status == 503
        assert "does not answer" in body["detail"]
    finally:
        line.delay = 0.0
    recovers(site)


def test_a_silent_line(served):
    _, line, site = served
    line.silent = True
    try:
        is_said(site, line, "初次信访")
    finally:
        line.silent = False
    recovers(site)


def test_another_generation_is_answered_from_without_a_restart(served, embedder, small):
    server, _, site = served
    before = json.loads(site.ask("/v1/reports")[2])["generation"]
    build_on_milvus([small], server.address(), embedder)

    def moved():
        status, _, body = site.ask("/v1/reports")
        assert status == 200
        return json.loads(body)["generation"] != before

    wait_for(moved, 20)
    assert ask(site, "律师接访")[1]["index"]["reports"] == 2


# beginning


def bureau(*arguments):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "search_api.cli", *arguments],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return done, time.monotonic() - began


def test_nothing_is_there():
    port = free_port()
    done, seconds = bureau("search", "信访", "--index", f"milvus://127.0.0.1:{port}/reports")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"bureau: Milvus at http://127.0.0.1:{port} does not answer\n"
    assert seconds < 2 * WITHIN  # the program's own start is in it


def test_what_is_there_says_nothing(served):
    server, _, _ = served
    with closing(Line(server.port)) as line:
        line.silent = True
        began = time.monotonic()
        with pytest.raises(BadIndex, match="does not answer"):
            MilvusIndex.open(f"milvus://127.0.0.1:{line.port}/reports")
        assert time.monotonic() - began < WITHIN


def test_a_file_that_another_process_has_open_is_named(tmp_path, small):
    where = f"milvus://{tmp_path}/m.db/reports"
    build_on_milvus([small], where, HashEmbedder())  # this process has it open
    done, _ = bureau("search", "信访", "--index", where)
    assert (done.returncode, done.stdout) == (2, "")
    assert "another process" in done.stderr
    assert len(done.stderr.splitlines()) == 1


# killed while writing


@pytest.fixture
def many(tmp_path):
    """Forty reports of some 16 passages each: two batches, of three and of one calls."""
    return folder_of(tmp_path, 40, paragraphs=16)


def building(folder, where, shard="1/1"):
    command = [sys.executable, "-c", BUILD, str(folder), where, shard]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True)


def as_in_a_folder(folder, where, tmp_path):
    """Each passage is there once, and found as in an index directory of the same files."""
    build_index([folder], tmp_path / "local", HashEmbedder())
    local, far = Index.open(tmp_path / "local"), MilvusIndex.open(where)
    rows = far.rows_of(EVERYTHING)
    assert len(rows) == len(set(rows.tolist())) == len(far) == len(local)
    assert ids_in(far) == sorted(local.passage(row).id for row in range(len(local)))
    engines = [Engine(index, HashEmbedder()) for index in (local, far)]
    scores = [[hit.score for hit in engine.search("律师接访第7次").hits] for engine in engines]
    assert scores[1] == pytest.approx(scores[0], abs=0.03)


def test_a_killed_build_goes_on_and_leaves_nothing_twice(tmp_path, many):
    with milvus(tmp_path / "data") as server, closing(Line(server.port)) as line:
        line.delay = 0.05  # so that there is time to be killed in
        far = f"milvus://127.0.0.1:{line.port}/reports"
        watched = Server(parse_address(server.address()), OPENING)
        for wanted in (begun, some_rows, a_batch, more_rows, all_batches):
            with building(many, far) as child:
                until(child, wanted, watched)
                assert child.poll() is None, "too late to be killed"
                child.kill()
        with building(many, far) as child:
            assert child.wait(60) == 0, child.stderr.read()
        as_in_a_folder(many, server.address(), tmp_path)


def until(child, wanted, server):
    wait_for(lambda: child.poll() is not None or wanted(server))


def begun(server):
    return any(name.endswith(layout.RECORDS) for name in server.call("list_collections"))


def some_rows(server):
    return counts(server)[0] > 0


def a_batch(server):
    return counts(server)[1] == 1


def more_rows(server):
    return counts(server)[0] > 32 * 16


def all_batches(server):
    return counts(server)[1] == 2


def counts(server):
    """(rows, batches) written so far."""
    names = [n for n in server.call("list_collections") if not n.endswith(layout.RECORDS)]
    if not names:
        return 0, 0
    batches = list(Records(server, names[0] + layout.RECORDS).all_of(Kind.BATCH))
    return server.count(names[0]), len(batches)


def test_milvus_killed_while_it_is_written_to(tmp_path, many):
    """The build waits for it, and goes on."""
    with milvus(tmp_path / "data") as server:
        watched = Server(parse_address(server.address()), OPENING)
        child = building(many, server.address())
        with child:
            until(child, some_rows, watched)
            server.kill()
            time.sleep(1)
            assert child.poll() is None
            server.start()
            assert child.wait(60) == 0, child.stderr.read()
        as_in_a_folder(many, server.address(), tmp_path)


def test_two_workers_at_once_share_nothing_but_milvus(tmp_path, many):
    with milvus(tmp_path / "data") as server:
        workers = [building(many, server.address(), shard) for shard in ("1/2", "2/2")]
        for worker in workers:
            with worker:
                assert worker.wait(60) == 0, worker.stderr.read()
        as_in_a_folder(many, server.address(), tmp_path)
