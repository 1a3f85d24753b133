"""What the page must never do: act on markup, load from elsewhere, be slow, be hard to read."""

import re
from statistics import median

import pytest

pytest.importorskip("playwright", reason="the page's tests need playwright")
from browser import (
    AXE,
    BOMB,
    DRONES,
    EN,
    PHONE,
    ROOT,
    ZH,
    api,
    barriers,
    first_hit,
    highlighted,
    link,
    needs_axe,
    needs_chromium,
    serving,
    settle,
    write_manifest,
)
from playwright.sync_api import expect

pytest_plugins = "browser_fixtures"
pytestmark = needs_chromium

BUDGET = 150_000  # bytes of what the page loads at first, unpacked; tools come when opened
FIRST_LOAD = 150_000  # bytes that a first visit transfers
INTERACTIVE = 1000  # ms
ELSEWHERE = "//elsewhere.example/"
DO = "window.pwned=1"
PAYLOADS = [
    f"<script>{DO}</script>",
    f"<img src=x onerror={DO}>",
    f"<svg onload={DO}>",
    f'"><svg/onload={DO}>',
    f"'><img src=x onerror={DO}>",
    f"</title><script>{DO}</script>",
    f"</textarea></p></mark><script>{DO}</script>",
    f"--><script>{DO}</script>",
    f"]]><script>{DO}</script>",
    f"<iframe src=javascript:parent.{DO}></iframe>",
    f"<iframe srcdoc='<script>parent.{DO}</script>'></iframe>",
    f"<a href=javascript:{DO} autofocus>信访</a>",
    f"<details open ontoggle={DO}>",
    f"<input autofocus onfocus={DO}>",
    f"<video><source onerror={DO}></video>",
    f"<math><mtext></mtext><img src=x onerror={DO}></math>",
    f"<noscript><p title='</noscript><img src=x onerror={DO}>'>",
    f"<template><script>{DO}</script></template>",
    f"<link rel=stylesheet href={ELSEWHERE}x.css>",
    f"<style>@import '{ELSEWHERE}x.css';*{{background:url({ELSEWHERE}y)}}</style>",
    f"<meta http-equiv=refresh content='0;url={ELSEWHERE}'>",
    f"<base href={ELSEWHERE}><form action={ELSEWHERE}><button autofocus>",
    f"<object data=javascript:{DO}></object><embed src=javascript:{DO}>",
    f"javascript:{DO}",
    f"${{{DO}}}{{{{constructor.constructor('{DO}')()}}}}",
    f"&lt;img src=x onerror={DO}&gt;&#60;script&#62;{DO}",
    f"＜script＞{DO}＜/script＞<ScRiPt>{DO}</sCrIpT>",  # full-width: folded for matching
    f"%3Cscript%3E{DO}%3C/script%3E#?&open=x&q=y",
]
TIMINGS = """["navigation", "resource"]
  .flatMap((kind) => performance.getEntriesByType(kind)).map((entry) => entry.toJSON())"""
STRANGE = "script, img, svg, iframe, object, embed, style, link, base, meta, video, math"
ODD_ATTRIBUTES = """() => [...document.querySelectorAll("body *")].flatMap((node) =>
  [...node.attributes].filter(({ name, value }) =>
    name.startsWith("on") || name === "style" && !node.matches("#gloss, .menu")
    || ["href", "src"].includes(name) && !/^([?#]|v1\\/)/.test(value)).map(({ name }) => name))"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The address of a server whose every report carries a payload wherever it can."""
    home = tmp_path_factory.mktemp("hostile")
    reports = home / "reports"
    reports.mkdir()
    rows = []
    for n, payload in enumerate(PAYLOADS):
        name = f"{n} {payload}.txt".replace("/", "∕")
        lines = [
            f"测试局工作报告{payload}",
            f"一、做法{payload}",
            f"（一）巡河{payload}。第{n}组{payload}志愿者使用无人机巡查河道{payload}，发现排污口{n}处。",
        ]
        (reports / name).write_text("\n".join(lines), "utf-8")
        rows.append(
            [name, f"h{n}", f"{payload}报告{payload}", f"测试{n}局{payload}", str(2000 + n % 3)]
        )
    write_manifest(reports, ["file", "id", "title", "issuer", "year"], rows)
    with serving(home, reports) as address:
        yield address


def assert_inert(page, address, requests):
    assert page.evaluate("window.pwned") is None
    strange = page.locator(f"body :is({STRANGE}, form:not(#search))")
    expect(strange, page.url).to_have_count(0)
    assert page.evaluate(ODD_ATTRIBUTES) == []
    assert [url for url in requests if not url.startswith(address)] == []


