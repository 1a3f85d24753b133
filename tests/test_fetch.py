"""bureau fetch against a real server that also misbehaves; nothing leaves this machine."""

import csv
import gzip
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import tracemalloc
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from clock import least_seconds
from misbehaving_site import (
    HTML,
    MISBEHAVING,
    PDF,
    SLOW,
    answer,
    endless,
    hang,
    in_turn,
    redirect,
    serving,
    waiting,
)
from shell import assert_refused, run_bureau

from indexer.fetch.addresses import Network, is_public, names_inside
from indexer.fetch.client import origin_of, parse_url
from indexer.fetch.ledger import COLUMNS, load_ledger
from indexer.fetch.lists import Entry, read_list
from indexer.fetch.names import name_for, safe
from indexer.fetch.robots import Rules
from indexer.fetch.run import Manners, fetch_all, media_type_of, retry_after
from indexer.fetch.shapes import Failure, Limits, Status
from indexer.shapes import BadInput
from indexer.sources import find_sources

TESTS = Path(__file__).parent
LIMITS = Limits(size=100_000, back_off=0.05, patience=3)
SHORT = replace(LIMITS, silence=1, total=2)
MODIFIED = "Fri, 10 Jan 2025 08:00:00 GMT"


@pytest.fixture
def site():
    with serving("0.0.0.0") as found:
        yield found


def fetch(urls, into, *, network=None, limits=LIMITS, **manners):
    """url -> outcome of a run in this process."""
    entries = [Entry(parse_url(url)) for url in urls]
    network = network or Network.from_origins(origin_of(url) for url in urls)
    manners = Manners(**{"delay": 0, "limits": limits, **manners})
    found = list(fetch_all(entries, into, manners, network))
    assert len(found) == len({outcome.url for outcome in found}) == len(entries)
    ledger = load_ledger(into)
    for outcome in found:
        row = ledger[outcome.url]
        assert (row.status, row.reason, row.file) == (outcome.status, outcome.reason, outcome.file)
    return {outcome.url: outcome for outcome in found}


def fetch_one(url, into, **options):
    return fetch([url], into, **options)[parse_url(url)]


def files_in(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != "fetched.csv")


def pretend(**hosts):
    """A network in which names have loopback addresses, and all but 127.0.0.1 count as public."""
    return Network(
        look_up=lambda host, port: [hosts[host.partition(".")[0]]],
        public=lambda address: address != "127.0.0.1",
    )


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


def test_a_busy_server_is_asked_again_when_it_says(site, tmp_path):
    busy = answer(status=429, Retry_After="1")
    site.pages["/r.pdf"] = in_turn(busy, answer(status=503), answer(PDF))
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.FETCHED
    first, second, third = site.asked()
    assert second.started - first.ended >= 0.99
    assert third.started - second.ended >= 0.05


def test_a_busy_server_is_given_up_in_the_end(site, tmp_path):
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    site.pages = {
        "/always": answer(status=503),
        "/long": answer(status=429, Retry_After="3600"),
        "/date": answer(status=503, Retry_After=later),
    }
    found = fetch([site.url(path) for path in site.pages], tmp_path)
    reasons = [found[site.url(path)].reason for path in site.pages]
    assert "503 Service Unavailable, 4 times" in reasons[0]
    assert "come back in 3,600 s" in reasons[1]
    assert re.search(r"come back in 3,\d{3} s", reasons[2])
    assert Counter(request.path for request in site.asked()) == {
        "/always": 4,
        "/long": 1,
        "/date": 1,
    }


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"7", 7), (b"", None), (b"soon", None), (b"-5", None), (b"1e9", None), (b"9" * 50, None),
     (b"Fri, 10 Jan 2020 08:00:00 GMT", 0), (b"Fri, 99 Jan 2020 08:00:00 GMT", None)],
)  # fmt: skip
def test_retry_after(value, seconds):
    assert retry_after(value) == seconds


