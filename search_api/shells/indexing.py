"""What the verb index does: in a folder, or on Milvus, with shards, and who publishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.layout import BY_SIZE, Wanted
from indexer.milvus.address import is_address
from indexer.shapes import BadInput, Progress
from search_api.messages import say

if TYPE_CHECKING:
    from indexer.build import BuildResult
    from indexer.embedders import Embedder
    from indexer.milvus.building import Built

VECTORS_HELP = "How vectors are searched; by default by their number. 向量索引类型"
PROBES_HELP = "Lists looked into, for ivf: more find more, slower. 探查的倒排列表数"
SHARD_HELP = (
    "Only this part of the files, such as 3/8: for several workers, on Milvus. 只处理第几份"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What the verb was asked to do; ``paths`` are the bundled reports where none was given."""

    paths: Sequence[Path]
    where: Path
    manifest: Path | None
    add: bool
    rebuild: bool
    shard: str | None
    wanted: Wanted


def refuse_misplaced(order: Order) -> None:
    """A folder has one writer, and Milvus keeps vectors in its own ways.

    :raises BadInput: for an option that means nothing there.
    """
    if is_address(order.where) and order.wanted != BY_SIZE:
        raise BadInput(
            "--vectors and --probes are for an index in a folder: on Milvus put ?vectors= after "
            "the address",
            "--vectors、--probes 只用于目录索引：Milvus 请在地址后加 ?vectors=",
        )
    if order.shard and not is_address(order.where):
        raise BadInput(
            "--shard is for an index on Milvus (milvus://host:port/collection): a folder has "
            "one writer",
            "--shard 只用于 Milvus 索引（milvus://主机:端口/集合）：目录索引只能由一个进程写入",
        )


def carry_out(order: Order, model: Embedder, progress: Progress) -> tuple[BuildResult, str]:
    """Index what was ordered; what came of it, and the line that says so."""
    from indexer.build import add_to_index, build_index

    if is_address(order.where):
        built = index_on_milvus(order, model, progress)
        return built.result, closing_line(built, order)
    if order.add:
        result = add_to_index(
            order.paths, order.where, model, wanted=order.wanted, progress=progress
        )
    else:
        result = build_index(
            order.paths,
            order.where,
            model,
            manifest=order.manifest,
            afresh=order.rebuild,
            wanted=order.wanted,
            progress=progress,
        )
    return result, say("indexed", result=result, folder=order.where)


def index_on_milvus(order: Order, model: Embedder, progress: Progress) -> Built:
    """Index the order's shard, or all of it, and publish when all shards are done."""
    from indexer.milvus.building import WHOLE, Shard, build_on_milvus
    from indexer.milvus.index import MilvusIndex

    inputs, manifest = list(order.paths), order.manifest
    if order.add:
        opened = MilvusIndex.open(order.where)
        opened.check_embedder(model.identity)
        made_from = map(Path, opened.manifest.inputs)
        inputs = list(dict.fromkeys([*made_from, *(path.absolute() for path in inputs)]))
        manifest = Path(opened.manifest.table) if opened.manifest.table else None
        opened.close()
    return build_on_milvus(
        inputs,
        order.where,
        model,
        manifest=manifest,
        afresh=order.rebuild,
        shard=Shard.parse(order.shard) if order.shard else WHOLE,
        progress=progress,
    )


def closing_line(built: Built, order: Order) -> str:
    """What was done, and which shards are missing."""
    done = say("indexed", result=built.result, folder=address_of(order.where))
    if not built.waiting:
        return done
    named = ", ".join(map(str, built.waiting[:20])) + (" …" if len(built.waiting) > 20 else "")
    return f"{done} · {say('waiting', shard=order.shard, shards=named)}"


def address_of(where: Path) -> str:
    """An address as it was typed: a path has lost a slash."""
    from indexer.milvus.address import parse_address

    return str(parse_address(where)) if is_address(where) else str(where)
