"""Title, issuer, year, date and region of a report: from its manifest row, else guessed.

The manifest is a CSV named `corpus.csv` beside the reports with the columns of `COLUMNS`;
only ``file`` is required, and an empty cell means "guess". Of every guess it is kept what it
rests on (`Origin`) and how often such guesses were right (`indexer.confidence`), so that a person
can see which ones to check.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

from indexer.cleaning import LogicalLine
from indexer.confidence import confidence
from indexer.keywords import keywords
from indexer.names import place_names
from indexer.readers.errors import Unreadable
from indexer.readers.text import decode
from indexer.regions import guess_region, level_of, region_of_code
from indexer.shapes import BadInput, Document, Level, Metadata, Origin, Outline, Region

MANIFEST = "corpus.csv"
Row = Mapping[str, str]
FIELDS = ("title", "issuer", "year", "date", "region")  # whose origins are kept
COLUMNS = ("id", "title", "issuer", "region_code", "level", "year", "date", "file")
ISSUER = re.compile(
    r"(?:中共)?(?P<name>[\u4e00-\u9fff]{2,24}?(?:信访局|信访办公室|信访办|管理局|监督管理局|委员会"
    r"|办公室|局|厅|人民政府))(?P<inner>信访局|信访办公室|信访办|办公室)?"
)
BEFORE_ISSUER = re.compile("^(?:关于)?(?:[0-9〇○零一二三四五六七八九]{2,4}(?:年度?|度))?(?:关于)?")
YEAR_ENDS = 10  # the month from which reports on the running year are signed
SPACE = re.compile(r"\s+")
YEAR = re.compile(r"(20\d\d)\s?年")
PROPERTY_DATE = re.compile(r"(20\d\d)\D?(\d\d)\D?(\d\d)")
DATE = re.compile(r"(20\d\d)年(\d{1,2})月(\d{1,2})日")
HAN_DATE = re.compile(
    "([二〇○零Ｏ一三四五六七八九]{4})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})日"
)
SAFE_ID = re.compile(r"[^\w.\-]+")
HAN_DIGITS = {c: str(n) for n, c in enumerate("〇一二三四五六七八九")} | {
    "零": "0",
    "○": "0",
    "Ｏ": "0",
}


def read_manifest(path: Path) -> dict[str, dict[str, str]]:
    """Rows of a manifest by file name; UTF-8 or what Excel writes in China (GB18030).

    :raises BadInput: if it cannot be read, has no column ``file``, or names a file or id twice.
    """
    try:
        text = decode(path.read_bytes()).removeprefix("\ufeff")
    except (Unreadable, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        why = error.zh if isinstance(error, Unreadable) else reason
        raise BadInput(
            f"{path}: the manifest cannot be read ({reason})", f"{path}：无法读取元数据表（{why}）"
        ) from None
    reader = csv.DictReader(text.splitlines())
    if "file" not in (reader.fieldnames or ()):
        raise BadInput(
            f"{path}: the manifest has no column “file”", f"{path}：元数据表没有 “file” 列"
        )
    table = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in reader]
    for column in ("file", "id"):
        values = Counter(row[column] for row in table if row.get(column))
        twice = next((value for value, n in values.items() if n > 1), None)
        if twice is not None:
            raise BadInput(
                f"{path}: {column} “{twice}” stands in two rows",
                f"{path}：{column} “{twice}” 出现在两行中",
            )
    return {row["file"]: row for row in table}


def describe(
    file: str, document: Document, outline: Outline, lines: list[LogicalLine], row: Row
) -> Metadata:
    """Metadata of one report: the manifest's ``row`` where it says something, else a guess.

    :raises BadInput: if the row holds an unusable year, date, level or region code.
    """
    facts = document.properties
    signed = [outline.text[a:b] for a, b in outline.matter]
    title, title_from = first(
        (row.get("title"), Origin.MANIFEST),
        (outline.title, Origin.TITLE),
        (facts.get("Title"), Origin.PROPERTY),
    )
    issuer, issuer_from = first(
        (row.get("issuer"), Origin.MANIFEST),
        *guess_issuer(title, signed),
        (named_issuer(facts.get("Source", "")), Origin.PROPERTY),
        (named_issuer(facts.get("Author", "")), Origin.PROPERTY),
    )
    day, day_from = first(
        (_date(row, file), Origin.MANIFEST),
        (guess_date(signed), Origin.SIGNED),
        (property_date(facts), Origin.PROPERTY),
    )
    year, year_from = first(
        (_number(row, file), Origin.MANIFEST),
        *guess_year(title, lines),
        (year_before(day), Origin.PROPERTY),
    )
    region, region_from = _region(row, issuer, outline.text)
    found = (title_from, issuer_from, year_from, day_from, region_from)
    origins = tuple(zip(FIELDS, found, strict=True))
    return Metadata(
        id=safe_id(row.get("id") or Path(file).stem),
        title=title,
        issuer=issuer,
        region=region,
        level=_level(row, region, file),
        year=int(year) if year else None,
        date=day or None,
        file=file,
        keywords=keywords(outline.text),
        names=place_names(region, issuer),
        origins=origins,
        confidence=tuple((field, confidence(field, origin)) for field, origin in origins),
    )


def first(*guesses: tuple[str | None, Origin]) -> tuple[str, Origin]:
    """The first of several guesses that says something."""
    said = ((value, origin) for value, origin in guesses if value)
    return next(said, ("", Origin.NOTHING))


def _region(row: Row, issuer: str, text: str) -> tuple[Region, Origin]:
    if code := row.get("region_code"):
        return region_of_code(code), Origin.MANIFEST
    region, sure = guess_region(issuer, text)
    if region == Region():
        return region, Origin.NOTHING
    return region, Origin.ISSUER if sure else Origin.TEXT


def _level(row: Row, region: Region, file: str) -> Level | None:
    try:
        return Level(row["level"]) if row.get("level") else level_of(region)
    except ValueError:
        known = ", ".join(Level)
        raise BadInput(
            f"{file}: level “{row['level']}” is none of {known}",
            f"{file}：层级 “{row['level']}” 不在 {known} 之中",
        ) from None


def _number(row: Row, file: str) -> str:
    value = row.get("year") or ""
    if value and not re.fullmatch(r"(19|20)\d\d", value):
        raise BadInput(f"{file}: “{value}” is no year", f"{file}：“{value}” 不是年份")
    return value


def _date(row: Row, file: str) -> str:
    value = row.get("date") or ""
    try:
        return value and date.fromisoformat(value).isoformat()
    except ValueError:
        raise BadInput(
            f"{file}: “{value}” is no date like 2025-01-31",
            f"{file}：“{value}” 不是 2025-01-31 这样的日期",
        ) from None


def safe_id(name: str) -> str:
    """A report id that is safe in a path, a URL and a passage id."""
    return SAFE_ID.sub("-", name).strip("-.") or "report"


def guess_issuer(title: str, signed: list[str]) -> list[tuple[str, Origin]]:
    """The bureau's name: a sign-off or letterhead that the title repeats, else the title's own,
    else any sign-off's; likeliest first, none if nothing looks like a name."""
    bare = BEFORE_ISSUER.sub("", SPACE.sub("", title))
    lines = [SPACE.sub("", line) for line in reversed(signed)]
    whole = [(line, Origin.SIGNED) for line in lines if line in bare and ISSUER.fullmatch(line)]
    found = [(bare, Origin.TITLE), *((line, Origin.SIGNED) for line in lines)]
    return [(named_issuer(text), origin) for text, origin in (*whole, *found)]


