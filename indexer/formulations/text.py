"""Texts as streams of the characters that count when wordings are compared.

Punctuation, brackets, spaces and marks are dropped, traditional characters simplified, letters
lowered, and a number of any length becomes one character, so that 共办理信访事项235件 and
共办理信访事项 1,652 件 are one wording. Every character knows its offset in the text, and
the strongest mark that was dropped before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from indexer.words import FOLDING

Codes = NDArray[np.uint16]
Positions = NDArray[np.int64]
NONE, MARK, LISTED, CLAUSE, SENTENCE, BLOCK = range(6)  # what was dropped, by strength
SEPARATOR = 0  # code between the blocks of a text
NUMBER = ord("0")  # code of a number
GROUPING = ord(",")
BMP = 0x10000
PRIVATE, PRIVATE_SIZE = 0xE000, 6400  # where characters beyond the first plane are put
STRENGTH = {"、": LISTED, "，": CLAUSE, ",": CLAUSE, "：": CLAUSE, ":": CLAUSE}
STRENGTH |= dict.fromkeys("。；！？;!?", SENTENCE)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, or text of one section: ``start:end`` of a report's text."""

    start: int
    end: int
    role: int  # index into the roles of the index


@dataclass(frozen=True, slots=True)
class Text:
    """What is mined for formulations: a report's text, its bureau and its blocks in order."""

    bureau: str
    text: str
    blocks: Sequence[Block]


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """The counting characters of a text; all arrays of shape (characters,)."""

    codes: Codes
    origin: NDArray[np.int32]  # offset of each in the text; of a separator, its block's end
    edge: NDArray[np.uint8]  # the strongest mark dropped before each

    def __len__(self) -> int:
        return len(self.codes)


@lru_cache(maxsize=1)
def _tables() -> tuple[Codes, NDArray[np.uint8]]:
    """The code of every character of the first plane, and the strength of one that is dropped."""
    codes, strength = np.zeros(BMP, np.uint16), np.zeros(BMP, np.uint8)
    for code in range(BMP):
        folded = FOLDING[code]
        if folded.isalnum():
            first = ord(folded[0])
            codes[code] = NUMBER if folded[0].isdecimal() else (first if first < BMP else code)
        else:
            strength[code] = STRENGTH.get(chr(code), MARK)
    private = np.arange(PRIVATE, PRIVATE + PRIVATE_SIZE)
    codes[private], strength[private] = private, NONE
    return codes, strength


def code_points(text: str) -> NDArray[np.uint32]:
    """The characters of ``text``, those beyond the first plane moved into its private area."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    return np.where(points < BMP, points, PRIVATE + points % PRIVATE_SIZE)


def stream_of(text: str, blocks: Sequence[Block] | None = None) -> Stream:
    """The stream of ``blocks`` of a text (all of it by default), a separator after each."""
    blocks = [Block(0, len(text), 0)] if blocks is None else blocks
    codes, strength = _tables()
    points = code_points(text)
    block_of = np.zeros(len(text) + 1, np.int32)  # 1, 2 … inside; 0 outside
    for row, block in enumerate(blocks, 1):
        block_of[block.start : block.end] = row
    folded = codes[points]
    kept = np.flatnonzero((folded > 0) & (block_of[:-1] > 0))
    if not len(kept):
        return Stream(folded[:0], np.empty(0, np.int32), np.empty(0, np.uint8))
    marks = strength[points]
    digits = folded == NUMBER
    grouped = digits[:-2] & (points[1:-1] == GROUPING) & digits[2:]  # as in 1,652
    marks[1:-1][grouped] = MARK
    edge = np.concatenate([[BLOCK], np.maximum.reduceat(marks, kept)[:-1]])
    number = block_of[kept]
    edge[1:][number[1:] != number[:-1]] = BLOCK
    digit = folded[kept] == NUMBER
    again = np.concatenate([[False], digit[1:] & digit[:-1] & (edge[1:] <= MARK)])
    kept, edge, number = kept[~again], edge[~again], number[~again]
    last = np.concatenate([np.flatnonzero(number[1:] != number[:-1]) + 1, [len(kept)]])
    ends = np.array([block.end for block in blocks])[number[last - 1] - 1]
    return Stream(
        np.insert(folded[kept], last, SEPARATOR),
        np.insert(kept, last, ends).astype(np.int32),
        np.insert(edge, last, BLOCK).astype(np.uint8),
    )


def letters(codes: Codes) -> str:
    """The codes as a text, one character for each."""
    return codes.astype("<u2").tobytes().decode("utf-16-le", "replace")
