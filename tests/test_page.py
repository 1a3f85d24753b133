"""The page in a real browser against a real server."""

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.parse import quote
from urllib.request import urlopen

import pytest

playwright = pytest.importorskip(
    "playwright.sync_api", reason="the page's tests need playwright: pip install playwright"
)
Page, Route, expect = playwright.Page, playwright.Route, playwright.expect

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
ZH, EN = "重复信访怎么治理", "how do bureaus handle repeated petitioning"
BUDGET = 100_000  # bytes of the page's own files

# Markup in every field that reaches the page, and characters outside the basic plane (two
# UTF-16 units each) before the passage, so that a wrong way of counting moves the highlight.
BOMB = "<img src=x onerror=window.pwned=1><script>window.pwned=1</script>"
HOSTILE_FILE = "<img src=x onerror=pwned=1>.txt"
HOSTILE_TEXT = f"""测试市信访局2022年工作报告
一、工作举措<b onmouseover=window.pwned=1>
（一）推进无人机巡河𠮷𠮷𠮷。𠮷野家😀{BOMB}组织志愿者使用无人机巡查河道，发现排污口二十处并立即整改。
二、存在问题
经费不足，人员紧张。
"""

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"the page's tests need Chromium at {CHROMIUM}"
)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the bundled reports and a hostile one."""
    folder = tmp_path_factory.mktemp("page")
    hostile = folder / "hostile"
    hostile.mkdir()
    (hostile / HOSTILE_FILE).write_text(HOSTILE_TEXT, "utf-8")
    with (hostile / "corpus.csv").open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["file", "id", "title", "issuer"])
        writer.writerow([HOSTILE_FILE, "hostile", f"无人机报告{BOMB}", f"测试市信访局{BOMB}"])
    command = [sys.executable, "-m", "search_api.cli"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    index = ["--index", str(folder / "index")]
    subprocess.run(
        [*command, "index", str(ROOT / "corpus"), str(hostile), *index],
        check=True,
        env=environment,
        capture_output=True,
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [*command, "serve", *index, "--port", str(port)]
    with (
        (folder / "log").open("w") as log,
        subprocess.Popen(serve, env=environment, stdout=log, stderr=log) as child,
    ):
        try:
            wait_until_up(f"http://127.0.0.1:{port}/healthz", child, folder / "log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            child.terminate()


def wait_until_up(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        assert child.poll() is None, log.read_text()
        try:
            with urlopen(url, timeout=5):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(f"{url} did not come up: {log.read_text()}")


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser, server) -> Iterator[Callable[..., Page]]:
    """Opens the page; at the end no script error and no refused resource may have been seen."""
    contexts, complaints = [], []

    def start(path: str = "", *, locale: str = "zh-CN", viewport: dict = WIDE, **more) -> Page:
        context = browser.new_context(locale=locale, viewport=viewport, **more)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.goto(server + path)
        return page

    yield start
    for context in contexts:
        context.close()
    refused = ("status of 4", "ERR_FAILED")  # answers that a test asked for
    assert [c for c in complaints if not any(mark in c for mark in refused)] == []


def link(q: str, **more: str) -> str:
    return f"?q={quote(q)}" + "".join(f"&{name}={quote(v)}" for name, v in more.items())


def api(server: str, path: str) -> dict:
    with urlopen(server + path, timeout=10) as response:
        return json.load(response)


def first_hit(server: str, q: str, more: str = "") -> dict:
    return api(server, f"v1/search?q={quote(q)}&k=1{more}")["hits"][0]


def highlighted(page: Page) -> str:
    page.wait_for_selector("#reader mark")
    return "".join(page.locator("#reader mark").all_text_contents())


def test_first_visit_says_what_this_is_and_what_it_holds(visit, server):
    page = visit()
    expect(page.locator("h1")).to_have_text("让报告原文来回答")
    expect(page.locator(".examples a")).to_have_count(5)
    held = api(server, "v1/reports")
    expect(page.locator(".facts dd").first).to_have_text(str(len(held["reports"])))
    expect(page.locator(".facts")).to_contain_text("2025")
    expect(page.locator(".titles li")).to_have_count(len(held["reports"]))
    page.locator(".examples a").first.click()
    expect(page.locator(".hit").first).to_be_visible()


@pytest.mark.parametrize(("q", "locale"), [(ZH, "zh-CN"), (EN, "en-US")])
def test_search_shows_the_hits_of_the_interface(visit, server, q, locale):
    page = visit(locale=locale)
    page.fill("#q", q)
    page.press("#q", "Enter")
    expect(page.locator(".hit")).to_have_count(10)
    found = api(server, f"v1/search?q={quote(q)}")
    assert page.locator(".hit .passage").all_text_contents() == [h["text"] for h in found["hits"]]
    for hit, card in zip(found["hits"], page.locator(".hit").all(), strict=True):
        marks = ["".join(list(hit["text"])[a:b]) for a, b in hit["marks"]]
        assert card.locator("mark").all_text_contents() == marks
        assert card.locator(".badge").get_attribute("class") == f"badge {hit['matched']}"
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
    page.get_by_role("switch").click()
    expect(page.locator(".expansion dd")).to_have_count(0)
    assert "expand=false" in page.url
    page.get_by_role("switch").click()
    expect(page.locator(".expansion dd").first).to_be_visible()


def test_filters_narrow_widen_and_go(visit, server):
    page = visit(link(ZH))
    page.get_by_role("checkbox", name=re.compile("^2023")).check()
    expect(page.locator(".chip")).to_have_count(1)
    expect(page.locator(".hit .year").first).to_have_text("2023")
    assert set(page.locator(".hit .year").all_text_contents()) == {"2023"}
    page.get_by_role("checkbox", name=re.compile("^2025")).check()
    expect(page.locator(".chip")).to_have_count(3)  # two years and "clear all"
    expected = api(server, f"v1/search?q={quote(ZH)}&year=2023&year=2025")
    expect(page.locator(".hit .passage").first).to_have_text(expected["hits"][0]["text"])
    page.get_by_role("checkbox", name=re.compile("^存在问题")).check()
    expect(page.locator(".chip")).to_have_count(4)
    page.locator(".chip.clear").click()
    expect(page.locator(".chip")).to_have_count(0)
    assert "year" not in page.url


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
    copied = page.evaluate("navigator.clipboard.readText()")
    cited = api(server, f"v1/passages/{quote(hit['passage_id'])}")["citation"]
    assert copied == f"“{hit['text']}”\n—— {cited}"


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
    expect(page.locator(".bureau")).to_have_count(len(answer["bureaus"]))
    quotes = [q for bureau in answer["bureaus"] for q in bureau["quotes"]]
    expect(page.locator(".sources li")).to_have_count(len(quotes))
    last = page.locator(f"#quote-{len(quotes)}")
    expect(last).to_have_text(str(len(quotes)))
    last.click()
    assert highlighted(page) == quotes[-1]["text"]


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
    assert page.locator(".passage").all_text_contents() == [h["text"] for h in hits]
    page.click("#lang")
    expect(page.locator(".weak h2")).to_have_text("Insufficient evidence")


def test_address_restores_everything_and_history_works(visit, server):
    hit = first_hit(server, EN, "&year=2024&expand=false")
    address = link(EN, year="2024", expand="false", open=hit["passage_id"])
    page = visit(address, locale="en-US")
    assert highlighted(page) == hit["text"]
    expect(page.locator("#q")).to_have_value(EN)
    expect(page.get_by_role("checkbox", name=re.compile("^2024"))).to_be_checked()
    expect(page.get_by_role("switch")).not_to_be_checked()
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
    page.get_by_role("checkbox", name=re.compile("^2024")).check()
    expect(page.locator(".chip")).to_have_count(1)
    page.locator(".hit").first.get_by_role("link", name="Open").click()
    assert highlighted(page) == first_hit(server, EN, "&year=2024")["text"]
    box = page.get_by_role("dialog").bounding_box()
    assert (box["x"], box["y"], box["width"], box["height"]) == (0, 0, *PHONE.values())
    assert page.locator("#results").evaluate("node => node.inert")
    page.click("#close")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_markup_in_reports_titles_and_names_stays_text(visit, server):
    q = "无人机巡查河道"
    page = visit()
    expect(page.locator(".titles")).to_contain_text(BOMB)
    page.goto(server + link(q))
    hit = first_hit(server, q)
    assert hit["report_id"] == "hostile" and BOMB in hit["text"]
    expect(page.locator(".hit h3").first).to_contain_text(BOMB)
    expect(page.locator(".cite").first).to_contain_text(BOMB)
    page.locator(".hit").first.get_by_role("link", name="打开原文").click()
    assert highlighted(page) == hit["text"]  # after 𠮷: code points, not UTF-16 units
    page.goto(server + link(BOMB, region=BOMB, open="hostile"))
    expect(page.locator(".error")).to_contain_text("onerror")
    assert page.evaluate("window.pwned") is None
    assert page.locator("#layout :is(img, script, b)").count() == 0


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


def test_page_is_small_and_loads_nothing_from_elsewhere(visit, server):
    page = visit()
    expect(page.locator(".titles")).to_be_visible()
    entries = page.evaluate(
        "performance.getEntriesByType('resource').map(e => [e.name, e.decodedBodySize])"
    )
    assert all(name.startswith(server) for name, _ in entries)
    files = [path for path in (ROOT / "web").iterdir() if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= BUDGET
    inline = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)")
    assert not inline.search((ROOT / "web" / "index.html").read_text("utf-8"))
    for script in (ROOT / "web").glob("*.js"):
        assert "innerHTML" not in script.read_text("utf-8"), script


FAINT = """() => {
  const rgb = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const light = (colour) => rgb(colour).slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const filled = (node) => rgb(getComputedStyle(node).backgroundColor)[3] !== 0;
  const ground = (node) =>
    filled(node) || !node.parentElement ? node : ground(node.parentElement);
  const ratio = (node) => {
    const pair = [getComputedStyle(node).color, getComputedStyle(ground(node)).backgroundColor];
    const [more, less] = pair.map(light).sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };
  const own = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((node) => own(node) && node.checkVisibility() && ratio(node) < 4.5)
    .map((node) => `${node.tagName}.${node.className}: ${ratio(node).toFixed(2)}`);
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(visit, scheme):
    page = visit(locale="en-US", color_scheme=scheme)
    expect(page.locator(".titles")).to_be_visible()
    assert page.evaluate(FAINT) == []
    scenes = {
        link(EN, year="2024", open="jieyang-2024:400-500"): ".hit",
        link(EN, mode="ask"): ".bureau, .weak",
        link(EN, region="火星"): ".error",
    }
    for address, shown in scenes.items():
        page.goto(page.url.partition("?")[0] + address)
        expect(page.locator(shown).first).to_be_visible()
        assert page.evaluate(FAINT) == []
