"""The words beside a number -> a short name of what is measured, and of what it is a part.

    left of the value    [period] [adverb] [preposition phrase] verb noun [adverb] | 量词
    right of it          noun, where the number stands before what it counts: 聘请 2名 律师

Adverbs (共, 累计), periods (全年) and verbs that say nothing (开展, 召开) are left out of a name; a
process and its object take the order in which a rate names them (排查矛盾纠纷 -> 矛盾纠纷排查), so
that both ways of saying it meet under one name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexer.indicators.words import LIGHT, PROCESS, STOP, VERBS
from indexer.words import cut

LONGEST = 14  # characters of a name; a longer one keeps its end
TIME = (
    r"今年以来|本年度?|一年来|平台运行以来|自[^，。；]{1,10}以来|全年|年内|年初|年末|年底|年中|上半年|下半年|半年来?|"
    r"截至?(?:目前|年底|\d*年?\d{1,2}月底?)|目前|至今|当年|今年|去年|明年|上年|春节前|"
    r"(?:19|20)\d\d年度?(?:以来)?|\d{1,2}月(?:份|底|初|\d{1,2}日)?|[一二三四]季度|第[一二三四]季度|"
    r"[一二三四五六七八九十]{1,2}月(?:份|底)?|每(?:年|月|季度|周|日|天|季)"
)
PERIOD = re.compile(TIME)
LEAD = re.compile(
    rf"^(?:{TIME}|一是|二是|三是|四是|五是|六是|七是|八是|九是|十是|十[一二三四五]是|[（(][一二三四五六七八九十]+[)）]|"
    r"其中|中(?=[^央心层等小国共])|另有|另|后(?=[^续勤])|剩(?!余)|另外|此外|同时|并且|并|还|且|又|再|"
    r"也|均|都|已经|已|共计|总共|一共|共有|共|累计|先后|分别|合计|"
    r"以[上下内]、?|现场|现有|现|同|和|被|至|到|的|了|有|仍有|仍|就|只|仅|约|"
    r"我[局办]|本[局市县区]|[局办县市区]里|全[国省市县区局系统]|[省市县区]共|余下|其余|剩下|等|全部|成功|及(?!时)|以[上下内](?=[、，的]|$)|内、|上、|力争|争取|锚定|实现|确保|计划|预计|推动|"
    r"[\s、，：:；]|\*\*)+"
)
TAIL = re.compile(
    r"(?:和|与|(?<![涉惠普])及|以及|对|向|给|于|让|将|把|以|按|(?<![聘邀申提报])请|低于|高于|不足|不到|共计|共有|总共|一共|累计|合计|共|达到|达成率|达|约为|约|均为|均达|分别为|分别达到?|为|是|有|了|近|逾|超过?|突破|"
    r"至少|不少于|不低于|仅为|仅有|只有|仅|的|各|各有|多达|平均|人均|户均|最高|最低|升[至到]|降[至到]|增[至到]|提[高升]?[至到]|"
    r"(?:提高|提升|上升|下降|降低|增加|增长|减少|压缩|压减|缩短|扩大|压降|增配)[至到]为?|控制在|保持在?|稳定在|由|从|至|到|在|"
    r"全部|都|均|已|又|就|满|得|过|出|[\s、：:])+$"
)
CHANGE = re.compile(
    r"(?P<basis>(?:同比|环比|[比较][^，。；、比较]{1,12}?)?)"
    r"(?:再|又|实现|分别|累计|均|已|总体|平均|各|则|也|有所|持续|连续|数量|同期)*"
    r"(?P<way>(?<!最)(?:上升|下降|增长|减少|提高|提升|增加|降低|回落|压降|压减|缩短|下滑|上涨|多出|高出(?:上年|去年)?|降幅|增幅|涨幅|升幅|少|多|高|低|降|升|增|减))"
    r"(?:了|约|近|达到?|逾|超过?|将近|为|均|是|\s)*$"
)
TO = re.compile(
    r"^[^，。；、]{0,6}?(?:升|降|提|增|减|压|缩|扩|回|改|变|上升|下降|增长|下浮)[^，。；、]{0,3}?[至到为]"
)
FROM = re.compile(r"[由从](?:年初|上年|去年|原来|此前|最初|月均|平均|的|上年同期|全市)*$")
SHARE = re.compile(
    r"占(?!比)(?P<of>[^，。；、]{0,10}?)(?:的|比重?|比例)?(?:达到?|为|约|近|超过?|仍|仅|共|有)*$"
)
RATE = re.compile(r"率|占比|比例|比重|满意度|知晓度|覆盖面|比$")
PREPOSITIONS = frozenset("向对为与从将把由给在以按经")
LONGEST_LIMIT = 10  # characters of a name taken from behind a number
BARE = frozenset(("", "涉及", "惠及", "帮", "涉", "覆盖"))
SUMS = {"元": "金额", "人": "人数", "名": "人数", "户": "户数"}
HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Words:
    """What the words of a clause say about its number."""

    name: str
    noun: str  # the thing within the name: 矛盾纠纷 in 矛盾纠纷排查; "" for a bare verb or rate
    rate: bool  # whether the name is that of a rate or share
    direct: bool  # whether the number stands before what it counts


def words_of(left: str, right: str) -> Words:
    """The name of a number with ``left`` and ``right`` of it in its clause."""
    said, noun = trimmed(left), noun_after(right)
    words: Sequence[str] = cut(said) if said else []
    if noun:
        verb = words[-1] if words and words[-1] in VERBS - LIGHT else ""
        return Words(verb + noun, noun, rate=False, direct=True)
    if RATE.search(said):
        return Words(shortened(words), "", rate=True, direct=False)
    words = without_light(without_phrase(words))
    rest = VERBS.union(STOP).intersection(words[1:])
    if len(words) > 1 and words[0] in PROCESS and not rest:
        thing = shortened(words[1:])
        return Words(thing + words[0], thing, rate=False, direct=False)
    name = shortened(words)
    things = words[1:] if words and words[0] in VERBS else words
    thing = "" if VERBS.issuperset(things) else shortened(things)
    return Words(name, thing, rate=False, direct=False)


def trimmed(left: str) -> str:
    """``left`` without what leads to or follows the name: 全年共, 累计达."""
    said = re.sub(r"[（(][^（）()]{0,8}[)）]|[《》“”\s]+|\*\*|我[市县区州省局办]", "", left)
    before = None
    while said != before:
        before = said
        said = TAIL.sub("", LEAD.sub("", said))
    _, etc, after = said.rpartition("等")
    return after if etc and len(after) >= 2 else said


def without_phrase(words: Sequence[str]) -> Sequence[str]:
    """``words`` without a preposition's phrase before the verb: 向群众宣传 -> 宣传."""
    if words and words[0] in PREPOSITIONS:
        at = next((n for n, w in enumerate(words) if n and w in VERBS), 1)
        return words[at:]
    return words


