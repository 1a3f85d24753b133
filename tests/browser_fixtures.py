"""One server and one browser for all tests of the page, which name this in `pytest_plugins`."""

from collections.abc import Callable, Iterator

import pytest
from browser import CHROMIUM, ROOT, WIDE, serving, write_reports
from playwright.sync_api import Browser, Page, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server over the bundled reports and those of `write_reports`."""
    home = tmp_path_factory.mktemp("page")
    with serving(home, ROOT / "corpus", write_reports(home / "made")) as address:
        yield address


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def visit(browser: Browser, server: str) -> Iterator[Callable[..., Page]]:
    """Opens the page; at the end no script error and no refused resource may have been seen."""
    contexts, complaints = [], []

    def start(path: str = "", *, locale: str = "zh-CN", viewport: dict = WIDE, **more) -> Page:
        context = browser.new_context(locale=locale, viewport=viewport, **more)
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: m.type == "error" and complaints.append(m.text))
        page.goto(path if path.startswith("http") else server + path)
        return page

    yield start
    for context in contexts:
        context.close()
    refused = ("status of 4", "ERR_FAILED")  # answers that a test asked for
    assert [c for c in complaints if not any(mark in c for mark in refused)] == []
