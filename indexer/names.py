"""The names by which a question can mean a report: its places, in characters and in pinyin.

pypinyin's only importer. Short forms (永安 for 永安市) that are ordinary words too are left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from indexer.shapes import Region
from indexer.words import lexicon_rows

SUFFIX = re.compile("(?:特别行政区|自治[区州县旗]|[省市县区旗州盟])$")
PLACE = re.compile("(?:中共)?([\u4e00-\u9fff]{2,8}?[省市县区旗州盟])")


def place_names(region: Region, issuer: str) -> tuple[str, ...]:
    """Full names, short names and pinyin of a report's places, most specific first."""
    places = [region.county, region.prefecture, region.province]
    if (match := PLACE.match(issuer)) and match[1] not in places:
        places.insert(0, match[1])
    names = [name for place in filter(None, places) for name in names_of(place)]
    return tuple(dict.fromkeys(names))


@lru_cache(maxsize=4096)
def names_of(place: str) -> tuple[str, ...]:
    """A place's full name, its short name unless that is an ordinary word, and its pinyin."""
    short = SUFFIX.sub("", place)
    usable = len(short) > 1 and short not in ordinary()
    return (place, *([short] if usable else []), pinyin(short if len(short) > 1 else place))


def pinyin(name: str) -> str:
    """A name in Latin letters, as one word."""
    from pypinyin import lazy_pinyin  # 30 MB, which a search does not need

    return "".join(lazy_pinyin(name))


@lru_cache(maxsize=1)
def ordinary() -> frozenset[str]:
    """The words that the lexicon knows."""
    return frozenset(row[0] for row in lexicon_rows("zh_en.tsv"))
