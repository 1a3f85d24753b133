"""What a question asks for: the form of the answer, and the filters that it names.

"县级信访局2024年怎样…", "in Fujian" name filters. A place or a year that no report is from is
said to be absent: the passages of other places do not answer the question.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from indexer.names import names_of
from indexer.places import Place, find_places
from indexer.shapes import Level, Metadata
from search_api.filters import Filters

YEARS = re.compile(
    r"(?<![\d〔\[（(第])(?P<first>20\d\d)(?:\s*年?度?\s*(?:[-–—~～至到]|to|and)\s*(?P<last>20\d\d))?"
    r"(?!\d|\s*年?\s*\d{1,2}\s*月|\s*年?\s*(?:以来|起|之?[前后])|[〕\]）)])"
)
SINCE = re.compile(r"(?:自从?|since|after|before)\s*$", re.IGNORECASE)
QUOTED = re.compile("《[^》]*》|“[^”]*”")
LEVELS = (
    (Level.PROVINCE, r"省级|provincial(?:[- ]level)?|province[- ]level"),
    (Level.PREFECTURE, r"(?:地?市|设区市)级|prefecture(?:[- ]level)?|municipal(?:[- ]level)?"),
    (Level.COUNTY, r"[区县]级|区县级?|county[- ]level"),
)
OF_PEOPLE = "(?!以上|领导|干部|党政|部门|职能|联席|矛盾|中心|平台|leader|official)"
AWAY = re.compile(
    r"(?:赴|到|去|进|往|来自|学习|借鉴|\bto\s+)$", re.IGNORECASE
)  # before a place that is no issuer's
TOPIC = re.compile("(?:冬奥|奥运|亚运|经验|模式|会议|峰会|上访|走访|非访|集访|方向)")
FIGURE = re.compile(
    r"多少|几[件起人次场个批名]|百分之几|[率量数额](?:分别)?(?:是|为|达到?)(?:什么|怎[么样])?[?？]?$"
    r"|how (?:many|much)|what (?:percentage|proportion|share|number|rate)|"
    r"(?:rate|number|percentage) of .*\?$",
    re.IGNORECASE,
)
COMPARISON = re.compile(
    r"比较|对比|区别|差异|异同|相比|有(?:何|什么)不同|\bcompar|\bdiffer|\bversus\b|\bvs\b|\bcontrast",
    re.IGNORECASE,
)
LIST = re.compile(
    r"(?:哪些|哪几个|哪个|有哪些)(?:地方|地区|省|市|县|区|单位|部门|机关|局|信访局)|"
    r"\b(?:which|what) (?:\w+ )?(?:bureaus?|count(?:y|ies)|cit(?:y|ies)|offices?|places?|"
    r"provinces?|regions?|departments?)\b|\blist\b",
    re.IGNORECASE,
)
REGION, ISSUER, YEAR, LEVEL = "region", "issuer", "year", "level"
TAKEN = (REGION, YEAR, LEVEL)  # what is taken from a question


class Form(StrEnum):
    """What an answer looks like."""

    POINTS = "points"  # what is done, and by whom
    FIGURE = "figure"  # a number
    COMPARISON = "comparison"  # bureaus side by side
    LIST = "list"  # of bureaus


@dataclass(frozen=True, slots=True)
class Named:
    """A filter that a question names: the value as a filter takes it, and the words for it."""

    filter: str
    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Asked:
    """``named`` are the filters that apply; ``absent`` the places and years without a report."""

    form: Form
    named: tuple[Named, ...] = ()
    absent: tuple[str, ...] = ()
    elsewhere: bool = False  # every place, or every year, that is named is absent
    topic: str = ""  # the question without the places and years that it names

    def narrowed(self, filters: Filters) -> Filters:
        """``filters`` and those that the question names."""
        return replace(
            filters,
            region=filters.region or self._values(REGION),
            issuer=filters.issuer or self._values(ISSUER),
            level=filters.level or self._values(LEVEL),
            year=filters.year or tuple(int(year) for year in self._values(YEAR)),
        )

    def _values(self, name: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(n.value for n in self.named if n.filter == name))


class Atlas:
    """The places, years and levels that reports are from; made once for an index."""

    def __init__(self, metas: Sequence[Metadata]) -> None:
        self.years = {meta.year for meta in metas}
        self.levels = {meta.level for meta in metas}
        self.codes = {code for meta in metas for code in meta.region.codes}
        names: dict[str, dict[str, None]] = {}
        for meta in metas:
            for name, code in placed(meta):
                names.setdefault(name, {})[code] = None
        self.names = {name: tuple(codes) for name, codes in names.items()}

    def understand(self, text: str, filters: Filters, ignored: Iterable[str] = ()) -> Asked:
        """Read a question.

        What ``filters`` restrict already is left alone, and so are the filters in ``ignored``.
        """
        unsaid = QUOTED.sub(lambda m: " " * len(m[0]), text)
        skipped = set(ignored) | {n for n in TAKEN if getattr(filters, n)}
        skipped |= {REGION} if filters.issuer or filters.report else set()
        named: list[Named] = []
        absent: list[Named] = []
        for name, found in (
            (REGION, self.regions_in(unsaid)),
            (YEAR, self.years_in(unsaid)),
            (LEVEL, self.levels_in(unsaid)),
        ):
            for one, there in found if name not in skipped else ():
                (named if there else absent).append(one)
        return Asked(
            form=form_of(text, named),
            named=tuple(named),
            absent=tuple(dict.fromkeys(one.words for one in absent)),
            elsewhere=bool({kind(one) for one in absent} - {kind(one) for one in named}),
            topic=without(text, [*named, *absent]),
        )

    def regions_in(self, text: str) -> Iterable[tuple[Named, bool]]:
        """The places that a question asks about, and whether there is a report from each.

        Of a place and one that lies in it, as in 福建省永安市, the smaller is meant.
        """
        places = [place for place in find_places(text, self.names) if is_issuer(text, place)]
        for n, place in enumerate(places):
            after = places[n + 1] if n + 1 < len(places) else None
            if after and after.start - place.end <= 1 and lies_in(after, place):
                continue
            there = [code for code in place.codes if code in self.codes or not code.isdigit()]
            for code in there or place.codes[:1]:
                yield Named(REGION if code.isdigit() else ISSUER, code, place.words), bool(there)

    def years_in(self, text: str) -> Iterable[tuple[Named, bool]]:
        """The years that a question asks about, and whether there is a report on each."""
        for match in YEARS.finditer(text):
            if SINCE.search(text[: match.start()]):
                continue
            first, last = int(match["first"]), int(match["last"] or match["first"])
            through = re.search(r"[-–—~～至到]|to", match[0]) is not None
            years = range(first, last + 1) if through and first < last else sorted({first, last})
            there = [year for year in years if year in self.years]
            for year in there or years:
                yield Named(YEAR, str(year), str(year)), bool(there)

    def levels_in(self, text: str) -> Iterable[tuple[Named, bool]]:
        """The levels of bureaus that a question asks about, where some report is of that level."""
        for level, words in LEVELS:
            match = re.search(f"(?:{words}){OF_PEOPLE}", text, re.IGNORECASE)
            if match and level in self.levels:
                yield Named(LEVEL, str(level), match[0]), True


def kind(one: Named) -> str:
    """What a name is of: a place, a year or a level."""
    return REGION if one.filter == ISSUER else one.filter


def without(text: str, names: Iterable[Named]) -> str:
    """A question without the places and years that it names; itself where nothing is left."""
    left = text
    for one in names:
        if one.filter != LEVEL:
            left = re.sub(re.escape(one.words) + "(?:年度?)?", " ", left)
    return left.strip() if re.search(r"\w", left) else text


def placed(meta: Metadata) -> Iterable[tuple[str, str]]:
    """(name, GB/T 2260 code) of a report's places; the place's own name where it has no code."""
    region = meta.region
    if not region.codes:
        yield from ((name, meta.names[0]) for name in meta.names)
        return
    names = [name for name in (region.province, region.prefecture, region.county) if name]
    for place, code in zip(reversed(names), reversed(region.codes), strict=False):
        yield from ((name, code) for name in names_of(place))


def form_of(text: str, named: Sequence[Named] = ()) -> Form:
    """The form of the answer that a question calls for."""
    several = (
        max((sum(n.filter == name for n in named) for name in (REGION, ISSUER, YEAR)), default=0)
        > 1
    )
    if COMPARISON.search(text) and several:
        return Form.COMPARISON
    if FIGURE.search(text):
        return Form.FIGURE
    return Form.LIST if LIST.search(text) else Form.POINTS


def is_issuer(text: str, place: Place) -> bool:
    """Whether a place is asked about, and not only what something is called after."""
    return not (TOPIC.match(text[place.end :]) or AWAY.search(text[: place.start]))


def lies_in(inner: Place, outer: Place) -> bool:
    """Whether a place may lie in another."""
    wide = [code.rstrip("0") for code in outer.codes]
    return any(code.startswith(prefix) for code in inner.codes for prefix in wide)
