"""How bureau fetch treats hosts: robots.txt, pauses, turns, servers that are busy."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from fetching import LIMITS, fetch, fetch_one, files_in, pretend
from misbehaving_site import HTML, PDF, answer, endless, hang, in_turn, redirect, waiting

from indexer.fetch.shapes import Status

pytest_plugins = "fetching_fixtures"


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
