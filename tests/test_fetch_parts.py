"""The parts of bureau fetch that need no server: robots.txt, addresses, lists, names."""

import re
from pathlib import Path

import pytest
from clock import least_seconds

from indexer.fetch.addresses import is_public, names_inside
from indexer.fetch.client import parse_url
from indexer.fetch.lists import read_list
from indexer.fetch.names import name_for, safe
from indexer.fetch.robots import Rules
from indexer.fetch.run import retry_after
from indexer.fetch.shapes import Failure
from indexer.shapes import BadInput


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(b"7", 7), (b"", None), (b"soon", None), (b"-5", None), (b"1e9", None), (b"9" * 50, None),
     (b"Fri, 10 Jan 2020 08:00:00 GMT", 0), (b"Fri, 99 Jan 2020 08:00:00 GMT", None)],
)  # fmt: skip
def test_retry_after(value, seconds):
    assert retry_after(value) == seconds


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
