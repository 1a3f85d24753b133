"""The file that a report was read from: exactly its bytes, or a 404; nothing else, ever."""

import os
import re
import shutil
from hashlib import sha256
from pathlib import Path
from urllib.parse import unquote

import pytest
from conftest import HashEmbedder
from server import running
from starlette.testclient import TestClient

from indexer.build import build_index
from indexer.sources import bundled_corpus
from indexer.store import Index
from search_api.app import create_app
from search_api.engine import Engine
from search_api.serving import originals
from search_api.serving.originals import disposition, media_type

CORPUS = bundled_corpus()
ORIGINAL = "/v1/reports/yongan-2024/file"
TEXT = "某县信访局2022年工作报告\n一、做法\n（一）接访。全年接待来访群众12批次，成效明显。"


@pytest.fixture(scope="module")
def client(engine):
    return TestClient(create_app(engine), base_url="http://localhost")


@pytest.fixture
def moved(tmp_path):
    """(client, folder) over reports in a folder that a test may change."""
    folder = tmp_path / "reports"
    folder.mkdir()
    (folder / "a.txt").write_text(TEXT, "utf-8")
    build_index([folder], tmp_path / "index", HashEmbedder())
    app = create_app(Engine(Index.open(tmp_path / "index"), HashEmbedder()))
    return TestClient(app, base_url="http://localhost"), folder


@pytest.mark.parametrize("name", ["yongan-2024", "jieyang-2024"])
def test_every_byte_comes_back(client, name):
    report = client.get(f"/v1/reports/{name}").json()
    assert report["media_type"] == "text/plain"
    response = client.get("/" + report["file_url"], headers={"Accept-Encoding": "gzip"})
    assert response.content == (CORPUS / report["file"]).read_bytes()
    assert response.headers["content-type"] == "text/plain"
    assert "content-encoding" not in response.headers
    assert response.headers["content-disposition"].startswith("attachment;")
    assert response.headers["content-security-policy"].startswith("sandbox")
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["etag"] == f'"{sha256(response.content).hexdigest()}"'


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-10", 10, 11),
        ("bytes=-5", -5, None),
        ("bytes=5000-", 5000, None),
        ("bytes=5000-999999", 5000, None),
        ("Bytes=1-2".lower(), 1, 3),
    ],
)
def test_a_range_is_that_part_of_the_file(client, asked, start, end):
    whole = (CORPUS / "yongan-2024.txt").read_bytes()
    response = client.get(ORIGINAL, headers={"Range": asked})
    assert response.status_code == 206
    assert response.content == whole[start:end]
    first = start % len(whole)
    said = f"bytes {first}-{first + len(response.content) - 1}/{len(whole)}"
    assert response.headers["content-range"] == said


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,3-4", "bytes=", "bytes=-", "bytes=9-1", "lines=1-2", "bytes=a-b", "bytes=0-", "x"],
)
def test_what_is_no_single_range_gets_the_whole(client, asked):
    response = client.get(ORIGINAL, headers={"Range": asked})
    assert response.status_code == 200
    assert response.content == (CORPUS / "yongan-2024.txt").read_bytes()


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=-0", "bytes=999999999999999999-"])
def test_a_range_outside_is_a_416(client, asked):
    response = client.get(ORIGINAL, headers={"Range": asked})
    assert response.status_code == 416
    assert response.headers["content-range"] == "bytes */5872"
    assert response.json()["errors"][0]["field"] == "Range"


def test_a_range_of_another_file_is_not_mixed_in(client):
    tag = client.get(ORIGINAL).headers["etag"]
    for given, status in ((tag, 206), ('"other"', 200), ("W/" + tag, 200)):
        headers = {"Range": "bytes=0-9", "If-Range": given}
        assert client.get(ORIGINAL, headers=headers).status_code == status


