"""What the verb index does where the index is on Milvus: shards, and who publishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.layout import BY_SIZE, Wanted
from indexer.milvus.address import is_address
from indexer.shapes import BadInput
from search_api.messages import say

if TYPE_CHECKING:
    from indexer.embedders import Embedder
    from indexer.milvus.building import Built

Progress = Callable[[str, int, int], None]  # (stage, done, total)
VECTORS_HELP = "How vectors are searched; by default by their number. 向量索引类型"
PROBES_HELP = "Lists looked into, for ivf: more find more, slower. 探查的倒排列表数"
SHARD_HELP = (
    "Only this part of the files, such as 3/8: for several workers, on Milvus. 只处理第几份"
)


def refuse_misplaced(where: Path, shard: str | None, wanted: Wanted) -> None:
    """A folder has one writer, and Milvus keeps vectors in its own ways.

    :raises BadInput: for an option that means nothing there.
    """
    if is_address(where) and wanted != BY_SIZE:
        raise BadInput(
            "--vectors and --probes are for an index in a folder: on Milvus put ?vectors= after "
            "the address",
            "--vectors、--probes 只用于目录索引：Milvus 请在地址后加 ?vectors=",
        )
    if shard and not is_address(where):
        raise BadInput(
            "--shard is for an index on Milvus (milvus://host:port/collection): a folder has "
            "one writer",
            "--shard 只用于 Milvus 索引（milvus://主机:端口/集合）：目录索引只能由一个进程写入",
        )


def index_on_milvus(
    paths: Sequence[Path],
    where: Path,
    model: Embedder,
    *,
    manifest: Path | None,
    add: bool,
    rebuild: bool,
    shard: str | None,
    progress: Progress,
) -> Built:
    """Index what ``paths`` hold, or this shard of it, and publish when all shards are done."""
    from indexer.milvus.building import WHOLE, Shard, build_on_milvus
    from indexer.milvus.index import MilvusIndex

    inputs = list(paths)
    part = Shard.parse(shard) if shard else WHOLE
    if add:
        opened = MilvusIndex.open(where)
        opened.check_embedder(model.identity)
        made_from = map(Path, opened.manifest.inputs)
        inputs = list(dict.fromkeys([*made_from, *(path.absolute() for path in inputs)]))
        manifest = Path(opened.manifest.table) if opened.manifest.table else None
        opened.close()
    return build_on_milvus(
        inputs, where, model, manifest=manifest, afresh=rebuild, shard=part, progress=progress
    )


def closing_line(built: Built, where: Path, shard: str | None) -> str:
    """What was done, and which shards are missing."""
    done = say("indexed", result=built.result, folder=address_of(where))
    if not built.waiting:
        return done
    named = ", ".join(map(str, built.waiting[:20])) + (" …" if len(built.waiting) > 20 else "")
    return f"{done} · {say('waiting', shard=shard, shards=named)}"


def address_of(where: Path) -> str:
    """An address as it was typed: a path has lost a slash."""
    from indexer.milvus.address import parse_address

    return str(parse_address(where)) if is_address(where) else str(where)
