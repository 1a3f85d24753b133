"""Whether a quantity says something about the work: what the grammar of indicators leaves out.

Time limits and durations count where they are kept as practice, not where they pick out a group
(三次以上的), belong to the name of a rate (5日内办结率) or tell how long a single case took. Small
numbers in words count things (两名律师), not the points of a list (三个方面).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.indicators.quantities import Quantity
from indexer.indicators.words import DURATIONS, LIST_UNITS, NEVER_COUNTED

STRUCTURE = re.compile(
    "方面|环节|步骤|方式|办法|类型|类别|原因|规则|目录|程序|节点|阶段|层面|维度|坚持|机制|重点|关键|部分|指标|时段|领域|"
    "事项|工作|任务|要求|措施|问题|渠道|途径|方法|之间|地方|半天|季度|齐备|逐一|事(?![项故])|[，。；：]"
)
REACH = 120  # characters within which an explanation in brackets began
EXPLAINED = re.compile("[（(]即[^）)]*$")  # of a name: (即…)
ROUND_THE_CLOCK = re.compile("轮班|值班|值守|专人|在岗|不间断|全天|待命|开通|畅通")
NEVER = re.compile("(?:未|没有|没|(?<!清)零)(?:再)?(?:发生|引发|出现|引起|造成)?$")
OVER = re.compile("以上|以下")
LIMIT = re.compile("(?:之|以)?内")
OF_A_RATE = re.compile("(?:之|以)?内[^，。；、]{0,8}(?:率|的$)")  # 5日内办结率, 3日内办结的 1180件
AHEAD = re.compile("(?:提前|临期|为期|不少于|每[^，。；]{0,12}|连续)$")
STORY = re.compile("[一某](?:名|位|对|户|起|家|处|件|所|个(?!月)|镇|村|乡|局|街道)|[一某]老")
TOTAL = re.compile("全年|今年以来|累计|年内|共")
BY_CITIZEN = re.compile("到(?:省|市|北京|京)|[来去赴进被]|上访|走访|反映|拖|投诉|要求|以")
RAN = re.compile("跑了?$")
TEN, DAY = 10, 24


@dataclass(frozen=True, slots=True)
class Place:
    """A quantity in its clause: ``clause:clause_end``; ``left`` and ``right`` of it the words."""

    text: str
    clause: int
    clause_end: int
    left: str
    right: str
    quantity: Quantity

    @property
    def opening(self) -> str:
        """The clause up to the quantity."""
        return self.text[self.clause : self.quantity.start]


def counts(place: Place) -> bool:
    """Whether a quantity says something about the work."""
    quantity, opening = place.quantity, place.opening
    before = place.text[max(0, quantity.start - REACH) : quantity.start]
    if NEVER.search(opening) or opening.endswith("一式") or EXPLAINED.search(before):
        return False
    if quantity.unit in DURATIONS:
        return _lasting(place)
    return not (quantity.spelt and quantity.value < TEN) or _spelt_out(place)


def _spelt_out(place: Place) -> bool:
    """Whether a small number in words (两名, 三家) counts something, and is no figure of speech."""
    unit, right = place.quantity.unit, place.right
    if place.quantity.upper is not None:
        return True
    if unit in NEVER_COUNTED or OVER.match(right) or RAN.search(place.opening):
        return False
    if unit in LIST_UNITS and (STRUCTURE.match(right) or "、" in place.left):
        return False
    return not (unit == "次" and BY_CITIZEN.match(right))


def _lasting(place: Place) -> bool:
    """Whether a duration is that of work or a limit that is kept, no threshold and no age."""
    quantity, opening, right = place.quantity, place.opening, place.right
    if quantity.value == DAY and quantity.unit == "小时" and ROUND_THE_CLOCK.match(right):
        return False
    if OF_A_RATE.match(right) or OVER.match(right):
        return False
    if quantity.unit == "年" and (opening.endswith("近") or LIMIT.match(right)):
        return False
    if not quantity.spelt:
        return True
    kept = LIMIT.match(right) or AHEAD.search(opening)
    return bool(kept) and not _in_story(place)


def _in_story(place: Place) -> bool:
    """Whether the paragraph is telling of a single case at this place."""
    line = place.text.rfind("\n", 0, place.quantity.start) + 1
    told = [m.start() for m in STORY.finditer(place.text, line, place.quantity.start)]
    summed = [m.start() for m in TOTAL.finditer(place.text, line, place.quantity.start)]
    return bool(told) and told[-1] > max(summed, default=-1)
