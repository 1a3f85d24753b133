"""bureau fetch against a real server that also misbehaves; nothing leaves this machine."""

import csv
import gzip
import re
import ssl
import time
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from fetching import LIMITS, SHORT, fetch, fetch_one, files_in, pretend
from misbehaving_site import HTML, MISBEHAVING, PDF, SLOW, answer, hang, in_turn, redirect, serving

from indexer.fetch.addresses import Network
from indexer.fetch.ledger import COLUMNS, load_ledger
from indexer.fetch.run import media_type_of
from indexer.fetch.shapes import Status

MODIFIED = "Fri, 10 Jan 2025 08:00:00 GMT"

pytest_plugins = "fetching_fixtures"


def test_files_are_kept_byte_for_byte_with_their_origin(site, tmp_path):
    site.pages = {
        "/a/report.pdf": answer(PDF, kind="application/pdf", ETag='"v1"', Last_Modified=MODIFIED),
        "/b/?id=7": answer(HTML, kind="text/html; charset=GBK"),
    }
    urls = [site.url(path) for path in site.pages]
    before = datetime.now(UTC).replace(microsecond=0)
    found = fetch(urls, tmp_path / "new" / "folder")
    folder = tmp_path / "new" / "folder"
    assert {outcome.status for outcome in found.values()} == {Status.FETCHED}
    assert files_in(folder) == ["index.html", "report.pdf"]
    assert (folder / "report.pdf").read_bytes() == PDF
    assert (folder / "index.html").read_bytes() == HTML
    with (folder / "fetched.csv").open(encoding="utf-8-sig", newline="") as handle:
        rows = {row["url"]: row for row in csv.DictReader(handle)}
    assert tuple(rows[urls[0]]) == COLUMNS
    fetched = datetime.fromisoformat(rows[urls[0]].pop("fetched"))
    assert before <= fetched <= datetime.now(UTC)
    assert rows[urls[0]] == {
        "url": urls[0],
        "file": "report.pdf",
        "status": "fetched",
        "media_type": "application/pdf",
        "sha256": sha256(PDF).hexdigest(),
        "bytes": str(len(PDF)),
        "etag": '"v1"',
        "last_modified": MODIFIED,
        "reason": "",
        "reason_zh": "",
    }
    assert rows[urls[1]]["media_type"] == "text/html; charset=gbk"


def test_requests_say_who_asks_and_nothing_else(site, tmp_path, monkeypatch):
    site.pages["/r.pdf"] = answer(PDF)
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    fetch_one(site.url("/r.pdf"), tmp_path, agent="tester/1.0 (someone@example.org)")
    for request in site.log:
        assert request.headers["user-agent"] == "tester/1.0 (someone@example.org)"
        assert request.headers["accept-encoding"] == "identity"
        assert not {"cookie", "authorization", "referer"} & set(request.headers)


def test_a_second_run_asks_nobody(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    fetch_one(site.url("/r.pdf"), tmp_path)
    asked, kept = len(site.log), load_ledger(tmp_path)
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.UNCHANGED
    assert len(site.log) == asked
    row = load_ledger(tmp_path)[site.url("/r.pdf")]
    assert row.fetched == kept[row.url].fetched
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(PDF[:50])):
        damage(tmp_path / "r.pdf")
        assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.FETCHED
        assert (tmp_path / "r.pdf").read_bytes() == PDF
    assert files_in(tmp_path) == ["r.pdf"]


def test_again_asks_what_has_changed(site, tmp_path):
    def revalidated(request, site):
        held = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
        yield answer(status=304) if held == ('"v1"', MODIFIED.lower()) else first

    first = answer(PDF, ETag='"v1"', Last_Modified=MODIFIED)
    site.pages = {"/r.pdf": revalidated, "/s.pdf": answer(PDF)}
    urls = [site.url("/r.pdf"), site.url("/s.pdf")]
    fetch(urls, tmp_path)
    found = fetch(urls, tmp_path, again=True)
    assert [found[url].status for url in urls] == [Status.UNCHANGED] * 2
    assert files_in(tmp_path) == ["r.pdf", "s.pdf"]
    assert site.asked("/r.pdf")[1].headers["if-none-match"] == '"v1"'

    site.pages["/r.pdf"] = answer(PDF + b"new", ETag='"v2"')
    assert fetch_one(urls[0], tmp_path, again=True).status is Status.FETCHED
    assert (tmp_path / "r.pdf").read_bytes() == PDF + b"new"
    row = load_ledger(tmp_path)[urls[0]]
    assert (row.etag, row.last_modified) == ('"v2"', "")
    assert row.sha256 == sha256(PDF + b"new").hexdigest()


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (answer(HTML, kind="text/html"), "what was .pdf is .html now"),
        (answer(HTML, 404), "404"),
        (answer(PDF, Content_Length="90000"), "broken"),
    ],
)
def test_what_is_there_outlives_a_failed_renewal(site, tmp_path, page, reason):
    site.pages["/r.pdf"] = in_turn(answer(PDF, ETag='"v1"'), page)
    fetch_one(site.url("/r.pdf"), tmp_path)
    found = fetch_one(site.url("/r.pdf"), tmp_path, again=True)
    assert found.status is Status.FAILED
    assert reason in found.reason
    assert (tmp_path / "r.pdf").read_bytes() == PDF
    assert load_ledger(tmp_path)[found.url].etag == '"v1"'
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.UNCHANGED


