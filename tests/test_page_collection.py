"""Collections in a real browser: gathered anywhere, kept here, exported, and articles checked."""

import json
import re
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    BOMB,
    DRONES,
    PHONE,
    SLOW,
    WIDE,
    ZH,
    api,
    first_hit,
    highlighted,
    link,
    needs_chromium,
)
from playwright.sync_api import expect
from shell import run_bureau

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

HERE = "?mode=collection"
FORBIDDEN = (
    """Object.defineProperty(window, "localStorage", { get() { throw new Error("no"); } });"""
)
SELECT = """([first, last]) => {
  const text = document.querySelector("#reader-body .text");
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let at = 0; walker.nextNode(); ) {
    const node = walker.currentNode, chars = [...node.data];
    const units = (n) => chars.slice(0, n - at).join("").length;
    if (first >= at && first < at + chars.length) range.setStart(node, units(first));
    if (last > at && last <= at + chars.length) range.setEnd(node, units(last));
    at += chars.length;
  }
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""


def hits_of(server, q):
    return api(server, f"v1/search?q={quote(q)}")["hits"]


def collect(page, server, n=3):
    """Collect the first hits of a search; what they are."""
    page.goto(server + link(ZH))
    for at in range(1, n + 1):
        page.locator(f"#hit-{at} footer .collect").click()
    page.goto(server + HERE)
    expect(page.locator(".kept")).to_have_count(n)
    return hits_of(server, ZH)[:n]


def downloaded(page, form):
    with page.expect_download() as loading:
        page.locator(f"#export-{form}").click()
    return loading.value


def expect_kept(page, texts):
    """The passages of the collection, in this order, character for character."""
    passages = page.locator(".kept .passage")
    expect(passages).to_have_text(texts)
    assert passages.all_text_contents() == texts


def test_what_is_collected_is_still_there_after_a_reload(visit, server):
    page = visit(link(ZH))
    expect(page.locator("#collected")).to_be_hidden()
    button = page.locator("#hit-1 footer .collect")
    expect(button).to_have_text("收藏")
    button.click()
    expect(button).to_have_text("已收藏 ✓")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.locator("#hit-2 footer .collect").click()
    expect(page.locator("#collected")).to_have_text("2")
    page.reload()
    expect(page.locator("#hit-1 footer .collect")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#collected")).to_have_text("2")
    page.locator("#mode-collection").click()
    expect(page.locator(".kept")).to_have_count(2)
    expect_kept(page, [hit["text"] for hit in hits_of(server, ZH)[:2]])
    expect(page.locator(".kept .status.verbatim")).to_have_count(2)
    page.go_back()
    page.locator("#hit-1 footer .collect").click()  # taken out again
    expect(page.locator("#collected")).to_have_text("1")


@pytest.mark.parametrize("place", ["ask", "compare", "reader"])
def test_quotes_cells_and_the_opened_span_can_be_collected(visit, server, place):
    hit = first_hit(server, ZH)
    address = link(ZH, open=hit["passage_id"]) if place == "reader" else link(ZH, mode=place)
    page = visit(address)
    within = {"ask": ".sources", "compare": ".matrix", "reader": "#reader"}[place]
    page.locator(f"{within} .collect").first.click()
    expect(page.locator("#collected")).to_have_text("1")
    page.goto(server + HERE)
    expect(page.locator(".kept .status.verbatim")).to_have_count(1)


def test_words_selected_in_the_reader_are_collected_by_code_points(visit, server):
    text = api(server, "v1/reports/hostile")["text"]
    start = text.index("组织志愿者")  # behind characters of two UTF-16 units
    page = visit(link(DRONES, open="hostile:0-5"))
    expect(page.locator("#reader mark").first).to_be_visible()
    expect(page.locator("#collect-selection")).to_be_hidden()
    page.evaluate(SELECT, [start, start + 12])
    page.locator("#collect-selection").click()
    expect(page.locator("#collect-selection")).to_be_hidden()
    page.goto(server + HERE)
    expect(page.locator(".kept")).to_have_count(1)
    expect_kept(page, [text[start : start + 12]])
    expect(page.locator(".kept .status.verbatim")).to_have_count(1)
    page.locator(".kept footer a.strong").click()
    assert highlighted(page) == text[start : start + 12]


def test_an_exported_article_is_verbatim_for_the_command_line(visit, server, corpus_index):
    page = visit()
    hits = collect(page, server)
    page.locator("#comment-1").fill("我的话：*不是* [链接](x)")
    page.locator("#comment-1").blur()
    loading = downloaded(page, "md")
    assert loading.suggested_filename == "我的摘录.md"
    text = loading.path().read_text("utf-8")
    assert "我的话：\\*不是\\* \\[链接\\](x)" in text
    done = run_bureau("verify", index=corpus_index, given=text)
    assert done.returncode == 0, done.stdout
    assert f"{2 * len(hits)} verbatim" in done.stderr


@pytest.mark.parametrize(
    ("form", "ending"),
    [
        *(("gbt7714-2025", "txt"), ("gbt7714-2015", "txt"), ("ris", "ris"), ("bibtex", "bib")),
        *(("csl-json", "csl.json"), ("csv", "csv"), ("xlsx", "xlsx"), ("json", "json")),
    ],
)
def test_every_form_is_downloaded(visit, server, form, ending):
    page = visit()
    hits = collect(page, server, 2)
    loading = downloaded(page, form)
    assert loading.suggested_filename == f"我的摘录.{ending}"
    data = loading.path().read_bytes()
    if form == "xlsx":
        assert data.startswith(b"PK")
    else:
        for hit in hits:
            assert hit["passage_id"] in data.decode("utf-8")


def test_an_exported_collection_is_imported_and_bad_files_are_refused(visit, server, tmp_path):
    page = visit()
    hits = collect(page, server, 2)
    page.locator("#comment-0").fill("留下")
    page.locator("#comment-0").blur()
    path = tmp_path / "a.json"
    path.write_bytes(downloaded(page, "json").path().read_bytes())
    other = visit(HERE)
    for bad in ("{", "[]", '{"format":"bureau-collection","items":[{"id":1}]}'):
        other.goto(server + HERE)  # without the complaint about the file before
        expect(other.locator("#trouble")).to_have_count(0)
        (tmp_path / "bad.json").write_text(bad)
        other.locator("#collection-file").set_input_files(tmp_path / "bad.json")
        expect(other.locator("#trouble")).to_contain_text("不是导出的摘录集")
    other.locator("#collection-file").set_input_files(path)
    expect(other.locator(".kept")).to_have_count(2)
    expect(other.locator("#trouble")).to_have_count(0)
    expect_kept(other, [hit["text"] for hit in hits])
    expect(other.locator("#comment-0")).to_have_value("留下")
    other.locator("#collection-file").set_input_files(path)
    expect(other.locator("#live")).to_have_text("导入 0 条，已有 2 条")
    expect(other.locator(".kept")).to_have_count(2)


def test_collections_are_named_renamed_and_deleted_with_undo(visit, server):
    page = visit()
    collect(page, server, 2)
    page.locator("#collection-new").click()
    page.keyboard.type("第二章/引文")
    page.keyboard.press("Enter")
    expect(page.locator(".shelf .chip[aria-current]")).to_contain_text("第二章-引文")
    expect(page).to_have_url(re.compile("name=(?!first)"))
    expect(page.locator("#nothing-kept")).to_be_visible()
    expect(page.locator("#collected")).to_be_hidden()
    page.locator("#collection-rename").click()
    expect(page.locator("#collection-name")).to_have_value("第二章-引文")
    page.keyboard.type("<img src=x onerror=pwned=1>")
    page.keyboard.press("Enter")
    expect(page.locator("#collection-rename")).to_be_focused()
    expect(page.locator(".shelf .chip[aria-current]")).to_contain_text(
        "-img src=x onerror=pwned=1-"
    )
    page.go_back()
    expect(page.locator(".kept")).to_have_count(2)
    page.locator("#collection-delete").click()
    expect(page.locator(".kept")).to_have_count(0)
    expect(page.locator("#collection-undo")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".kept")).to_have_count(2)
    expect(page.locator(".shelf .chip")).to_have_count(2)


def test_items_are_moved_by_keyboard_and_taken_out_with_undo(visit, server):
    page = visit()
    texts = [hit["text"] for hit in collect(page, server)]
    page.locator("#kept-1").press("Alt+ArrowDown")
    expect_kept(page, [texts[1], texts[0], texts[2]])
    expect(page.locator("#kept-2")).to_be_focused()
    page.locator("#up-2").press("Enter")
    expect_kept(page, [texts[1], texts[2], texts[0]])
    expect(page.locator("#up-1")).to_be_focused()
    page.locator("#remove-0").click()
    expect_kept(page, [texts[2], texts[0]])
    page.locator("#collection-undo").click()
    expect_kept(page, [texts[1], texts[2], texts[0]])
    page.reload()
    expect(page.locator(".kept")).to_have_count(3)
    expect_kept(page, [texts[1], texts[2], texts[0]])
    expect(page.locator("#up-0")).to_be_disabled()
    page.locator("#kept-1").press("Enter")
    assert highlighted(page) == texts[1]


def test_an_item_that_the_report_no_longer_has_is_marked_and_named(visit, server):
    page = visit()
    collect(page, server, 2)
    page.evaluate(
        """() => {
          const held = JSON.parse(localStorage.getItem("bureau.collections"));
          held.collections[0].items[0].text = "别的话";
          held.collections[0].items[1].report_id = "gone";
          localStorage.setItem("bureau.collections", JSON.stringify(held));
        }"""
    )
    page.reload()
    expect(page.locator("#kept-1 .status.changed")).to_be_visible()
    expect(page.locator("#kept-2 .status.missing")).to_be_visible()
    page.locator("#export-md").click()
    expect(page.locator("#trouble")).to_contain_text("原文与此不同")


@pytest.mark.parametrize(
    "stored", ["", "{", "[]", '{"version":1,"collections":[{"id":1}]}', "null"]
)
def test_what_is_not_ours_in_the_store_does_no_harm(visit, server, stored):
    page = visit()
    page.evaluate("(text) => localStorage.setItem('bureau.collections', text)", stored)
    page.goto(server + HERE)
    expect(page.locator("#nothing-kept")).to_be_visible()
    page.goto(server + link(ZH))
    page.locator("#hit-1 footer .collect").click()
    expect(page.locator("#collected")).to_have_text("1")


def test_where_storage_is_forbidden_the_page_says_so_and_works(visit, server):
    page = visit()
    page.add_init_script(FORBIDDEN)
    page.goto(server + link(ZH))
    page.locator("#hit-1 footer .collect").click()
    expect(page.locator("#live")).to_contain_text("浏览器不保存数据")
    page.locator("#mode-collection").click()
    expect(page.locator(".kept")).to_have_count(1)
    expect(page.locator(".note.weak")).to_contain_text("请导出")
    assert "[^1]" in downloaded(page, "md").path().read_text("utf-8")


def test_another_window_is_followed(visit, server):
    page = visit(link(ZH))
    other = page.context.new_page()
    other.goto(server + link(ZH))
    other.locator("#hit-1 footer .collect").click()
    expect(page.locator("#collected")).to_have_text("1")
    expect(page.locator("#hit-1 footer .collect")).to_have_attribute("aria-pressed", "true")


def test_markup_in_titles_stays_text(visit, server):
    page = visit(link(DRONES))
    page.locator("#hit-1 footer .collect").click()
    page.goto(server + HERE)
    expect(page.locator(".kept h3")).to_contain_text(BOMB)
    text = downloaded(page, "md").path().read_text("utf-8")
    assert not re.search(r"(?<!\\)<", text)
    page.locator("#article").fill(text)
    page.locator("#check-article").click()
    expect(page.locator("#proof-counts")).to_have_text("一致 2 · 已变 0 · 不存在 0")
    assert page.evaluate("window.pwned") is None


def test_findings_are_shown_also_where_the_page_was_drawn_anew_meanwhile(visit, server):
    page = visit()
    page.add_init_script(SLOW)
    page.goto(server + HERE)
    page.locator("#article").fill("没有引文")
    page.locator("#check-article").click()
    page.click("#lang")
    expect(page.locator("#proof-title")).to_have_text("Check an article")
    expect(page.locator("#findings .error")).to_be_visible()


def test_an_article_is_checked_on_the_page(visit, server, tmp_path):
    page = visit()
    hits = collect(page, server, 2)
    text = downloaded(page, "md").path().read_text("utf-8")
    changed = (
        text.replace(hits[0]["text"][:4], "改" + hits[0]["text"][:4], 1) + "\n> 没有出处的话。\n"
    )
    path = tmp_path / "a.md"
    path.write_text(changed, "utf-8")
    page.locator("#article-file").set_input_files(path)
    expect(page.locator("#proof-counts")).to_have_text("一致 3 · 已变 1 · 不存在 1")
    first = page.locator(".finding").first
    expect(first).to_have_class(re.compile("changed"))
    expect(first.locator(".difference ins")).to_have_text("文中 改")
    expect(page.locator(".finding.missing")).to_contain_text("引文没有脚注")
    first.locator("a").first.click()
    assert highlighted(page) == hits[0]["text"]
    page.go_back()
    expect(page.locator("#proof-counts")).to_be_visible()  # kept while the page is open
    page.locator("#article").fill("没有引文")
    page.locator("#check-article").click()
    expect(page.locator("#findings .error")).to_contain_text("文中没有引文")
    page.click("#lang")
    expect(page.locator("#proof-title")).to_have_text("Check an article")


@pytest.mark.parametrize("viewport", [WIDE, PHONE], ids=["wide", "phone"])
def test_nothing_scrolls_sideways(visit, server, viewport):
    page = visit("", viewport=viewport)
    collect(page, server)
    page.locator("#article").fill("> 话[^1]\n\n[^1]: " + "x" * 300 + ":1-2 sha256:00000000\n")
    page.locator("#check-article").click()
    expect(page.locator(".finding")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_the_whole_way_by_keyboard(visit, server):
    page = visit(link(ZH))
    page.locator("#hit-1 footer .collect").focus()
    page.keyboard.press("Enter")
    page.locator("#mode-collection").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".kept")).to_have_count(1)
    page.locator("#export-json").focus()
    with page.expect_download() as loading:
        page.keyboard.press("Enter")
    kept = json.loads(loading.value.path().read_text("utf-8"))
    assert kept["items"][0]["text"] == hits_of(server, ZH)[0]["text"]
    page.locator("#comment-0").focus()
    page.keyboard.type("g/[")  # letters in a note are no commands
    page.keyboard.press("Tab")
    expect(page.locator("#comment-0")).to_have_value("g/[")
