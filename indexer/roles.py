"""What a section is for, judged by its heading."""

from __future__ import annotations

import re

from indexer.shapes import Role

DUTY = re.compile("第一责任人|主要负责(?:人|同志).{0,12}(?:履行|履职|职责)|负责人履行")
PROBLEMS = re.compile(
    "存在.{0,6}(?:问题|不足|困难|短板|差距)|主要问题|(?:问题|不足|短板)(?:与|和|及|及其)"
)
PROBLEMS_TOP = re.compile("短板|不足|差距|薄弱|问题$|困难")
PLANS = re.compile("下一?步|下阶段|今后|打算|来年|工作(?:思路|计划|安排|谋划|设想|展望)|努力方向")
PLANS_YEAR = re.compile(r"(20\d\d)\s?年.{0,8}(?:思路|计划|安排|打算|重点|要点|谋划|展望)")
PLAN_STARTS = ("下一步", "下步", "下一阶段", "下阶段", "今后", "接下来", "下一年", "新的一年")


def roles_of_heading(heading: str, *, top: bool) -> tuple[Role, ...]:
    """The roles that a heading announces, in the order problems, plans.

    Empty when it announces none: a section then takes its parent's role, and a top one is
    about work done. ``top`` adds signs that count only in headings of the first level.
    """
    if DUTY.search(heading):
        return (Role.DUTY,)
    found: list[Role] = []
    if PROBLEMS.search(heading) or (top and PROBLEMS_TOP.search(heading)):
        found.append(Role.PROBLEMS)
    if PLANS.search(heading) or PLANS_YEAR.search(heading):
        found.append(Role.PLANS)
    return tuple(found)


def plan_start(text: str) -> int | None:
    """Offset at which a paragraph turns from problems to plans, or None."""
    starts = [0, *(m.end() for m in re.finditer("[。；]", text))]
    return next((at for at in starts if text.startswith(PLAN_STARTS, at)), None)
