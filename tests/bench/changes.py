"""How the cost of comparing two reports grows with their length.

    python -m tests.bench.changes [--sizes 2000 20000 200000]

Two made-up reports of each length are indexed: the later one is the earlier with a tenth of its
sentences edited, a tenth dropped, a tenth new, and two chapters exchanged. Printed are characters,
sentences, and the median processor milliseconds of three runs, for the whole comparison and for
cutting up one of the reports.
"""

import argparse
import random
import tempfile
from pathlib import Path
from statistics import median
from time import process_time

from indexer.build import build_index
from indexer.embedders import BundledEmbedder
from indexer.store import Index
from search_api.changes.changes import changes
from search_api.changes.units import text_of
from search_api.engine import Engine

WHO = [
    "局党组",
    "各科室",
    "县级领导",
    "乡镇干部",
    "信访专员",
    "法律顾问",
    "调解员",
    "接访律师",
    "心理咨询师",
    "网格员",
]
DID = [
    "排查",
    "化解",
    "督办",
    "受理",
    "回访",
    "登记",
    "调解",
    "宣传",
    "培训",
    "核查",
    "公开",
    "复查",
    "会商",
    "约谈",
    "评议",
]
WHAT = [
    "矛盾纠纷",
    "信访积案",
    "初次来信",
    "网上投诉",
    "重复来访",
    "欠薪诉求",
    "征地补偿",
    "物业争议",
    "噪声扰民",
    "办证难题",
]
HOW = [
    "逐件建立台账",
    "当日转送责任单位",
    "邀请群众代表到场",
    "上门听取意见",
    "书面答复来访人",
    "按月通报进度",
]


def sentence(source: random.Random) -> str:
    """A made-up sentence of some forty characters."""
    first, last = source.sample(HOW, 2)
    did, what = source.choice(DID), source.choice(WHAT)
    return (
        f"{source.choice(WHO)}{did}{what}{source.randint(2, 9999)}件，{first}，{last}，"
        f"{source.choice(WHO)}{source.choice(DID)}{source.choice(WHAT)}{source.randint(2, 999)}次。"
    )


def pair(length: int, seed: int = 1) -> tuple[str, str]:
    """Two texts of about ``length`` characters."""
    source = random.Random(seed)
    chapters: list[list[str]] = []
    while sum(len(s) for chapter in chapters for s in chapter) < length:
        chapters.append([sentence(source) for _ in range(12)])
    later = [[changed(source, s) for s in chapter] for chapter in chapters]
    if len(later) > 3:
        later[1], later[-2] = later[-2], later[1]
    return text_of_chapters("2023", chapters), text_of_chapters("2024", later)


def changed(source: random.Random, old: str) -> str:
    """A sentence of the year after: mostly the same."""
    dice = source.random()
    if dice < 0.1:
        return old.replace("，", "，进一步", 1).replace("件", "余件", 1)
    if dice < 0.2:
        return ""
    return old + sentence(source) if dice < 0.3 else old


def text_of_chapters(year: str, chapters: list[list[str]]) -> str:
    """A report's text, a paragraph a chapter."""
    lines = [f"长卷县信访局{year}年法治政府建设工作报告", "一、主要做法"]
    for number, chapter in enumerate(chapters, 1):
        lines += [f"{number % 99 + 1}.推进第{number}类事项。" + "".join(chapter)]
    return "\n".join(lines)


def timed(work: object) -> float:
    """Median processor milliseconds of three runs."""
    times = []
    for _ in range(3):
        began = process_time()
        work()  # type: ignore[operator]
        times.append(1000 * (process_time() - began))
    return median(times)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[2000, 20_000, 200_000])
    embedder = BundledEmbedder(threads=1)
    print("| characters | sentences | changes, ms | cutting up, ms |\n|---|---|---|---|")
    for size in parser.parse_args().sizes:
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "reports"
            folder.mkdir()
            for name, text in zip("ab", pair(size), strict=True):
                (folder / f"{name}.txt").write_text(text, "utf-8")
            build_index([folder], Path(scratch) / "index", embedder)
            engine = Engine(Index.open(Path(scratch) / "index"), embedder)
            a, b = (meta.id for meta in engine.index.metas)
            one = engine.index.report(a)
            units = len(text_of(engine.index, one).units)
            whole = timed(lambda: changes(engine, a, b))  # noqa: B023
            cut = timed(lambda: text_of(engine.index, one))  # noqa: B023
            print(f"| {len(one.text):,} | {units:,} | {whole:.0f} | {cut:.0f} |", flush=True)


if __name__ == "__main__":
    main()
