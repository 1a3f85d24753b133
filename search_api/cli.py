"""The command line: a thin shell over the engine.

Data goes to stdout, talk to stderr. Exit status: 0 found, 1 nothing, 2 error,
3 insufficient evidence. Imports stand inside the commands on purpose: ``--help`` must not
pay for libraries that it does not use.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from indexer.layout import Kind, Wanted
from indexer.shapes import BadInput, BureauError
from search_api.catalogue import add_catalogue
from search_api.fetching import add_fetch
from search_api.messages import inert, language, say
from search_api.options import DEFAULT_INDEX, INDEX_HELP, NOTHING, Options, text_of
from search_api.serve import add_serve
from search_api.sharing.verbs import add_verbs
from search_api.shells.changes import add_changes
from search_api.shells.collect import add_collect
from search_api.shells.evaluate import add_evaluate
from search_api.shells.indexing import (
    PROBES_HELP,
    SHARD_HELP,
    VECTORS_HELP,
    Order,
    carry_out,
    refuse_misplaced,
)
from search_api.shells.indicators import add_indicators
from search_api.shells.matrix import add_matrix
from search_api.shells.mcp import add_mcp
from search_api.shells.wording import add_wording

if TYPE_CHECKING:
    from search_api.answer import Answer
    from search_api.engine import Engine
    from search_api.filters import Filters
    from search_api.llm.client import Settings

ERROR, INSUFFICIENT = 2, 3
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Search Chinese bureau reports and cite them. 检索政府部门报告并精确引用。",
    epilog="Example: bureau search 重复信访怎么治理",
)

IndexOption = Annotated[Path, typer.Option("--index", envvar="BUREAU_INDEX", help=INDEX_HELP)]
QueryArgument = Annotated[
    str, typer.Argument(help="Question or words; - reads them from stdin. 问题或关键词")
]
EmbedderOption = Annotated[
    str | None,
    typer.Option("--embedder", help="sentence-transformers model, name or path. 向量模型"),
]
QueryPrompt = Annotated[str | None, typer.Option(help="Text put before every query.")]
PassagePrompt = Annotated[str | None, typer.Option(help="Text put before every passage.")]
CountOption = Annotated[int, typer.Option("-k", "--k", help="Number of passages. 条数")]
NoExpand = Annotated[
    bool, typer.Option("--no-expand", help="Do not carry English words to Chinese ones.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON, one object a line.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="CSV with a header line.")]
options = Options(typer)


@app.command(epilog="Example: bureau index reports/ --index my-index")
def index(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders; the five bundled reports if none. 文件或目录"),
    ] = None,
    index: IndexOption = DEFAULT_INDEX,
    manifest: Annotated[
        Path | None, typer.Option(help="CSV of metadata; default: corpus.csv in the folder.")
    ] = None,
    embedder: EmbedderOption = None,
    query_prompt: QueryPrompt = None,
    passage_prompt: PassagePrompt = None,
    add: Annotated[
        bool, typer.Option("--add", help="Add to what the index was made from. 追加")
    ] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Read and embed every file again. 全部重建")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 2 if any file failed. 有文件失败即报错")
    ] = False,
    vectors: Annotated[Kind | None, typer.Option(help=VECTORS_HELP)] = None,
    probes: Annotated[int | None, typer.Option(help=PROBES_HELP)] = None,
    shard: Annotated[str | None, typer.Option("--shard", help=SHARD_HELP)] = None,
) -> None:
    """Build an index of reports and publish it; what has not changed is kept. 建立索引"""
    from indexer.embedders import BUNDLED, open_embedder
    from indexer.shapes import Fate
    from indexer.sources import bundled_corpus
    from search_api.terminal import ledger_line, progress_bar, tell

    inputs = paths or ([] if add else [bundled_corpus()])
    order = Order(inputs, index, manifest, add, rebuild, shard, Wanted(vectors, probes))
    refuse_misplaced(order)
    model = open_embedder(
        embedder or BUNDLED, query_prompt=query_prompt, passage_prompt=passage_prompt
    )
    with progress_bar() as progress:
        result, line = carry_out(order, model, progress)
    for entry in result.ledger:
        if entry.reason:
            tell(ledger_line(entry))
    tell(line)
    if strict and result.count(Fate.FAILED):
        raise typer.Exit(ERROR)


@app.command(
    epilog="Example: bureau search 'how do bureaus handle repeated petitioning' --year 2024"
)
@options.filtered
def search(
    query: QueryArgument,
    *,
    filters: Filters,
    index: IndexOption = DEFAULT_INDEX,
    k: CountOption = 5,
    no_expand: NoExpand = False,
    diverse: Annotated[
        bool, typer.Option("--diverse", help="One passage of each report first. 尽量覆盖不同机关")
    ] = False,
    distinctive: Annotated[
        bool, typer.Option("--distinctive", help="Wording of their own first. 优先独特表述")
    ] = False,
    as_json: JsonOption = False,
    as_csv: CsvOption = False,
    embedder: EmbedderOption = None,
    reranker: str | None = options.reranker,
) -> None:
    """Ranked passages, each with its citation. 检索段落"""
    from search_api import terminal
    from search_api.engine import DIVERSE
    from search_api.fields import hit_fields

    if as_json and as_csv:
        raise BadInput("--json and --csv exclude each other", "--json 与 --csv 不能同时使用")
    query = text_of(query)
    engine = open_engine(index, embedder, reranker)
    diversity = DIVERSE if diverse else None
    result = engine.search(
        query,
        k=k,
        filters=filters,
        expand=not no_expand,
        diversity=diversity,
        distinctive=distinctive,
    )
    terminal.show_reading(result)
    if as_json:
        print_lines(hit_fields(hit) for hit in result.hits)
    elif as_csv:
        terminal.write_csv([hit_fields(hit) for hit in result.hits])
    else:
        for hit in result.hits:
            terminal.show_hit(hit)
    if not result.hits:
        terminal.tell(say("nothing"))
        raise typer.Exit(NOTHING)


@app.command(epilog="Example: bureau ask 'How is the regulation publicised?' --json")
@options.filtered
def ask(
    query: QueryArgument,
    *,
    filters: Filters,
    index: IndexOption = DEFAULT_INDEX,
    k: Annotated[int, typer.Option("-k", "--k", help="Passages to draw on. 依据段落数")] = 10,
    no_expand: NoExpand = False,
    as_typed: Annotated[
        bool, typer.Option("--as-typed", help="Take no filters from the question. 不从问题取条件")
    ] = False,
    as_json: JsonOption = False,
    embedder: EmbedderOption = None,
    reranker: str | None = options.reranker,
    llm_url: str | None = options.llm_url,
    llm_model: str | None = options.llm_model,
    llm_timeout: float | None = options.llm_seconds,
) -> None:
    """A cited answer of verbatim sentences, or "insufficient evidence". 带引用的回答"""
    from search_api import terminal
    from search_api.answer import answer
    from search_api.answer_fields import answer_fields
    from search_api.asked import TAKEN

    query, chosen = text_of(query), None
    if llm_url or llm_model:
        from search_api.llm.client import settings

        chosen = settings(llm_url, llm_model, llm_timeout)
    engine = open_engine(index, embedder, reranker)
    ignored = TAKEN if as_typed else ()
    found = answer(engine, query, k=k, filters=filters, expand=not no_expand, ignored=ignored)
    terminal.show_reading(found.search)
    terminal.show_asked(found.asked)
    if as_json:
        print_lines([answer_fields(found) | with_model(chosen, engine, found)])
    elif found.sufficient:
        terminal.show_answer(found, engine.index.manifest.reports)
    else:
        terminal.tell(say("insufficient"))
        for hit in found.search.hits[:3]:
            terminal.show_hit(hit)
    if chosen and not as_json:
        from search_api.shells.drafting import show_draft

        show_draft(chosen, engine, found)
    if not found.sufficient:
        raise typer.Exit(INSUFFICIENT)


def with_model(chosen: Settings | None, engine: Engine, found: Answer) -> dict[str, object]:
    """The language model's answer as a field, where one is chosen."""
    if chosen is None:
        return {}
    from search_api.shells.drafting import draft_fields

    return {"llm": draft_fields(chosen, engine, found)}


