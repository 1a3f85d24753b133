"""Indicators: what a report says in numbers, with a name for each.

共排查矛盾纠纷367件，化解360件，化解率98%，同比上升2个百分点 holds four: (矛盾纠纷排查, 367 件),
(化解, 360 件, of 矛盾纠纷), (化解率, 98 %, of 矛盾纠纷), and a change (化解率, 2 百分点, 同比上升).

The grammar goes over clauses, the stretches between ，。；：, with `indexer.indicators.quantities`
for the numbers and `indexer.indicators.names` for the words:

    indicator = [period] [subject] name value            全年 | 矛盾纠纷 | 化解率 | 98%
              | verb value noun                          聘请 | 2名 | 律师
              | name 由 value 升|降..至 value             an earlier value and the present one
              | [name] [basis] 升|降 value               同比 | 下降 | 12%: a change
              | name value ，占 value                    a share of what comes before

A clause without a subject of its own takes that of the clause before it in the same sentence.
Not every quantity says something about the work: time limits, ages of a dispute, lists that
are counted in words (三个方面, 四个环节) and people of a story (一名妇女, 两名干部登门) do not.
Nothing is added up or averaged here or anywhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum

from indexer.indicators.counts import LIMIT, Place, counts
from indexer.indicators.names import (
    CHANGE,
    FROM,
    PERIOD,
    SHARE,
    TO,
    completed,
    limit_name,
    noun_after,
    trimmed,
    words_of,
)
from indexer.indicators.quantities import PERCENT, POINTS, Quantity, find_quantities
from indexer.indicators.words import DOWN, DURATIONS, SURE


class Kind(StrEnum):
    """What a value is to its name."""

    VALUE = "value"
    CHANGE = "change"  # against an earlier period: 同比下降12%
    EARLIER = "earlier"  # what it was before: 由 87.4% 升至 ...
    TARGET = "target"  # what is planned


@dataclass(frozen=True, slots=True)
class Indicator:
    """One number of a report and what it measures.

    Offsets are of the text it was found in: the value stands at ``start:end``, the clause that
    says so, with the one that its subject comes from, at ``quote_start:quote_end``.
    """

    start: int
    end: int
    quote_start: int
    quote_end: int
    name: str  # what is measured: 矛盾纠纷排查, 化解率; "" if nothing near says so
    subject: str  # of what: 矛盾纠纷; "" if unknown
    value: float  # normalised: 1万余人 is 10000
    upper: float | None  # the other end of a range (3—5天)
    unit: str  # 件, 人次, %, 百分点, 元 ...
    approx: bool  # 余, 多, 约, 近 ...
    kind: Kind
    period: str  # as printed: 全年, 上半年; "" if not said
    comparison: str  # as printed: 同比下降12%; of a value the change that is said right after it


SENTENCE = re.compile("[。！？!?\n]+")
BREAK = re.compile("[，。；：！？!?;:\n]")  # between clauses
PLANNED = re.compile("力争|目标|计划|预计|争取|确保")
EACH = re.compile("分别")
CHANGED = (PERCENT, POINTS)  # units in which a change need not name what it is against


LONGEST_BARE = 4  # characters of a name that says nothing of its thing: 化解, 办结率
LONGEST_TURN = 8  # characters of 降到每月


@dataclass(slots=True)
class _Scene:
    """What the clauses of a sentence hand on to those after them."""

    name: str = ""
    name_start: int = 0  # of the clause that said it
    subject: str = ""  # of the indicator before
    subject_start: int = 0  # of the clause that said it
    nouns: dict[str, tuple[str, int]] = field(default_factory=dict)  # by unit
    earlier: str = ""  # the name of a value that a later one follows: 由 87% 升至
    period: str = ""
    kind: Kind = Kind.VALUE
    sign: int = 1
    basis: str = ""
    way: str = ""
    names: list[str] = field(default_factory=list)  # of 受理率、答复率分别达 99% 和 98%, to come


def indicators_of(
    text: str, start: int = 0, end: int | None = None, *, planned: bool = False
) -> list[Indicator]:
    """The indicators of ``text[start:end]`` in reading order; offsets count from 0 of ``text``.

    ``planned`` says that the stretch speaks of plans: its values are targets.
    """
    end = len(text) if end is None else end
    found: list[Indicator] = []
    quantities = find_quantities(text, start, end)
    at = 0
    for first, last in _sentences(text, start, end):
        own = []
        while at < len(quantities) and quantities[at].start < last:
            own.append(quantities[at])
            at += 1
        if own:
            found += _sentence(text, first, last, own, planned)
    return found


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    at = start
    for m in SENTENCE.finditer(text, start, end):
        yield at, m.start()
        at = m.end()
    if at < end:
        yield at, end


def _sentence(
    text: str, first: int, last: int, quantities: list[Quantity], planned: bool
) -> list[Indicator]:
    """The indicators among the quantities of one sentence."""
    scene = _Scene()
    found: list[Indicator] = []
    before = first
    for n, quantity in enumerate(quantities):
        after = quantities[n + 1].start if n + 1 < len(quantities) else last
        clause = max((m.end() for m in BREAK.finditer(text, first, quantity.start)), default=first)
        m = BREAK.search(text, quantity.end, last)
        clause_end = m.start() if m else last
        place = Place(
            text,
            clause,
            clause_end,
            left=_own(text, max(clause, before), quantity.start, first=before <= clause),
            right=text[quantity.end : max(quantity.end, min(clause_end, after))],
            quantity=quantity,
        )
        if said := PERIOD.findall(text, max(first, before), quantity.start):
            scene.period = said[-1]
        if counts(place):
            before = quantity.end
            found.append(_indicator(place, scene, planned))
            if found[-1].kind is Kind.CHANGE and len(found) > 1:
                found[-2] = _compared(found[-2], found[-1])
    return found


def _compared(value: Indicator, change: Indicator) -> Indicator:
    """``value`` with the change that is said of it right after it."""
    follows = value.kind is Kind.VALUE and value.name == change.name
    return replace(value, comparison=change.comparison) if follows else value


def _indicator(place: Place, scene: _Scene, planned: bool) -> Indicator:
    """The indicator of a quantity; the scene is told what it says."""
    quantity = place.quantity
    _kind(place, scene, planned)
    name, noun = _named(place, scene)
    subject, said_at = _subject(place, scene, name, noun)
    if name != scene.name:
        scene.name_start = place.clause
    indicator = Indicator(
        start=quantity.start,
        end=quantity.end,
        quote_start=_skip_space(place.text, min(place.clause, said_at, scene.name_start)),
        quote_end=place.clause_end,
        name=name,
        subject="" if subject == name else subject,
        value=quantity.value * scene.sign,
        upper=quantity.upper,
        unit=quantity.unit,
        approx=quantity.approx,
        kind=scene.kind,
        period=scene.period,
        comparison=_said(place, scene) if scene.kind is Kind.CHANGE else "",
    )
    scene.name, scene.subject, scene.subject_start = name, subject, said_at
    scene.earlier = name if scene.kind is Kind.EARLIER else ""
    return indicator


def _subject(place: Place, scene: _Scene, name: str, noun: str) -> tuple[str, int]:
    """The thing that an indicator is of, and the start of the clause that says so.

    A bare verb takes the last thing counted in its unit, a bare rate or a change that of the
    indicator before.
    """
    unit = place.quantity.unit
    if noun:
        scene.nouns[unit] = noun, place.clause
        return noun, place.clause
    if len(name) > LONGEST_BARE and name != scene.name:
        return "", place.clause
    near = (scene.subject, scene.subject_start)
    found = near if unit in CHANGED else scene.nouns.get(unit, ("", place.clause))
    return found if found[0] not in name else ("", place.clause)


def _said(place: Place, scene: _Scene) -> str:
    """A change as it is printed: 同比下降12%."""
    quantity = place.quantity
    return scene.basis + scene.way + place.text[quantity.start : quantity.end]


def _kind(place: Place, scene: _Scene, planned: bool) -> None:
    """Tell the scene what the value is to its name, and with which sign."""
    left = place.left
    if left.strip(" 、和") == "" and place.clause < place.quantity.start and scene.names:
        return  # 分别下降 11.2% 和 15.7%: as the one before
    change = CHANGE.search(left)
    against = change and (
        change["basis"] or change["way"] in SURE or place.quantity.unit in CHANGED
    )
    scene.sign, scene.basis, scene.way = 1, "", ""
    if change and against and not _is_share_of(left):
        scene.kind, scene.basis, scene.way = Kind.CHANGE, change["basis"], change["way"]
        scene.sign = -1 if change["way"] in DOWN else 1
    elif FROM.search(left) and TO.search(place.right):
        scene.kind = Kind.EARLIER
    else:
        scene.kind = Kind.TARGET if planned or PLANNED.search(place.opening) else Kind.VALUE


def _is_share_of(left: str) -> bool:
    return left.endswith("占")


def _named(place: Place, scene: _Scene) -> tuple[str, str]:
    """(name, the thing within it) of a quantity."""
    left, unit = place.left, place.quantity.unit
    if left.strip(" 、和") == "" and scene.names:
        return scene.names.pop(0), ""
    scene.names = []
    change = CHANGE.search(left)
    if scene.kind is Kind.CHANGE and change:
        left = left[: change.start()]
    elif TO.match(left.strip()) and len(left.strip()) <= LONGEST_TURN and scene.earlier:
        return scene.earlier, ""
    elif share := SHARE.search(left):
        return (trimmed(left[: share.start()]) or scene.name) + "占比", share["of"].strip("的")
    if said := EACH.search(place.left):
        names = [n for n in re.split("[、和与]|及(?!时)", trimmed(left.partition("分别")[0])) if n]
        if len(names) > 1:
            scene.names = names[1:]
            return names[0], ""
        del said
    if scene.kind is Kind.EARLIER:
        left = re.sub("[由从][^由从，。；、]*$", "", left)
    if unit in DURATIONS and LIMIT.match(place.right):
        return limit_name(left, LIMIT.sub("", place.right, count=1)), ""
    counted = scene.kind not in (Kind.CHANGE, Kind.EARLIER) and unit not in (*CHANGED, "分")
    words = words_of(left, place.right if counted else "")
    found = completed(words.name, left, place.right, unit, scene.name)
    return found, words.noun if found == words.name else ""


def _own(text: str, start: int, end: int, *, first: bool) -> str:
    """The words before a number that are its own, not what the number before counts."""
    left = text[start:end]
    return left if first else left.removeprefix(noun_after(left))


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\n\u3000、":
        at += 1
    return at
