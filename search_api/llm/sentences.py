"""A stream of text -> its sentences, each as soon as it is certain where it ends.

A sentence ends at 。！？ or a line's end, an English one at . ! ? before a space; citations like
[2] or ［1, 3］ that follow belong to it, also on the far side of the full stop. What a model
thinks aloud between <think> and </think> is left out, and so are bullets and emphasis.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 1000  # characters; a longer sentence is none
NUMBERS = r"[ \t]*(?:[PpSs]?\d{1,3}[ \t]*[,，、;；]?[ \t]*)+"
CITATION = re.compile(rf"[\[［【]({NUMBERS})[\]］】]")
CLOSING = "”’」』）)\"'*_"
AFTER = rf"[{CLOSING}]*(?:[ \t]*[\[［【]{NUMBERS}[\]］】])*[。.]?"
END = re.compile(
    rf"(?:[。！？]+|"
    rf"(?<!\bNo)(?<!e\.g)(?<!i\.e)(?<!\bArt)(?<!\b[A-Z])[.!?](?=[{CLOSING}]*[ \t]*[\s\[［【]))"
    rf"{AFTER}|\n+"
)
BEGUN = re.compile(r"[ \t]*[\[［【][^\]］】\n]{0,40}$")  # a citation that is not all there
BULLET = re.compile(r"^\s*(?:[-*•·>]+\s|#+\s*|\d{1,2}[.)、）]\s*(?!\d)|[（(]\d{1,2}[)）])\s*")
EMPHASIS = re.compile(r"\*{1,3}|_{2,3}|`+")
THINKING, THOUGHT = "<think>", "</think>"


class Splitter:
    """Takes pieces, gives whole sentences."""

    def __init__(self) -> None:
        self._raw = ""  # may hold the beginning of a tag
        self._text = ""
        self._thinking = False

    def add(self, piece: str) -> Iterator[str]:
        """The sentences that ``piece`` completes."""
        self._raw += piece
        self._text += self._said()
        while match := END.search(self._text):
            rest = self._text[match.end() :]
            line_ends = match[0].startswith("\n")
            if not line_ends and (not rest.strip(" \t") or BEGUN.match(rest)):
                return  # a citation may follow
            said, self._text = cleaned(self._text[: match.end()]), rest
            if said:
                yield said
        if len(self._text) > LONGEST:
            said, self._text = self._text, ""
            yield said

    def end(self) -> Iterator[str]:
        """What is left when the stream has ended."""
        if not self._thinking:
            self._text, self._raw = self._text + self._raw, ""
        yield from self.add("\n")

    def _said(self) -> str:
        """What is not thought of the text that has come, as far as that is certain."""
        said = ""
        while True:
            tag = THOUGHT if self._thinking else THINKING
            before, found, after = self._raw.partition(tag)
            if not found:
                keep = held(before, tag)
                self._raw = before[len(before) - keep :]
                return said if self._thinking else said + before[: len(before) - keep]
            if not self._thinking:
                said += before + "\n"
            self._raw, self._thinking = after, not self._thinking


def held(text: str, tag: str) -> int:
    """How many characters at the end of ``text`` may be the beginning of ``tag``."""
    return next((n for n in range(len(tag) - 1, 0, -1) if text.endswith(tag[:n])), 0)


def cleaned(said: str) -> str:
    """A sentence in one line, without bullet, emphasis and characters that no one sees."""
    seen = "".join(c for c in " ".join(said.split()) if unicodedata.category(c)[0] != "C")
    return EMPHASIS.sub("", BULLET.sub("", seen)).strip()


def citations(sentence: str) -> tuple[int, ...]:
    """The numbers that a sentence cites, each once, in order."""
    found = (int(n) for group in CITATION.findall(sentence) for n in re.findall(r"\d+", group))
    return tuple(dict.fromkeys(found))


def without_citations(sentence: str) -> str:
    """What a sentence says."""
    return re.sub(r"\s+([。.！!？?，,；;])", r"\1", CITATION.sub("", sentence)).strip()
