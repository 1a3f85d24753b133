"""The page in a real browser against a real server: search, read, ask, addresses, languages."""

import re
from urllib.parse import quote

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    EN,
    OYSTERS,
    PHONE,
    SLOW,
    ZH,
    api,
    first_hit,
    highlighted,
    link,
    needs_chromium,
    on_clipboard,
    settle,
    until,
    year_box,
)
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium


def test_first_visit_says_what_this_is_and_what_it_holds(visit, server):
    page = visit()
    expect(page.locator("h1")).to_have_text("让报告原文来回答")
    kinds = page.locator(".examples .kind")
    expect(kinds).to_have_count(5)
    assert set(kinds.all_text_contents()) == {"检索", "问答", "比较"}
    held = api(server, "v1/coverage")
    regions = len([region for region in held["regions"] if region["label"]])
    span = f"{held['years'][0]}–{held['years'][-1]}"
    numbers = [str(held["reports"]), str(held["bureaus"]), span, str(regions)]
    expect(page.locator(".facts b")).to_have_text(numbers)
    expect(page.locator(".titles li")).to_have_count(held["reports"])
    page.locator(".examples a").first.click()
    expect(page.locator(".hit").first).to_be_visible()


def test_first_visit_has_a_table_of_reports_by_region_and_year(visit, server):
    page = visit(locale="en-US")
    held = api(server, "v1/coverage")
    years = [str(year) for year in held["years"]]
    if any("" in region["years"] for region in held["regions"]):
        years.append("")
    heads = ["Region", *(year or "not stated" for year in years)]
    expect(page.locator(".coverage thead th")).to_have_text(heads)
    regions = sorted(held["regions"], key=lambda region: not region["label"])  # unknown: last
    expect(page.locator(".coverage tbody tr")).to_have_count(len(regions))
    rows = [
        row.locator("th, td").all_text_contents()
        for row in page.locator(".coverage tbody tr").all()
    ]
    assert rows == [
        [region["label"] or "not stated", *(str(region["years"].get(year, "·")) for year in years)]
        for region in regions
    ]
    assert sum(int(n) for row in rows for n in row[1:] if n != "·") == held["reports"]


@pytest.mark.parametrize(("q", "locale"), [(ZH, "zh-CN"), (EN, "en-US")])
def test_search_shows_the_hits_of_the_interface(visit, server, q, locale):
    page = visit(locale=locale)
    page.fill("#q", q)
    page.press("#q", "Enter")
    found = api(server, f"v1/search?q={quote(q)}")
    shown = [hit for hit in found["hits"] if not hit["same_as"]]
    expect(page.locator(".hit")).to_have_count(len(shown))
    assert page.locator(".hit .passage").all_text_contents() == [h["text"] for h in shown]
    for hit, card in zip(shown, page.locator(".hit").all(), strict=True):
        marks = ["".join(list(hit["text"])[a:b]) for a, b in hit["marks"]]
        assert card.locator("mark").all_text_contents() == marks
        expect(card.locator(".badge")).to_have_class(f"badge {hit['matched']}")
    cited = api(server, f"v1/passages/{quote(found['hits'][0]['passage_id'])}")["citation"]
    expect(page.locator(".cite").first).to_have_text(cited)


def test_more_passages_are_shown_on_demand(visit):
    page = visit(link(ZH))
    page.click("#more")
    expect(page.locator(".hit")).to_have_count(20)
    assert "k=20" in page.url


def test_expansion_of_english_words_is_shown_and_can_be_switched_off(visit):
    page = visit(link(EN), locale="en-US")
    expect(page.locator(".expansion dd").first).to_be_visible()
    page.locator("#expand").click()
    expect(page.locator(".expansion dd")).to_have_count(0)
    assert "expand=false" in page.url
    page.locator("#expand").click()
    expect(page.locator(".expansion dd").first).to_be_visible()


def test_filters_narrow_widen_and_go(visit, server):
    page = visit(link(ZH))
    year_box(page, 2023).check()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".hit .year").first).to_have_text("2023")
    assert set(page.locator(".hit .year").all_text_contents()) == {"2023"}
    year_box(page, 2025).check()
    expect(page.locator(".chip")).to_have_count(3)  # two years and "clear all"
    expected = api(server, f"v1/search?q={quote(ZH)}&year=2023&year=2025")
    expect(page.locator(".hit .passage").first).to_have_text(expected["hits"][0]["text"])
    page.get_by_role("checkbox", name=re.compile("^存在问题")).check()
    expect(page.locator(".chip")).to_have_count(4)
    page.locator(".chip.clear").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert "year" not in page.url


