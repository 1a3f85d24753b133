"""``bureau eval``: quality on the development set, or on a user's own questions."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from indexer.shapes import BadInput
from search_api.messages import language
from search_api.options import DEFAULT_INDEX, Options

if TYPE_CHECKING:
    from search_api.fields import Fields
    from search_api.trials import Row

DEVELOPMENT_SET = Path("tests/eval")
VERDICTS = {
    "": ("", ""),
    "better": ("better", "更好"),
    "worse": ("worse", "更差"),
    "unclear": ("no clear difference", "无明显差别"),
}


def add_evaluate(app: Any, options: Options) -> None:  # noqa: ANN401
    """Register the verb."""
    option = options.option
    questions = option(
        None, "--questions", text="Your own questions: id, text, lang, kind. 自己的问题（JSONL）"
    )
    judgements = option(
        None,
        "--judgements",
        text="What answers them: question, passage or report with start and end or quote, grade; "
        "or TREC qrels. 标注（JSONL 或 qrels）",
    )
    index = option(None, "--index", text="An index that holds these reports among others. 索引目录")
    embedder = option(
        [],
        "--embedder",
        text="Model to measure, name or path; with --questions repeatable, each beside the "
        "index’s own. 向量模型",
    )
    reranker = option(
        [], "--reranker", text="With --questions: CrossEncoder, name or path; repeatable. 重排模型"
    )
    save = option(
        None, "--save", text="With --questions: JSON file for figures and rankings. 保存结果"
    )
    data = option(DEVELOPMENT_SET, text="Folder of labelled reports and queries. 标注数据")
    baseline = option([], text="Another model to compare, by name or folder; repeatable.")
    baselines = option(False, "--baselines", text="Also MiniLM and the untrained transplant.")
    fit = option(False, "--fit", text="Fit the fusion's numbers instead. 拟合融合参数")
    matrix = option(False, "--matrix", text="The practice matrix instead. 做法矩阵评测")
    practices = option(None, text="With --matrix: your own list. 自己的做法清单")

    @app.command(  # type: ignore[untyped-decorator]
        "eval",
        epilog="Example: bureau eval --questions q.jsonl --judgements j.jsonl "
        "--embedder BAAI/bge-m3",
    )
    def evaluate(
        questions: Path | None = questions,
        judgements: Path | None = judgements,
        index: Path | None = index,
        embedder: list[str] = embedder,
        reranker: list[str] = reranker,
        save: Path | None = save,
        data: Path = data,
        baseline: list[str] = baseline,
        baselines: bool = baselines,
        fit: bool = fit,
        matrix: bool = matrix,
        practices: Path | None = practices,
        as_json: bool = options.json,
    ) -> None:
        """Retrieval quality on labelled reports or your own questions. 检索质量评测"""
        if questions or judgements:
            if not (questions and judgements):
                raise BadInput(
                    "--questions and --judgements belong together: give both",
                    "--questions 与 --judgements 须同时给出",
                )
            if baseline or baselines or fit or matrix:
                raise BadInput(
                    "--baseline, --baselines, --fit and --matrix are for the development set, "
                    "not for --questions",
                    "--baseline、--baselines、--fit、--matrix 不能与 --questions 同用",
                )
            return on_own_questions(
                questions, judgements, index or usual_index(), embedder, reranker, save, as_json
            )
        if reranker or save or len(embedder) > 1:
            raise BadInput(
                "--reranker, --save and several --embedder need --questions and --judgements",
                "--reranker、--save 和多个 --embedder 须与 --questions、--judgements 同用",
            )
        on_development_set(
            data,
            index,
            embedder[0] if embedder else None,
            baseline,
            baselines=baselines,
            fit=fit,
            matrix=matrix,
            practices=practices,
            as_json=as_json,
        )


def usual_index() -> Path:
    """The index that other verbs take without ``--index``."""
    return Path(os.environ.get("BUREAU_INDEX") or DEFAULT_INDEX)


def on_own_questions(
    questions: Path,
    judgements: Path,
    folder: Path,
    embedders: Sequence[str],
    rerankers: Sequence[str],
    save: Path | None,
    as_json: bool,
) -> None:
    """The figures of every configuration on a user's questions."""
    from indexer.opening import open_local
    from search_api.judged import load_judgements, load_questions
    from search_api.terminal import progress_bar, tell
    from search_api.trials import answerable, row_fields, run_trials, saved, table

    index = open_local(folder)
    asked = load_questions(questions)
    judged = load_judgements(judgements, asked, index)
    kept = answerable(asked, judged)
    if len(kept) < len(asked):
        tell(without_answers(len(asked) - len(kept)))
    with progress_bar() as progress:
        trials = list(
            run_trials(
                index,
                kept,
                judged,
                embedders=embedders,
                rerankers=rerankers,
                tell=lambda model, passages: tell(embedding(model, passages)),
                progress=progress,
            )
        )
    rows = table(trials, kept)
    if save:
        save.write_text(saved(rows, trials, kept, index), "utf-8")
    if as_json:
        print_lines([row_fields(row) for row in rows])
    else:
        show(rows)


