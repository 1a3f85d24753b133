"""Indicators in a real browser: names, values, chart, sorting, filters, the source, a phone."""

import csv
import io
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import PHONE, api, highlighted, link, needs_chromium
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

Q = "化解率"


def asked(server, q, more=""):
    return api(server, f"v1/indicators?q={quote(q)}{more}")


def test_without_a_name_the_names_that_most_bureaus_give(visit, server):
    page = visit(link("", mode="indicators"))
    found = api(server, "v1/indicators")
    expect(page.locator(".in-names li")).to_have_count(len(found["groups"]))
    first = page.locator(".in-names a").first
    expect(first).to_have_text(found["groups"][0]["name"])
    expect(page.locator(".in-names li").first).to_contain_text(f"{found['bureaus']} 个机关中")
    first.click()
    expect(page.locator(".in-group").first).to_be_visible()
    expect(page.locator("#q")).to_have_value(found["groups"][0]["name"])
    page.go_back()
    expect(page.locator(".in-names")).to_be_visible()


def test_the_table_shows_the_values_of_the_interface(visit, server):
    found = asked(server, Q)
    page = visit(link(Q, mode="indicators"))
    expect(page.locator(".in-group")).to_have_count(len(found["groups"]))
    numbers = [f"{value['value']:g}%" for value in found["values"]]
    expect(page.locator(".in-table .in-open")).to_have_text(numbers)
    marks = page.locator(".in-quote mark").all_text_contents()
    assert marks == [value["printed"] for value in found["values"]]
    group = found["groups"][0]
    expect(page.locator(".in-group h3").first).to_contain_text(
        f"{group['of']} 个机关中有 {group['bureaus']} 个给出"
    )


def test_the_chart_has_a_bar_for_every_value_by_its_size(visit, server):
    found = asked(server, Q)
    page = visit(link(Q, mode="indicators"))
    expect(page.locator(".in-bar")).to_have_count(len(found["values"]))
    widths = page.locator(".in-bar rect").evaluate_all(
        "all => all.map(r => +r.getAttribute('width'))"
    )
    assert widths == pytest.approx([value["value"] for value in found["values"]])
    expect(page.locator(".in-chart").first).to_have_attribute("role", "img")


def test_a_value_opens_its_words_in_the_report(visit, server):
    value = asked(server, Q)["values"][0]
    page = visit(link(Q, mode="indicators"))
    page.locator(".in-open").first.click()
    assert highlighted(page) == value["text"]
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    expect(page.locator(".in-table tr[aria-current]")).to_have_count(1)
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()


def test_sorting_stands_in_the_address(visit, server):
    page = visit(link(Q, mode="indicators"))
    page.click("#sort-value")
    expect(page.locator("#sort-value")).to_have_attribute("aria-current", "true")
    up = [f"{value['value']:g}%" for value in asked(server, Q, "&sort=value")["values"]]
    expect(page.locator(".in-table .in-open")).to_have_text(up)
    page.click("#sort-value")
    expect(page.locator(".in-open").first).to_have_text(up[-1])
    assert "sort=-value" in page.url
    page.reload()
    expect(page.locator(".in-open").first).to_have_text(up[-1])
    page.go_back()
    expect(page.locator(".in-open").first).to_have_text(up[0])


def test_filters_restrict_and_keep_their_alternatives(visit, server):
    page = visit(link("", mode="indicators"))
    page.locator("#f-year-2024").check()
    found = api(server, "v1/indicators?year=2024")
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".in-names li")).to_have_count(len(found["groups"]))
    expect(page.locator("#f-year-2023")).to_be_visible()


def test_an_unknown_name_says_so_and_shows_a_way_out(visit):
    page = visit(link("航天发射次数", mode="indicators"))
    expect(page.locator(".note h2")).to_be_visible()
    page.locator(".note a").click()
    expect(page.locator(".in-names")).to_be_visible()


def test_a_file_holds_the_values_of_the_table(visit, server):
    page = visit(link(Q, mode="indicators"))
    with page.expect_download() as loading:
        page.click("#export-csv")
    rows = list(csv.DictReader(io.StringIO(loading.value.path().read_text("utf-8-sig"))))
    assert [float(row["value"]) for row in rows] == [v["value"] for v in asked(server, Q)["values"]]


def test_a_name_is_typed_and_stays_in_its_mode(visit):
    page = visit(link("", mode="indicators"))
    page.fill("#q", "resolution rate")
    page.keyboard.press("Enter")
    expect(page.locator(".in-group h3").first).to_contain_text(Q)
    expect(page.locator(".in-carried")).to_contain_text(Q)
    expect(page.locator("#mode-indicators")).to_have_attribute("aria-current", "page")


def test_on_a_phone_rows_become_cards_and_nothing_scrolls_sideways(visit):
    page = visit(link(Q, mode="indicators"), viewport=PHONE)
    expect(page.locator(".in-open").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.locator(".in-box").first
    assert box.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.goto(page.url.split("?")[0] + "?mode=indicators")
    expect(page.locator(".in-names")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