def named_issuer(text: str) -> str:
    """The first name of a bureau in ``text``; '' if there is none."""
    match = ISSUER.search(text)
    return match["name"] + (match["inner"] or "") if match else ""


def guess_year(title: str, lines: list[LogicalLine]) -> list[tuple[str, Origin]]:
    """The year reported on: the title's, else the first ones in the text."""
    texts = [(title, Origin.TITLE), *((line.text, Origin.TEXT) for line in lines[:8])]
    matches = ((YEAR.search(text), origin) for text, origin in texts)
    return [(match[1], origin) for match, origin in matches if match]


def year_before(day: str) -> str:
    """The year that a report of this day speaks of: the one before, but at the year's end its own.

    Annual reports are due by the end of March; '' for no day.
    """
    if not day:
        return ""
    return day[:4] if int(day[5:7]) >= YEAR_ENDS else str(int(day[:4]) - 1)


def property_date(facts: Mapping[str, str]) -> str:
    """The day on which a file says that it was published or made; '' if it says none."""
    for name in ("Date", "CreationDate"):
        match = PROPERTY_DATE.search(facts.get(name, ""))
        if match and 1 <= int(match[2]) <= 12 and 1 <= int(match[3]) <= 31:
            return "-".join(match.groups())
    return ""


def guess_date(signed: list[str]) -> str | None:
    """The date of the sign-off, ISO 8601."""
    for text in reversed(signed):
        bare = SPACE.sub("", text)
        if match := DATE.search(bare):
            year, month, day = (int(g) for g in match.groups())
        elif match := HAN_DATE.search(bare):
            year, month, day = _han_year(match[1]), _han_number(match[2]), _han_number(match[3])
        else:
            continue
        if 1 <= month <= 12 and 1 <= day <= 31:
            return f"{year:04}-{month:02}-{day:02}"
    return None


def _han_year(text: str) -> int:
    return int("".join(HAN_DIGITS.get(c, "2") for c in text))


def _han_number(text: str) -> int:
    tens, ten, ones = text.rpartition("十")
    head = int(HAN_DIGITS.get(tens, "1")) * 10 if ten else 0
    return head + int(HAN_DIGITS.get(ones, "0"))