@pytest.mark.parametrize("slow", [False, True])
def test_misbehaving_pages_fail_with_a_reason_and_harm_no_neighbour(site, tmp_path, slow):
    bad = {path: word for path, (_, word) in MISBEHAVING.items() if (path in SLOW) is slow}
    site.pages = {path: page for path, (page, _) in MISBEHAVING.items()}
    site.pages |= {"/good.pdf": answer(PDF), "/z.pdf": answer(PDF)}
    # a host each, so that they are asked side by side
    paths = ["/good.pdf", *bad, "/z.pdf"]
    urls = {path: site.url(path, f"127.0.0.{n}") for n, path in enumerate(paths, 1)}
    started = time.monotonic()
    found = fetch(list(urls.values()), tmp_path, limits=SHORT if slow else LIMITS)
    assert time.monotonic() - started < 15
    for path, word in bad.items():
        outcome = found[urls[path]]
        assert outcome.status is Status.FAILED, path
        assert word in outcome.reason, (path, outcome.reason)
        assert "unexpected" not in outcome.reason, (path, outcome.reason)
        assert re.search("[\u4e00-\u9fff]", outcome.zh), path
    assert files_in(tmp_path) == ["good.pdf", "z.pdf"]


def test_what_announces_itself_as_too_large_is_not_read(site, tmp_path):
    sent = []

    def large(request, site):
        yield answer(Content_Length="200000000")
        for _ in range(200):
            sent.append(1)
            yield b"x" * 1_000_000

    site.pages["/r"] = large
    assert "more than" in fetch_one(site.url("/r"), tmp_path).reason
    assert len(sent) < 20


def test_wrong_length_beyond_what_was_announced_is_cut_as_the_protocol_says(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF + b"more", Content_Length=str(len(PDF)))
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.FETCHED
    assert (tmp_path / "r.pdf").read_bytes() == PDF


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", lambda data: __import__("zlib").compress(data)),
        ("deflate", lambda data: __import__("zlib").compress(data)[2:-4]),
        ("identity", bytes),
    ],
)
def test_what_comes_packed_unasked_is_unpacked(site, tmp_path, coding, pack):
    data = HTML * 800  # 60 kB
    site.pages["/r"] = answer(pack(data), kind="text/html", Content_Encoding=coding)
    assert fetch_one(site.url("/r"), tmp_path).file == "r.html"
    assert (tmp_path / "r.html").read_bytes() == data