def test_robots_txt_is_obeyed(site, tmp_path):
    rules = (
        b"\xef\xbb\xbfUser-agent: *\nDisallow: /private/\nDisallow: /*.doc$\nDisallow: /*?print="
    )
    site.pages = {
        "/robots.txt": answer(rules),
        "/open.pdf": answer(PDF),
        "/private/a.pdf": answer(PDF),
        "/b.doc": answer(PDF),
        "/to-private": redirect("/private/a.pdf"),
        "/open.pdf?print=1": answer(PDF),
    }
    paths = list(site.pages)[1:]
    found = fetch([site.url(path) for path in paths], tmp_path)
    assert [found[site.url(path)].status for path in paths] == [
        Status.FETCHED,
        *[Status.REFUSED] * 4,
    ]
    assert [request.path for request in site.asked()] == ["/open.pdf", "/to-private"]
    assert len(site.asked("/robots.txt")) == 1


def test_the_robots_txt_of_where_a_redirect_leads_is_obeyed(site, tmp_path):
    def robots(request, site):
        yield answer(
            b"User-agent: *\nDisallow: /" if "b.example" in request.headers["host"] else b""
        )

    site.pages = {
        "/robots.txt": robots,
        "/go": redirect(f"http://b.example:{site.port}/there"),
        "/there": answer(PDF),
    }
    network = pretend(a="127.0.0.2", b="127.0.0.3")
    found = fetch_one(site.url("/go", "a.example"), tmp_path, network=network)
    assert found.status is Status.REFUSED
    assert not site.asked("/there")


HUGE = b"User-agent: *\nDisallow: /a\n" + b"# padding\n" * 60_000 + b"Disallow: /\n"


@pytest.mark.parametrize(
    ("robots", "status", "word"),
    [
        (answer(HUGE), Status.FETCHED, ""),
        (answer(HTML, kind="text/html"), Status.FETCHED, ""),
        (answer(status=404), Status.FETCHED, ""),
        (answer(b"\xff\xfe\0" * 100), Status.FETCHED, ""),
        (redirect("/rules"), Status.REFUSED, "asks not to"),
        (in_turn(answer(status=503), answer()), Status.FETCHED, ""),
        (answer(status=403), Status.REFUSED, "itself answers 403"),
        (answer(status=500), Status.FAILED, "robots.txt cannot be read"),
        (answer(status=503), Status.FAILED, "robots.txt cannot be read"),
        (answer(b"User-agent: *\nCrawl-delay: 86400"), Status.REFUSED, "86,400 s"),
        (redirect("/robots.txt"), Status.FAILED, "robots.txt cannot be read"),
        (hang, Status.FAILED, "robots.txt cannot be read"),
        (endless, Status.FETCHED, ""),
    ],
)
def test_robots_txt_that_is_none(site, tmp_path, robots, status, word):
    rules = answer(b"User-agent: *\nDisallow: /r")
    site.pages = {"/robots.txt": robots, "/rules": rules, "/r.pdf": answer(PDF)}
    limits = replace(LIMITS, silence=0.3) if robots is hang else LIMITS
    found = fetch_one(site.url("/r.pdf"), tmp_path, limits=limits)
    assert found.status is status, found.reason
    assert word in found.reason
    assert len(site.asked("/r.pdf")) == (status is Status.FETCHED)


