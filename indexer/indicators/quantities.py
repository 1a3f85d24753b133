"""Number forms of Chinese official prose: 1万余人, 23.5万元, 百分之九十, 3—5天, 两名.

`find_quantities` finds numbers with a unit and normalises them. The grammar:

    quantity = [about] amount unit [around]        约300件次, 1万余人, 600人左右
             | amount [unit] dash amount unit      3—5天, 30元到80元: lower and upper
             | 百分之 number                        百分之九十点五 = 90.5 %
             | digit 成 | digit 分之 digit            四成 = 40 %, 三分之一 = 33.33 %
    amount   = number [more] [scale] [more]        1.6万, 10余万, 两千三百多
    number   = 1234 | 1,234 | 98.12 | 二十三 | 十
    about    = 约 近 逾 超过 ...    more = 余 多 几 来    around = 左右 上下 多 余

Scales multiply (1.37亿元 = 137,000,000 元); percent stays percent. What is a number but
counts nothing is no quantity: dates and years (2024年, 5月, 每月10日), ordinals (第三十七条),
document numbers (〔2024〕12号), titles in 《》, short words in “”, figures of speech (十四五,
三到位一处理), and Chinese numerals that are part of a word (三门峡). A lone 一 is an article
(一名群众) and none either. Whether a quantity says something about the work is decided in
`indexer.indicators.grammar`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from indexer.indicators.words import words_in
from indexer.words import FOLDING, tokens_with_offsets

PERCENT, POINTS, MONEY = "%", "百分点", "元"
HAN_DIGITS = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
HAN_TENS = {"十": 10, "百": 100, "千": 1000}
SCALES = HAN_TENS | {"万": 10**4, "亿": 10**8}
SHARES = {"百": PERCENT, "千": "‰", "万": "‱"}
UNITS = words_in(
    """
