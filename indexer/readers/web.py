"""HTML pages as government sites serve them: the article, its title and date, and no more.

The article is the smallest element that holds most of the page's prose (sentences outside of
links), widened as long as what comes in is mostly prose too. What sites put around and into
articles (share bar, print and close, font size, editor, next article) is dropped by its form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from indexer.readers.errors import Unreadable
from indexer.readers.markup import Block, Page, parse_page
from indexer.readers.text import decode
from indexer.shapes import Document, Line

CORE = 0.6  # share of the prose that the first guess holds
MOSTLY = 0.5  # share of prose in what widens it
LINKS = 0.5  # share of link text from which a block is a link
SENTENCE = re.compile("[，。；]")
META = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{1,40})", re.IGNORECASE)
HEAD = 4096  # bytes in which a page declares its encoding
BOILERPLATE = re.compile(
    r"^[【\[（(]*(?:打印|关闭|收藏|返回|分享|转发|字体|字号|大 ?中 ?小|[上下]一[篇条]|扫一扫|首页"
    r"|责任编辑|责编|(?:编辑|审核|作者|时间|日期|分类)[:：]|(?:信息|文章|稿件)?来源[:：]"
    r"|发布(?:时间|日期|机构)|浏览|阅读次数|点击|访问量|您?(?:当前|现在)?的?位置|索引号"
    r"|相关(?:链接|阅读|文档|附件)|附件下载|版权所有|(?:主办|承办)(?:单位)?[:：]|网站(?:标识码|地图)"
    r"|[\u4e00-\u9fff]ICP备|技术支持|建议使用)"
)
CHROME = re.compile(r"版权所有|ICP备|公网安备|网站标识码|主办单位：|浏览器|扫一扫|未经授权")
LONGEST_CHROME = 60  # characters; a longer block that begins like chrome is text
TITLE_WORD = re.compile("报告|总结|情况|要点|公报|方案|意见|通知|计划|公告")
TITLE_META = ("articletitle", "og:title", "title", "dc.title")
DATE_META = ("pubdate", "publishdate", "article:published_time", "publish_time", "date")
SOURCE_META = ("contentsource", "source", "author")
DATE = re.compile(r"(20\d\d)[-年/.](\d{1,2})[-月/.](\d{1,2})")
SOURCE = re.compile(r"来源[:：]\s?([\u4e00-\u9fff]{2,30})")
PARTS = re.compile(r"[_|—－]| - |-(?=[\u4e00-\u9fff])")
WHITE = re.compile(r"\s+")


def read_web(path: Path) -> Document:
    """Read a saved web page.

    :raises Unreadable: if it is no text or holds no article.
    """
    return document_of(parse_page(decode_page(path.read_bytes())))


def decode_page(data: bytes) -> str:
    """The page's text, by what it is, then by what it says it is.

    :raises Unreadable: if it is no text.
    """
    declared = META.search(data[:HEAD])
    return decode(data, declared[1].decode("ascii") if declared else "")


def document_of(page: Page) -> Document:
    """Title and article as lines, what the page says about itself as properties.

    :raises Unreadable: if there is no article.
    """
    chosen = article(page)
    if not chosen:
        raise Unreadable("no article found on the page", "网页中没有找到正文")
    title = find_title(page, chosen[0])
    lines = [
        Line("#" * block.heading + " " * bool(block.heading) + block.text)
        for block in (page.blocks[at] for at in chosen)
    ]
    start = bare("".join(line.text.lstrip("# ") for line in lines[:6]))
    if title and bare(title) not in start:
        lines.insert(0, Line(title))
    facts = {"Title": title, "Date": find_date(page, chosen[0]), "Source": find_source(page)}
    return Document(tuple(lines), {key: value for key, value in facts.items() if value})


def article(page: Page) -> list[int]:
    """The indexes of the article's blocks."""
    sizes = [len(block.text) if is_text(block) else 0 for block in page.blocks]
    prose = [n if is_prose(b) else 0 for n, b in zip(sizes, page.blocks, strict=True)]
    if not any(prose):
        return [at for at, block in enumerate(page.blocks) if is_text(block)]
    inside = _sums(page, prose)
    best = _smallest(page, inside, CORE * sum(prose))
    everything = _sums(page, [len(block.text) for block in page.blocks])
    above = page.elements[best].parent
    while above >= 0:
        gained = inside[above] - inside[best]
        if gained and gained > MOSTLY * (everything[above] - everything[best]):
            best = above
        above = page.elements[above].parent
    return [
        at for at, b in enumerate(page.blocks) if is_text(b) and _is_within(page, b.owner, best)
    ]


