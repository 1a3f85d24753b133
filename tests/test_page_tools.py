"""What the page offers beside the hits: references, glosses, neighbours, originals, paper."""

import io
import json
import re
import unicodedata
from urllib.parse import quote

import pdfplumber
import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    PHONE,
    ROOT,
    ZH,
    api,
    fetch,
    first_hit,
    highlighted,
    link,
    needs_chromium,
    on_clipboard,
    settle,
    until,
)
from playwright.sync_api import expect
from rapidfuzz.fuzz import partial_ratio

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

CLIPBOARD = ["clipboard-read", "clipboard-write"]
FORMATS = ["gbt7714-2025", "gbt7714-2015", "ris", "bibtex", "csl-json"]
WORD_AT = """async ([place, start, end]) => {
  const block = document.querySelector(place);
  const units = (n) => [...block.textContent].slice(0, n).join("").length;
  const walker = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  for (let at = 0; walker.nextNode(); at += walker.currentNode.length) {
    const node = walker.currentNode;
    const inside = (n) => n >= at && n <= at + node.length;
    if (inside(units(start))) range.setStart(node, units(start) - at);
    if (inside(units(end)) && !inside(units(end) + 1) || inside(units(end)) && range.collapsed)
      range.setEnd(node, units(end) - at);
  }
  block.scrollIntoView({ block: "center" });
  for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  const box = range.getClientRects()[0];
  return [box.left + box.width / 2, box.top + box.height / 2];
}"""


def lexicon(word):
    """The English of a word in the bundled lexicon's files."""
    folder = ROOT / "indexer" / "bundled" / "lexicon"
    texts = [path.read_text("utf-8") for path in sorted(folder.glob("*.tsv"))]
    lines = [line for text in texts for line in text.splitlines()]
    return " ".join(line for line in lines if line.split("\t")[0] == word)