ROBOTS = """
Sitemap: http://h/sitemap.xml
User-agent: other
User-agent: bureau-search/2.0  # us
Allow: /a/open
Disallow: /a
Disallow: /*?print=
Disallow: /exact$
Disallow: /%e4%b8%AD
Disallow: /x*y*z$
disallow : no-slash
Crawl-delay: 2.5

User-agent: 360Spider
Disallow: /

User-Agent: Bureau-Search
Disallow: /second
Disallow:
Crawl-delay: nonsense

User-agent: *
Disallow: /everyone
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/", True), ("/a", False), ("/abc", False), ("/a/open/x", True), ("/p", True),
        ("/p?x=1&print=1", True), ("/p?print=1", False), ("/exact", False), ("/exact/", True),
        ("/%E4%B8%AD%E6%96%87", False), ("/xyz", False), ("/xyzz", False), ("/xyza", True),
        ("/xzy", True), ("/no-slash", False), ("/second", False), ("/everyone", True),
        ("/%61bc", False), ("/%2A?print=", False), ("/x%2Ay%2az", False),
    ],
)  # fmt: skip
def test_rules_of_robots_txt(path, allowed):
    rules = Rules.from_text(ROBOTS, "bureau-search (somebody)")
    assert rules.delay == 2.5
    assert rules.allows(path) is allowed


def test_rules_for_everyone_are_for_those_without_their_own():
    rules = Rules.from_text(ROBOTS, "tester/1")
    assert (rules.allows("/everyone"), rules.allows("/a"), rules.delay) == (False, True, 0)
    assert Rules.from_text("Disallow: /\n", "tester/1").allows("/a")
    tie = Rules.from_text("User-agent: *\nDisallow: /a\nAllow: /a", "tester")
    assert tie.allows("/a")


def test_a_hostile_robots_txt_costs_no_time():
    pattern = "/" + "*a" * 900 + "b"
    text = "User-agent: *\n" + f"Disallow: {pattern}\n" * 280
    rules = Rules.from_text(text, "x")
    assert least_seconds(lambda: rules.allows("/" + "a" * 3_900)) < 1


def test_a_host_is_asked_once_at_a_time_with_a_pause(site, tmp_path):
    slow = waiting(0.05, answer(PDF))
    site.pages = {f"/{n}.pdf": slow for n in range(4)}
    fetch([site.url(path) for path in site.pages], tmp_path, delay=0.2)
    for before, after in pairwise(site.log):
        assert after.started - before.ended >= 0.18
    assert [request.path for request in site.asked()] == list(site.pages)


def test_a_crawl_delay_is_honoured(site, tmp_path):
    site.pages = {f"/{n}.pdf": answer(PDF) for n in range(2)}
    urls = [site.url(path) for path in site.pages]
    site.pages["/robots.txt"] = answer(b"User-agent: *\nCrawl-delay: 0.4")
    fetch(urls, tmp_path)
    for before, after in pairwise(site.log):
        assert after.started - before.ended >= 0.38


def test_hosts_are_asked_side_by_side_but_none_twice(site, tmp_path):
    """Also where redirects of several hosts lead to one."""
    site.pages = {"/go": redirect(f"http://c.example:{site.port}/r.pdf"), "/go2": hang}
    site.pages["/r.pdf"] = waiting(0.2, answer(PDF))
    network = pretend(a="127.0.0.2", b="127.0.0.3", c="127.0.0.4", d="127.0.0.5")
    urls = [site.url("/go", f"{host}.example") for host in "abd"]
    found = fetch([*urls, site.url("/r.pdf", "c.example")], tmp_path, network=network)
    assert {outcome.status for outcome in found.values()} == {Status.FETCHED}
    spans = sorted((request.started, request.ended) for request in site.asked("/r.pdf"))
    assert all(a[1] <= b[0] + 0.02 for a, b in pairwise(spans))
    assert files_in(tmp_path) == ["r-2.pdf", "r-3.pdf", "r-4.pdf", "r.pdf"]

    site.pages = {"/r": waiting(0.3, answer(PDF)), "/robots.txt": answer()}
    site.log.clear()
    fetch([site.url("/r", f"{host}.example") for host in "ab"], tmp_path, network=network)
    one, two = site.asked("/r")
    assert one.started < two.ended
    assert two.started < one.ended


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1",
        "169.254.169.254", "100.64.0.1", "198.18.0.5", "224.0.0.1", "255.255.255.255", "::1", "::",
        "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
        "2002:7f00:1::", "64:ff9b::a00:1", "64:ff9b::7f00:1",
    ],
)  # fmt: skip
def test_inside_addresses(address):
    assert not is_public(address)
    assert names_inside(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "114.114.114.114", "2400:3200::1", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses(address):
    assert is_public(address)
    assert not names_inside(address)


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


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("HTTP://Example.ORG:80/a b/中文.pdf?x=1#part",
         "http://example.org/a%20b/%E4%B8%AD%E6%96%87.pdf?x=1"),
        ("http://信访局.example/", "http://xn--jlq81jt2c.example/"),
        ("http://h/%D0%C5.pdf", "http://h/%D0%C5.pdf"),
        ("http://[::1]:8000/", "http://[::1]:8000/"),
    ],
)  # fmt: skip
def test_urls_have_one_form(text, url):
    if "xn--" in url:
        assert re.fullmatch(r"http://xn--[\w-]+\.example/", parse_url(text))
    else:
        assert parse_url(text) == url


@pytest.mark.parametrize(
    "text",
    ["", "report.pdf", "ftp://h/a", "file:///etc/passwd", "javascript:alert(1)", "http://", "//h/a",
     "http:///x", "http://h:0/", "http://h:99999/", "http://u:secret@h/", "http://h\\@evil/",
     "http://[fe80::1%25eth0]/", "http://h/" + "a" * 5_000, "http://a\nb/", "http://[::1"],
)  # fmt: skip
def test_what_is_no_url_is_refused(text):
    with pytest.raises(Failure):
        parse_url(text)


def test_the_list_may_hold_comments_repeats_and_mistakes():
    text = (
        "\ufeff# reports\n\nhttp://h/a#part  # the first\r\n  http://h/a\nhttp://h/b\n"
        "=cmd()\nhttps://u:secret@h/\nhttp://h/c 标题\n"
    )
    entries = read_list(text.encode("utf-8"), "list")
    assert [(entry.url, entry.failure is None) for entry in entries] == [
        ("http://h/a", True),
        ("http://h/b", True),
        ("'=cmd()", False),
        ("https://***@h/", False),
        ("http://h/c 标题", False),
    ]
    gbk = "# 信访局报告列表\nhttp://h/a\n".encode("gb18030")
    assert [entry.url for entry in read_list(gbk, "list")] == ["http://h/a"]
    for data in (b"", b"# nothing\n\n", b"\0\xff\0" * 50):
        with pytest.raises(BadInput):
            read_list(data, "list")


GBK = "信访局2024年报告".encode("gb18030")
UTF8 = "信访局2024年报告".encode()


def quoted(data):
    return "".join(f"%{byte:02X}" for byte in data)


@pytest.mark.parametrize(
    ("url", "disposition", "kind", "head", "name"),
    [
        ("http://h/a/b.pdf", b"", "application/pdf", b"%PDF-", "b.pdf"),
        ("http://h/a/b.pdf", b"", "application/octet-stream", b"%PDF-", "b.pdf"),
        ("http://h/b.pdf", b"", "text/html", b"<html>", "b.html"),
        ("http://h/b.html", b"", "text/html", b"%PDF-", "b.pdf"),
        ("http://h/b.shtml", b"", "text/html", b"<html>", "b.shtml"),
        ("http://h/show.jsp?id=7", b"", "text/html; charset=gbk", b"<", "show.html"),
        ("http://h/", b"", "text/html", b"<", "index.html"),
        ("http://h/b.md", b"", "text/plain", b"#", "b.md"),
        ("http://h/b.DOCX", b"", "application/octet-stream", b"PK\x03\x04", "b.docx"),
        ("http://h/b.docx", b"", "application/zip", b"PK\x03\x04", "b.docx"),
        ("http://h/b", b"", "application/octet-stream", b"PK\x03\x04", "b.zip"),
        ("http://h/b.wps", b"", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "b.wps"),
        ("http://h/b", b"", "", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "b.doc"),
        ("http://h/b.ofd", b"", "application/octet-stream", b"x", "b.ofd"),
        ("http://h/b", b"", "", b"x", "b.bin"),
        (f"http://h/{quoted(UTF8)}.pdf", b"", "", b"%PDF-", "信访局2024年报告.pdf"),
        (f"http://h/{quoted(GBK)}.pdf", b"", "", b"%PDF-", "信访局2024年报告.pdf"),
        ("http://h/d", b'attachment; filename="' + UTF8 + b'.pdf"', "", b"%PDF-",
         "信访局2024年报告.pdf"),
        ("http://h/d", b"attachment; filename=" + GBK + b".pdf", "", b"%PDF-",
         "信访局2024年报告.pdf"),
        ("http://h/d", b"attachment; filename=" + quoted(UTF8).encode() + b".pdf", "", b"%PDF-",
         "信访局2024年报告.pdf"),
        ("http://h/d", b"attachment; filename=x.pdf; filename*=UTF-8''" + quoted(UTF8).encode()
         + b".pdf", "", b"%PDF-", "信访局2024年报告.pdf"),
        ("http://h/d", b"attachment; filename*=gbk''" + quoted(GBK).encode() + b".pdf", "",
         b"%PDF-", "信访局2024年报告.pdf"),
        ("http://h/d.pdf", b"attachment; filename*=nonsense", "", b"%PDF-", "d.pdf"),
        ("http://h/d.pdf", b"attachment", "", b"%PDF-", "d.pdf"),
        ("http://h/d", b'attachment; filename="../../etc/passwd"', "", b"x", "passwd.bin"),
        ("http://h/d", rb'attachment; filename="..\\..\\a\\evil.txt"', "text/plain", b"x",
         "evil.txt"),
        ("http://h/%2e%2e%2f%2e%2e%2fx.txt", b"", "text/plain", b"x", "x.txt"),
        ("http://h/..%00.pdf", b"", "", b"%PDF-", "pdf.pdf"),
        ("http://h/d", b'attachment; filename="=cmd|\'/c calc\'!A0.txt"', "text/plain", b"x",
         "c calc'!A0.txt"),
        ("http://h/CON.txt", b"", "text/plain", b"x", "_CON.txt"),
        ("http://h/a%E2%80%AEfdp.exe%0A%1B[31m", b"", "text/plain", b"x", "a fdp.exe [31m.txt"),
        ("http://h/.fetching-1", b"", "text/plain", b"x", "fetching-1.txt"),
        ("http://h/" + quoted("报".encode() * 200) + ".pdf", b"", "", b"%PDF-", "报" * 50 + ".pdf"),
    ],
)  # fmt: skip
def test_names(url, disposition, kind, head, name):
    assert name_for(url, disposition, kind, head) == name


@pytest.mark.parametrize(
    "name", ["", ".", "..", "/", "a/../..", "\0", "~", "NUL", "nul.pdf", "a" * 999, "\u202e", "＝x"]
)
def test_no_name_is_unsafe(name):
    found = name_for("http://h/", b'attachment; filename="' + name.encode() + b'"', "", b"x")
    assert found == Path(found).name
    assert len(found.encode()) < 200
    assert found[0] not in ".=+-@~＝" and not found.lower().startswith(("nul.", "nul"))
    assert safe(found) == found


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


def test_two_runs_do_not_share_a_folder(site, tmp_path):
    site.pages["/r.pdf"] = waiting(0.4, answer(PDF))
    first = threading.Thread(target=fetch, args=([site.url("/r.pdf")], tmp_path))
    first.start()
    while not site.asked("/r.pdf"):
        time.sleep(0.01)
    with pytest.raises(BadInput, match="another bureau fetch"):
        fetch([site.url("/r.pdf")], tmp_path)
    first.join()
    assert files_in(tmp_path) == ["r.pdf"]


def test_a_line_that_was_cut_short_is_dropped(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    fetch_one(site.url("/r.pdf"), tmp_path)
    ledger = tmp_path / "fetched.csv"
    whole = ledger.read_bytes()
    ledger.write_bytes(whole + b'http://h/x,"x.pdf,fet')
    (tmp_path / ".fetching-7").write_bytes(b"half")
    assert fetch_one(site.url("/r.pdf"), tmp_path).status is Status.UNCHANGED
    assert list(load_ledger(tmp_path)) == [site.url("/r.pdf")]
    assert files_in(tmp_path) == ["r.pdf"]


@pytest.mark.parametrize(
    "text",
    ["a,b\n1,2\n", "\xff\xfe\n", ",".join(COLUMNS) + "\nhttp://h/,../../x" + "," * 8 + "\n"],
)
def test_another_fetched_csv_is_left_alone(tmp_path, text):
    (tmp_path / "fetched.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match="no ledger"):
        fetch(["http://127.0.0.1:1/"], tmp_path)
    assert (tmp_path / "fetched.csv").read_bytes() == text.encode("latin-1")


KILLS = """
import os, shutil, signal, sys
from hashlib import sha256
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_fetch import fetch, files_in

