"""Adding reports over HTTP: found at once, or refused with the reason and nothing left behind."""

import asyncio
import errno
import io
import json
import os
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from server import running, wait_for
from starlette.exceptions import HTTPException
from starlette.testclient import TestClient

from indexer.files import only_writer
from indexer.shapes import BadInput
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.routes import uploading
from search_api.serving import uploads as uploads_module
from search_api.serving.problems import Busy
from search_api.serving.uploads import failure, safe_name, store

PLACES = iter(f"第{n}县" for n in range(1, 100))


def report(place):
    """(file name, bytes) of a made-up report that one question finds."""
    text = (
        f"{place}信访局2022年法治政府建设工作报告\n2022年，{place}信访局现将有关情况报告如下。\n"
        f"一、主要做法\n（一）设立蓝鲸驿站。{place}设立蓝鲸驿站，为来访群众提供法律咨询{len(place)}百人次。"
    )
    return f"{place}-2022.txt", text.encode()


@pytest.fixture(scope="module")
def folder(corpus_index, tmp_path_factory):
    """A copy of the index of the five reports that may grow."""
    copy = tmp_path_factory.mktemp("growing") / "index"
    shutil.copytree(corpus_index, copy)
    return copy


@pytest.fixture(scope="module")
def server(folder):
    with running(folder, "--allow-upload") as started:
        yield started


@pytest.fixture(scope="module")
def web(server):
    with httpx.Client(base_url=f"http://127.0.0.1:{server.port}", timeout=60) as client:
        yield client


@pytest.fixture
def client(folder, embedder):
    app = create_app(Engine(Index.open(folder), embedder), uploads=True)
    return TestClient(app, base_url="http://localhost")


def send(client, name, data, **more):
    return client.post("/v1/reports", files={"file": (name, data)}, **more)


def kept(folder):
    """The files that uploads left beside the index."""
    return sorted(path.name for path in (folder / "uploads").glob("*"))


def assert_refused(response, status, *words, field="file"):
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    for word in words:
        assert word in body["detail"]
    assert body["detail_zh"]
    if field:
        assert [entry["field"] for entry in body["errors"]] == [field]


def test_a_report_is_found_right_after_the_answer(web, folder):
    name, data = report(next(PLACES))
    before = web.get("/healthz").json()["generation"]
    response = send(web, name, data)
    assert response.status_code == 201, response.text
    told = response.json()
    found = web.get("/v1/search", params={"q": "蓝鲸驿站", "k": 1}).json()
    assert found["hits"][0]["report_id"] == told["report_id"]
    assert found["index"]["generation"] == told["generation"] > before
    assert told["passages"] > 0
    assert told["ledger"]["file"] == name and told["ledger"]["reason"] == ""
    assert response.headers["location"] == "/" + told["url"]
    assert web.get(response.headers["location"]).json()["file"] == name
    assert web.get(response.headers["location"] + "/file").content == data
    assert kept(folder) == [name]
    again = send(web, name, data).json()
    assert again["report_id"] == told["report_id"]
    assert again["generation"] == told["generation"]
    assert kept(folder) == [name]


def test_another_file_of_the_same_name_is_another_report(web, folder):
    (name, first), (_, second) = report(next(PLACES)), report(next(PLACES))
    ids = {send(web, name, data).json()["report_id"] for data in (first, second)}
    assert len(ids) == 2
    stem = name.removesuffix(".txt")
    assert {name, f"{stem}-2.txt"} <= set(kept(folder))


@pytest.mark.parametrize(
    ("name", "data", "word"),
    [
        ("a.txt", b"nothing Chinese", "no Chinese text"),
        ("a.txt", b"", "0 bytes"),
        ("a.pdf", b"%PDF-1.4 broken", "a.pdf"),
        ("a.exe", "信访".encode(), "no supported format"),
        ("noending", "信访".encode(), "no supported format"),
    ],
)
def test_what_cannot_be_indexed_is_refused_and_removed(web, folder, name, data, word):
    before, published = kept(folder), (folder / "CURRENT").read_bytes()
    refused = send(web, name, data)
    assert_refused(refused, 422, word)
    assert kept(folder) == before
    assert (folder / "CURRENT").read_bytes() == published  # and so no line of the ledger
    assert web.get("/v1/search", params={"q": "信访听证"}).json()["hits"]