def without_answers(count: int) -> str:
    """That questions without a judged answer do not count."""
    if language() == "zh":
        return f"{count} 个问题没有大于 0 的标注，未计入"
    return f"{count} questions have no span judged above 0: they are left out"


def embedding(model: str, passages: int) -> str:
    """That another model needs vectors of its own."""
    if language() == "zh":
        return f"用 {model} 为 {passages:,} 个段落重新计算向量（临时索引，原索引不变）"
    return (
        f"embedding {passages:,} passages with {model}, in a temporary index: yours stays as it is"
    )


def show(rows: Sequence[Row]) -> None:
    """A line for every configuration on every group of questions."""
    from search_api.terminal import print_table

    names = ("questions", "n", "system", "nDCG@10 [95 %]", "recall@10", "MRR@10", "judged@10")
    print_table((*names, "nDCG@10 against the first", ""), [cells(row) for row in rows])


def cells(row: Row) -> list[str]:
    """A row as a person reads it."""
    found = row.ndcg_difference
    against = f"{found.mean:+.3f} [{found.low:+.3f}, {found.high:+.3f}]" if found else ""
    measures = [str(row.ndcg), str(row.recall), str(row.mrr), f"{row.judged:.0%}"]
    verdict = VERDICTS[row.verdict][language() == "zh"]
    return [row.group, str(row.questions), row.system, *measures, against, verdict]


def on_development_set(
    data: Path,
    index: Path | None,
    embedder: str | None,
    baseline: Sequence[str],
    *,
    baselines: bool,
    fit: bool,
    matrix: bool,
    practices: Path | None,
    as_json: bool,
) -> None:
    """The figures on labelled reports, or numbers fitted to them."""
    from dataclasses import asdict
    from tempfile import TemporaryDirectory

    from indexer.embedders import BUNDLED, open_embedder
    from indexer.opening import open_local
    from search_api import terminal
    from search_api.baselines import standard_baselines
    from search_api.evaluate import evaluate
    from search_api.fitting import fit as fit_weights

    model = open_embedder(embedder or BUNDLED)
    if matrix:
        from search_api.shells.matrix import show_quality

        return show_quality(data, model, practices, fit=fit, as_json=as_json)
    if fit:
        rows = [asdict(found) for found in fit_weights(data, model)]
        show_rows = terminal.show_fits
    else:
        with TemporaryDirectory() as scratch:
            others = standard_baselines(Path(scratch)) if baselines else {}
            others |= {f"{name}, dense": open_embedder(name) for name in baseline}
            opened = open_local(index) if index else None
            rows = [asdict(row) for row in evaluate(data, model, others, opened)]
        show_rows = terminal.show_scores
    if as_json:
        print_lines(rows)
    else:
        show_rows(rows)


def print_lines(rows: Sequence[Fields]) -> None:
    """One JSON object a line on stdout."""
    for row in rows:
        sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")