件次 人次 场次 起次 批次 轮次 家次 户次 条次 项次 车次 班次 人份 套次 万元 亿元 大类 科目
个百分点 百分点 个工作日 工作日 个小时 小时 个月 个学时 个课时 学时 课时 分钟
平方公里 平方米 公里 千米 公顷 千克 公斤 立方米 美元 人民币 元
册 件 起 人 名 位 户 家 场 次 批 个 项 条 份 张 封 面 块 幅 本 部 篇 期 轮 堂 讲 课 节 天 日 周 年
套 台 辆 间 处 所 座 栋 幢 宗 例 笔 支 组 队 对 根 棵 株 只 头 架 艘 款 种 类 页 趟 回 遍 集 段 档
分 倍 席 镇 乡 村 米 亩 吨 斤 盏 桌 卷 则 枚 站 道 字 部门 % ‰
"""
)
SHORT_UNITS = {"个百分点": POINTS} | {
    "个" + unit: unit for unit in ("工作日", "小时", "学时", "课时")
}
ABOUT = "大约|将近|接近|超过|约|近|逾|超"
LONGEST_GUESS = 2  # characters; the segmenter makes up words of this length (分四 批次)
LAST_DURATION = 1900  # years; more are a date
HAN = "零〇一二两三四五六七八九十百千"
ARABIC = r"\d{1,3}(?:,\d{3})+(?![\d,])|\d+(?:\.\d+)?"
SPELT = rf"[{HAN}]+(?:点[{HAN}]+)?|[万亿](?=[余多])"
GAP = r"[ \t\u3000\n]{0,2}"  # spaces, or the seam of two pages
UNIT = "|".join(sorted(map(re.escape, UNITS), key=len, reverse=True))
AMOUNT = (
    rf"(?P<number%d>(?<![\d.,])(?:{ARABIC})|(?<![{HAN}])(?:{SPELT})){GAP}(?P<more%d>[余多])?"
    r"(?P<scale%d>[十百千]?[万亿]|(?<=\d)[百千])?(?P<most%d>[余多几来])?"
)
ABOUT_IT = re.compile(rf"(?:{ABOUT}){GAP}$")
QUANTITY = re.compile(
    rf"(?=[\d{HAN}万亿])(?P<all>"
    rf"(?P<of>[百千万])分之(?P<share>{ARABIC}|[{HAN}]+(?:点[{HAN}]+)?)|"
    rf"(?<![{HAN}])(?P<below>[一二三四五六七八九十])分之(?P<above>[一二三四五六七八九十])(?![{HAN}])|"
    rf"(?:{AMOUNT % (1, 1, 1, 1)}{GAP}(?P<unit1>{UNIT})?{GAP}(?:[-–~～至到]|—+){GAP})?"
    rf"{AMOUNT % (2, 2, 2, 2)}{GAP}(?P<unit2>{UNIT})"
    rf"|(?<![{HAN}])(?P<tenths>[一二两三四五六七八九])成(?P<most3>[多余])?(?![{HAN}立员效功果为本长就因绩型年品套])"
    r")(?P<around>左右|上下|(?:多|余)(?![年次个家种方元数部层级名人地位起件重项样]))?"
)
# Digits and numerals that count nothing.
DEAD = re.compile(
    "|".join(
        (
            r"《[^《》\n]*(?:《[^《》\n]*》[^《》\n]*)*》",  # titles, one within another
            r"<[^<>\n]{1,40}>",
            r"“[^“”\n]{1,30}”",  # slogans
            r"〔\d{4}〕\d*号?|[(（\[［]\d{4}[)）\]］]\s*\d+\s*号",  # document numbers
            r"\d{4}\s*(?:年度?)?\s*[-–—~～至到]+\s*\d{4}\s*年?",
            r"(?<!\d)(?:19|20)\d\d\s*年(?:\s*\d{1,2}\s*月(?:\s*\d{1,2}\s*[日号])?)?",
            r"(?<!\d)\d{1,2}\s*月\s*(?:份|底|初|中旬|\d{1,2}\s*[日号](?:[、,]\d{1,2}\s*[日号])*)?",
            r"[二一][〇○零九][〇○零一二三四五六七八九]{2}年(?:[一二三四五六七八九十]{1,3}月)?",
            r"(?<!个)[一二三四五六七八九十]{1,2}月(?!内)(?:份|底|[一二三四五六七八九十]{1,3}日)?",
            rf"第\s*(?:\d+|[{HAN}万]+)(?:\s*(?:{UNIT}))?",  # ordinals
            rf"(?:前|后|末|倒数)(?:\d+|[{HAN}]+)[名位]",
            rf"[每逢](?:\d+|[{HAN}]+)(?:{UNIT})?",
            r"每[月周旬](?:\d{1,2}[日号][、,]?)+",
            r"[一二三四五六七八九十]{1,2}是",
            r"十[一二三四五六]五|[一二三四五六七八九]五普法|[一二三四五六七八九十]+个五年",
            r"(?:二十|十[五六七八九])[大届]|[一二三四五六七八]中全会|[一二三四五六七八九十]+次全会",
            r"[一二三四五六七八九十]+届",
            r"两个(?:维护|确立|大局|至上)|四个(?:意识|自信|全面)|三个代表|五位一体|八项规定",
            r"(?:[一二三四五六七八九十]+(?:到位|处理|站式|化)){1,2}",
            r"一(?:岗双责|把手|体化|揽子)|四(?:大|套)班子|三农|[两三]会|两新|双百|三会一课",
            r"千方百计|千家万户|万家|百姓|百日|三令五申|二维码",
            r"\d+(?:\s*[+＋]\s*(?:\d+|[A-Za-z]))+",  # 1+1+3+N
            r"\d+(?:[.．]\d+){2,}|\d{3,4}-\d{7,8}|1\d{10}",  # numbering, telephones
        )
    )
)
EVERY = re.compile("[每各][^，。；：]{0,24}$")  # before 一名: how often, how many for each
NOUN = re.compile(
    "(?:考试|测试|会议|培训|活动|演练|讲座|竞赛|比赛|轮训|检查|评查|清理|调研|评议|通报|述法|集训|测评)$"
)
WITHIN = re.compile("(?:之|以)?内(?!反复|重复|多次)")
AHEAD = re.compile("提前$")
LIMITS = words_in("小时 天 日 周 个月 分钟 工作日")
EVERY_UNITS = words_in("次 名 人 位 遍 期 场 轮 回 趟 天 件")
DAYS = re.compile("(?:之|以)?[内前后]|时间")  # after 10日: a time limit, no date
BEFORE_DAYS = re.compile("(?:提前|连续|为期|用时|不少于)$")
NO_UNIT = {  # a character that makes another word of the unit before it
    "周": "年一二三四五六日末",
    "分": "别析类流级批工管组发布片解为送办门层之",
    "年": "度初底末级代版间终均内",
    "人": "民大社员",
    "名": "单称额",
    "面": "对向积前临",
    "家": "庭长属",
    "处": "理置分级",
    "所": "有以在",
    "项": "目",
    "会": "议",
    "对": "",
    "站": "式",
    "类": "似型",
    "级": "",
    "部": "分门署",
    "件": "件",
    "位": "一",
    "组": "织成建",
    "支": "部持",
    "段": "",
    "回": "访",
    "节": "假约",
    "字": "",
    "课": "题",
    "讲": "",
    "条": "例",
    "道": "",
    "场": "所",
    "队": "伍",
    "村": "居",
    "批": "评示准",
    "起": "诉草",
    "则": "",
}


class _Plain(dict[int, str]):
    """For `str.translate`: the folded form of letters and digits, if it is one character."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        folded = char.translate(FOLDING)
        self[code] = folded if len(folded) == 1 and (folded.isalnum() or folded in "%.") else char
        return self[code]


