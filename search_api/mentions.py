"""What a question names: places and years of reports, numbers, the kind of section it asks for.

A mention never excludes a passage; it adds to the evidence for those that fit. Filters
exclude.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.backend import Backend
from indexer.shapes import Role
from indexer.words import fold

LONGEST_NAME = 12  # characters
YEAR = re.compile(r"(?<!\d)(20\d\d)(?!\d)")
NUMBER = re.compile(r"(?<![\d.])(?:\d+\.\d+|\d{3,})%?(?![\d.])")
LATIN = re.compile("[a-z]+")
ASKED = {
    Role.PROBLEMS: re.compile(
        "问题|不足|短板|困难|薄弱|现象|problem|shortcoming|weak|difficult|lack"
    ),
    Role.PLANS: re.compile("打算|下一?步|计划|思路|目标|今后|plan|next year|future|goal"),
    Role.DUTY: re.compile("第一责任人|主要负责人|履职|职责|述法|dut(?:y|ies)|responsib|head of"),
    Role.INTRO: re.compile("总体|概况|背景|overview|introduction"),
}


@dataclass(frozen=True, slots=True)
class Mentions:
    """What a question names, resolved against the reports of an index."""

    places: NDArray[np.bool_] | None  # (reports,): those of a named place; None: none named
    years: NDArray[np.bool_] | None  # (reports,): those on a named year
    numbers: tuple[str, ...]
    roles: frozenset[Role]


class Gazetteer:
    """The places and years of an index's reports."""

    def __init__(self, index: Backend) -> None:
        self._index = index

    def find(self, text: str) -> Mentions:
        """What ``text`` names."""
        text = fold(text)
        years = YEAR.findall(text)
        named = self._index.named({*possible_names(text), *years})
        return Mentions(
            places=self._mask(named, outermost(named.keys() - set(years))),
            years=self._mask(named, years),
            numbers=tuple(n for n in NUMBER.findall(text) if n not in years),
            roles=frozenset(role for role, asked in ASKED.items() if asked.search(text)),
        )

    def _mask(
        self, named: Mapping[str, Sequence[int]], names: Iterable[str]
    ) -> NDArray[np.bool_] | None:
        rows = [row for name in names for row in named.get(name, ())]
        if not rows:
            return None
        mask = np.zeros(len(self._index.metas), dtype=np.bool_)
        mask[rows] = True
        return mask


def possible_names(text: str) -> set[str]:
    """All stretches of ``text`` that are as long as a name: Han from any place, Latin words."""
    found = {
        text[at : at + n]
        for at in range(len(text))
        for n in range(2, min(LONGEST_NAME, len(text) - at) + 1)
        if not text[at].isascii()
    }
    words = LATIN.findall(text)
    return found | {"".join(words[at : at + n]) for at in range(len(words)) for n in (1, 2, 3)}


def outermost(names: Set[str]) -> set[str]:
    """``names`` without those that lie within a longer one."""
    return {name for name in names if not any(name != o and name in o for o in names)}
