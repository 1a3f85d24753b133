"""The numeral styles of Word's automatic numbering (ECMA-376, ST_NumberFormat)."""

from __future__ import annotations

from collections.abc import Callable

HAN = "〇一二三四五六七八九"
FORMAL = "零壹贰叁肆伍陆柒捌玖"
STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip
LARGEST = 9999  # a value beyond it is written in digits


def write_numeral(value: int, style: str) -> str:
    """``value`` (0 or more) in a style of `STYLES`; in digits where the style has no sign."""
    write = STYLES.get(style)
    return (write(value) if write and 0 < value <= LARGEST else "") or str(value)


def counting(value: int, digits: str = HAN, units: str = "十百千") -> str:
    """In words: 十一, 一百零三."""
    parts = ""
    gap = False
    for place in (3, 2, 1, 0):
        digit = value // 10**place % 10
        if digit:
            parts += (digits[0].replace("〇", "零") if gap else "") + digits[digit]
            parts += units[place - 1] if place else ""
        gap = bool(parts) and not digit
    return parts.removeprefix(digits[1]) if 10 <= value < 20 and digits is HAN else parts


def digital(value: int) -> str:
    """Digit by digit: 一〇, 一一."""
    return "".join(HAN[int(digit)] for digit in str(value))


def formal(value: int) -> str:
    """In the words of contracts: 壹拾."""
    return counting(value, FORMAL, "拾佰仟")


def full_width(value: int) -> str:
    """In full-width digits."""
    return "".join(chr(0xFF10 + int(digit)) for digit in str(value))


def letters(value: int) -> str:
    """a … z, aa, bb … as Word counts."""
    times, at = divmod(value - 1, 26)
    return chr(97 + at) * (times + 1) if times < 10 else ""


def roman(value: int) -> str:
    """i, ii, iii, iv."""
    text = ""
    for number, sign in ROMAN:
        times, value = divmod(value, number)
        text += sign * times
    return text


def signs(first: int, count: int) -> Callable[[int], str]:
    """A run of Unicode signs such as ① to ⑳."""
    return lambda value: chr(first + value - 1) if value <= count else ""


def cycle(names: str) -> Callable[[int], str]:
    """Heavenly stems or earthly branches."""
    return lambda value: names[(value - 1) % len(names)]


STYLES: dict[str, Callable[[int], str]] = {
    "chineseCounting": counting,
    "chineseCountingThousand": counting,
    "japaneseCounting": counting,
    "taiwaneseCounting": counting,
    "taiwaneseCountingThousand": counting,
    "koreanDigital2": counting,
    "ideographDigital": digital,
    "japaneseDigitalTenThousand": digital,
    "taiwaneseDigital": digital,
    "chineseLegalSimplified": formal,
    "ideographTraditional": cycle(STEMS),
    "ideographZodiac": cycle(BRANCHES),
    "decimalFullWidth": full_width,
    "decimalFullWidth2": full_width,
    "decimalZero": lambda value: f"{value:02}",
    "decimalEnclosedCircle": signs(0x2460, 20),
    "decimalEnclosedCircleChinese": signs(0x2460, 20),
    "decimalEnclosedParen": signs(0x2474, 20),
    "decimalEnclosedFullstop": signs(0x2488, 20),
    "ideographEnclosedCircle": signs(0x3280, 10),
    "upperLetter": lambda value: letters(value).upper(),
    "lowerLetter": letters,
    "upperRoman": lambda value: roman(value).upper(),
    "lowerRoman": roman,
}