def test_markup_in_reports_titles_and_names_stays_text(visit, server):
    page = visit()
    expect(page.locator(".titles")).to_contain_text(BOMB)
    page.goto(server + link(DRONES))
    hit = first_hit(server, DRONES)
    assert hit["report_id"] == "hostile" and BOMB in hit["text"]
    expect(page.locator(".hit h3").first).to_contain_text(BOMB)
    expect(page.locator(".cite").first).to_contain_text(BOMB)
    page.locator(".hit").first.get_by_role("link", name="打开原文").click()
    assert highlighted(page) == hit["text"]  # after 𠮷: code points, not UTF-16 units
    page.goto(server + link(BOMB, region=BOMB, open="hostile"))
    expect(page.locator(".error")).to_contain_text("onerror")
    expect(page.locator("#reader .text")).to_contain_text(BOMB)
    assert page.evaluate("window.pwned") is None
    expect(page.locator("#layout :is(img, script, b)")).to_have_count(0)


@pytest.mark.parametrize("mode", ["", "search", "ask", "compare"])
def test_payloads_in_reports_stay_inert_in_every_mode(visit, hostile, mode):
    requests = []
    page = visit(hostile, locale="en-US")
    page.on("request", lambda request: requests.append(request.url))
    page.goto(hostile + (link(DRONES, mode=mode, k="100") if mode else ""))
    shown = {"": ".titles li", "search": ".hit", "ask": ".bureau, .hit", "compare": ".matrix td"}
    expect(page.locator(shown[mode]).first).to_be_visible()
    settle(page)
    page.evaluate("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    if mode in ("search", "compare"):
        text = page.locator("#results").text_content()
        assert [p for p in PAYLOADS if f"局{p}" not in text] == []
    if mode == "search":
        page.locator("#find-issuer").fill("测试7局")
        expect(page.locator("fieldset:has(#find-issuer) label")).to_have_count(1)
        page.locator(".cite-button").first.click()
        expect(page.locator("#cite-menu")).to_be_visible()
    assert_inert(page, hostile, requests)


@pytest.mark.parametrize("n", range(len(PAYLOADS)))
def test_a_payload_stays_inert_in_the_reader_its_gloss_and_the_address(visit, hostile, n):
    requests = []
    report = api(hostile, f"v1/reports/h{n}")
    page = visit(hostile, locale="en-US")
    page.on("request", lambda request: requests.append(request.url))
    start = report["text"].index("志愿者")
    page.goto(hostile + link(PAYLOADS[n], report=f"h{n}", open=f"h{n}:{start}-{start + 3}"))
    settle(page)
    assert highlighted(page) == "志愿者"
    assert page.locator("#reader .text").text_content() == report["text"]
    page.locator("#reader mark").hover()
    expect(page.locator("#gloss")).to_contain_text("volunteer")
    assert_inert(page, hostile, requests)
    page.goto(hostile + link(DRONES, region=PAYLOADS[n], mode="compare"))
    expect(page.get_by_role("alert")).to_be_visible()
    assert_inert(page, hostile, requests)


def test_page_is_small_and_loads_nothing_from_elsewhere(visit, server):
    page = visit()
    expect(page.locator(".titles")).to_be_visible()
    entries = page.evaluate(
        "performance.getEntriesByType('resource').map(e => [e.name, e.decodedBodySize])"
    )
    assert all(name.startswith(server) for name, _ in entries)
    assert sum(size for name, size in entries if "/v1/" not in name) <= BUDGET
    inline = re.compile(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)")
    assert not inline.search((ROOT / "web" / "index.html").read_text("utf-8"))
    for script in (ROOT / "web").glob("*.js"):
        assert "innerHTML" not in script.read_text("utf-8"), script


def test_first_load_is_light_and_soon_interactive(visit):
    ready, sent = [], []
    for _ in range(3):
        page = visit()
        expect(page.locator(".coverage")).to_be_visible()
        entries = page.evaluate(TIMINGS)
        ready.append(entries[0]["domContentLoadedEventEnd"])
        sent.append(sum(entry["transferSize"] for entry in entries))
    assert 0 < median(sent) <= FIRST_LOAD, sent
    assert median(ready) <= INTERACTIVE, ready


FAINT = """() => {
  const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const rgba = (colour, [r, g, b, a = 1] = parts(colour)) =>
    (colour.startsWith("color(") ? [r * 255, g * 255, b * 255, a] : [r, g, b, a]);
  const light = (colour) => colour.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const ground = (node) => {
    const own = rgba(getComputedStyle(node).backgroundColor);
    if (own[3] === 1 || !node.parentElement) return own;
    const below = ground(node.parentElement);
    return [...[0, 1, 2].map((i) => own[i] * own[3] + below[i] * (1 - own[3])), 1];
  };
  const ratio = (node) => {
    const pair = [rgba(getComputedStyle(node).color), ground(node)];
    const [more, less] = pair.map(light).sort((a, b) => b - a);
    return (more + 0.05) / (less + 0.05);
  };
  const own = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")]
    .filter((node) => own(node) && node.checkVisibility() && ratio(node) < 4.5)
    .map((node) => `${node.tagName}.${node.className}: ${ratio(node).toFixed(2)}`);
}"""


PHRASE = "办事依法、遇事找法"
DRAFT = "坚持以习近平新时代中国特色社会主义思想为指导，深入学习贯彻习近平法治思想。用脚步丈量民情。"
UNSOUND = "> 话[^1]\n\n[^1]: x:1-2 sha256:00000000\n"  # an article
PAIR = "?mode=changes&a=yongan-2024&b=jieyang-2024"
# Address, what must be shown there, and a button that is pressed with what it brings.
SCENES = {
    "home": ("", ".titles"),
    "search": (link(EN), ".hit", ".cite-button", "#cite-menu"),
    "reader": (link(EN, year="2024", open="jieyang-2024:400-500"), "#reader mark"),
    "shaded": (link(EN, open="jieyang-2024:400-500"), "#reader mark", "#shade", "#shade-legend"),
    "answer": (link(EN, mode="ask"), ".bureau"),
    "insufficient": (link("番茄炒蛋怎么做", mode="ask"), ".weak"),
    "comparison": (link(EN, mode="compare"), ".matrix"),
    "comparison read": (link(EN, mode="compare", open="jieyang-2024:400-500"), "#reader mark"),
    "wordings": ("?mode=wording", ".wd-top > li"),
    "wording": (link(PHRASE, mode="wording", year="2024"), ".wd-card"),
    "draft": (link(DRAFT, mode="wording"), ".wd-variant :is(ins, del)"),
    "indicators": ("?mode=indicators", ".in-names"),
    "indicator": (link("化解率", mode="indicators"), ".in-chart"),
    "practices": ("?mode=matrix", ".pm"),
    "practice": ("?mode=matrix&practice=P06&open=jieyang-2024:400-500", ".pm-quote"),
    "pairs": ("?mode=changes", ".ch-pair"),
    "changes": (PAIR, ".ch-row"),
    "no collection": ("?mode=collection", "#nothing-kept", "#collection-new", "#collection-name"),
    "collected": (link(ZH), ".hit", "#hit-1 footer .collect", "#collected"),
    "collection": ("?mode=collection", ".kept .status", "#remove-0", "#collection-undo"),
    "article": ("?mode=collection", "#article", "#check-article", ".finding"),
    "nothing": (link(ZH, year="2023", region="350000"), "#nothing"),
    "error": (link(EN, region="火星"), ".error"),
}


def scenes(page, server):
    """The name of every scene, once all of it is there."""
    for name, (address, shown, *pressed) in SCENES.items():
        page.goto(server + address)
        settle(page)
        expect(page.locator(shown).first).to_be_visible()
        if name == "article":
            page.locator("#article").fill(UNSOUND)
        if pressed:
            page.locator(pressed[0]).first.click()
            expect(page.locator(pressed[1]).first).to_be_visible()
        yield name


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_the_contrast_of_wcag_aa(visit, server, scheme):
    page = visit(locale="en-US", color_scheme=scheme)
    faint = {name: page.evaluate(FAINT) for name in scenes(page, server)}
    assert {name: found for name, found in faint.items() if found} == {}


@needs_axe
@pytest.mark.parametrize("viewport", [{"width": 1440, "height": 900}, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize(("scheme", "locale"), [("light", "en-US"), ("dark", "zh-CN")])
def test_scan_finds_no_serious_barrier(visit, server, viewport, scheme, locale):
    page = visit(locale=locale, viewport=viewport, color_scheme=scheme)
    page.context.add_init_script(path=AXE)
    found = {name: barriers(page) for name in scenes(page, server)}
    assert {name: rules for name, rules in found.items() if rules} == {}
