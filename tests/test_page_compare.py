"""Compare in a real browser: bureaus against years, three states, quotes, export."""

import csv
import io
import json
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    EN,
    PHONE,
    ZH,
    api,
    highlighted,
    link,
    needs_chromium,
    year_box,
)
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

STATES = {"found": "找到", "not_found": "未找到", "no_report": "无报告"}
SIGNS = {"found": "●", "not_found": "○", "no_report": "–"}
Q = "组织志愿者使用无人机巡查河道"


def compared(server, q, more=""):
    return api(server, f"v1/compare?q={quote(q)}{more}")


def cells(found):
    return [cell for row in found["rows"] for cell in row["cells"]]


def test_table_shows_the_cells_of_the_interface_in_three_states(visit, server):
    found = compared(server, Q)
    assert {cell["state"] for cell in cells(found)} == set(STATES)
    page = visit(link(Q, mode="compare"))
    expect(page.locator(".matrix tbody tr")).to_have_count(len(found["rows"]))
    expect(page.locator(".matrix thead th")).to_have_count(len(found["years"]) + 1)
    heads = page.locator(".matrix thead th").all_text_contents()
    assert heads[1:] == [str(year or "未注明") for year in found["years"]]
    issuers = [row["issuer"] for row in found["rows"]]
    expect(page.locator(".matrix tbody th span")).to_have_text(issuers)
    states = [SIGNS[cell["state"]] + STATES[cell["state"]] for cell in cells(found)]
    expect(page.locator(".matrix td .state")).to_have_text(states)
    quotes = [cell["evidence"]["text"] for cell in cells(found) if cell["state"] == "found"]
    assert page.locator(".matrix .quote").all_text_contents() == quotes
    closest = [c for c in cells(found) if c["state"] == "not_found" and c["evidence"]]
    expect(page.locator(".matrix .closest")).to_have_count(len(closest))
    note = page.locator("#results > .hint")
    expect(note).to_contain_text("“未找到”不等于“没有做”")
    for state, n in found["counts"].items():
        expect(page.locator(f".states .{state} b")).to_have_text(str(n))
        expect(note).to_contain_text(f"{n} 处")


@pytest.mark.parametrize("door", [".quote", ".closest"])
def test_a_cell_opens_its_sentence_in_the_report(visit, server, door):
    state = {".quote": "found", ".closest": "not_found"}[door]
    cell = next(c for c in cells(compared(server, Q)) if c["state"] == state and c["evidence"])
    page = visit(link(Q, mode="compare"))
    page.locator(f".matrix {door}").first.click()
    assert highlighted(page) == cell["evidence"]["text"]
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    expect(page.locator(".matrix td[aria-current]")).to_have_count(1)
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()


def test_filters_choose_bureaus_and_years(visit, server):
    page = visit(link(ZH, mode="compare"))
    year_box(page, 2024).check()
    expect(page.locator(".matrix thead th")).to_have_count(2)
    found = compared(server, ZH, "&year=2024")
    expect(page.locator(".matrix tbody tr")).to_have_count(len(found["rows"]))
    page.get_by_role("checkbox", name="揭阳市信访局").check()
    expect(page.locator(".matrix tbody tr")).to_have_count(1)
    page.get_by_role("checkbox", name="浮山县信访局").check()
    expect(page.locator(".matrix tbody tr")).to_have_count(2)
    expect(page.locator(".matrix td.no_report")).to_have_count(1)  # 浮山 reports on 2023
    page.reload()
    expect(page.locator(".matrix tbody tr")).to_have_count(2)
    expect(page.locator(".chip")).to_have_count(4)


@pytest.mark.parametrize("form", ["csv", "json", "xlsx"])
def test_export_holds_a_row_for_every_cell_of_the_table(visit, server, form):
    page = visit(link(ZH, mode="compare", year="2024"))
    with page.expect_download() as loading:
        page.locator(f"#export-{form}").click()
    path = loading.value.path()
    expected = cells(compared(server, ZH, "&year=2024"))
    if form == "csv":
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    elif form == "json":
        rows = json.loads(path.read_text("utf-8"))
        rows = rows if isinstance(rows, list) else rows["rows"]
    else:
        from openpyxl import load_workbook

        sheet = load_workbook(io.BytesIO(path.read_bytes())).active.iter_rows(values_only=True)
        names = next(sheet)
        rows = [dict(zip(names, row, strict=True)) for row in sheet]
    assert [row["state"] for row in rows] == [cell["state"] for cell in expected]
    texts = [cell["evidence"]["text"] if cell["evidence"] else None for cell in expected]
    assert [row["quote"] or None for row in rows] == texts


def test_comparison_by_keyboard_alone(visit, server):
    page = visit()
    expect(page.locator("#q")).to_be_focused()
    for _ in range(6):  # the button, glosses, language, then the modes up to the third
        page.keyboard.press("Tab")
    expect(page.locator("#mode-compare")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    page.keyboard.type(Q)
    page.keyboard.press("Enter")
    expect(page.locator(".matrix .quote").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    door = page.locator(".matrix .quote").first
    expect(door).to_be_focused()
    page.keyboard.press("Enter")
    assert highlighted(page) == door.text_content()
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(door).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.locator("#q")).to_be_focused()
    page.locator("#export-csv").focus()
    with page.expect_download() as loading:
        page.keyboard.press("Enter")
    assert loading.value.suggested_filename.endswith(".csv")


def test_language_is_switched_within_a_comparison(visit):
    page = visit(link(EN, mode="compare"), locale="en-US")
    expect(page.locator(".states")).to_contain_text("No report")
    expect(page.locator("#submit")).to_have_text("Compare")
    page.click("#lang")
    expect(page.locator(".states")).to_contain_text("无报告")
    expect(page.locator("#results > .hint")).to_contain_text("不等于")
    expect(page.locator("#mode-compare")).to_have_attribute("aria-current", "page")


def test_on_a_phone_the_table_becomes_cards_that_keep_its_roles(visit, server):
    page = visit(link(Q, mode="compare"), viewport=PHONE)
    expect(page.locator(".matrix .quote").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    box = page.locator(".matrix-box")
    assert box.evaluate("node => node.scrollWidth <= node.clientWidth")
    found = compared(server, Q)
    expect(page.get_by_role("row")).to_have_count(len(found["rows"]) + 1)
    expect(page.get_by_role("cell")).to_have_count(len(cells(found)))
    page.locator(".matrix .quote").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


def test_a_wide_table_scrolls_in_its_own_box(visit, server):
    viewport = {"width": 1440, "height": 900}
    page = visit(link(Q, mode="compare", open="hostile:67-165"), viewport=viewport)
    expect(page.locator("#reader mark").first).to_be_visible()
    box = page.locator(".matrix-box")
    assert box.evaluate("node => node.scrollWidth > node.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]
    page.locator(".matrix td").last.scroll_into_view_if_needed()
    expect(page.locator(".matrix thead th").first).to_be_in_viewport()
    expect(page.locator(".matrix tbody th").last).to_be_in_viewport()
