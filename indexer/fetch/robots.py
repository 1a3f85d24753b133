"""robots.txt as RFC 9309 has it: the longest pattern decides, ``*`` and ``$`` are understood.

The standard library's parser takes the first pattern that fits and reads ``*`` as a letter.
Patterns are matched without regular expressions: a hostile one costs no more than a plain one.

What an unreadable robots.txt means: 404 and other 4xx, there are no rules; 401 and 403, nothing
may be fetched; 5xx, 429 and no answer at all, nothing is fetched in this run.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote, urlsplit

from indexer.fetch.shapes import Failure, Refused

ANYONE = "*"
TOKEN = re.compile(r"[A-Za-z_\-]+")  # a crawler's name, at the beginning of its agent line
ENCODED = re.compile("%([0-9A-Fa-f]{2})")
PLAIN = re.compile(r"[A-Za-z0-9\-._~]")
LONGEST_DELAY = 60.0  # seconds; a site that asks for more is left alone
FORBIDDING = (401, 403)

Line = tuple[str, str]  # name in lower case, value


@dataclass(frozen=True, slots=True)
class Rules:
    """What a robots.txt says to us."""

    patterns: tuple[tuple[str, bool], ...] = ()  # normalised, and whether it allows
    delay: float = 0.0  # seconds between requests

    @classmethod
    def from_text(cls, text: str, agent: str) -> Rules:
        """The rules for the crawler whose agent line is ``agent``."""
        groups = groups_of(text)
        token = token_of(agent)
        lines = groups.get(token, groups.get(ANYONE, []))
        patterns = tuple(
            (normal(value if value[0] in "/*" else "/" + value), name == "allow")
            for name, value in lines
            if name in ("allow", "disallow") and value
        )
        delays = [seconds(value) for name, value in lines if name == "crawl-delay"]
        return cls(patterns, max(delays, default=0.0))

    def allows(self, path: str) -> bool:
        """Whether ``path`` (with its query) may be fetched: the longest pattern's word."""
        bare = normal(path.replace("*", "%2A").replace("$", "%24"))
        fitting = [(len(p), allowed) for p, allowed in self.patterns if matches(p, bare)]
        return max(fitting, default=(0, True))[1]


def groups_of(text: str) -> dict[str, list[Line]]:
    """The lines that stand under each crawler's name (in lower case)."""
    groups: defaultdict[str, list[Line]] = defaultdict(list)
    names: list[str] = []
    ruled = False
    for name, value in lines_of(text):
        if name == "user-agent":
            names, ruled = ([] if ruled else names), False
            token = ANYONE if value == ANYONE else token_of(value)
            names.append(token)
            groups[token] += ()
        elif name in ("allow", "disallow", "crawl-delay"):
            ruled = True
            for each in set(names):
                groups[each].append((name, value))
    return dict(groups)


def lines_of(text: str) -> Iterator[Line]:
    """``name: value`` lines without comments."""
    for line in text.splitlines():
        name, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield name.strip().lower(), value.strip()


def token_of(agent: str) -> str:
    """The crawler's name in an agent line, in lower case."""
    match = TOKEN.match(agent)
    return match[0].lower() if match else ""


def seconds(value: str) -> float:
    """A crawl delay; 0 if it is no number."""
    try:
        found = float(value)
    except ValueError:
        return 0.0
    return 0.0 if math.isnan(found) else max(found, 0.0)


def normal(path: str) -> str:
    """One way of writing a path or pattern: only what must be is percent-encoded."""

    def shorter(match: re.Match[str]) -> str:
        letter = chr(int(match[1], 16))
        return letter if PLAIN.fullmatch(letter) else match[0].upper()

    return ENCODED.sub(shorter, quote(path, safe="!#$%&'()*+,/:;=?@[]"))


def matches(pattern: str, path: str) -> bool:
    """Whether ``path`` begins as ``pattern`` says; with ``$`` at its end, whether it is that."""
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at, last = len(first), rest.pop() if rest and pattern.endswith("$") else None
    for part in rest:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    if last is not None:
        return path.endswith(last) and len(path) - len(last) >= at
    return not pattern.endswith("$") or at == len(path)


class Robots:
    """The robots.txt of every site, each read once.

    ``read`` gives status and body of a URL or raises `Failure`; ``slow_down`` is told of a
    host and the delay that it wants.
    """

    def __init__(
        self,
        read: Callable[[str], tuple[int, bytes]],
        agent: str,
        slow_down: Callable[[str, float], None],
    ) -> None:
        self._read, self._agent, self._slow_down = read, agent, slow_down
        self._known: dict[str, Rules | Failure] = {}
        self._locks: dict[str, Lock] = {}

    def check(self, url: str) -> None:
        """Pass a URL that may be fetched.

        :raises Refused: if robots.txt asks not to.
        :raises Failure: if it could not be read.
        """
        parts = urlsplit(url)
        site = f"{parts.scheme}://{parts.netloc}"
        with self._locks.setdefault(site, Lock()):
            if site not in self._known:
                self._known[site] = self._learn(site, parts.hostname or "")
            rules = self._known[site]
        if isinstance(rules, Failure):
            raise type(rules)(str(rules), rules.zh)
        if not rules.allows((parts.path or "/") + (f"?{parts.query}" if parts.query else "")):
            raise Refused("robots.txt asks not to fetch it", "robots.txt 不允许抓取")

    def _learn(self, site: str, host: str) -> Rules | Failure:
        try:
            status, body = self._read(f"{site}/robots.txt")
        except Failure as failure:
            return Failure(
                f"robots.txt cannot be read, so nothing is fetched there ({failure})",
                f"无法读取 robots.txt，因此不抓取该网站（{failure.zh}）",
            )
        if status in FORBIDDING:
            return Refused(f"robots.txt itself answers {status}", f"robots.txt 返回 {status}")
        if 400 <= status < 500:
            return Rules()
        if not 200 <= status < 300:
            return Failure(
                f"robots.txt cannot be read, so nothing is fetched there (status {status})",
                f"无法读取 robots.txt，因此不抓取该网站（状态码 {status}）",
            )
        rules = Rules.from_text(body.decode("utf-8-sig", "replace"), self._agent)
        if rules.delay > LONGEST_DELAY:
            return Refused(
                f"robots.txt asks for {rules.delay:,.0f} s between requests",
                f"robots.txt 要求请求间隔 {rules.delay:,.0f} 秒",
            )
        self._slow_down(host, rules.delay)
        return rules