def test_filters_chosen_before_an_answer_has_come_all_count(visit, server):
    page = visit()
    page.add_init_script(SLOW)
    page.goto(server + link(ZH))
    year_box(page, 2023).check()
    year_box(page, 2025).check()
    page.get_by_role("checkbox", name=re.compile("^存在问题")).check()
    expect(page.locator(".chip .kind")).to_have_count(3)
    expect(year_box(page, 2023)).to_be_checked()
    page.goto(server + link(EN))
    year_box(page, 2024).check()
    page.locator("#expand").click()
    expect(page.locator(".expansion dd")).to_have_count(0)
    expect(page.locator(".chip .kind")).to_have_count(1)


@pytest.mark.parametrize(
    ("locale", "names"), [("zh-CN", "市级 县级"), ("en-US", "Prefecture County")]
)
def test_level_of_the_issuer_is_a_filter_with_names(visit, server, locale, names):
    page = visit(link(ZH), locale=locale)
    higher, lower = names.split()
    page.get_by_role("checkbox", name=re.compile(f"^{lower}")).check()
    expect(page.locator(".chip")).to_contain_text(lower)
    assert "level=county" in page.url
    expected = api(server, f"v1/search?q={quote(ZH)}&level=county")
    expect(page.locator(".hit h3 a").first).to_have_text(expected["hits"][0]["issuer"])
    page.get_by_role("checkbox", name=re.compile(f"^{higher}")).check()
    expect(page.locator(".chip")).to_have_count(3)


def test_without_hits_the_page_says_which_filter_holds_them_back(visit, server):
    page = visit(link(ZH, year="2023", region="350000"), locale="en-US")
    found = api(server, f"v1/search?q={quote(ZH)}&year=2023&region=350000")
    assert found["total"] == 0
    doors = page.locator("#nothing a")
    expect(doors).to_have_count(len(found["without"]))
    for culprit, door in zip(found["without"], doors.all(), strict=True):
        expect(door).to_contain_text(f"brings back {culprit['total']}")
    expect(doors.filter(has_text="Region")).to_contain_text("福建省")
    brought = next(entry["total"] for entry in found["without"] if entry["name"] == "year")
    doors.filter(has_text="Year").click()
    expect(page.locator(".summary h2")).to_contain_text(f"of {brought} passages")
    assert "year=" not in page.url and "region=350000" in page.url


def test_passages_with_the_same_wording_are_folded_and_can_be_opened(visit, server):
    hits = api(server, f"v1/search?q={quote(OYSTERS)}")["hits"]
    folded = [hit for hit in hits if hit["same_as"]]
    first = next(hit for hit in hits if hit["passage_id"] == folded[0]["same_as"])
    same = [hit for hit in folded if hit["same_as"] == first["passage_id"]]
    assert len(same) == 2
    page = visit(link(OYSTERS))
    expect(page.locator(".hit")).to_have_count(len(hits) - len(folded))
    card = page.locator(f".hit[data-open='{first['passage_id']}']")
    expect(card.locator("summary")).to_have_text("另有 2 段表述相同")
    card.locator("summary").click()
    expect(card.locator(".same .line a")).to_have_text([hit["issuer"] for hit in same])
    card.locator(".same .line a").last.click()
    assert highlighted(page) == same[-1]["text"]
    expect(page.locator("#reader h2")).to_have_text(same[-1]["title"])


def test_a_slip_of_the_pen_is_shown_as_it_was_read(visit, server):
    q = "how are petitoins handled"
    pairs = api(server, f"v1/search?q={quote(q)}")["corrections"]
    assert pairs
    page = visit(link(q), locale="en-US")
    for typed, read in pairs:
        expect(page.locator(".read-as")).to_contain_text(f"{typed} read as: {read}")