into, urls = Path(sys.argv[2]), sys.argv[3:]
calls = 0

def counted(real, kill_at):
    def count():
        global calls
        calls += 1
        if calls == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def call(*args, **kwargs):
        count()
        found = real(*args, **kwargs)
        count()
        return found

    return call

def killed(kill_at):
    pid = os.fork()
    if not pid:
        os.fsync = counted(os.fsync, kill_at)
        Path.replace = counted(Path.replace, kill_at)
        fetch(urls, into)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def sums():
    names = [n for n in files_in(into) if not n.startswith(".fetching-") and ".part" not in n]
    return [sha256((into / name).read_bytes()).hexdigest() for name in names]

point, wanted = 0, None
fetch(urls, into)
wanted = sorted(sums())
while True:
    shutil.rmtree(into)
    point += 1
    code = killed(point)
    assert set(sums()) <= set(wanted), point
    fetch(urls, into)
    assert sorted(sums()) == wanted and len(files_in(into)) == len(wanted), point
    if code == 0:
        break
    assert code == -signal.SIGKILL, code
print(point - 1)
"""


def test_killed_at_every_write_it_leaves_whole_files_and_goes_on(site, tmp_path):
    site.pages = {f"/{n}/r.pdf": answer(PDF + bytes([n])) for n in range(3)}
    urls = [site.url(path) for path in site.pages]
    done = subprocess.run(
        [sys.executable, "-c", KILLS, TESTS, tmp_path / "into", *urls],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= 30


INTERRUPTIBLE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background ignores it
from search_api.cli import main
main()
"""