def test_a_bomb_costs_little_memory(site, tmp_path):
    site.pages["/bomb"] = MISBEHAVING["/bomb"][0]
    fetch_one(site.url("/bomb"), tmp_path)
    tracemalloc.start()
    fetch_one(site.url("/bomb"), tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8_000_000


def test_silence_does_not_outlast_the_time_for_all(site, tmp_path):
    site.pages["/r"] = hang
    started = time.monotonic()
    found = fetch_one(site.url("/r"), tmp_path, limits=replace(LIMITS, silence=25, total=0.5))
    assert "took longer than 0.5 s" in found.reason
    assert time.monotonic() - started < 10


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f.0.0.1"])
def test_loopback_spelt_oddly_is_not_named(site, tmp_path, host):
    site.pages["/r"] = answer(PDF)
    found = fetch_one(site.url("/r", host), tmp_path)
    assert found.status is Status.FAILED
    assert not site.log


def test_no_redirect_leads_from_outside_to_the_inside(site, tmp_path):
    network = pretend(out="127.0.0.2", localhost="127.0.0.1", evil="127.0.0.1")
    inside = Network.from_origins([("127.0.0.1", site.port)])
    network = Network(inside.named, frozenset(), network.look_up, network.public)
    look_up = network.look_up

    def numbers_too(host, port):
        return [host] if host[0].isdigit() else look_up(host, port)

    network = Network(network.named, frozenset(), numbers_too, network.public)
    site.pages = {
        "/1": redirect(f"http://127.0.0.1:{site.port}/secret"),
        "/2": redirect(f"http://localhost:{site.port}/secret"),
        "/3": redirect(f"http://evil.example:{site.port}/secret"),
        "/secret": answer(PDF),
        "/own": redirect("/secret"),
        "/other": redirect("http://127.0.0.1:1/secret"),
    }
    urls = [site.url(path, "out.example") for path in ("/1", "/2", "/3")]
    urls += [site.url("/secret", "evil.example"), site.url("/other")]
    found = fetch(urls, tmp_path, network=network)
    for url in urls:
        assert found[url].status is Status.FAILED
        assert "inside address 127.0.0.1" in found[url].reason
    assert not site.asked("/secret")
    assert fetch_one(site.url("/own"), tmp_path, network=network).status is Status.FETCHED


def test_a_host_inside_is_reached_if_it_is_allowed(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    look_up = pretend(intranet="127.0.0.1").look_up
    for allowed, status in (((), Status.FAILED), (["Intranet.example."], Status.FETCHED)):
        given = Network.from_origins([], allowed)
        network = Network(given.named, given.allowed, look_up)
        found = fetch_one(site.url("/r.pdf", "intranet.example"), tmp_path, network=network)
        assert found.status is status


def test_the_next_address_is_tried_where_one_does_not_answer(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    network = Network(look_up=lambda host, port: ["::1", "127.0.0.2"], public=lambda address: True)
    found = fetch_one(site.url("/r.pdf", "a.example"), tmp_path, network=network)
    assert found.status is Status.FETCHED


def test_no_file_takes_the_place_of_another(site, tmp_path):
    (tmp_path / "mine.pdf").write_bytes(b"mine")
    (tmp_path / "link.pdf").symlink_to(tmp_path / "nowhere.pdf")
    csv_ = answer(b"file\nx", kind="text/csv")
    site.pages = {f"/{n}/Mine.pdf": answer(PDF + bytes([n])) for n in range(3)}
    site.pages |= {"/mine.pdf": answer(PDF), "/link.pdf": answer(PDF)}
    site.pages |= {"/corpus.csv": csv_, "/FETCHED.csv": csv_}
    urls = [site.url(path) for path in site.pages]
    found = fetch(urls, tmp_path)
    names = [found[url].file for url in urls]
    assert names == [
        *("Mine.pdf", "Mine-2.pdf", "Mine-3.pdf", "mine-4.pdf"),
        *("link-2.pdf", "corpus-2.csv", "FETCHED-2.csv"),
    ]
    assert (tmp_path / "mine.pdf").read_bytes() == b"mine"
    assert not (tmp_path / "nowhere.pdf").exists()
    for n in range(3):
        assert (tmp_path / names[n]).read_bytes() == PDF + bytes([n])


def test_nothing_a_server_says_runs_in_a_spreadsheet(site, tmp_path):
    site.pages["/=r"] = answer(
        b"text",
        kind="=cmd()/plain; charset=@x",
        ETag="=cmd()",
        Last_Modified="=cmd(), 10 Jan 2025",
        Content_Disposition='attachment; filename="+cmd().txt"',
    )
    fetch_one(site.url("/=r"), tmp_path)
    rows = csv.reader((tmp_path / "fetched.csv").read_text("utf-8-sig").splitlines())
    for cell in (cell for row in rows for cell in row):
        assert not cell.startswith(("=", "+", "-", "@"))
    assert media_type_of(b'TEXT/HTML;Charset="GB2312"') == "text/html; charset=gb2312"


def certificate(folder):
    """A self-signed certificate for localhost with its key, in PEM files."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return folder / "cert.pem", folder / "key.pem"


def test_tls_is_checked(tmp_path, monkeypatch):
    cert, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    into = tmp_path / "into"
    with serving(tls=context) as site:
        site.pages["/r.pdf"] = answer(PDF)
        url, other = site.url("/r.pdf", "localhost"), site.url("/r.pdf")
        found = fetch_one(url, into)
        assert found.status is Status.FAILED
        assert re.search("TLS with localhost: self.signed certificate", found.reason)
        monkeypatch.setenv("SSL_CERT_FILE", str(cert))
        assert fetch_one(url, into).status is Status.FETCHED
        assert "not valid for '127.0.0.1'" in fetch_one(other, into).reason
        plain = f"http://127.0.0.1:{site.port}/r.pdf"
        assert "is broken" in fetch_one(plain, into).reason
    assert not site.asked("/nothing")