def is_text(block: Block) -> bool:
    """Whether a block is neither a link nor what sites put around articles."""
    if block.linked > LINKS * len(block.text) and "。" not in block.text:
        return False
    short = len(block.text) <= LONGEST_CHROME
    return not (BOILERPLATE.match(block.text) and (short or CHROME.search(block.text)))


def is_prose(block: Block) -> bool:
    """Whether a block is running text."""
    return SENTENCE.search(block.text) is not None and CHROME.search(block.text) is None


def _sums(page: Page, values: Sequence[int]) -> list[int]:
    """The values of all blocks below each element; children come after their parents."""
    sums = [0] * len(page.elements)
    for block, value in zip(page.blocks, values, strict=True):
        sums[block.owner] += value
    for at in range(len(sums) - 1, 0, -1):
        parent = page.elements[at].parent
        if parent >= 0:
            sums[parent] += sums[at]
    return sums


def _smallest(page: Page, sums: Sequence[int], least: float) -> int:
    """The last element, so the innermost, that holds ``least``."""
    return max(at for at, total in enumerate(sums) if total >= least)


def _is_within(page: Page, at: int, outer: int) -> bool:
    while at > outer:
        at = page.elements[at].parent
    return at == outer


def find_title(page: Page, first: int) -> str:
    """The article's title: what most signs point to, of the head and the blocks above."""
    head = bare(page.title)
    scores: dict[str, float] = {}

    def add(text: str, score: float) -> None:
        if 6 <= len(text) <= 100 and not SENTENCE.search(text) and not BOILERPLATE.match(text):
            key = bare(text)
            scores[key] = max(scores.get(key, 0), score + 2 * bool(TITLE_WORD.search(text)))
            texts.setdefault(key, text)

    texts: dict[str, str] = {}
    for name in TITLE_META:
        add(page.meta.get(name, ""), 3)
    for part in PARTS.split(page.title):
        add(part.strip(), 1.5)
    for at in range(max(0, first - 12), min(first + 2, len(page.blocks))):
        block = page.blocks[at]
        if block.linked == 0:
            repeated = len(block.text) >= 6 and bare(block.text) in head
            add(block.text, 1 + 2 * repeated + (4 - block.heading if 0 < block.heading < 4 else 0))
    best = max(scores, key=lambda key: scores[key], default="")
    return texts.get(best, "")


def find_date(page: Page, first: int) -> str:
    """The date of publication, ISO 8601; '' if there is none."""
    above = [block.text for block in page.blocks[max(0, first - 12) : first + 2]]
    for text in [*(page.meta.get(name, "") for name in DATE_META), *reversed(above)]:
        if match := DATE.search(text):
            year, month, day = (int(part) for part in match.groups())
            if 1 <= month <= 12 and 1 <= day <= 31:
                return f"{year:04}-{month:02}-{day:02}"
    return ""


def find_source(page: Page) -> str:
    """Who the page says it comes from; '' if it does not."""
    named = (page.meta.get(name, "") for name in SOURCE_META)
    shown = (m[1] for block in page.blocks if (m := SOURCE.search(block.text)))
    return next(filter(None, (*named, *shown)), "")


def bare(text: str) -> str:
    """Without white space."""
    return WHITE.sub("", text)