def started(*args):
    return subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "fetch", *map(str, args)],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env={**os.environ, "BUREAU_LANG": "en", "PYTHONUTF8": "1"},
    )


def test_ctrl_c_ends_it_at_once_and_the_next_run_goes_on(site, tmp_path):
    listed = tmp_path / "urls.txt"
    site.pages = {"/a.pdf": answer(PDF), "/b.pdf": MISBEHAVING["/drip"][0], "/c.pdf": answer(PDF)}
    listed.write_text("\n".join(site.url(path) for path in site.pages))
    child = started(listed, "--into", tmp_path / "into", "--delay", "0")
    while not site.asked("/b.pdf"):
        time.sleep(0.02)
    child.send_signal(signal.SIGINT)
    _, said = child.communicate(timeout=10)
    assert child.returncode == 130
    assert "Traceback" not in said
    assert "stopped, 2 left" in said
    assert said.splitlines()[-1] == "1 fetched, 0 unchanged, 0 refused by robots.txt, 0 failed"
    assert files_in(tmp_path / "into") == ["a.pdf"]
    site.pages["/b.pdf"] = answer(PDF)
    done = run_bureau("fetch", listed, "--into", tmp_path / "into", "--delay", "0")
    assert done.returncode == 0
    assert done.stderr.splitlines()[-1] == (
        "2 fetched, 1 unchanged, 0 refused by robots.txt, 0 failed"
    )


