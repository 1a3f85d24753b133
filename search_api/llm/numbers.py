"""The numbers in a text as values, so that 1.2万, 12,000 and 一万二千 are one number.

Both languages: digits with 万, 亿, 百分之 or thousand, million; Chinese numerals that count
something; English number words. A lone 一 or *one* is an article. An ordinal (第三十七条) counts
as a number: a model must not make up articles of law either.
"""

from __future__ import annotations

import re
from decimal import Decimal

from indexer.indicators.quantities import UNITS, number_value
from indexer.words import FOLDING

HAN = "零〇一二两三四五六七八九十百千"
SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10**4, "亿": 10**8}
WORDS = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
WORDS += " fifteen sixteen seventeen eighteen nineteen"
SMALL = {word: n for n, word in enumerate(WORDS.split())}
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
SMALL |= {word: 20 + 10 * n for n, word in enumerate(TENS)}
LARGE = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9}
SPELT = "|".join([*sorted(SMALL, key=len, reverse=True), *LARGE])
ARABIC = re.compile(
    r"(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(\.\d+)?[ 余多]?"
    r"(?:([十百千]?[万亿]|[百千](?!分))|\s?(hundred|thousand|million|billion)\b)?",
    re.IGNORECASE,
)
COUNTED = "|".join(sorted(map(re.escape, {*UNITS, "级", "类", "大", "成", "方面", "%"}), key=len))
CHINESE = re.compile(
    rf"(?:百分之|第)([{HAN}]+(?:点[{HAN}]+)?)|(?<![{HAN}万\d.])([{HAN}万]*[十百千万][{HAN}万]*)(?=[余多几]?(?:{COUNTED}))"
    rf"|(?<![{HAN}万\d.])([二两三四五六七八九]|[一二三四五六七八九]十[一二三四五六七八九]?)(?=[余多几]?(?:{COUNTED}))"
)
ENGLISH = re.compile(rf"\b(?:{SPELT})(?:[\s-]+(?:and\s+)?(?:{SPELT}))*\b", re.IGNORECASE)


def values(text: str) -> set[Decimal]:
    """Every number of ``text``."""
    plain = "".join(FOLDING[ord(c)] if len(FOLDING[ord(c)]) == 1 else c for c in text)
    return arabic(plain) | chinese(plain) | english(plain)


def arabic(text: str) -> set[Decimal]:
    """Numbers in digits; 3.5万 is 35,000."""
    found = set()
    for whole, fraction, scale, word in ARABIC.findall(text):
        value = Decimal(whole.replace(",", "") + fraction)
        for char in scale:
            value *= SCALES[char]
        found.add((value * LARGE.get(word.lower(), 1)).normalize())
    return found


def chinese(text: str) -> set[Decimal]:
    """Numbers in Chinese numerals that count or order something."""
    found = set()
    for groups in CHINESE.findall(text):
        spelt = next((group for group in groups if group), "")
        if spelt and spelt != "一":
            found.add(_value(spelt).normalize())
    return found


def _value(spelt: str) -> Decimal:
    whole, scale, rest = spelt.partition("万")
    if not scale:
        return number_value(spelt)
    high = number_value(whole) if whole else Decimal(1)
    return high * 10**4 + (number_value(rest) if rest else 0)


def english(text: str) -> set[Decimal]:
    """Numbers in English words but *one* alone."""
    found = set()
    for match in ENGLISH.finditer(text):
        words = re.findall("[a-z]+", match[0].lower())
        if words == ["one"] or all(word in LARGE for word in words):
            continue
        total = current = 0
        for word in words:
            if word == "hundred":
                current = max(1, current) * 100
            elif word in LARGE:
                total, current = total + max(1, current) * LARGE[word], 0
            else:
                current += SMALL.get(word, 0)
        found.add(Decimal(total + current).normalize())
    return found