def test_reader_highlights_the_hit_and_copies_it_with_its_citation(visit, server):
    page = visit(link(ZH), permissions=["clipboard-read", "clipboard-write"])
    hit = first_hit(server, ZH)
    page.locator(".hit").first.get_by_role("link", name="打开原文").click()
    assert highlighted(page) == hit["text"]
    expect(page.locator("#reader mark").first).to_be_in_viewport()
    text = "".join(page.locator("#reader .text").all_text_contents())
    assert text == api(server, f"v1/reports/{hit['report_id']}")["text"]
    page.locator("#reader").get_by_role("button", name="复制引文").click()
    expect(page.locator("#live")).to_contain_text("已复制")
    cited = api(server, f"v1/passages/{quote(hit['passage_id'])}")["citation"]
    wanted = f"“{hit['text']}”\n—— {cited}"
    assert until(page, lambda: on_clipboard(page), wanted) == wanted


def test_outline_leads_to_a_section(visit, server):
    page = visit(link(ZH, open="jieyang-2024:0-10"))
    page.locator(".outline summary").click()
    page.locator(".outline button", has_text="三、存在问题").click()
    expect(page.locator("#reader strong", has_text="三、存在问题")).to_be_in_viewport()


def test_ask_quotes_by_bureau_and_numbers_open_the_source(visit, server):
    question = "怎样宣传《信访工作条例》"
    page = visit(link(question, mode="ask"))
    answer = api(server, f"v1/ask?q={quote(question)}")
    assert answer["sufficient"]
    expect(page.locator(".bureau")).to_have_count(len(answer["points"]))
    heads = [point["zh"] or "其他" for point in answer["points"]]
    expect(page.locator(".bureau h3 span")).to_have_text(heads)
    quotes = [q for bureau in answer["bureaus"] for q in bureau["quotes"]]
    expect(page.locator(".sources li")).to_have_count(len(quotes))
    last = page.locator(f"#quote-{len(quotes)}")
    expect(last).to_have_text(str(len(quotes)))
    last.click()
    assert highlighted(page) == quotes[-1]["text"]
    behind = page.locator("#behind")
    expect(behind.locator(".passage").first).to_be_hidden()
    behind.locator("summary").click()
    expect(behind.locator(".passage")).to_have_count(len(answer["evidence"]))
    expect(behind.locator(".passage").first).to_be_visible()
    assert behind.locator(".passage").all_text_contents() == [h["text"] for h in answer["evidence"]]
    scores = [
        score.removeprefix("相关度") for score in behind.locator(".score").all_text_contents()
    ]
    assert scores == [f"{hit['score']:.2f}" for hit in answer["evidence"]]


def test_what_a_question_names_is_shown_and_can_be_taken_back(visit, server):
    page = visit(link("永安市2024年排查了多少矛盾纠纷", mode="ask"))
    expect(page.locator(".figure .amount").first).to_have_text("367件 矛盾纠纷排查")
    page.locator(".figure .said").first.click()
    assert "367件" in highlighted(page)
    page.keyboard.press("Escape")
    expect(page.locator("#named-region")).to_contain_text("永安市")
    page.locator("#named-region").click()
    expect(page.locator("#named-region")).to_have_count(0)
    expect(page.locator("#named-year")).to_contain_text("2024")
    assert "ignore=region" in page.url
    page.get_by_text("恢复").click()
    expect(page.locator("#named-region")).to_be_visible()


def test_a_place_without_a_report_is_named(visit):
    page = visit(link("How do bureaus in Beijing handle petitions?", mode="ask"), locale="en-US")
    expect(page.locator(".absent")).to_have_text("No report is from: Beijing")


def test_bureaus_that_are_compared_stand_side_by_side(visit):
    page = visit(link("比较永安和揭阳的领导接访", mode="ask"))
    expect(page.locator(".form-comparison .bureau")).to_have_count(2)
    boxes = [box.bounding_box() for box in page.locator(".form-comparison .bureau").all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]


def test_insufficient_evidence_is_said_with_the_closest_passages(visit, server):
    question = "番茄炒蛋怎么做"
    answer = api(server, f"v1/ask?q={quote(question)}")
    assert not answer["sufficient"]
    hits = answer["closest"]
    page = visit()
    page.click("#mode-ask")
    page.fill("#q", question)
    page.click("#submit")
    expect(page.locator(".weak h2")).to_have_text("证据不足")
    expect(page.locator(".passage")).to_have_count(len(hits))
    assert page.locator(".passage").all_text_contents() == [h["text"] for h in hits]
    page.click("#lang")
    expect(page.locator(".weak h2")).to_have_text("Insufficient evidence")