def test_the_command_accounts_for_every_url(site, tmp_path):
    site.pages = {
        "/robots.txt": answer(b"User-agent: *\nDisallow: /no"),
        "/a.pdf": answer(PDF),
        "/no.pdf": answer(PDF),
    }
    listed = "\n".join(
        [site.url("/a.pdf"), "# x", site.url("/no.pdf"), site.url("/404"), "nonsense"]
    )
    args = ("fetch", "-", "--into", tmp_path, "--delay", "0")
    done = run_bureau(*args, given=listed)
    assert done.returncode == 0
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert lines[-1] == "1 fetched, 0 unchanged, 1 refused by robots.txt, 2 failed"
    assert f"a.pdf ← {site.url('/a.pdf')}" in lines
    assert f"failed: {site.url('/404')}: the server answers 404 Not Found" in lines
    assert "failed: nonsense: it is no http or https URL" in lines

    done = run_bureau(*args, given=listed, BUREAU_LANG="zh")
    assert done.returncode == 2  # nothing fetched, and something failed
    assert done.stderr.splitlines()[-1] == "已下载 0，未变 1，被 robots.txt 拒绝 1，失败 2"
    assert f"失败：{site.url('/404')}：服务器返回 404 Not Found" in done.stderr
    assert len(load_ledger(tmp_path)) == 4