def test_a_known_file_is_not_sent_again(client):
    tag = client.get(ORIGINAL).headers["etag"]
    response = client.get(ORIGINAL, headers={"If-None-Match": f'"x", {tag}'})
    assert (response.status_code, response.content) == (304, b"")


def test_head_says_the_same_without_a_body(client):
    full, head = client.get(ORIGINAL), client.head(ORIGINAL)
    assert head.status_code == 200 and head.content == b""
    names = ("content-length", "content-type", "content-disposition", "etag", "accept-ranges")
    assert [head.headers[n] for n in names] == [full.headers[n] for n in names]
    assert client.head(ORIGINAL, headers={"Range": "bytes=0-9"}).headers["content-length"] == "10"


def test_a_pdf_is_shown_and_nothing_else_is(client):
    shown = {
        suffix
        for suffix in (*originals.MEDIA_TYPES, ".exe")
        if media_type("a" + suffix) == originals.SHOWN
    }
    assert shown == {".pdf"}
    assert media_type("A.PDF") == "application/pdf"
    assert media_type("nothing") == "application/octet-stream"


def test_a_pdf_comes_inline(moved, tmp_path):
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    _, folder = moved
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(folder / "b.pdf"))
    canvas.setFont("STSong-Light", 12)
    for number, line in enumerate(TEXT.replace("2022", "2021").split("\n")):
        canvas.drawString(50, 700 - 20 * number, line)
    canvas.save()
    build_index([folder], tmp_path / "index", HashEmbedder())
    index = Index.open(tmp_path / "index")
    assert not [entry for entry in index.ledger if entry.reason]
    app = create_app(Engine(index, HashEmbedder()))
    response = TestClient(app, base_url="http://localhost").get("/v1/reports/b/file")
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith("inline;")
    assert response.content == (folder / "b.pdf").read_bytes()


def remove(folder):
    (folder / "a.txt").unlink()


def change(folder):
    (folder / "a.txt").write_text(TEXT + "改", "utf-8")


def same_size(folder):
    (folder / "a.txt").write_text(TEXT.replace("12", "13"), "utf-8")


def link(folder):
    shutil.move(folder / "a.txt", folder / "b.txt")
    (folder / "a.txt").symlink_to(folder / "b.txt")


def secret(folder):
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to("/etc/passwd")


def directory(folder):
    (folder / "a.txt").unlink()
    (folder / "a.txt").mkdir()


def pipe(folder):
    (folder / "a.txt").unlink()
    os.mkfifo(folder / "a.txt")


def empty(folder):
    (folder / "a.txt").write_bytes(b"")


@pytest.mark.parametrize("spoil", [remove, change, same_size, link, secret, directory, pipe, empty])
def test_what_is_no_longer_the_indexed_file_is_a_404_in_both_languages(moved, spoil):
    client, folder = moved
    assert client.get("/v1/reports/a/file").content == TEXT.encode()
    spoil(folder)
    response = client.get("/v1/reports/a/file")
    assert response.status_code == 404
    body = response.json()
    assert "moved or changed" in body["detail"] and "移动或修改" in body["detail_zh"]
    assert body["errors"][0]["field"] == "report_id"
    assert client.get("/v1/reports/a").status_code == 200


@pytest.mark.parametrize("spoil", [remove, link, secret, directory, pipe])
def test_a_report_offers_no_original_that_is_not_there(moved, spoil):
    client, folder = moved
    assert client.get("/v1/reports/a").json()["file_url"] == "v1/reports/a/file"
    spoil(folder)
    etag_of_before = client.get("/v1/reports/a").json()
    assert etag_of_before["file_url"] is None


def test_a_file_that_changes_while_it_is_sent_is_not_sent_in_full(moved, monkeypatch):
    client, folder = moved
    monkeypatch.setattr(originals, "CHUNK", 10)
    plain, reads = originals._read, []

    def slow(original, start, count):
        reads.append(start)
        if len(reads) == 3:
            os.utime(folder / "a.txt", (1, 1))
        return plain(original, start, count)

    monkeypatch.setattr(originals, "_read", slow)
    with pytest.raises(OSError, match="changed while it was sent"):
        client.get("/v1/reports/a/file")


