"""The options that verbs of the command line share.

`search_api.cli` hands its typer over, so that it stays that library's one importer.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from types import GenericAlias, ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from search_api.engine import Engine

DEFAULT_INDEX = Path(".bureau")
NOTHING = 1  # exit status where nothing was found
INDEX_HELP = "Index directory, or milvus://host:port/collection. 索引目录或 Milvus 地址"
OpenEngine = Callable[[Path, str | None], "Engine"]
FILTERS: dict[str, tuple[type, str]] = {  # in the order of `Filters`
    "issuer": (str, "Bureau, or part of its name. 发文机关"),
    "region": (str, "Region at any level: code or name. 地区"),
    "year": (int, "Year reported on. 年份"),
    "role": (str, "intro, work, duty, problems or plans. 段落类型"),
    "report": (str, "Report id. 报告编号"),
    "level": (str, "national, province, prefecture or county. 层级"),
}


class Options:
    """Declarations to be used as defaults of a verb's parameters."""

    def __init__(self, typer: ModuleType) -> None:
        self._typer = typer
        option = typer.Option
        self.index = option(DEFAULT_INDEX, "--index", envvar="BUREAU_INDEX", help=INDEX_HELP)
        self.form = option("", "--format", help="csv, xlsx or json; readable text without. 格式")
        self.out = option(None, "--out", help="File to write; stdout without. 输出文件")
        self.json = option(False, "--json", help="JSON, one object a line.")
        self.csv = option(False, "--csv", help="CSV with a header line.")
        self.no_expand = option(
            False, "--no-expand", help="Do not carry English words to Chinese ones."
        )
        self.embedder = option(
            None, "--embedder", help="sentence-transformers model, name or path. 向量模型"
        )

        self.reranker = option(
            None, "--reranker", help="sentence-transformers CrossEncoder, name or path. 重排模型"
        )
        self.llm_url = option(
            None,
            "--llm-url",
            help="OpenAI-compatible endpoint, such as http://127.0.0.1:11434/v1; "
            "the key comes from BUREAU_LLM_KEY or OPENAI_API_KEY. 大模型接口地址",
        )
        self.llm_model = option(None, "--llm-model", help="Model behind --llm-url. 大模型名称")
        self.llm_seconds = option(
            None,
            "--llm-timeout",
            help="Most seconds for the model's answer (90). 最长等待秒数",
            min=1,
            max=3600,
        )

    def argument(self, text: str, *default: object) -> Any:  # noqa: ANN401 - typer's own type
        """An argument; with a default it may be left out."""
        return self._typer.Argument(*default, help=text)

    def option(self, default: object, *names: str, text: str, **more: object) -> Any:  # noqa: ANN401
        """An option of one verb alone."""
        return self._typer.Option(default, *names, help=text, **more)

    def leave(self, status: int) -> Exception:
        """To be raised: the command ends with this exit status."""
        left: Exception = self._typer.Exit(status)
        return left

    def filtered(self, command: Callable[..., None]) -> Callable[..., None]:
        """Give a verb the filter options; it gets them as one argument, ``filters``."""
        own = inspect.signature(command, eval_str=True, globals=_globals(command)).parameters
        declared = [p for p in own.values() if p.name != "filters"]
        declared += [self._filter(name) for name in FILTERS]

        @wraps(command)
        def run(**given: Any) -> None:  # noqa: ANN401 - whatever the verb declares
            from search_api.filters import Filters

            parts = {name: tuple(given.pop(name)) for name in FILTERS}
            command(**given, filters=Filters(**parts))

        keyword = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in declared]
        run.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
        run.__annotations__ = {p.name: p.annotation for p in declared}
        del run.__wrapped__
        return run

    def _filter(self, name: str) -> inspect.Parameter:
        kind, text = FILTERS[name]
        return inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=self._typer.Option([], help=text),
            annotation=GenericAlias(list, kind),
        )


def _globals(command: Callable[..., None]) -> dict[str, Any]:
    """What a verb's annotations may name; `Filters` is not imported before the verb runs."""
    return {**command.__globals__, "Filters": object}


def text_of(argument: str) -> str:
    """What the user asks: the argument, or stdin for ``-``."""
    return sys.stdin.read() if argument == "-" else argument


def put(data: bytes, out: Path | None) -> None:
    """Write a file, or stdout.

    :raises OSError: naming the file.
    """
    if out is None:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        out.write_bytes(data)
