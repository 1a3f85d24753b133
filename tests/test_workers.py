"""Several processes that answer at one address."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from server import ROOT, running, wait_for

from search_api.serve import HELD_TWICE, default_workers
from search_api.serving import siblings

SEARCH = "/v1/search?q=%E9%87%8D%E5%A4%8D%E4%BF%A1%E8%AE%BF&k=1"


@pytest.fixture
def folder(corpus_index, tmp_path):
    """An index of its own, since these tests publish into it."""
    shutil.copytree(corpus_index, tmp_path / "index")
    return tmp_path / "index"


@pytest.fixture
def web(folder):
    with running(folder, "--allow-upload", workers=2) as server:
        wait_for(lambda: len(answering(server)) == 2)
        yield server


def children(pid):
    """The processes that a process began."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in text.split()]


def answering(server):
    """Those children of the server that have told the others where they are."""
    began = [pid for pid in children(server.pid) if environment(pid).get(siblings.FOLDER)]
    return [p for p in began if Path(environment(p)[siblings.FOLDER], f"{p}.generation").exists()]


def environment(pid):
    """The environment that a process was begun with."""
    try:
        rows = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return {}
    return dict(row.split("=", 1) for row in rows if "=" in row)


def total(server):
    """Requests that are counted."""
    _, _, body = server.ask("/metrics")
    lines = [line for line in body.decode().splitlines() if line.startswith("bureau_requests_tot")]
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if SEARCH.split("?")[0] in line)


def ask_often(server, times):
    """The answers to ``times`` searches from eight clients, each on a connection of its own."""
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda _: server.ask(SEARCH), range(times)))


def test_figures_are_those_of_all_processes(web):
    answers = ask_often(web, 80)
    assert {answer[0] for answer in answers} == {200}
    assert {total(web) for _ in range(8)} == {80.0}


def test_a_report_that_was_added_is_known_to_all_processes(web):
    text = (
        "蓝鲸县信访局2024年工作报告\n一、主要做法\n（一）蓝鲸驿站。设立蓝鲸驿站接待群众三百次。\n"
    )
    parts = (
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n',
        f"{text}\r\n--b--\r\n",
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    status, _, body = web.ask("/v1/reports", "POST", "".join(parts).encode(), headers)
    assert status == 201, body
    generation = json.loads(body)["generation"]
    answers = ask_often(web, 64)
    assert {json.loads(a[2])["index"]["generation"] for a in answers} == {generation}


def listening(server):
    """How many sockets take connections at the server's address."""
    rows = [row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return sum(row[1].endswith(f":{server.port:04X}") and row[3] == "0A" for row in rows)


def sockets(pid):
    """The sockets that a process has open."""
    found = set()
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            found.add(str(file.readlink()))
    return {link for link in found if link.startswith("socket:")}


def test_connections_that_are_kept_open_fall_to_all_processes(web):
    """Even if one of them is not there to take any for a while."""
    wait_for(lambda: listening(web) == 2)
    began = answering(web)
    before = [sockets(pid) for pid in began]
    os.kill(began[0], signal.SIGSTOP)
    kept = [socket.create_connection(("127.0.0.1", web.port)) for _ in range(24)]
    os.kill(began[0], signal.SIGCONT)

    def taken():
        return [len(sockets(pid) - had) for pid, had in zip(began, before, strict=True)]

    wait_for(lambda: sum(taken()) == len(kept), 5)
    assert min(taken()) >= 3  # fewer: once in thirty thousand runs
    for connection in kept:
        connection.close()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_address_is_told_when_it_answers(folder, workers):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "search_api.cli", "serve", "--workers", workers]
    with subprocess.Popen(
        [*command, "--index", str(folder), "--port", str(port)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        try:
            assert f"http://127.0.0.1:{port}" in server.stderr.readline()
            socket.create_connection(("127.0.0.1", port)).close()
        finally:
            server.terminate()


def test_an_address_in_use_is_one_sentence(web):
    command = [sys.executable, "-m", "search_api.cli", "serve", "--workers", "2"]
    done = subprocess.run(
        [*command, "--index", str(web.index), "--port", str(web.port)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "BUREAU_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert f"cannot listen on 127.0.0.1:{web.port}" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_process_that_died_is_replaced(web):
    victim = answering(web)[0]
    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: len(answering(web)) == 2 and victim not in answering(web))
    assert {answer[0] for answer in ask_often(web, 40) if answer} == {200}


def test_all_processes_end_with_the_first(folder):
    with running(folder, workers=2) as server:
        wait_for(lambda: len(answering(server)) == 2)
        began = children(server.pid)
    wait_for(lambda: not any(map(lives, began)), 15)


def test_all_processes_end_when_the_first_is_killed(folder):
    with running(folder, workers=2) as server:
        wait_for(lambda: len(answering(server)) == 2)
        began = children(server.pid)
        os.kill(server.pid, signal.SIGKILL)
        wait_for(lambda: not any(map(lives, began)), 15)


def lives(pid):
    """Whether a process is there and not only waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_an_index_that_cannot_be_opened_is_one_sentence(folder):
    current = folder / "CURRENT"
    damaged = folder / current.read_text().split()[0] / "vectors.faiss"
    damaged.write_bytes(damaged.read_bytes()[:-1])
    command = [sys.executable, "-m", "search_api.cli", "serve", "--workers", "2"]
    done = subprocess.run(
        [*command, "--index", str(folder), "--port", "8999"],
        env={**os.environ, "PYTHONPATH": str(ROOT), "BUREAU_LANG": "en"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 2
    assert "vectors.faiss is damaged" in done.stderr and len(done.stderr.splitlines()) == 1


def test_two_processes_where_they_are_cheap(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    assert default_workers(HELD_TWICE, None) == 2
    assert default_workers(HELD_TWICE + 1, None) == 1
    assert default_workers(10, "a/large-model") == 1
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    assert default_workers(10, None) == 1


def test_processes_tell_each_other_where_they_are(tmp_path, monkeypatch):
    monkeypatch.delenv(siblings.FOLDER, raising=False)
    siblings.told("gen-000001")
    assert siblings.wait_for_all(2, 0)
    monkeypatch.setenv(siblings.FOLDER, str(tmp_path))
    siblings.told("gen-000001")
    (tmp_path / "999999999.generation").write_text("gen-000001")  # it died
    began = time.monotonic()
    assert not siblings.wait_for_all(2, 0.2) and time.monotonic() - began < 2
    siblings.told("gen-000002")
    assert siblings.wait_for_all(2, 0)
