"""The page's wordings: clusters, the most shared formulations, the reader's shading."""

import re

import pytest
from browser import PHONE, WIDE, highlighted, link, needs_chromium
from playwright.sync_api import expect

pytestmark = needs_chromium
pytest_plugins = ["browser_fixtures"]
PHRASE = "办事依法、遇事找法"
DRAFT = "坚持以习近平新时代中国特色社会主义思想为指导，深入学习贯彻习近平法治思想。用脚步丈量民情。"


def test_a_phrase_shows_who_uses_it_and_opens_its_places(visit):
    page = visit(link(PHRASE, mode="wording"))
    card = page.locator(".wd-card").first
    expect(card.locator(".wd-text")).to_have_text(PHRASE)
    expect(card.locator(".wd-usage")).to_contain_text("4 个使用")
    expect(card.locator(".wd-fuller")).to_contain_text("解决问题用法、化解矛盾靠法")
    card.locator(".wd-places a[data-open]").first.click()
    expect(page.locator("#reader mark")).to_have_text(re.compile("办事依法[、，]遇事找法"))
    page.go_back()
    expect(page.locator("#reader")).to_be_hidden()


def test_a_draft_is_shown_part_by_part_with_marked_variants(visit):
    page = visit(link(DRAFT, mode="wording"), locale="en")
    expect(page.locator(".wd-part")).to_have_count(4)  # the whole first sentence too
    expect(page.locator(".wd-variant :is(ins, del)").first).to_be_visible()
    expect(page.locator(".wd-none")).to_contain_text("No bureau prints it")
    page.locator(".wd-none a").click()
    expect(page).to_have_url(re.compile(r"\?q="))
    expect(page.locator("#mode-search")).to_have_attribute("aria-current", "page")


def test_without_a_question_the_most_shared_formulations_stand_there(visit):
    page = visit("?mode=wording")
    rows = page.locator(".wd-top > li")
    expect(rows.first).to_contain_text("个机关中 4 个使用")
    text = rows.first.locator(".wd-text").text_content()
    rows.first.locator(".wd-text").click()
    expect(page.locator("#q")).to_have_value(text)
    expect(page.locator(".wd-card").first).to_be_visible()


def test_a_filter_changes_the_denominator(visit):
    page = visit(link(PHRASE, mode="wording"))
    page.get_by_role("checkbox", name=re.compile("^2024")).click()
    expect(page.locator(".wd-usage").first).to_contain_text(re.compile("个机关中 2 个使用"))
    expect(page).to_have_url(re.compile("year=2024"))


def test_an_unusable_draft_is_one_sentence(visit):
    page = visit(link("hello", mode="wording"), locale="en")
    expect(page.get_by_role("alert")).to_contain_text("no Chinese words")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_nothing_scrolls_sideways(visit, viewport):
    page = visit(link(DRAFT, mode="wording"), viewport=viewport)
    expect(page.locator(".wd-card").first).to_be_visible()
    outside = page.evaluate(
        "width => [...document.querySelectorAll('#results *')]"
        ".filter((node) => node.getBoundingClientRect().right > width + 0.5)"
        ".map((node) => `${node.tagName} ${node.className} ${node.textContent}`)",
        viewport["width"],
    )
    assert outside == []


def test_the_reader_shades_sentences_when_switched_on(visit):
    page = visit(link(PHRASE, mode="wording", open="fushan-2023:881-890"))
    expect(page.locator("#reader mark")).to_be_visible()
    expect(page.locator("#reader .share")).to_have_count(0)
    before = page.locator("#reader-text").text_content()
    page.locator("#shade").click()
    expect(page.locator("#reader-text :is(.boilerplate, .common)").first).to_be_attached()
    expect(page.locator("#reader-text .share.distinctive").first).to_be_attached()
    expect(page.locator("#shade-legend")).to_contain_text("套话")
    assert page.locator("#reader-text").text_content() == before
    assert highlighted(page) == "办事依法、遇事找法"
    page.locator("#shade").click()
    expect(page.locator("#reader .share")).to_have_count(0)
