"""Seeded noise for training texts: headings, shorter passages, typos, dropped words.

Real passages are embedded under their heading path and real queries are typed in a hurry;
the groups contain neither. Nothing here knows the development set.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from indexer.training.data import Entry, Group

_SENTENCE = re.compile(r"[^。！？；]+[。！？；]?")
_NUMERALS = "一二三四五六七八九十"
_GENERIC = (
    "主要工作",
    "工作开展情况",
    "主要举措和成效",
    "工作成效",
    "重点工作推进情况",
    "主要做法",
    "年度工作情况",
    "履行职责情况",
    "存在的问题",
    "下一步工作打算",
    "基础工作",
    "强化责任落实",
    "提升工作质效",
    "抓实重点任务",
    "夯实工作基础",
    "依法履职尽责",
    "突出重点，精准发力",
    "多措并举，务求实效",
    "服务大局",
    "加强组织领导",
)
_ISSUERS = "东南西北城河江山湖海云清安平永新青金石龙"
COMMON = 0.03
_LEVELS = ("市", "县", "区")


def heading(rng: Random, title: str) -> str:
    """A numbered heading line in one of the styles of official reports."""
    number = rng.randrange(len(_NUMERALS))
    styles = (f"{_NUMERALS[number]}、", f"（{_NUMERALS[number]}）", f"{number + 1}. ", "")
    return rng.choice(styles) + title


def shorten(rng: Random, passage: str) -> str:
    """The passage without its first or last sentence, if at least two remain."""
    sentences = _SENTENCE.findall(passage)
    if len(sentences) < 3:
        return passage
    return "".join(sentences[1:] if rng.random() < 0.5 else sentences[:-1])


def passage(rng: Random, text: str, topic: str) -> str:
    """A passage as it is embedded: often under a heading, sometimes shortened."""
    if rng.random() < 0.25:
        text = shorten(rng, text)
    draw = rng.random()
    if draw < 0.35:
        return text
    path = [heading(rng, rng.choice(_GENERIC) if draw < 0.8 else topic)]
    if rng.random() < 0.3:
        path.insert(0, heading(rng, rng.choice(_GENERIC)))
    return " ".join(path) + "\n" + text


def _typo(rng: Random, word: str) -> str:
    if len(word) < 5 or not word.isalpha():
        return word
    i = rng.randrange(1, len(word) - 1)
    kinds = (
        word[:i] + word[i + 1] + word[i] + word[i + 2 :],
        word[:i] + word[i + 1 :],
        word[:i] + word[i] + word[i:],
    )
    return rng.choice(kinds)


def english_query(rng: Random, text: str) -> str:
    """An English query, sometimes with a misspelt, a missing or a capital word."""
    words = text.split()
    if rng.random() < 0.15:
        i = rng.randrange(len(words))
        words[i] = _typo(rng, words[i])
    if len(words) > 4 and rng.random() < 0.15:
        del words[rng.randrange(len(words))]
    return " ".join(words)


def chinese_query(rng: Random, text: str) -> str:
    """A Chinese query, sometimes without its end mark or with a place or a year."""
    if rng.random() < 0.3:
        text = text.rstrip("？?。")
    draw = rng.random()
    if draw < 0.05:
        place = "".join(rng.sample(_ISSUERS, 2)) + rng.choice(_LEVELS)
        return place + text
    if draw < 0.08:
        return f"{rng.randrange(2018, 2027)}年{text}"
    return text


def known_words(texts: Sequence[str], entries: Iterable[Entry]) -> list[list[Entry]]:
    """Lexicon entries of each Chinese text, in its order, by longest match from the left.

    Words that more than a share COMMON of the texts contain are left out.
    """
    by_word = {entry.word: entry for entry in entries if len(entry.word) > 1}
    longest = max(map(len, by_word))
    found: list[list[Entry]] = []
    for text in texts:
        words: list[Entry] = []
        start = 0
        while start < len(text):
            ends = range(min(len(text), start + longest), start + 1, -1)
            word = next((text[start:end] for end in ends if text[start:end] in by_word), "")
            if word:
                words.append(by_word[word])
            start += len(word) or 1
        found.append(words)
    spread = Counter(entry.word for words in found for entry in set(words))
    usual = COMMON * len(texts)
    return [[entry for entry in words if spread[entry.word] <= usual] for words in found]


def gloss_query(rng: Random, words: Sequence[Entry]) -> str:
    """English keywords for a Chinese passage: glosses of a few of its words."""
    chosen = rng.sample(range(len(words)), min(len(words), rng.randint(3, 7)))
    glosses = (words[i].glosses for i in sorted(chosen))
    return " ".join(g[0] if rng.random() < 0.7 else rng.choice(g) for g in glosses)


def augment(rng: Random, group: Group) -> Group:
    """A noisy copy of a group; its translation stays as it is."""
    return Group(
        topic=group.topic,
        a=passage(rng, group.a, group.topic),
        b=passage(rng, group.b, group.topic),
        zq=chinese_query(rng, group.zq),
        zk=chinese_query(rng, group.zk),
        eq=english_query(rng, group.eq),
        ek=english_query(rng, group.ek),
        ea=group.ea,
    )