def without_light(words: Sequence[str]) -> Sequence[str]:
    """``words`` without verbs at their beginning that say nothing."""
    while len(words) > 1 and words[0] in LIGHT:
        words = words[1:]
    return words


def shortened(words: Sequence[str]) -> str:
    """The words as one name of at most `LONGEST` characters, cut at a word, if possible a verb."""
    starts = [n for n in range(len(words)) if sum(map(len, words[n:])) <= LONGEST]
    if not starts:
        return "".join(words)[-LONGEST:]
    first = starts[0]
    if first:
        verbs = [
            n
            for n in starts
            if len(words[n]) > 1 and words[n] in VERBS and sum(map(len, words[n:])) >= 4
        ]
        first = verbs[0] if verbs else first
    return "".join(words[first:]).strip("的了、“”《》和与")


def noun_after(right: str) -> str:
    """The thing that stands right after a number and its unit; "" if none does."""
    m = re.match(r"[^，。；：！？、（）()“”《》\d\n]{1,16}", right)
    kept: list[str] = []
    for word in cut(m[0]) if m else ():
        if (
            word in STOP
            or word in VERBS
            or not HAN.match(word)
            or len("".join(kept)) + len(word) > 8
        ):
            break
        kept.append(word)
    return "".join(kept) if len("".join(kept)) > 1 else ""


def limit_name(left: str, right: str) -> str:
    """The name of a time limit: 15日内告知 -> 告知时限."""
    m = re.match(r"[^，。；：！？、（）()“”\d\n]{1,12}", right)
    words = [w for w in cut(m[0]) if w not in ("须", "要", "必须", "由", "的", "均")] if m else []
    said = "".join(words)[:LONGEST_LIMIT] or trimmed(left)
    return said + "时限"


def completed(name: str, left: str, right: str, unit: str, before: str) -> str:
    """A name that is missing or too bare, from the words after the number or the name before."""
    if name in BARE:
        if name and unit in SUMS:
            return name + SUMS[unit]
        extreme = re.search("(最高|最低|平均|人均|户均)[为达]?$", left)
        if extreme and (unit == "分" or before):
            return extreme[1] + ("分" if unit == "分" else before)
        return name or _phrase(right) or before
    return name


def _phrase(right: str) -> str:
    """The first words after a number: 42人 参加."""
    if right.startswith("中") or not right:
        return ""
    m = re.match(r"[^，。；：！？、（）()“”《》\d\n]{2,24}", right)
    said = LEAD.sub("", m[0]) if m else ""
    kept: list[str] = []
    for word in cut(said) if said else ():
        if len("".join(kept)) + len(word) > LONGEST_LIMIT:
            break
        kept.append(word)
    return "".join(kept).strip("的了")
