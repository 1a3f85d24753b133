"""A model's answer from the passages of an extractive one, sentence by sentence, checked.

`draft` asks the model and gives `Begun`, one `Said` for each sentence that may be shown, as soon
as it is checked, and in every case `Ended`, which says what to make of it. It raises nothing: the
extractive answer stands whatever becomes of this one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from enum import StrEnum

from anyio.to_thread import run_sync

from indexer.embedders import BUNDLED, BundledEmbedder, Embedder
from search_api.answer import Answer
from search_api.engine import Engine, Hit
from search_api.llm.grounding import Checked, Fault, Grounds, Verdict
from search_api.llm.model import LanguageModel, ModelFailure, Trouble
from search_api.llm.prompt import NO_ANSWER, messages, shown_to_the_model
from search_api.llm.screen import withheld
from search_api.llm.sentences import Splitter

MOST_PASSAGES = 12  # that a model is shown
MOST_SENTENCES = 30  # of an answer
HOPELESS = 8  # dropped sentences in a row from the beginning: the rest is not waited for
UNCOUNTED = (Fault.EMPTY,)


class State(StrEnum):
    """What became of a model's answer."""

    COMPLETE = "complete"
    INCOMPLETE = "incomplete"  # what was shown stands, the rest never came
    WITHDRAWN = "withdrawn"  # too much of it was not borne out: nothing of it stands
    DECLINED = "declined"  # the model finds no answer
    FAILED = "failed"  # nothing came
    NOT_ASKED = "not_asked"  # there is no evidence to answer from


@dataclass(frozen=True, slots=True)
class Begun:
    """The model is being asked."""

    model: str
    passages: tuple[str, ...]  # ids of those that it is given
    withheld: int  # passages that speak to a model, and are kept from it


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence that may be shown: supported or marked. ``numbers`` are its citations' own."""

    number: int
    checked: Checked
    numbers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended; sentences by what became of them, and the dropped ones by fault."""

    state: State
    trouble: Trouble | None
    supported: int = 0
    marked: int = 0
    dropped: int = 0
    faults: tuple[tuple[str, int], ...] = ()


Event = Begun | Said | Ended


@dataclass(slots=True)
class Tally:
    """What has been said so far."""

    verdicts: Counter[Verdict] = field(default_factory=Counter)
    faults: Counter[Fault] = field(default_factory=Counter)
    declined: bool = False
    spans: dict[tuple[str, int, int], int] = field(default_factory=dict)

    def add(self, checked: Checked) -> Said | None:
        """Count a sentence; what may be shown of it."""
        if checked.text.strip(" .。").upper() == NO_ANSWER:
            self.declined = True
            return None
        if checked.fault in UNCOUNTED or leads_in(checked):
            return None
        self.verdicts[checked.verdict] += 1
        if checked.fault:
            self.faults[checked.fault] += 1
        if checked.verdict is Verdict.DROPPED:
            return None
        keys = [(c.source.hit.meta.id, c.part.start, c.part.end) for c in checked.cited]
        numbers = tuple(self.spans.setdefault(key, len(self.spans) + 1) for key in keys)
        return Said(self.shown, checked, numbers)

    @property
    def shown(self) -> int:
        """Sentences that may be shown."""
        return self.verdicts[Verdict.SUPPORTED] + self.verdicts[Verdict.MARKED]

    @property
    def hopeless(self) -> bool:
        """Whether nothing good is to be expected any more."""
        return not self.shown and self.verdicts[Verdict.DROPPED] >= HOPELESS

    def ended(self, trouble: Trouble | None) -> Ended:
        """The end of an answer that stopped for ``trouble``, or of itself."""
        supported, dropped = self.verdicts[Verdict.SUPPORTED], self.verdicts[Verdict.DROPPED]
        counts = (supported, self.verdicts[Verdict.MARKED], dropped)
        faults = tuple((str(fault), n) for fault, n in sorted(self.faults.items()))
        if not sum(counts):
            state = State.FAILED
            if trouble is None:
                state = State.DECLINED if self.declined else State.FAILED
                trouble = Trouble.DECLINED if self.declined else Trouble.EMPTY
        elif not supported or dropped > supported:
            state, trouble = State.WITHDRAWN, Trouble.UNSUPPORTED
        else:
            state = State.INCOMPLETE if trouble else State.COMPLETE
        return Ended(state, trouble, *counts, faults)


def leads_in(checked: Checked) -> bool:
    """Whether a sentence only leads to the next ones, and so has nothing to cite."""
    return checked.fault is Fault.UNCITED and checked.text.endswith((":", "："))


async def draft(
    model: LanguageModel, engine: Engine, answer: Answer
) -> AsyncGenerator[Event, None]:
    """What ``model`` answers from the evidence of ``answer``."""
    hits = [hit for hit in answer.evidence if not withheld(shown_to_the_model(hit))]
    kept_back, hits = len(answer.evidence) - len(hits), hits[:MOST_PASSAGES]
    if not hits:
        yield Ended(State.NOT_ASKED, Trouble.NOTHING)
        return
    yield Begun(model.name, tuple(hit.passage.id for hit in hits), kept_back)
    tally, trouble = Tally(), None
    try:
        async with aclosing(checked_sentences(model, engine, answer, hits)) as sentences:
            async for checked in sentences:
                said = tally.add(checked)
                if said:
                    yield said
                if tally.hopeless:
                    break
                if tally.shown >= MOST_SENTENCES:
                    trouble = Trouble.LONG
                    break
    except ModelFailure as failure:
        trouble = failure.trouble
    yield tally.ended(trouble)


async def checked_sentences(
    model: LanguageModel, engine: Engine, answer: Answer, hits: list[Hit]
) -> AsyncGenerator[Checked, None]:
    """Every sentence of a model's answer with its verdict.

    :raises ModelFailure: after the sentences that came before the failure.
    """
    english, splitter = answer.search.english, Splitter()
    grounds = await run_sync(lambda: Grounds(engine, hits, judge(engine), english=english))
    asked = messages(answer.query, hits, english=english)
    async with aclosing(model.stream(asked)) as pieces:
        async for piece in pieces:
            for sentence in splitter.add(piece):
                yield await run_sync(grounds.check, sentence)
    for sentence in splitter.end():
        yield await run_sync(grounds.check, sentence)


def judge(engine: Engine) -> Embedder:
    """The bundled model: what counts as support is fitted for it."""
    own = engine.embedder
    return own if own.identity.name == BUNDLED else BundledEmbedder()
