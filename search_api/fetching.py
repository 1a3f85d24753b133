"""The command line's verb fetch: the only one that goes out to the web.

`search_api.cli` hands its typer over, so that it stays that library's one importer. As there,
imports stand inside the command: ``--help`` must not pay for libraries that it does not use.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from indexer.fetch.shapes import AGENT, DELAY, Limits, Outcome, Status
from indexer.shapes import BadInput
from search_api.messages import inert, language

if TYPE_CHECKING:
    from indexer.fetch.run import Manners

ERROR, STOPPED = 2, 130  # exit status; the latter is what a shell gives for Ctrl-C
USABLE_AGENT = re.compile(r"[A-Za-z_\-]+[\x20-\x7e]{0,200}")
COUNTS = {
    Status.FETCHED: ("fetched", "已下载"),
    Status.UNCHANGED: ("unchanged", "未变"),
    Status.REFUSED: ("refused by robots.txt", "被 robots.txt 拒绝"),
    Status.FAILED: ("failed", "失败"),
}


def add_fetch(app: Any, typer: ModuleType) -> None:  # noqa: ANN401
    """Register ``bureau fetch`` on the typer application ``app``."""
    urls_argument = typer.Argument(help="Text file, one URL a line; - reads stdin. 网址列表")
    into_option = typer.Option(..., "--into", help="Folder for the files. 保存目录")
    again_option = typer.Option(
        False, "--again", help="Ask whether files that are there have changed. 检查更新"
    )
    delay_option = typer.Option(
        DELAY, min=0, max=3600, help="Seconds between two requests to a host. 请求间隔"
    )
    timeout_option = typer.Option(
        Limits().total, min=0.1, max=86400, help="Seconds for one file, whole. 单个文件时限"
    )
    agent_option = typer.Option(AGENT, help="What to call itself. 请求标识")
    allow_host = typer.Option(
        [], metavar="NAME", help="A host inside your network; repeatable. 允许的内网主机"
    )

    @app.command(epilog="Example: bureau fetch urls.txt --into reports/")  # type: ignore[untyped-decorator]
    def fetch(
        urls: str = urls_argument,
        into: Path = into_option,
        again: bool = again_option,
        delay: float = delay_option,
        timeout: float = timeout_option,
        agent: str = agent_option,
        allow_host: list[str] = allow_host,
    ) -> None:
        """Download reports politely, as they are; a second run goes on. 下载报告

        robots.txt is obeyed; fetched.csv in the folder says where each file came from and what
        became of every URL.
        """
        from indexer.fetch.run import Manners

        if not USABLE_AGENT.fullmatch(agent):
            raise BadInput(
                f"--agent {agent!r}: a name in ASCII letters, then anything printable",
                f"--agent {agent!r}：须以英文字母的名称开头，且只含可见 ASCII 字符",
            )
        manners = Manners(agent, delay, again, limits_within(timeout))
        status = fetch_and_tell(urls, into, manners, allow_host)
        if status:
            raise typer.Exit(status)


def limits_within(total: float) -> Limits:
    """The usual limits, none of them beyond ``total`` seconds."""
    usual = Limits()
    return Limits(
        connect=min(usual.connect, total),
        silence=min(usual.silence, total),
        total=total,
        robots_total=min(usual.robots_total, total),
    )


def fetch_and_tell(urls: str, into: Path, manners: Manners, allow_host: Iterable[str]) -> int:
    """Fetch the list ``urls`` (a path or "-"), saying what becomes of each; the exit status."""
    from indexer.fetch.addresses import Network
    from indexer.fetch.client import origin_of
    from indexer.fetch.lists import list_bytes, read_list
    from indexer.fetch.run import fetch_all

    if urls == "-":
        entries = read_list(sys.stdin.buffer.read(), "stdin")
    else:
        entries = read_list(list_bytes(Path(urls)), urls)
    origins = [origin_of(entry.url) for entry in entries if not entry.failure]
    network = Network.from_origins(origins, allow_host)
    counts: Counter[Status] = Counter()
    try:
        with closing(fetch_all(entries, into, manners, network)) as outcomes:
            for outcome in outcomes:
                counts[outcome.status] += 1
                tell_outcome(outcome)
    except KeyboardInterrupt:
        left = len(entries) - counts.total()
        tell(
            f"stopped, {left} left: run it again to go on",
            f"已停止，剩余 {left} 个：再次运行即可继续",
        )
        tell_counts(counts)
        return STOPPED
    tell_counts(counts)
    return exit_status(counts)


def exit_status(counts: Counter[Status]) -> int:
    """2 if nothing was fetched and something failed, or nothing is there at all; else 0."""
    if counts[Status.FETCHED]:
        return 0
    return ERROR if counts[Status.FAILED] or not counts[Status.UNCHANGED] else 0


def tell_outcome(outcome: Outcome) -> None:
    """A line for a URL, unless its file was there already."""
    if outcome.status is Status.FETCHED:
        tell(f"{outcome.file} ← {outcome.url}", f"{outcome.file} ← {outcome.url}")
    elif outcome.status is not Status.UNCHANGED:
        name, zh = COUNTS[outcome.status]
        tell(f"{name}: {outcome.url}: {outcome.reason}", f"{zh}：{outcome.url}：{outcome.zh}")


def tell_counts(counts: Counter[Status]) -> None:
    """The closing line: what became of all."""
    tell(
        ", ".join(f"{counts[status]} {en}" for status, (en, _) in COUNTS.items()),
        "，".join(f"{zh} {counts[status]}" for status, (_, zh) in COUNTS.items()),
    )


def tell(en: str, zh: str) -> None:
    """A line of talk on stderr, in the user's language."""
    sys.stderr.write(inert(zh if language() == "zh" else en) + "\n")
    sys.stderr.flush()
