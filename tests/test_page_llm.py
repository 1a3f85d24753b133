"""The page beside a language model: streamed, checked, marked, withdrawn, absent."""

import re
from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import PHONE, barriers, highlighted, link, needs_axe, needs_chromium
from llm_double import data_of, double, faithful
from playwright.sync_api import expect
from server import running

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

ZH, EN = "律师怎么参与接访", "how do lawyers take part in receiving petitioners"
DECLINED = "企业所得税汇算清缴怎么办理"
BOMB = "<img src=x onerror=window.pwned=1>"


def told(request):
    """Two good sentences, an uncertain one, and lies with markup."""
    passages = data_of(request)["passages"]
    n = next(p["number"] for p in passages if "律师接访窗口" in p["text"])
    lies = f"律师每次收费900元。[1]\n{BOMB}律师参与接访。[1]\n"
    return f"{faithful(request)}\n律师接访窗口设在法院的诉讼大厅。[{n}]\n{lies}"


@pytest.fixture(scope="module")
def there() -> Iterator:
    with double(told) as started:
        yield started


@pytest.fixture(scope="module")
def address(corpus_index, there) -> Iterator[str]:
    options = ("--llm-url", there.url, "--llm-model", "qwen<b>", "--llm-timeout", "3")
    with running(corpus_index, *options) as started:
        yield f"http://127.0.0.1:{started.port}/"


@pytest.fixture(autouse=True)
def as_told(there):
    there.say, there.way = told, "well"
    there.requests.clear()
    there.left.clear()
    there.writing.clear()


def ended(page):
    expect(page.locator("#llm[aria-busy=false]")).to_be_attached(timeout=15_000)
    return page.locator("#llm")


def test_the_models_sentences_stand_beside_the_quotes_with_what_bears_them_out(visit, address):
    page = visit(address + link(ZH, mode="ask"))
    room = ended(page)
    expect(page.locator(".bureau .passage").first).to_be_visible()
    expect(room.locator("h3")).to_have_text("大模型回答，逐句核对")
    sentences = room.locator(".llm-said li")
    expect(sentences.nth(2)).to_be_visible()
    expect(room).to_contain_text("qwen<b>")
    for line in sentences.all():
        expect(line.locator(".number").first).to_be_visible()
    expect(room).to_contain_text("2 句因无据未显示")
    expect(room).not_to_contain_text("900")
    expect(room).not_to_contain_text("img")
    assert page.evaluate("window.pwned") is None


def test_a_citation_opens_the_report_at_the_sentence_and_asks_the_model_no_more(
    visit, address, there
):
    page = visit(address + link(ZH, mode="ask"))
    room = ended(page)
    room.locator(".llm-sources summary").click()
    quote = room.locator(".llm-sources q").first.text_content()
    room.locator(".number").first.click()
    assert highlighted(page) == quote
    expect(room.locator(".number[aria-current]").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    page.click("#lang")
    expect(page.locator("#llm h3")).to_have_text("Language model’s answer, checked")
    assert len(there.requests) == 1


def test_an_uncertain_sentence_is_marked(visit, address):
    page = visit(address + link(ZH, mode="ask"))
    room = ended(page)
    marked = room.locator(".llm-said .marked")
    expect(marked).to_have_count(1)
    expect(marked.locator(".uncertain")).to_have_text("存疑")


@pytest.mark.parametrize(
    ("locale", "notice"), [("zh-CN", "以报告原文回答为准"), ("en-US", "stands alone")]
)
def test_the_quotes_take_over_where_the_model_fails(visit, address, there, locale, notice):
    there.way = "status_500"
    page = visit(address + link(ZH, mode="ask"), locale=locale)
    room = ended(page)
    expect(room.locator(".llm-notice")).to_contain_text(notice)
    expect(room.locator(".llm-said")).to_have_count(0)
    expect(page.locator(".bureau .passage").first).to_be_visible()


def test_a_lying_models_answer_is_withdrawn(visit, address, there):
    there.say = lambda request: "\n".join([faithful(request), *["律师每次收费900元。[1]"] * 9])
    page = visit(address + link(ZH, mode="ask"))
    room = ended(page)
    expect(room.locator(".llm-notice")).to_contain_text("已撤回")
    expect(room.locator(".llm-said")).to_have_count(0)
    expect(page.locator(".bureau .passage").first).to_be_visible()


def test_sentences_appear_before_the_model_has_ended(visit, address, there):
    there.way = "hang_after_words"
    page = visit(address + link(ZH, mode="ask"))
    expect(page.locator("#llm[aria-busy=true] .llm-said li").first).to_be_visible(timeout=10_000)
    expect(page.locator("#llm .llm-wait")).to_be_visible()
    room = ended(page)
    expect(room.locator(".llm-notice")).to_contain_text("不完整")
    expect(room.locator(".llm-said li").first).to_be_visible()


def test_leaving_the_answer_lets_the_model_go(visit, address, there):
    there.way = "hang"
    page = visit(address + link(ZH, mode="ask"))
    expect(page.locator("#llm .llm-wait")).to_be_visible()
    assert there.writing.wait(5)
    page.click("#mode-search")
    assert there.left.wait(2)


def test_without_evidence_or_without_a_model_there_is_no_room(visit, address, server, there):
    page = visit(address + link(DECLINED, mode="ask"))
    expect(page.locator(".note.weak")).to_be_visible()
    expect(page.locator("#llm")).to_have_count(0)
    assert not there.requests
    page = visit(server + link(ZH, mode="ask"))
    expect(page.locator(".bureau .passage").first).to_be_visible()
    page.wait_for_load_state("networkidle")
    expect(page.locator("#llm")).to_have_count(0)
    loaded = page.evaluate("performance.getEntriesByType('resource').map(r => r.name)")
    assert not [name for name in loaded if re.search(r"/llm\.(js|css)", name)]


def test_on_a_phone_nothing_scrolls_sideways(visit, address):
    page = visit(address + link(ZH, mode="ask"), viewport=PHONE)
    ended(page)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@needs_axe
def test_no_serious_axe_finding(visit, address):
    page = visit(address + link(ZH, mode="ask"))
    ended(page)
    assert barriers(page, "#llm") == []