def test_after_a_refusal_the_next_report_is_indexed(web):
    send(web, "b.txt", b"nothing Chinese")
    assert send(web, *report(next(PLACES))).status_code == 201


def test_a_report_that_is_there_already_is_refused_with_the_other_name(web, folder):
    name, data = report(next(PLACES))
    assert send(web, name, data).status_code == 201
    assert_refused(send(web, "copy.txt", data), 422, "copy.txt", name)
    assert "copy.txt" not in kept(folder)


def test_other_sites_cannot_add(web, folder):
    before, (name, data) = kept(folder), report(next(PLACES))
    for headers in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"},
        {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"},
        {"Host": "evil.example"},
    ):
        response = send(web, name, data, headers=headers)
        assert response.status_code == 403
        assert response.json()["errors"][0]["field"] in headers
    assert kept(folder) == before


def test_without_permission_nothing_is_taken(engine):
    client = TestClient(create_app(engine), base_url="http://localhost")
    response = send(client, *report(next(PLACES)))
    assert_refused(response, 403, "--allow-upload", field=None)
    assert "不接受上传" in response.json()["detail_zh"]
    assert send(client, "a.txt", b"x" * 2**21).status_code == 413
    assert not (engine.index.folder.parent / "uploads").exists()


@pytest.mark.parametrize(
    "request_of",
    [
        {"files": {"other": ("a.txt", b"x")}},
        {"data": {"file": "text"}},
        {"files": [("file", ("a.txt", b"x")), ("file", ("b.txt", b"x"))]},
        {"json": {"file": "a"}},
        {
            "content": b"--x\r\nbroken",
            "headers": {"Content-Type": "multipart/form-data; boundary=x"},
        },
        {"content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
        {},
    ],
)
def test_a_body_that_is_not_one_file_is_refused(web, request_of):
    assert_refused(web.post("/v1/reports", **request_of), 422, "multipart/form-data")


def test_another_writer_is_named(web, folder):
    with only_writer(folder):
        response = send(web, *report(next(PLACES)))
    assert_refused(response, 409, f"process {os.getpid()}", field=None)
    assert str(folder) not in response.text


def test_a_writer_that_comes_between_is_named_too(tmp_path):
    en = f"{tmp_path} is being written by process 4711: wait for it"
    error = failure(json.dumps([en, "请稍候"]).encode(), tmp_path / "uploads" / "a.txt", tmp_path)
    assert isinstance(error, Busy)
    assert "process 4711" in str(error) and "4711" in error.zh
    assert str(tmp_path) not in str(error)


def test_the_servers_folders_are_not_told(tmp_path):
    path = tmp_path / "uploads" / "a.txt"
    said = json.dumps([f"{path}: damaged", f"{path}：已损坏"]).encode()
    error = failure(said, path, tmp_path)
    assert str(error) == "a.txt was not indexed: a.txt: damaged"
    assert error.zh == "a.txt 未能收录：a.txt：已损坏"


@pytest.mark.parametrize("said", [b"", b"Traceback", b"[1]", b"\xff", b"{}", b"3"])
def test_an_indexer_that_dies_is_a_refusal_too(tmp_path, said):
    error = failure(said, tmp_path / "uploads" / "a.txt", tmp_path)
    assert "without a reason" in str(error) and "异常" in error.zh


def test_a_disk_that_takes_nothing_is_a_503(client, folder, monkeypatch):
    def full(*args):
        raise OSError(errno.ENOSPC, "No space left on device", str(folder / "uploads"))

    monkeypatch.setattr(uploads_module, "store", full)
    response = send(client, *report("某县"))
    assert_refused(response, 503, "No space left", field=None)
    assert str(folder) not in response.text


def test_one_upload_at_a_time_and_the_server_goes_on_answering(server, web, folder):
    answers, (name, data) = [], report(next(PLACES))

    def upload():
        answers.append(
            httpx.post(f"{web.base_url}/v1/reports", files={"file": (name, data)}, timeout=60)
        )

    threads = [threading.Thread(target=upload) for _ in range(3)]
    for thread in threads:
        thread.start()
    asked = 0
    while any(thread.is_alive() for thread in threads):
        assert server.ask("/v1/search?q=%E6%8E%A5%E8%AE%BF")[0] == 200
        asked += 1
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]
    assert asked >= 5
    assert [n for n in kept(folder) if n == name] == [name]


