"""A language model's answer in a terminal: sentences as they are checked, then their sources."""

from __future__ import annotations

import asyncio

from search_api.answer import Answer
from search_api.citations import citation
from search_api.engine import Engine
from search_api.fields import Fields
from search_api.llm.client import Endpoint, Settings
from search_api.llm.drafting import Begun, Ended, Said, draft
from search_api.llm.grounding import Cited, Verdict
from search_api.llm.notices import event_fields, notice
from search_api.messages import language, say
from search_api.terminal import indented, marked, out, tell


def show_draft(chosen: Settings, engine: Engine, answer: Answer) -> None:
    """Ask the model, and print what of its answer may be shown; the notice goes to stderr."""
    asyncio.run(_show(Endpoint(chosen), engine, answer))


async def _show(model: Endpoint, engine: Engine, answer: Answer) -> None:
    cited: dict[int, Cited] = {}
    async for event in draft(model, engine, answer):
        if isinstance(event, Begun):
            out.print("\n" + say("llm", model=event.model), style="bold", markup=False)
            if event.withheld:
                tell(say("withheld", n=event.withheld))
        elif isinstance(event, Said):
            cited |= dict(zip(event.numbers, event.checked.cited, strict=True))
            indented(marked(line_of(event), []), 2)
        else:
            for number, source in sorted(cited.items()):
                line = f"  [{number}] {source_line(source)}"
                out.print(line, style="dim", markup=False)
            say_end(event)


def line_of(said: Said) -> str:
    """A sentence with its numbers; an uncertain one says so."""
    numbers = "".join(f"[{number}]" for number in said.numbers)
    doubt = f" ({say('uncertain')})" if said.checked.verdict is Verdict.MARKED else ""
    return f"{said.checked.text} {numbers}{doubt}"


def source_line(cited: Cited) -> str:
    """The quote that bears a sentence out, with its citation."""
    passage, meta, part = cited.source.hit.passage, cited.source.hit.meta, cited.part
    line = citation(meta, passage.path, passage.page, part.start, part.end)
    return f"“{part.text}” {line}"


def say_end(ended: Ended) -> None:
    """What to make of the answer, if that is not plain."""
    en, zh = notice(ended)
    if en:
        tell(zh if language() == "zh" else en)
    if ended.dropped:
        tell(say("dropped", n=ended.dropped))


def draft_fields(chosen: Settings, engine: Engine, answer: Answer) -> Fields:
    """The model's whole answer as plain fields."""

    async def collected() -> Fields:
        fields: Fields = {"model": chosen.model, "sentences": []}
        async for event in draft(Endpoint(chosen), engine, answer):
            name, told = event_fields(event)
            if name == "sentence":
                fields["sentences"].append(told)
            else:
                fields |= told
        return fields

    return asyncio.run(collected())