def test_unchanged_files_are_hashed_once(moved, monkeypatch):
    client, _ = moved
    hashed = []
    plain = originals.file_digest
    monkeypatch.setattr(originals, "file_digest", lambda *a: hashed.append(1) or plain(*a))
    for _ in range(5):
        assert client.get("/v1/reports/a/file", headers={"Range": "bytes=0-3"}).status_code == 206
    assert len(hashed) == 1


def test_no_handle_stays_open(moved):
    client, folder = moved
    client.get("/v1/reports/a/file")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for headers in ({}, {"Range": "bytes=0-3"}, {"Range": "bytes=9999-"}, {"If-None-Match": "x"}):
        for _ in range(10):
            client.get("/v1/reports/a/file", headers=headers)
            client.head("/v1/reports/a/file", headers=headers)
    change(folder)
    for _ in range(10):
        client.get("/v1/reports/a/file")
    assert len(list(Path("/proc/self/fd").iterdir())) <= before + 1


NAMES = [
    "报告 2024.pdf",
    'a"b\\c.txt',
    "a\r\nSet-Cookie: x=1.txt",
    "a;filename=evil.exe",
    "é%2F..%2F.txt",
    "\u202etxt.exe",
    "'; rm -rf.md",
    "",
    "\ud800.txt",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_makes_one_sound_header(name):
    header = disposition(name, inline=False)
    assert header.isascii() and header.isprintable()
    plain = re.fullmatch(r'attachment; filename="([^"]*)"; filename\*=UTF-8\'\'[!-~]+', header)[1]
    assert "\\" not in plain and "%" not in plain
    wanted = "".join(c for c in name if c.isprintable()) or "report"
    assert unquote(header.rpartition("''")[2]) == wanted


SHAPES = [
    "..", "../", "../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e%2f%2e%2e%2fetc/passwd",
    "..%252f..%252fetc%252fpasswd", "..\\..\\etc\\passwd", "..%5c..%5cetc%5cpasswd",
    "%c0%ae%c0%ae%c0%afetc%c0%afpasswd", "%e0%80%ae%e0%80%ae/etc/passwd",
    "....//....//etc/passwd", "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd",
    "file:///etc/passwd", "yongan-2024/../../../etc/passwd", "yongan-2024%00.txt",
    "yongan-2024%00/../../etc/passwd", "yongan-2024/file/../../../pyproject.toml",
    "yongan-2024.txt", "./yongan-2024", "~root", "%7e/.ssh/id_rsa", "..;/..;/etc/passwd",
    "%uff0e%uff0e/etc/passwd", "．．/etc/passwd", "..%c1%9c..%c1%9cetc", "CON", "yongan-2024:1-2",
    "*", "?", "%", "%zz", "'", "A" * 5000,
]  # fmt: skip


@pytest.fixture(scope="module")
def server(corpus_index):
    with running(corpus_index) as started:
        yield started


@pytest.mark.parametrize("ending", ["/file", ""])
def test_no_shape_of_an_id_reaches_a_file(server, ending):
    for shape in SHAPES:
        path = shape.encode("utf-8")
        path = b"".join(bytes([b]) if 33 <= b < 127 else b"%%%02X" % b for b in path)
        request = b"GET /v1/reports/" + path + ending.encode() + b" HTTP/1.1\r\n"
        answer = server.raw(request + b"Host: localhost\r\nConnection: close\r\n\r\n")
        status = int(answer.split(b" ", 2)[1])
        assert 400 <= status < 500 or (shape == "?" and status == 200), (shape, answer[:300])
        assert b"root:" not in answer and b"[project]" not in answer
    assert server.ask("/healthz")[0] == 200