def glossed(server, text):
    """A word of ``text`` and its gloss, from the middle of it."""
    words = api(server, f"v1/gloss?text={quote(text)}")["words"]
    word = words[len(words) // 2]
    assert word["gloss"].split(";")[0] in lexicon(word["word"])
    return word


def point(page, place, word):
    """The middle of a word in the window, once nothing moves or scrolls any more."""
    settle(page)
    return page.evaluate(WORD_AT, [place, word["start"], word["end"]])


@pytest.mark.parametrize("place", ["#hit-1", "#reader"])
def test_a_reference_is_copied_in_every_form(visit, server, place):
    hit = first_hit(server, ZH)
    page = visit(link(ZH, open=hit["passage_id"]), permissions=CLIPBOARD)
    expect(page.locator("#reader mark").first).to_be_visible()
    page.locator(f"{place} .cite-button").click()
    for form in FORMATS:
        page.locator(f"#cite-menu [data-format={form}]").click()
        expect(page.locator("#live")).to_contain_text("已复制")
        cited = fetch(server, f"v1/cite/{quote(hit['passage_id'])}?format={form}")
        wanted = cited.replace("\r\n", "\n")
        assert until(page, lambda: on_clipboard(page), wanted) == wanted


def test_a_quote_is_cited_as_its_passage(visit, server):
    question = "怎样宣传《信访工作条例》"
    said = api(server, f"v1/ask?q={quote(question)}")["bureaus"][0]["quotes"][0]
    page = visit(link(question, mode="ask"), permissions=CLIPBOARD)
    page.locator("#quote-1").click()
    page.locator("#reader .cite-button").click()
    page.locator("#cite-menu [data-format=csl-json]").click()
    expect(page.locator("#live")).to_contain_text("已复制")
    copied = json.loads(on_clipboard(page))
    assert copied[0]["custom"]["passage_id"] == said["passage_id"]


@pytest.mark.parametrize(
    ("form", "ending"), [("ris", "ris"), ("bibtex", "bib"), ("csl-json", "json")]
)
def test_a_reference_is_downloaded_for_a_reference_manager(visit, server, form, ending):
    hit = first_hit(server, ZH)
    page = visit(link(ZH), locale="en-US")
    page.locator("#hit-1 .cite-button").click()
    with page.expect_download() as loading:
        page.locator(f"#cite-menu a[href$='={form}']").click()
    assert loading.value.suggested_filename.endswith(f".{ending}")
    cited = fetch(server, f"v1/cite/{quote(hit['passage_id'])}?format={form}")
    assert loading.value.path().read_bytes().decode("utf-8") == cited


def test_the_menu_of_references_works_by_keyboard(visit):
    page = visit(link(ZH, open="jieyang-2024:4022-4157"))
    button = page.locator("#hit-2 .cite-button")
    button.press("Enter")
    expect(button).to_have_attribute("aria-expanded", "true")
    expect(page.locator("#cite-menu button").first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#cite-menu button").nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#cite-menu")).to_have_count(0)
    expect(button).to_be_focused()
    expect(page.locator("#reader")).to_be_visible()  # Escape closes one thing at a time
    button.click()
    page.mouse.click(5, 400)
    expect(page.locator("#cite-menu")).to_have_count(0)


def test_similar_wording_is_searched_everywhere_with_the_longest_passage(visit, server):
    hits = api(server, f"v1/search?q={quote(ZH)}&k=100&expand=false")["hits"]
    longest = max(hits, key=lambda hit: len(hit["text"]))
    address = link(ZH, k="100", expand="false", region=longest["region"], year=str(longest["year"]))
    page = visit(address)
    card = page.locator(f".hit[data-open='{longest['passage_id']}']")
    card.get_by_role("link", name="查找相似表述").click()
    expect(page.locator("#q")).to_have_value(longest["text"])
    expect(page.locator(".chip")).to_have_count(0)
    expect(page.locator("#hit-1 .passage")).to_have_text(longest["text"])
    expect(page).to_have_url(re.compile("expand=false"))


@pytest.mark.parametrize("place", ["#hit-1 .passage", "#reader p:has(mark)"])
def test_a_word_under_the_pointer_is_explained(visit, server, place):
    hit = first_hit(server, ZH)
    page = visit(link(ZH, open=hit["passage_id"]), locale="en-US")
    expect(page.locator("#reader mark").first).to_be_visible()
    word = glossed(server, page.locator(place).text_content())
    page.mouse.move(*point(page, place, word), steps=2)
    expect(page.locator("#gloss")).to_be_visible()
    expect(page.locator("#gloss")).to_have_text(f"{word['word']} {word['gloss']}")
    page.mouse.move(2, 2)
    expect(page.locator("#gloss")).to_be_hidden()


def test_a_paragraph_is_asked_for_once(visit, server):
    asked = []
    page = visit(link(ZH), locale="en-US")
    page.on("request", lambda request: "v1/gloss" in request.url and asked.append(request.url))
    text = page.locator("#hit-1 .passage").text_content()
    words = api(server, f"v1/gloss?text={quote(text)}")["words"]
    for word in words[:4]:
        page.mouse.move(*point(page, "#hit-1 .passage", word), steps=2)
        expect(page.locator("#gloss b")).to_have_text(word["word"])
    assert len(asked) == 1


def test_glosses_are_switched_and_the_choice_is_remembered(visit, server):
    page = visit(link(ZH))
    switch = page.get_by_role("switch", name="英文释义")
    expect(switch).not_to_be_checked()
    word = glossed(server, page.locator("#hit-1 .passage").text_content())
    place = point(page, "#hit-1 .passage", word)
    page.mouse.move(*place, steps=2)
    page.wait_for_timeout(400)
    expect(page.locator("#gloss")).to_be_hidden()
    switch.click()
    expect(switch).to_be_checked()
    page.mouse.move(*place, steps=2)
    expect(page.locator("#gloss")).to_contain_text(word["gloss"])
    page.reload()
    expect(switch).to_be_checked()
    page.click("#lang")
    page.get_by_role("switch", name="Gloss").click()
    page.reload()
    expect(page.get_by_role("switch", name="Gloss")).not_to_be_checked()


def test_selecting_text_works_with_glosses_on(visit):
    page = visit(link(ZH), locale="en-US")
    settle(page)
    box = page.locator("#hit-1 .passage").bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + 15)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 15, steps=5)
    page.mouse.up()
    assert until(page, lambda: len(page.evaluate("String(getSelection())")) >= 8, True)


def test_a_held_finger_explains_a_word(visit, server):
    page = visit(link(ZH), locale="en-US", viewport=PHONE, has_touch=True, is_mobile=True)
    word = glossed(server, page.locator("#hit-1 .passage").text_content())
    x, y = point(page, "#hit-1 .passage", word)
    touch = page.context.new_cdp_session(page)
    touch.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    expect(page.locator("#gloss")).to_contain_text(word["gloss"])
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect(page.locator("#gloss")).to_be_visible()
    page.touchscreen.tap(x, y + 200)
    expect(page.locator("#gloss")).to_be_hidden()