PLAIN = _Plain()


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number with its unit: ``text[start:end]``, normalised.

    ``upper`` is the other end of a range, else None.
    """

    start: int
    end: int
    value: float
    unit: str  # 件, 人次, %, 百分点, 元 ...
    approx: bool
    upper: float | None = None
    spelt: bool = False  # in Chinese numerals


def find_quantities(text: str, start: int = 0, end: int | None = None) -> list[Quantity]:
    """The quantities of ``text[start:end]`` in reading order; offsets count from 0 of ``text``."""
    end = len(text) if end is None else end
    plain = text[start:end].translate(PLAIN)
    alive = DEAD.sub(lambda m: "\0" * len(m[0]), plain)
    found = [(m, made) for m in QUANTITY.finditer(alive) if (made := _quantity(m, plain, start))]
    if any(q.spelt for _, q in found):
        found = [(m, q) for m, q in found if not q.spelt or _whole_words(plain, m)]
    return [quantity for _, quantity in found]


def _quantity(m: re.Match[str], plain: str, offset: int) -> Quantity | None:
    """The quantity of a match; None where it is a date or the unit belongs to another word."""
    if m["share"]:
        value, unit = number_value(m["share"]), SHARES[m["of"]]
        return _made(m, offset, value, unit, spelt=not m["share"][0].isdigit())
    if m["below"]:
        share = 100 * number_value(m["above"]) / number_value(m["below"])
        return _made(m, offset, round(share, 2), PERCENT, spelt=True)
    if m["tenths"]:
        return _made(m, offset, number_value(m["tenths"]) * 10, PERCENT, spelt=True)
    unit, after = m["unit2"], plain[m.end("all") : m.end("all") + 2]
    if after[:1] and after[0] in NO_UNIT.get(unit[-1], ""):
        return None
    if unit == "日" and not (DAYS.match(after) or BEFORE_DAYS.search(plain, 0, m.start("all"))):
        return None
    amount = _amount(m, "2", one=_one_counts(m, unit, plain))
    if amount is None or (unit == "年" and amount > LAST_DURATION):
        return None
    scale = {"万元": 10**4, "亿元": 10**8}.get(unit, 1)
    unit = MONEY if unit in ("万元", "亿元", "人民币") else SHORT_UNITS.get(unit, unit)
    low = _amount(m, "1", one=True) if m["number1"] else None
    if low is not None and m["unit1"] and SHORT_UNITS.get(m["unit1"], m["unit1"]) != unit:
        low = None
    spelt = not m["number2"][0].isdigit()
    if low is None:
        return _made(m, offset, amount * scale, unit, spelt=spelt)
    return _made(m, offset, low * scale, unit, upper=amount * scale, spelt=spelt)


def _one_counts(m: re.Match[str], unit: str, plain: str) -> bool:
    """Whether a lone 一 is a number: for each, at the end of a clause, in a time limit."""
    start, end = m.span("all")
    if unit in LIMITS:
        limit = WITHIN.match(plain, end) or AHEAD.search(plain, 0, start)
        return bool(limit or (unit in EVERY_UNITS and EVERY.search(plain, 0, start)))
    if unit not in EVERY_UNITS:
        return False
    ends = end == len(plain) or plain[end] in "，。；"
    return bool(EVERY.search(plain, 0, start) or (ends and NOUN.search(plain, 0, start)))


def _made(
    m: re.Match[str],
    offset: int,
    value: Decimal,
    unit: str,
    *,
    upper: Decimal | None = None,
    spelt: bool,
) -> Quantity:
    vague = any(m[name] for name in ("more1", "more2", "most1", "most2", "most3", "around"))
    start = m.start("all")
    vague = vague or bool(ABOUT_IT.search(m.string, max(0, start - 6), start))
    top = None if upper is None else float(upper)
    return Quantity(
        offset + m.start("all"), offset + m.end("all"), float(value), unit, vague, top, spelt
    )


def _amount(m: re.Match[str], which: str, *, one: bool) -> Decimal | None:
    """Number times scale; None for a lone 一, unless ``one``, for 二, and for digits
    in a row (三四)."""
    number = m["number" + which]
    if (
        number == "二"
        or (number == "一" and not one)
        or (len(number) > 1 and all(c in HAN_DIGITS for c in number))
    ):
        return None
    value = number_value(number)
    for char in m["scale" + which] or "":
        value *= SCALES[char]
    return value


def number_value(number: str) -> Decimal:
    """The value of digits (1,234.5) or of Chinese numerals (两百零五, 九十点五)."""
    if number[0].isdigit():
        return Decimal(number.replace(",", ""))
    whole, _, fraction = number.partition("点")
    total = current = 0
    for char in whole:
        if char in HAN_DIGITS:
            current = HAN_DIGITS[char]
        else:
            total += (current or 1) * SCALES[char]
            current = 0
    decimals = "".join(str(HAN_DIGITS.get(c, "")) for c in fraction)
    return Decimal(f"{total + current}.{decimals or 0}")


def _whole_words(plain: str, m: re.Match[str]) -> bool:
    """Whether the numerals and the unit stand for themselves, not in a word like 三门峡."""
    near = max(0, m.start("all") - 6)
    for word in tokens_with_offsets(plain[near : m.end("all") + 6], "default"):
        a, b = near + word.start, near + word.end
        within = a < m.start("all") < b and b - a > LONGEST_GUESS
        if within or a < m.end("all") < b:
            return False
    return True