def test_too_large_a_file_is_refused_before_it_is_read(server):
    began, memory = time.monotonic(), server.memory()
    head = (
        b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: %d\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" % (65 * 2**20)
    )
    assert server.raw(head, seconds=1).startswith(b"HTTP/1.1 413")
    assert time.monotonic() - began < 5
    assert server.memory() - memory < 50 * 2**20


def test_a_file_as_large_as_allowed_is_not_held_in_memory(server, web):
    memory = server.memory()
    peak = [0]
    done = threading.Event()

    def watch():
        while not done.is_set():
            peak[0] = max(peak[0], server.memory() - memory)
            time.sleep(0.02)

    thread = threading.Thread(target=watch)
    thread.start()
    response = send(web, "large.txt", io.BytesIO(b"nothing Chinese\n" * (60 * 2**16)))
    done.set()
    thread.join()
    assert_refused(response, 422, "large.txt")
    assert peak[0] < 50 * 2**20


def test_a_client_that_leaves_frees_the_place(server, web, folder):
    before = kept(folder)
    head = (
        b"POST /v1/reports HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
        b'Content-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf'
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(head)
            wait_for(lambda: send(web, "a.exe", b"x").status_code == 409)
        wait_for(lambda: send(web, "a.exe", b"x").status_code == 422)
    assert kept(folder) == before


def test_an_indexer_that_takes_too_long_is_stopped(client, folder, monkeypatch):
    before = kept(folder)
    monkeypatch.setattr(uploads_module, "INDEX_SECONDS", 0.01)
    assert_refused(send(client, *report(next(PLACES))), 422, "seconds")
    assert kept(folder) == before
    monkeypatch.undo()
    assert send(client, *report(next(PLACES))).status_code == 201


def test_a_file_that_does_not_arrive_in_time_is_given_up(monkeypatch):
    class Slow:
        async def form(self, **limits):
            await asyncio.sleep(60)

    monkeypatch.setattr(uploading, "RECEIVE_SECONDS", 0.01)
    with ThreadPoolExecutor(1) as other, pytest.raises(HTTPException) as caught:
        # not in this thread: a browser's event loop may be running here
        other.submit(lambda: asyncio.run(uploading.received(Slow(), None))).result()
    assert caught.value.status_code == 408


def test_a_report_uploaded_to_one_server_outlives_it(folder, embedder):
    opened = Index.open(folder)
    names = {entry.file for entry in opened.ledger if entry.report_id}
    assert {"第1县-2022.txt", "yongan-2024.txt"} <= names


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("报告 2024.txt", "报告 2024.txt"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\a\\b.PDF", "b.pdf"),
        ("/etc/cron.d/x.md", "x.md"),
        ("a\x00b\n\u202e.txt", "ab.txt"),
        ('a<b>:"|?*.txt', "a_b______.txt"),
        ("...txt", "txt.txt"),
        (".txt", "txt.txt"),
        ("- rf.txt", "rf.txt"),
        ("e\u0301.txt", "é.txt"),
        ("信" * 200 + ".txt", "信" * 38 + ".txt"),
    ],
)
def test_a_stored_name_is_safe(given, safe):
    if safe == "txt.txt":  # no stem: the ending is all that there is
        with pytest.raises(BadInput):
            safe_name(given)
    else:
        assert safe_name(given) == safe
        assert len(safe.encode()) <= uploads_module.LONGEST_NAME


def test_a_link_that_waits_in_the_folder_is_not_followed(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("keep")
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / "a.txt").symlink_to(victim)
    path, new = store(io.BytesIO(b"data"), tmp_path / "uploads", "a.txt")
    assert (path.name, new) == ("a-2.txt", True)
    assert victim.read_text() == "keep"


def test_the_reason_is_json_even_for_odd_names(web):
    response = send(web, '信\\"访\u202e.txt', b"nothing Chinese")
    assert_refused(response, 422, "no Chinese text")
    assert json.loads(response.content)["status"] == 422
