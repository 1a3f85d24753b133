"""Is a sentence of a model's answer borne out by what it cites? Decided in code, not by a model.

A sentence is dropped for any of `Fault` but the last; what is left is supported, or marked where
it is not certain that the cited passages say so. How certain: see `search_api.llm.support`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from indexer.embedders import Embedder
from indexer.words import fold, is_english
from search_api.engine import Engine, Hit
from search_api.llm.numbers import values
from search_api.llm.screen import speaks_to_a_model
from search_api.llm.sentences import CITATION, LONGEST, citations, without_citations
from search_api.llm.support import Claim, Curve, Part, denies, parts_of, signs

CURVES = {  # by whether the sentence is English; python -m tests.bench.grounding fits them
    False: Curve(whole=1.84, least=4.59, words=3.49, denial=-2.7, middle=6.03),
    True: Curve(whole=2.54, least=5.18, words=1.26, denial=-3.61, middle=4.1),
}
SUPPORTED, MARKED = 0.6, 0.45  # probability from which
BESIDE = 0.4  # of a cited passage alone: below, others bear the sentence out and it does not
SHORTEST = 4  # characters that say something
QUOTED = re.compile(
    r"[“「『]([^”」』]+)[”」』]|(?<!\w)\"([^\"]+)\"|《([^》]+)》|‘([^’]*[\u3400-\u9fff][^’]*)’"
)
ADDRESS = re.compile(
    r"https?:|\bhxxp|\bwww\b|://|\]\(|<[a-z/!]|\b[\w.+-]+@|\b(?:javascript|data|mailto):"
    r"|[a-z0-9-]+\s?(?:\.|\[\.\]|\(\.\)|。|点|\bdot\b)\s?(?:com|"
    r"net|org|cn|io|info|top|xyz|gov|edu|ru|example|site|vip|"
    r"cc|app|link|test)\b"
    r"|(?<!\d)(?:\d{1,3}\.){3}\d{1,3}(?!\d)|"
    r"(?<!\d)1[3-9]\d{9}(?!\d)|(?:微信|qq|电话|"
    r"热线)号?[:： ]*[a-z0-9_-]{5,}",
    re.IGNORECASE,
)
HAN = re.compile("[\u3400-\u9fff]")
LATIN = re.compile("[A-Za-z]")
LATIN_WORD = re.compile("[A-Za-z]+")


class Verdict(StrEnum):
    """What becomes of a sentence."""

    SUPPORTED = "supported"
    MARKED = "marked"  # shown, as uncertain
    DROPPED = "dropped"


class Fault(StrEnum):
    """Why a sentence is not supported."""

    EMPTY = "empty"
    LONG = "long"
    UNCITED = "uncited"
    CITATION = "citation"  # of a passage that it was not given
    ADDRESS = "address"  # of a site, a person or a telephone, or markup
    ORDERS = "orders"  # it speaks to a model, or like one
    LANGUAGE = "language"  # not the question's
    QUOTE = "quote"  # not verbatim in the cited passages
    NUMBER = "number"  # not in them
    WORD = "word"  # in Latin letters, not in them: a name, or something shouted
    BUREAU = "bureau"  # names a place whose report it does not cite
    UNSUPPORTED = "unsupported"  # they do not say so
    UNCERTAIN = "uncertain"  # they may say so


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A passage as the model was given it."""

    number: int
    hit: Hit
    parts: tuple[Part, ...]

    @property
    def allowed(self) -> str:
        """The text that numbers and names may come from: the passage, and whose and when it is."""
        meta = self.hit.meta
        return f"{self.hit.passage.text} {meta.issuer} {meta.region.name} {meta.year or ''}年"


@dataclass(frozen=True, slots=True)
class Cited:
    """A passage that bears a sentence out, and its sentence that does so most nearly."""

    source: Source
    part: Part


@dataclass(frozen=True, slots=True)
class Checked:
    """A sentence of an answer, without its citation marks."""

    text: str
    verdict: Verdict
    cited: tuple[Cited, ...] = ()
    fault: Fault | None = None
    support: float = 0.0