def test_words_are_explained_one_by_one_with_a_key(visit, server):
    page = visit(link(ZH), locale="en-US")
    words = api(server, f"v1/gloss?text={quote(page.locator('#hit-1 .passage').text_content())}")
    page.locator("#hit-1").focus()
    for word in words["words"][:3]:
        page.keyboard.press("g")
        expect(page.locator("#gloss b")).to_have_text(word["word"])
        expect(page.locator("#live")).to_have_text(f"{word['word']}: {word['gloss']}")
    page.keyboard.press("Shift+G")
    expect(page.locator("#gloss b")).to_have_text(words["words"][1]["word"])
    page.keyboard.press("Escape")
    expect(page.locator("#gloss")).to_be_hidden()


def test_reader_leads_to_the_neighbouring_hits_of_the_report(visit, server):
    hits = api(server, f"v1/search?q={quote(ZH)}")["hits"]
    report = max((h["report_id"] for h in hits), key=[h["report_id"] for h in hits].count)
    own = sorted((h for h in hits if h["report_id"] == report), key=lambda h: h["start"])
    assert len(own) >= 2
    page = visit(link(ZH, open=own[0]["passage_id"]), locale="en-US")
    assert highlighted(page) == own[0]["text"]
    expect(page.locator("#place")).to_have_text(f"1 of {len(own)}")
    expect(page.locator("#before")).to_have_attribute("aria-disabled", "true")
    page.locator("#after").click()
    expect(page.locator("#place")).to_have_text(f"2 of {len(own)}")
    assert highlighted(page) == own[1]["text"]
    page.keyboard.press("[")
    expect(page.locator("#place")).to_have_text(f"1 of {len(own)}")
    assert highlighted(page) == own[0]["text"]
    page.keyboard.press("]")
    expect(page.locator("#place")).to_have_text(f"2 of {len(own)}")


def test_original_file_is_linked_a_pdf_at_its_page(visit, server):
    q = "灯塔管理员维护航标灯"
    hit = first_hit(server, q)
    assert hit["page"] == 3
    page = visit(link(q, open=hit["passage_id"]))
    original = page.locator("#original")
    expect(original).to_have_attribute("href", re.compile(r"^v1/reports/.+/file#page=3$"))
    address = server + original.get_attribute("href").partition("#")[0]
    answer = page.request.get(address)
    assert answer.body().startswith(b"%PDF")
    page.goto(server + link(ZH, open="jieyang-2024:4022-4157"))
    expect(original).to_have_attribute("href", "v1/reports/jieyang-2024/file")
    text = page.request.get(f"{server}v1/reports/jieyang-2024/file").body()
    assert text == (ROOT / "corpus" / "jieyang-2024.txt").read_bytes()


def test_no_link_is_offered_where_the_original_is_gone(visit, server):
    page = visit()

    def gone(route):
        body = route.fetch().json() | {"file_url": None}
        route.fulfill(json=body)

    page.route("**/v1/reports/jieyang-2024", gone)
    page.goto(server + link(ZH, open="jieyang-2024:4022-4157"))
    assert highlighted(page)
    expect(page.locator("#original")).to_have_count(0)


PRINTED = {
    "search": (".hit .passage", ".hit .cite"),
    "ask": (".bureau .passage", ".sources li a"),
    "compare": (".matrix .quote", ".matrix .cite"),
}


@pytest.mark.parametrize("mode", PRINTED)
def test_paper_holds_the_quotes_with_their_citations(visit, mode):
    page = visit(link(ZH, mode=mode, open="jieyang-2024:4022-4157"))
    settle(page)
    expect(page.locator("#reader mark").first).to_be_visible()
    expect(page.locator(PRINTED[mode][0]).first).to_be_visible()
    with pdfplumber.open(io.BytesIO(page.pdf(format="A4"))) as paper:
        printed = bare("".join(char["text"] for sheet in paper.pages for char in sheet.chars))
    assert printed.startswith(bare(ZH))
    for place in PRINTED[mode]:
        texts = page.locator(place).all_text_contents()
        assert texts
        # A PDF names some characters by their radicals: nearly the same must do.
        assert [t for t in texts if partial_ratio(bare(t), printed) < 90] == []
    assert bare("打开原文") not in printed
    assert bare("复制引文") not in printed


def bare(text):
    """Letters and digits alone: what a PDF does to spaces and punctuation does not count."""
    return "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