def test_address_restores_everything_and_history_works(visit, server):
    hit = first_hit(server, EN, "&year=2024&expand=false")
    address = link(EN, year="2024", expand="false", open=hit["passage_id"])
    page = visit(address, locale="en-US")
    assert highlighted(page) == hit["text"]
    expect(page.locator("#q")).to_have_value(EN)
    expect(year_box(page, 2024)).to_be_checked()
    expect(page.locator("#expand")).not_to_be_checked()
    page.reload()
    assert highlighted(page) == hit["text"]
    page.click("#close")
    expect(page.locator("#reader")).to_be_hidden()
    page.click("#mode-ask")
    expect(page.locator(".bureau, .weak").first).to_be_visible()
    page.go_back()
    expect(page.locator(".hit")).to_have_count(10)
    page.go_back()
    expect(page.locator("#reader")).to_be_visible()
    page.go_forward()
    expect(page.locator("#reader")).to_be_hidden()


def test_language_is_switched_and_remembered(visit):
    page = visit(link(ZH), locale="en-US")
    expect(page.locator("#submit")).to_have_text("Search")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.click("#lang")
    expect(page.locator("#submit")).to_have_text("检索")
    expect(page.locator(".hit").first).to_contain_text("复制引文")
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")


def test_keyboard_alone_is_enough(visit, server):
    page = visit(link(ZH))
    expect(page.locator(".hit")).to_have_count(10)
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#hit-1")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#hit-2")).to_be_focused()
    page.keyboard.press("Enter")
    second = api(server, f"v1/search?q={quote(ZH)}&k=2")["hits"][1]
    assert highlighted(page) == second["text"]
    expect(page.locator("#reader")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#reader")).to_be_hidden()
    expect(page.locator("#hit-2")).to_be_focused()


def test_phone_has_no_sideways_scroll_and_a_sheet_for_the_source(visit, server):
    page = visit(link(EN), locale="en-US", viewport=PHONE, color_scheme="dark")
    expect(page.locator(".hit")).to_have_count(10)
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    page.locator("#filters > summary").click()
    year_box(page, 2024).check()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".hit").first.get_by_role("link", name="Open").click()
    assert highlighted(page) == first_hit(server, EN, "&year=2024")["text"]
    box = page.get_by_role("dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *PHONE.values())
    expect(page.locator("#results")).to_have_js_property("inert", True)
    page.click("#close")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_failures_are_explained_in_the_language_and_can_be_retried(visit, server):
    page = visit(link(ZH, region="火星"))
    expect(page.get_by_role("alert")).to_contain_text("索引中没有")
    page.locator(".chip").click()
    expect(page.locator(".hit")).to_have_count(10)
    page.route("**/v1/search?*", lambda route: route.abort())
    page.fill("#q", "接访")
    page.press("#q", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("服务器没有响应")
    page.unroute("**/v1/search?*")
    page.get_by_role("alert").get_by_role("button", name="重试").click()
    expect(page.locator(".hit")).to_have_count(10)
    page.goto(server + link(ZH, open="nothing:1-2"))
    expect(page.locator("#reader").get_by_role("alert")).to_be_visible()


@pytest.mark.parametrize("width", [390, 320])
@pytest.mark.parametrize("locale", ["zh-CN", "en-US"])
def test_no_mode_scrolls_sideways_on_a_phone(visit, server, locale, width):
    page = visit(locale=locale, viewport={"width": width, "height": 700})
    modes = {"search": ".hit", "ask": ".bureau", "compare": ".matrix"}
    scenes = {link(ZH, mode=mode): shown for mode, shown in modes.items()}
    nothing = {
        link(ZH, year="2023", region="350000"): "#nothing",
        link(ZH, region="火星"): ".error",
    }
    for address, shown in ({"": ".titles"} | scenes | nothing).items():
        page.goto(server + address)
        expect(page.locator(shown).first).to_be_visible()
        settle(page)
        assert page.evaluate("document.documentElement.scrollWidth") == width, address