@app.command(epilog="Example: bureau show yongan-2024:1849-1980")
def show(
    passage_id: Annotated[str, typer.Argument(help="As printed by search: report:start-end.")],
    index: IndexOption = DEFAULT_INDEX,
    as_json: JsonOption = False,
) -> None:
    """A passage in its section, with its citation. 查看段落"""
    from indexer.opening import open_index
    from search_api.fields import passage_fields
    from search_api.reading import section_span
    from search_api.terminal import show_passage

    opened = open_index(index)
    passage = opened.passage(opened.row_of(passage_id))
    stored = opened.report(passage.report_id)
    span = section_span(opened, stored, passage)
    if as_json:
        print_lines([passage_fields(stored, passage, span)])
    else:
        show_passage(stored, passage, span)


def open_engine(folder: Path, embedder: str | None, reranker: str | None = None) -> Engine:
    """The engine over the index in ``folder``; without a name, the model the index records."""
    from threading import Thread

    from indexer import words

    Thread(target=words.prepare, daemon=True).start()  # a tenth of a second, while others load
    from indexer.embedders import open_embedder
    from indexer.opening import open_index
    from search_api.engine import Engine

    opened = open_index(folder)
    built = opened.manifest.embedder
    prompts = {"query_prompt": built.query_prompt, "passage_prompt": built.passage_prompt}
    engine = Engine(opened, open_embedder(embedder or built.name, **prompts))
    if reranker:
        from search_api.rerank import open_reranker

        engine.reranker = open_reranker(reranker)
    return engine


def print_lines(rows: Iterable[Mapping[str, object]]) -> None:
    """One JSON object a line on stdout."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


add_serve(app, options, open_engine)
add_catalogue(app, options)
add_fetch(app, typer)
add_verbs(app, options, open_engine)
add_collect(app, typer, options)
add_matrix(app, options, open_engine)
add_mcp(app, options, open_engine)
add_evaluate(app, options)
add_indicators(app, options)
add_wording(app, options)
add_changes(app, options, open_engine)


def main() -> None:
    """Run a command; an expected failure becomes one sentence and exit status 2."""
    try:
        if sys.argv[1:2] != ["serve"]:  # end quietly when the reader of our output has left
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        app()
    except BureauError as error:
        fail(error.zh if language() == "zh" else str(error))
    except OSError as error:
        if error.errno is None:
            raise
        reason = errno.errorcode.get(error.errno, "") + " " + (error.strerror or "")
        fail(say("disk", path=error.filename or "the index", reason=reason.strip()))
    except Exception as error:  # a bug: still one sentence, and not the status of "nothing found"
        if "BUREAU_DEBUG" in os.environ:
            raise
        fail(say("unexpected", reason=f"{type(error).__name__}: {error}"))


def fail(sentence: str) -> None:
    """Print one line on stderr and leave with status 2."""
    sys.stderr.write(say("error", text=inert(" ".join(sentence.split()))) + "\n")
    sys.exit(ERROR)


if __name__ == "__main__":
    main()
