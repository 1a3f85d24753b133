"""Results as a person reads them in a terminal. Data goes to stdout, talk to stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table
from rich.text import Text

from indexer.backend import Backend
from indexer.records import StoredReport
from indexer.shapes import LedgerEntry, Metadata, Origin, Passage
from search_api.citations import ARROW, citation
from search_api.compare import Comparison, State
from search_api.coverage import coverage
from search_api.engine import Hit, SearchResult
from search_api.fields import Fields
from search_api.messages import inert, language, say
from search_api.metrics import Interval
from search_api.sharing.tables import to_csv

if (
    TYPE_CHECKING
):  # an answer's parts, the pipeline and all its readers: a search must not load them
    from indexer.shapes import Progress as BuildProgress
    from search_api.answer import Answer
    from search_api.asked import Asked

out = Console(highlight=False)
if not out.is_terminal:
    out = Console(highlight=False, width=100_000)  # lines stay whole in a pipe or a file
err = Console(stderr=True, highlight=False)
MARK = "bold yellow"
STYLES = {State.FOUND: "green", State.NOT_FOUND: "yellow"}
SHOWN_WORDS = 6  # of those an expansion led to


def tell(text: str) -> None:
    """A line of talk, whole, on stderr."""
    err.print(Text(inert(text)), soft_wrap=True)


def show_hit(hit: Hit) -> None:
    """Bureau · year · heading path; the passage with matched words marked; its source."""
    meta, passage = hit.meta, hit.passage
    head = Text.assemble(
        (f"{hit.rank:>2}. ", "bold"),
        (meta.issuer, "bold cyan"),
        f" · {meta.year or '?'} · ",
        (ARROW.join(passage.path) or say(passage.role), "green"),
    )
    out.print(head)
    indented(marked(passage.text, hit.marks), 4)
    tail = f"{say(passage.role)} · {say(hit.matched)} · {hit.score:.2f}"
    indented(Text(f"《{meta.title}》 [{passage.id}] · {tail}", style="dim"), 4)
    out.print()


def indented(text: Text, by: int) -> None:
    """Print ``text`` ``by`` columns to the right."""
    out.print(Padding(text, (0, 0, 0, by), expand=False))


def marked(text: str, spans: Iterable[tuple[int, int]]) -> Text:
    """``text`` with ``spans`` in bold."""
    styled = Text(text)
    for start, end in spans:
        styled.stylize(MARK, start, end)
    return styled


def show_answer(answer: Answer, total: int) -> None:
    """The figures, then the quotes by point or by bureau, each with its citation."""
    out.print(say("answer", n=len(answer.bureaus), total=total), style="bold")
    for value in answer.figures:
        name = f"{value.name} {value.printed}"
        years = f" · {value.meta.year or '?'} · {value.meta.issuer}"
        out.print(Text.assemble("\n", (name, "bold cyan"), years))
        show_quote(value.quote, value.citation)
    if answer.points:
        show_points(answer)
        return
    for group in answer.bureaus:
        out.print(
            Text.assemble("\n", (group.meta.issuer, "bold cyan"), f" · {group.meta.year or '?'}")
        )
        for quote in group.quotes:
            line = citation(group.meta, quote.path, quote.page, quote.start, quote.end)
            show_quote(quote.text, line, gloss=answer.search.english)


def show_points(answer: Answer) -> None:
    """The quotes by practice, with the bureaus that each practice was found in."""
    quotes = answer.quotes
    for point in answer.points:
        issuers = {quotes[n][0].issuer for n in point.quotes}
        share = say("bureaus_of", n=len(issuers), of=answer.of)
        practice = point.practice
        name = (practice.en if answer.search.english else practice.zh) if practice else ""
        out.print(Text.assemble("\n", (name or say("other_points"), "bold cyan"), f" · {share}"))
        for n in point.quotes:
            meta, quote = quotes[n]
            indented(Text(f"{meta.issuer} · {meta.year or '?'}", style="bold"), 2)
            line = citation(meta, quote.path, quote.page, quote.start, quote.end)
            show_quote(quote.text, line, gloss=answer.search.english)


def show_quote(text: str, line: str, *, gloss: bool = False) -> None:
    """A verbatim quote with its citation and, for who asked in English, its terms explained."""
    indented(Text(f"“{text}”"), 2)
    indented(Text("— " + line, style="dim"), 4)
    from search_api.answer_fields import term_fields

    if gloss and (terms := term_fields(text)):
        said = " · ".join("{word} {gloss}".format(**term) for term in terms)
        indented(Text(said, style="green"), 4)


def show_asked(asked: Asked) -> None:
    """The filters that were taken from the question, on stderr, and what no report is from."""
    if asked.named:
        values = "; ".join(f"{n.filter} {n.words}" for n in asked.named)
        tell(say("named", values=values))
    if asked.absent:
        tell(say("absent", names="、".join(asked.absent)))


def show_passage(report: StoredReport, passage: Passage, body: tuple[int, int]) -> None:
    """A passage, marked, in the text of its section, with its citation."""
    meta, (start, end) = report.meta, body
    out.print(Text.assemble((meta.issuer, "bold cyan"), f" · {meta.year or '?'} · ", meta.title))
    out.print(Text(ARROW.join(passage.path) or say(passage.role), style="green"))
    span = (passage.start - start, passage.end - start)
    indented(marked(report.text[start:end], [span]), 2)
    line = citation(meta, passage.path, passage.page, passage.start, passage.end)
    out.print(Text(f"{say('source')}: {line}", style="dim"))
    out.print(Text(f"{say('hash')}: {report.text_sha256}", style="dim"))


def show_reading(result: SearchResult) -> None:
    """How the query was read, on stderr: corrected words, and the Chinese ones they led to."""
    if result.corrections:
        tell(say("corrected", words="; ".join(f"{a} → {b}" for a, b in result.corrections)))
    if result.expansion:
        words = (
            f"{e.term} → {' '.join(w for w, _ in e.words[:SHOWN_WORDS])}" for e in result.expansion
        )
        tell(say("expanded", words="; ".join(words)))


def show_comparison(found: Comparison) -> None:
    """Every cell that has a report, bureau by bureau, and how many are in which state."""
    for row in found.rows:
        out.print(Text.assemble((row.meta.issuer, "bold cyan"), f" · {row.meta.region.name}"))
        for cell in row.cells:
            if cell.state is State.NO_REPORT:
                continue
            year, hit, quote = str(cell.year or "?"), cell.hit, cell.quote
            score = f" · {hit.score:.2f}" if hit else ""
            indented(Text(f"{year} · {say(cell.state)}{score}", style=STYLES[cell.state]), 2)
            if hit and quote and cell.state is State.FOUND:
                indented(Text(f"“{quote.text}” [{hit.meta.id}:{quote.start}-{quote.end}]"), 4)
    tell(" · ".join(f"{n} {say(state)}" for state, n in found.counts.items()))
    tell(say("not_done"))
    if found.left_out:
        tell(say("left_out", n=found.left_out))


def show_stats(index: Backend) -> None:
    """The reports, how regions and years are covered, weak guesses, and files left out."""
    out.print(reports_table(index))
    out.print()
    out.print(coverage_table(index))
    weak = [meta for meta in index.metas if meta.weak]
    if weak:
        out.print(Text("\n" + say("weak", n=len(weak), total=len(index.metas))))
    for meta in weak:
        out.print(Text(f"  {meta.id}: {weak_guesses(meta)}"))
    left_out = [entry for entry in index.ledger if entry.reason]
    if left_out:
        out.print(Text("\n" + say("left", total=len(index.ledger))))
    for entry in left_out:
        out.print(Text(ledger_line(entry)))


def weak_guesses(meta: Metadata) -> str:
    """The fields of a report to check, what they rest on and how often such guesses are right."""
    shares = dict(meta.confidence)
    said = (
        f"{say(f'field.{field}')} ({say(f'from.{origin}')}"
        + (f", {shares[field]:.2f})" if origin is not Origin.NOTHING else ")")
        for field, origin in meta.weak.items()
    )
    return ", ".join(said)


def ledger_line(entry: LedgerEntry) -> str:
    """What became of a file, in the user's language, its name as a literal."""
    reason = entry.reason_zh if language() == "zh" else entry.reason
    return f"{say(f'fate.{entry.fate}')}: {entry.file!r}: {reason}"


