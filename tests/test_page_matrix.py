"""The practice matrix in a real browser: states by sign, columns by the address, quotes."""

import csv
import io
import json
import re

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import PHONE, api, highlighted, needs_chromium, year_box
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

SIGNS = {"found": "●", "not_found": "○", "no_report": "–"}
START = "?mode=matrix"


def cells(found):
    return [cell for row in found["rows"] for cell in row["cells"]]


def test_table_shows_every_practice_against_every_bureau_by_signs(visit, server):
    found = api(server, "v1/matrix")
    page = visit(START)
    expect(page.locator(".pm tbody tr")).to_have_count(36, timeout=30_000)  # its first is slow
    shown = page.locator(".pm td .pm-sign").all_text_contents()
    assert shown == [SIGNS[cell["state"]] for cell in cells(found)]
    assert page.locator(".pm tbody th b").all_text_contents() == [r["id"] for r in found["rows"]]
    for state, n in found["counts"].items():
        expect(page.locator(f".states .{state} b")).to_have_text(str(n))
    expect(page.locator("#not-done")).to_contain_text("“未找到”不等于“没有做”")
    head = page.locator(".pm thead th").nth(1)
    expect(head).to_contain_text(found["columns"][0]["labels"][0])
    name = page.locator(".pm td.found .pm-door").first.get_attribute("aria-label")
    best = next(cell for cell in cells(found) if cell["state"] == "found")
    assert name.startswith("找到") and best["evidence"]["text"] in name


@pytest.mark.parametrize("state", ["found", "not_found"])
def test_a_cell_opens_its_quote_in_the_report(visit, server, state):
    cell = next(c for c in cells(api(server, "v1/matrix?by=province")) if c["state"] == state)
    page = visit(f"{START}&by=province")
    page.locator(f".pm td.{state} .pm-door").first.click()
    assert highlighted(page) == cell["evidence"]["text"]
    expect(page.locator(".pm td[aria-current]").first).to_be_visible()
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()


def test_columns_are_chosen_by_links_and_stand_in_the_address(visit, server):
    page = visit(START)
    expect(page.locator("#by-issuer")).to_have_attribute("aria-current", "true")
    page.locator("#by-province-year").click()
    found = api(server, "v1/matrix?by=province,year")
    expect(page.locator(".pm thead th")).to_have_count(len(found["columns"]) + 1)
    expect(page).to_have_url(re.compile("by=province%2Cyear"))
    expect(page.locator(".pm td.no_report").first).to_be_visible()
    page.reload()
    expect(page.locator("#by-province-year")).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.locator("#by-issuer")).to_have_attribute("aria-current", "true")


def test_filters_narrow_the_columns(visit, server):
    page = visit(START)
    expect(page.locator(".pm")).to_be_visible()
    year_box(page, 2024).check()
    found = api(server, "v1/matrix?year=2024")
    expect(page.locator(".pm thead th")).to_have_count(len(found["columns"]) + 1)
    expect(page.locator(".chip .kind")).to_have_count(1)
    expect(page.get_by_role("checkbox", name="2023")).to_be_visible()  # a second can be chosen


def test_practices_are_found_by_their_names(visit):
    page = visit(START)
    page.fill("#find-practice", "律师")
    expect(page.locator(".pm tbody tr:visible")).to_have_count(1)
    page.locator("#by-year").click()
    expect(page.locator("#by-year")).to_have_attribute("aria-current", "true", timeout=30_000)
    expect(page.locator(".pm tbody tr:visible")).to_have_count(1)
    page.fill("#find-practice", "没有这种做法")
    expect(page.locator(".pm-nothing")).to_be_visible()
    page.fill("#find-practice", "")
    expect(page.locator(".pm tbody tr:visible")).to_have_count(36)


def test_one_practice_alone_shows_its_quotes_and_leads_to_a_comparison(visit, server):
    page = visit(START)
    page.get_by_role("link", name="只看此项: 律师参与接访").click()
    found = api(server, "v1/matrix?practice=P06")
    expect(page.locator(".pm tbody tr")).to_have_count(len(found["columns"]))
    quotes = [c["evidence"]["text"] for c in cells(found) if c["state"] == "found"]
    expect(page.locator(".pm-quote")).to_have_count(len(quotes))
    assert page.locator(".pm-quote").all_text_contents() == quotes
    expect(page).to_have_url(re.compile("practice=P06"))
    page.locator(".pm-doors a").click()
    expect(page.locator("#mode-compare")).to_have_attribute("aria-current", "page")
    expect(page.locator(".matrix .quote").first).to_be_visible()
    expect(page.locator("#q")).to_have_value(found["rows"][0]["query_zh"])


@pytest.mark.parametrize("form", ["csv", "json"])
def test_export_holds_a_row_for_every_cell(visit, server, form):
    page = visit(f"{START}&by=year&year=2024&practice=P06")
    with page.expect_download() as loading:
        page.locator(f"#export-{form}").click()
    text = loading.value.path().read_text("utf-8-sig")
    rows = json.loads(text) if form == "json" else list(csv.DictReader(io.StringIO(text)))
    expected = cells(api(server, "v1/matrix?by=year&year=2024&practice=P06"))
    assert [row["state"] for row in rows] == [cell["state"] for cell in expected]


def test_by_keyboard_alone(visit):
    page = visit(f"{START}&by=year")
    door = page.locator(".pm-door").first
    door.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator(".pm-door").first).to_be_focused()


def test_in_english(visit):
    page = visit(START, locale="en-US")
    expect(page.locator("#not-done")).to_contain_text("“Not found” is not the same as “not done”")
    expect(page.locator(".pm tbody th").first).to_contain_text("Leading officials")
    page.click("#lang")
    expect(page.locator(".pm tbody th").first).to_contain_text("领导干部定期接访")


@pytest.mark.parametrize("more", ["", "&by=province,year", "&practice=P06"])
def test_on_a_phone_the_table_scrolls_in_its_own_box_and_keeps_its_names(visit, more):
    page = visit(START + more, viewport=PHONE)
    expect(page.locator(".pm")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.locator(".pm-box")
    before = page.locator(".pm tbody th").first.bounding_box()["x"]
    box.evaluate("node => node.scrollBy(500, 0)")
    assert page.locator(".pm tbody th").first.bounding_box()["x"] == pytest.approx(before, abs=1)


def test_a_practice_that_there_is_not_is_said_in_a_sentence(visit):
    page = visit(f"{START}&practice=P99")
    expect(page.locator(".note.error")).to_contain_text("P99")
