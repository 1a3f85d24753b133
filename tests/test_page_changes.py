"""Changes in a real browser: pickers, both sides, insertions and deletions, figures, plans."""

import csv
import io
import re

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    PHONE,
    ROOT,
    SLOW,
    api,
    barriers,
    highlighted,
    needs_axe,
    needs_chromium,
    serving,
    settle,
)
from changes_cases import CASES, development_reports, paragraphs_of, read_case, write_reports
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

A, B = "dev-11", "dev-11-2025"
PAIR = f"?mode=changes&a={A}&b={B}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server over the bundled reports and one made-up bureau's two years."""
    home = tmp_path_factory.mktemp("page-changes")
    rows = [row for row in development_reports() if row[0] == A]
    case = read_case(CASES / f"{B}.txt", paragraphs_of("\n".join(rows[0][1::3])))
    issuer = rows[0][2]
    rows.append((B, f"{issuer}2025年法治政府建设情况报告", issuer, 2025, case.text))
    with serving(home, ROOT / "corpus", write_reports(home / "made", rows)) as address:
        yield address


def compared(server):
    return api(server, f"v1/changes?a={A}&b={B}")


def test_without_a_choice_the_page_offers_pairs(visit):
    page = visit("?mode=changes")
    expect(page.locator("#results h2")).to_have_text("两份报告的变化")
    first = page.locator(".ch-pair").first
    expect(first).to_contain_text("瑶溪市信访办公室：2024 → 2025")
    expect(page.locator(".ch-pair").nth(1)).to_contain_text("同一年度的两个机关")
    first.click()
    expect(page.locator("#ch-a")).to_have_value(A)
    expect(page.locator("#ch-b")).to_have_value(B)
    expect(page).to_have_url(re.compile(f"a={A}&b={B}&mode=changes$"))
    page.go_back()
    expect(page.locator(".ch-pair").first).to_be_visible()


def test_two_pickers_choose_and_swap_also_where_answers_are_slow(visit, server):
    page = visit()
    page.add_init_script(SLOW)
    page.goto(server + "?mode=changes")
    page.locator("#ch-a").select_option("yongan-2024")
    page.locator("#ch-b").select_option("jieyang-2024")
    expect(page.locator("#results h2")).to_have_text(
        "永安市人民政府信访局 2024 → 揭阳市信访局 2024"
    )
    page.locator("#ch-swap").click()
    expect(page.locator("#ch-a")).to_have_value("jieyang-2024")
    expect(page.locator("#ch-plans")).to_have_count(0)


def test_sentences_stand_side_by_side_with_what_was_deleted_and_inserted(visit, server):
    found = compared(server)
    page = visit(PAIR)
    changes = [c for section in found["sections"] for c in section["changes"]]
    for kind in ("edited", "new", "dropped"):
        count = sum(c["kind"] == kind for c in changes)
        expect(page.locator(f".ch-row.{kind}")).to_have_count(count)
    edited = next(c for c in changes if c["kind"] == "edited")
    row = page.locator(".ch-row.edited").first
    deleted = [run["text"] for run in edited["runs"] if run["op"] == "deleted"]
    inserted = [run["text"] for run in edited["runs"] if run["op"] == "inserted"]
    expect(row.locator(".a del")).to_have_text([f"（删）{text}" for text in deleted])
    expect(row.locator(".b ins")).to_have_text([f"（增）{text}" for text in inserted])
    expect(row.locator(".a ins")).to_have_count(0)
    left, right = row.locator(".a").bounding_box(), row.locator(".b").bounding_box()
    assert left["x"] + left["width"] <= right["x"] and abs(left["y"] - right["y"]) < 2
    expect(page.locator(".ch-summary b")).to_have_text([re.compile(r"^[\d.]+ %$")] * 5)


def test_kept_sentences_are_folded_and_open(visit):
    page = visit(PAIR)
    kept = page.locator(".ch-kept").first
    expect(kept.locator(".ch-row").first).to_be_hidden()
    kept.locator("summary").click()
    expect(kept.locator(".ch-row").first).to_be_visible()


@pytest.mark.parametrize("side", ["a", "b"])
def test_either_side_opens_in_its_report(visit, server, side):
    edited = next(
        c for s in compared(server)["sections"] for c in s["changes"] if c["kind"] == "edited"
    )
    page = visit(PAIR)
    page.locator(f".ch-row.edited .ch-side.{side} a").first.click()
    assert highlighted(page) == edited[side]["text"]
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    expect(page.locator(".ch-text[aria-current]").first).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()


def test_figures_and_plans_open_their_words(visit, server):
    page = visit(PAIR)
    row = page.locator("table.ch-figures tr", has_text="首次反映").first
    expect(row.locator("td")).to_have_text(["2,950", "2,781", "−169"])
    row.locator("td a").nth(1).click()
    assert "首次反映2781件" in highlighted(page)
    plans = api(server, f"v1/changes/plans?a={A}&b={B}")["results"]
    expect(page.locator(".ch-plans > li")).to_have_count(len(plans))
    expect(page.locator(".ch-none").first).to_contain_text("未检出")
    page.locator(".ch-plans ul a").first.click()
    first = next(p for p in plans if p["candidates"])["candidates"][0]
    expect(page.locator("#reader mark").first).to_contain_text(first["text"][:10])


def test_files_have_a_row_for_every_sentence(visit, server):
    page = visit(PAIR)
    with page.expect_download() as loading:
        page.locator("#export-sentences-csv").click()
    text = loading.value.path().read_text("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == sum(len(s["changes"]) for s in compared(server)["sections"])


def test_a_refusal_is_said_and_leaves_the_pickers(visit):
    page = visit(f"?mode=changes&a={A}&b={A}")
    expect(page.get_by_role("alert")).to_contain_text("请另选一份")
    page.locator("#ch-b").select_option(B)
    expect(page.locator(".ch-row.edited").first).to_be_visible()


def test_english_words_and_a_phone(visit):
    page = visit(PAIR, locale="en-US", viewport=PHONE)
    expect(page.locator(".ch-row.edited .ch-tag").first).to_have_text("Edited")
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    row = page.locator(".ch-row.edited").first
    above, below = row.locator(".a").bounding_box(), row.locator(".b").bounding_box()
    assert above["y"] + above["height"] <= below["y"]
    page.locator(".ch-row.edited .ch-side.b a").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_scan_finds_no_serious_barrier_between_two_years(visit, scheme):
    page = visit(PAIR, color_scheme=scheme)
    settle(page)
    expect(page.locator(".ch-plans > li").first).to_be_visible()
    assert barriers(page) == []


def test_changes_by_keyboard_alone(visit):
    page = visit("?mode=changes")
    page.locator(".ch-pair").first.focus()
    page.keyboard.press("Enter")
    door = page.locator(".ch-row.new .ch-side.b a").first
    expect(door).to_be_visible()
    door.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("Escape")
    expect(door).to_be_focused()