def reports_table(index: Backend) -> Table:
    """One line a report; the confidence is that of its least sure field, the date aside."""
    table = Table(box=None, pad_edge=False)
    for name in ("id", "issuer", "region", "year", "passages", "confidence"):
        table.add_column(name)
    counts = {entry.report_id: entry.passages for entry in index.ledger}
    for meta in index.metas:
        row = (meta.id, meta.issuer, meta.region.name, str(meta.year or "?"))
        least = min(share for field, share in meta.confidence if field != "date")
        table.add_row(*map(escape, row), str(counts.get(meta.id, 0)), f"{least:.2f}")
    return table


def coverage_table(index: Backend) -> Table:
    """Reports by region and year."""
    _, rows = coverage(index.metas)
    years = sorted({year for row in rows for year in row.years})
    table = Table(box=None, pad_edge=False)
    for name in ("region", *(year or "?" for year in years)):
        table.add_column(name)
    for row in rows:
        counts = (str(row.years.get(year, "·")) for year in years)
        table.add_row(escape(row.label or "?"), *counts)
    return table


def print_table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A plain table; on a narrow terminal its lines are left to the terminal to break."""
    table = Table(box=None, pad_edge=False)
    for name in names:
        table.add_column(escape(name), no_wrap=True)
    for row in rows:
        table.add_row(*map(escape, row))
    out.print(table, crop=False, soft_wrap=True)


def show_scores(rows: Sequence[Fields]) -> None:
    """Quality figures, one line a system and group of questions."""
    table = Table(box=None, pad_edge=False)
    for name in (
        "system",
        "questions",
        "n",
        "nDCG@10 [95 %]",
        "recall@10",
        "MRR@10",
        "reports in 10",
    ):
        table.add_column(name)
    for row in rows:
        figures = [str(Interval(*row[name])) for name in ("ndcg", "recall", "mrr")]
        figures.append(f"{row['reports'][0]:.1f}")
        table.add_row(row["system"], row["group"], str(row["questions"]), *map(escape, figures))
    out.print(table)


def show_fits(rows: Sequence[Fields]) -> None:
    """The fitted weights, and how the relevance compares with what was seen."""
    for row in rows:
        weights = ", ".join(f"{name} {value}" for name, value in row["weights"].items())
        figures = f"nDCG@10 {row['ndcg']:.3f}, cross-validated {row['cross_validated']:.3f}"
        out.print(f"{row['lang']}: {weights}; {figures}", markup=False)
        table = Table(box=None, pad_edge=False)
        for name in ("relevance", "candidates", "predicted", "relevant"):
            table.add_column(name)
        for b in row["reliability"]:
            bounds = f"{b['low']:.2f}-{b['high']:.2f}"
            means = f"{b['predicted']:.3f}", f"{b['relevant']:.3f}"
            table.add_row(bounds, str(b["candidates"]), *means)
        out.print(table)


def write_csv(rows: Sequence[Fields]) -> None:
    """Rows as CSV with a byte-order mark, cells that a spreadsheet would run made inert."""
    out.file.write(to_csv(rows))


@contextmanager
def progress_bar() -> Iterator[BuildProgress]:
    """A bar on stderr that the build's progress reports move; silent where there is no terminal."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        tasks = {stage: bar.add_task(say(stage), total=None) for stage in ("read", "embed")}

        def step(stage: str, done: int, total: int) -> None:
            bar.update(tasks[stage], completed=done, total=total)

        yield step
