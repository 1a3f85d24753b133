"""A real server with reports made for it, and small helpers for the tests of the page."""

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).resolve().parents[1]
CHROMIUM = Path("/usr/bin/chromium")
AXE = ROOT / ".ci" / "node_modules" / "axe-core" / "axe.min.js"
WIDE, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
ZH, EN = "重复信访怎么治理", "how do bureaus handle repeated petitioning"
DRONES = "无人机巡查河道"
OYSTERS = "牡蛎养殖区实行网格化巡查"

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
SHARED = (
    "对牡蛎养殖区实行网格化巡查，每个网格配备一名巡查员和一艘巡查艇，逐日记录水温、盐度和赤潮情况，"
    "发现异常一小时内上报，全年共巡查三百六十航次，处置险情十二起。"
)
PAGES = ["青禾县信访局2024年工作报告", "一、主要做法", "组织灯塔管理员维护航标灯和雾号。"]

needs_chromium = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"the page's tests need Chromium at {CHROMIUM}"
)
needs_axe = pytest.mark.skipif(
    not AXE.exists(), reason="the scan needs axe-core: npm ci --prefix .ci"
)
# What the server answers comes late to a page that was opened after this was added to it.
SLOW = """{ const real = window.fetch;
  window.fetch = (...all) =>
    new Promise((go) => setTimeout(go, 500)).then(() => real(...all)); }"""


def write_reports(folder: Path) -> Path:
    """A hostile report, three with the same wording, and a PDF of three pages."""
    folder.mkdir()
    (folder / HOSTILE_FILE).write_text(HOSTILE_TEXT, "utf-8")
    rows = [[HOSTILE_FILE, "hostile", f"无人机报告{BOMB}", f"测试市信访局{BOMB}", "", ""]]
    for place, code in (("龙海区", "350604"), ("霞浦县", "350921"), ("东山县", "350626")):
        name = f"{place}.txt"
        lines = [
            "一、主要做法",
            f"（一）海上巡查。{SHARED}",
            f"（二）其他。{place}修建码头{code[4:]}座。",
        ]
        (folder / name).write_text("\n".join(lines), "utf-8")
        rows.append([name, code, f"{place}海洋局2022年报告", f"{place}海洋局", code, "2022"])
    write_pdf(folder / "青禾.pdf")
    write_manifest(folder, ["file", "id", "title", "issuer", "region_code", "year"], rows)
    return folder


def write_manifest(folder: Path, columns: list[str], rows: Iterable[list[str]]) -> None:
    with (folder / "corpus.csv").open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([columns, *rows])


def write_pdf(path: Path) -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    canvas = Canvas(str(path))
    for line in PAGES:
        canvas.setFont("STSong-Light", 16)
        canvas.drawString(80, 700, line)
        canvas.showPage()
    canvas.save()


@contextmanager
def serving(home: Path, *sources: Path) -> Iterator[str]:
    """The address of a server over ``sources``; ``home`` takes its index and its log."""
    command = [sys.executable, "-m", "search_api.cli"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    index = ["--index", str(home / "index")]
    made = subprocess.run(
        [*command, "index", *map(str, sources), *index],
        env=environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert made.returncode == 0, made.stderr
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = [*command, "serve", *index, "--port", str(port)]
    with (
        (home / "log").open("w") as log,
        subprocess.Popen(serve, env=environment, stdout=log, stderr=log) as child,
    ):
        try:
            wait_until_up(f"http://127.0.0.1:{port}/healthz", child, home / "log")
            yield f"http://127.0.0.1:{port}/"
        finally:
            child.terminate()


def wait_until_up(url: str, child: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(200):
        assert child.poll() is None, log.read_text()
        try:
            with urlopen(url, timeout=5):
                return
        except OSError:  # not there yet, or not ready to answer
            time.sleep(0.1)
    raise AssertionError(f"{url} did not come up: {log.read_text()}")


def link(q: str, **more: str) -> str:
    return f"?q={quote(q)}" + "".join(f"&{name}={quote(v)}" for name, v in more.items())


def fetch(server: str, path: str) -> str:
    with urlopen(server + path, timeout=10) as response:
        return response.read().decode("utf-8")


def api(server: str, path: str) -> dict:
    return json.loads(fetch(server, path))


def first_hit(server: str, q: str, more: str = "") -> dict:
    return api(server, f"v1/search?q={quote(q)}&k=1{more}")["hits"][0]


def settle(page: Page) -> None:
    """Wait until the page just opened shows its results: what comes later moves what is there."""
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false", timeout=30_000)


def until(page: Page, read: Callable[[], Any], wanted: Any) -> Any:
    """What ``read`` gives once that is ``wanted``, or at last; for what `expect` cannot see."""
    for _ in range(100):
        if read() == wanted:
            break
        page.wait_for_timeout(50)
    return read()


def on_clipboard(page: Page) -> str:
    return page.evaluate("navigator.clipboard.readText()").replace("\r\n", "\n")


def barriers(page: Page, within: str = "body") -> list[tuple[str, list[list[str]]]]:
    """Rules of axe that are broken seriously, each with the first places that break it."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("(place) => axe.run(place).then((all) => all.violations)", within)
    serious = [rule for rule in found if rule["impact"] in ("serious", "critical")]
    return [(rule["id"], [node["target"] for node in rule["nodes"]][:3]) for rule in serious]


def highlighted(page: Page) -> str:
    """The words marked in the reader, which was closed before, or in the same report."""
    page.wait_for_selector("#reader mark")
    return "".join(page.locator("#reader mark").all_text_contents())


def year_box(page: Page, year: int):
    return page.get_by_role("checkbox", name=re.compile(f"^{year}"))