def test_a_list_or_name_that_cannot_be_used(tmp_path):
    assert_refused(run_bureau("fetch", "-", "--into", tmp_path, given="# no\n"), "names no URL")
    assert_refused(run_bureau("fetch", tmp_path / "none", "--into", tmp_path), "cannot be read")
    (tmp_path / "file").write_text("x")
    args = ("fetch", "-", "--into", tmp_path / "file")
    assert_refused(run_bureau(*args, given="http://127.0.0.1:1/"), "file", "File exists")
    args = ("fetch", "-", "--into", tmp_path, "--agent", "x\r\ny: z")
    assert_refused(run_bureau(*args, given="http://127.0.0.1:1/"), "--agent")


def test_a_full_disk_ends_the_run_and_names_the_file(site, tmp_path):
    site.pages = {"/a.txt": answer(b"x" * 1000), "/b.pdf": answer(PDF * 30)}
    code = (
        "import resource as r, signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "r.setrlimit(r.RLIMIT_FSIZE, (100_000, 100_000))\n"
        "from search_api.cli import main; main()"
    )
    listed = tmp_path / "urls.txt"
    listed.write_text("\n".join(site.url(path) for path in site.pages))
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", listed, "--into", tmp_path / "into", "--delay=0"],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "BUREAU_LANG": "en"},
        check=False,
    )
    assert done.returncode == 2
    assert "into/.fetching-" in done.stderr and "EFBIG" in done.stderr
    assert files_in(tmp_path / "into") == ["a.txt"]


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


GUARD = """
import os, sys
def watch(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        if event == "socket.connect" and isinstance(args[1], (str, bytes)):
            return  # between processes of this machine
        with open(os.environ["WATCHED"], "a") as out:
            out.write(f"{event} {args[1:]}\\n")
sys.addaudithook(watch)
"""


VERBS = """
import sys
from search_api.cli import app

reports, index = sys.argv[1:]
for words in (["index", reports], ["search", "律师怎么参与接访"], ["ask", "律师怎么参与接访"]):
    assert not app([*words, "--index", index], standalone_mode=False)
assert "indexer.fetch.client" not in sys.modules
"""


def test_no_other_verb_opens_a_connection(site, tmp_path, small):
    (tmp_path / "sitecustomize.py").write_text(GUARD)
    watched = tmp_path / "watched"
    env = {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(TESTS.parent)))}
    env |= {"WATCHED": str(watched), "BUREAU_LANG": "en"}
    subprocess.run(
        [sys.executable, "-c", VERBS, small, tmp_path / "index"],
        env={**os.environ, **env},
        check=True,
        timeout=120,
    )
    assert not watched.exists()
    args = ("fetch", "-", "--into", tmp_path / "into", "--delay", "0")
    run_bureau(*args, given=site.url("/r.pdf"), **env)
    assert str(site.port) in watched.read_text()  # the guard does see one


def test_the_ledger_of_fetched_files_is_no_report(site, tmp_path):
    site.pages["/r.pdf"] = answer(PDF)
    fetch_one(site.url("/r.pdf"), tmp_path)
    assert [source.name for source in find_sources([tmp_path])] == ["r.pdf"]