class Grounds:
    """The passages of one answer, and what may be said from them."""

    def __init__(
        self, engine: Engine, hits: Sequence[Hit], judge: Embedder, *, english: bool
    ) -> None:
        """``judge`` is the bundled model, which the curves are fitted for."""
        self._engine = engine
        self._judge = judge
        self._english = english
        sources = (
            Source(number, hit, parts_of(hit.passage.text, hit.passage.start, judge))
            for number, hit in enumerate(hits, 1)
        )
        self._sources: Mapping[int, Source] = {source.number: source for source in sources}

    def check(self, sentence: str) -> Checked:
        """The sentence with its verdict."""
        said, numbers = without_citations(sentence), citations(sentence)
        fault = self._form(sentence, said, numbers)
        if fault:
            return Checked(said, Verdict.DROPPED, fault=fault)
        cited = [self._sources[number] for number in numbers]
        fault = self._facts(said, cited)
        if fault:
            return Checked(said, Verdict.DROPPED, fault=fault)
        return self._judged(Claim.of(said, self._judge), cited)

    def _judged(self, claim: Claim, cited: Sequence[Source]) -> Checked:
        """Whether the passages say so together, and which of them have a part in it."""
        support = self._support(claim, cited)
        turned = denies(claim.text) and not any(denies(s.hit.passage.text) for s in cited)
        if turned or support < MARKED:
            return Checked(claim.text, Verdict.DROPPED, fault=Fault.UNSUPPORTED, support=support)
        alone = {source.number: self._support(claim, [source]) for source in cited}
        least = min(BESIDE, max(alone.values()))
        spans = tuple(Cited(s, claim.nearest(s.parts)) for s in cited if alone[s.number] >= least)
        if support < SUPPORTED:
            return Checked(claim.text, Verdict.MARKED, spans, Fault.UNCERTAIN, support)
        return Checked(claim.text, Verdict.SUPPORTED, spans, support=support)

    def _support(self, claim: Claim, cited: Sequence[Source]) -> float:
        """How probably these passages say what ``claim`` says."""
        parts = [part for source in cited for part in source.parts]
        names = " ".join(f"{s.hit.meta.issuer} {s.hit.meta.region.name}" for s in cited)
        return CURVES[claim.english](signs(claim, parts, names))

    def _form(self, sentence: str, said: str, numbers: tuple[int, ...]) -> Fault | None:
        """What is wrong with a sentence whatever it says."""
        if len(said) > LONGEST:
            return Fault.LONG
        if ADDRESS.search(fold(said)) or ADDRESS.search(said) or "[" in said:
            return Fault.ADDRESS
        if speaks_to_a_model(said):
            return Fault.ORDERS
        if len(re.sub(r"\W", "", said)) < SHORTEST:
            return Fault.EMPTY
        if not numbers:
            return Fault.UNCITED
        if not all(number in self._sources for number in numbers):
            return Fault.CITATION
        return None if speaks(said, english=self._english) else Fault.LANGUAGE

    def _facts(self, said: str, cited: Sequence[Source]) -> Fault | None:
        """What of a sentence is simply not so."""
        texts = [bare(source.hit.passage.text) for source in cited]
        if not all(any(bare(quote) in text for text in texts) for quote in quotes(said)):
            return Fault.QUOTE
        known = set().union(*(values(source.allowed) for source in cited))
        if not values(said) <= known:
            return Fault.NUMBER
        if strange_words(said) - set(LATIN_WORD.findall(fold(" ".join(s.allowed for s in cited)))):
            return Fault.WORD
        return None if self._places_fit(said, cited) else Fault.BUREAU

    def _places_fit(self, said: str, cited: Sequence[Source]) -> bool:
        """Whether a place that is named is one of the cited reports', or stands in their text."""
        named = self._engine.gazetteer.find(said).places
        if named is None:
            return True
        reports, _ = self._engine.index.facts([source.hit.row for source in cited])
        if named[reports].any():
            return True
        mentioned = [
            self._engine.gazetteer.find(source.hit.passage.text).places for source in cited
        ]
        return any(other is not None and bool((named & other).any()) for other in mentioned)


def quotes(said: str) -> list[str]:
    """The strings that a sentence quotes, without what they end with."""
    found = ("".join(groups) for groups in QUOTED.findall(said))
    return [quote for q in found if (quote := CITATION.sub("", q).strip(" ,.;，。；、：:"))]


def strange_words(said: str) -> set[str]:
    """Words in Latin letters that only a source can account for, folded.

    In a Chinese sentence all of them, in an English one those in capitals.
    """
    words = LATIN_WORD.findall(said)
    english = is_english(said)
    return {fold(word) for word in words if not english or (len(word) > 2 and word.isupper())}


def bare(text: str) -> str:
    """Without white space: a quote may leave out a line break of its source."""
    return re.sub(r"\s+", "", text)


def speaks(said: str, *, english: bool) -> bool:
    """Whether a sentence, apart from its quotes, is in the language."""
    plain = re.sub(r"[(（][^()（）]*[)）]", "", QUOTED.sub("", said))
    if not HAN.search(plain) and not LATIN.search(plain):
        return True
    if english:
        return is_english(plain)
    return len(HAN.findall(plain)) * 2 >= len(re.findall(r"[A-Za-z]+", plain)) and bool(
        HAN.search(plain)
    )
