"""No line, however it is made, freezes a pattern of the readers, the outline or the metadata."""

from time import process_time

import pytest

from indexer.metadata import guess_date, guess_year, named_issuer, safe_id
from indexer.numbering import parse_item, point_starts
from indexer.readers import kinds, legible, ocr, web
from indexer.readers.markup import HIDDEN, tidy
from indexer.readers.numerals import STYLES, write_numeral
from indexer.readers.printed import DASHED, PAGE_NUMBER
from tests.clock import least_seconds

LENGTH = 100_000
LIMIT = 0.1  # seconds for a line
PARTS = (
    *(" ", "\u3000", "\n", "\t ", "-", "—", "一", "1", "第", "(", "（", "1 ", "- ", "页", "_", "|"),
    *(
        "信",
        "信\n",
        "一、",
        "display:",
        "来源：",
        "2024-",
        "20240",
        "<meta ",
        "charset",
        "、",
        "，",
        "局",
        "二",
        "一二",
        "是",
        "：一",
        "2024年",
    ),
)
PATTERNS = {
    "page number": PAGE_NUMBER.match,
    "dashed": DASHED.search,
    "boilerplate": web.BOILERPLATE.match,
    "chrome": web.CHROME.search,
    "date": web.DATE.search,
    "source": web.SOURCE.search,
    "title": web.PARTS.split,
    "sentence": web.SENTENCE.search,
    "bare": web.bare,
    "tidy": tidy,
    "hidden": HIDDEN.search,
    "declared": lambda text: web.META.search(text.encode()),
    "web": lambda text: kinds.WEB.match(text.encode()[: kinds.HEAD]),
    "widened": ocr.widened,
    "legible": legible,
    "item": parse_item,
    "points": point_starts,
    "issuer": named_issuer,
    "year": lambda text: guess_year(text, []),
    "date of a sign-off": lambda text: guess_date([text]),
    "id": safe_id,
}


@pytest.mark.parametrize("name", PATTERNS)
def test_long_lines_take_no_time(name):
    work = PATTERNS[name]
    slow = {}
    for part in PARTS:
        for line in (part * (LENGTH // len(part)), "信" + part * (LENGTH // len(part)) + "访"):
            started = process_time()
            work(line)
            if process_time() - started > LIMIT:  # look again, with more care
                slow[part] = least_seconds(lambda line=line: work(line))
    assert {part: seconds for part, seconds in slow.items() if seconds > LIMIT} == {}


@pytest.mark.parametrize("style", STYLES)
def test_numerals_of_any_value_are_short(style):
    assert all(len(write_numeral(value, style)) < 30 for value in (0, 1, 9, 99, 9999, 10**12))
