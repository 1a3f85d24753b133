"""The pipeline on Milvus: batches of files that a killed build takes up again, and shards.

A generation's name follows from the content of all input files, the program, the model and the
number of shards. So every worker knows where to write without talking to the others, and a build
that was stopped goes on where it was: batches that are recorded as done are passed over, and the
rows of one that is not are written over. Whoever ends the last shard publishes
(`indexer.milvus.publishing`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any
from zlib import crc32

from indexer.build import BuildResult, lexical_entries
from indexer.embedders import Embedder, FloatArray, Identity
from indexer.embedding import embed_reports
from indexer.files import sha256_of
from indexer.milvus import layout
from indexer.milvus.address import Address, parse_address
from indexer.milvus.client import BUILDING, Server
from indexer.milvus.keeping import Kind, Records
from indexer.milvus.publishing import current, ledger_of, passages_of, publish
from indexer.milvus.rows import report_record, rows_of
from indexer.milvus.scoring import Totals, counted
from indexer.reading import Known, read_reports
from indexer.records import ledger_to_json
from indexer.reuse import Earlier, Key, Unfinished, program, recorded
from indexer.shapes import BadInput, Progress, Source
from indexer.sources import find_sources

FILES = 32  # in a batch
SHARD_BITS = 20  # of a batch's number, below its shard's
MOST_SHARDS = 4096
WRITERS = ("layout.py", "rows.py", "scoring.py")
SHARD = re.compile("([0-9]{1,4})/([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Shard:
    """One worker's part of the input: number ``number`` of ``of``, from 1."""

    number: int = 1
    of: int = 1

    @classmethod
    def parse(cls, text: str) -> Shard:
        """Read ``3/8``.

        :raises BadInput: if it is no such thing.
        """
        match = SHARD.fullmatch(text)
        number, of = (int(match[1]), int(match[2])) if match else (0, 0)
        if not 1 <= number <= of <= MOST_SHARDS:
            raise BadInput(
                f"shard “{text[:20]}” is not a number of a number, like 3/8",
                f"分片 “{text[:20]}” 应写作 3/8 这样的形式",
            )
        return cls(number, of)

    def holds(self, source: Source) -> bool:
        """Whether a file is in this part: by its name, so that all workers agree."""
        return crc32(source.name.encode("utf-8")) % self.of == self.number - 1


WHOLE = Shard()


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did; ``waiting`` are the shards that are not done, so nothing is published."""

    result: BuildResult
    generation: str
    waiting: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What a generation is made from, and what it is called."""

    address: Address
    sources: tuple[Source, ...]
    identity: Identity
    shard: Shard
    inputs: tuple[str, ...]
    table: str

    @property
    def name(self) -> str:
        """The generation's name: the same for the same input, program, model and shards."""
        made = [program(), writers(), asdict(self.identity), self.shard.of]
        files = [(s.name, s.place, dict(s.row), s.refused, content_of(s)) for s in self.sources]
        text = json.dumps([made, files], ensure_ascii=True, sort_keys=True)
        return f"{self.address.collection}_{sha256(text.encode('ascii')).hexdigest()[:12]}"

    def begun(self) -> dict[str, Any]:
        """What is recorded before anything else."""
        return {
            "format": layout.FORMAT,
            "embedder": asdict(self.identity),
            "shards": self.shard.of,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "inputs": list(self.inputs),
            "table": self.table,
            "program": program(),
        }


@lru_cache(maxsize=1)
def writers() -> str:
    """A hash of the code that decides what a row holds."""
    here = Path(__file__).parent
    return sha256(b"".join((here / name).read_bytes() for name in WRITERS)).hexdigest()


def content_of(source: Source) -> str:
    """Hash of a source's file; of an archive, if it is in one; empty where none is read."""
    if source.path.is_symlink() or not source.path.is_file():
        return ""
    stat = source.path.stat()
    return _content(source.path, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=16)  # the files of an archive come one after another
def _content(path: Path, size: int, changed: int) -> str:
    return sha256_of(path)


class Nowhere(Unfinished):
    """Keeps no vectors on disk: a batch that was written is not embedded again."""

    def __init__(self) -> None:
        """There is no file."""

    def load(self) -> Mapping[Key, FloatArray]:
        """None."""
        return {}

    def add(self, keys: Sequence[Key], vectors: FloatArray) -> None:
        """Nothing is kept."""


def build_on_milvus(
    inputs: Sequence[Path],
    where: object,
    embedder: Embedder,
    *,
    manifest: Path | None = None,
    afresh: bool = False,
    shard: Shard = WHOLE,
    progress: Progress = lambda stage, done, total: None,
) -> Built:
    """Index this shard of all reports in ``inputs``, and publish if it is the last one.

    What an earlier build of the same input wrote is kept, unless ``afresh``.

    :raises BadInput: if there is no such path, or nothing in it could be indexed.
    :raises BadIndex: if Milvus does not answer for half a minute, or refuses.
    """
    address = parse_address(where)
    sources = tuple(find_sources(inputs, manifest))
    plan = Plan(address, sources, embedder.identity, shard, *recorded(inputs, manifest))
    with closing(Server(address, BUILDING)) as server:
        published = current(server)
        name = plan.name
        if afresh:
            name = begin_again(server, name, published, shard)
        records = Records(server, name + layout.RECORDS)
        layout.create(server, name, embedder.identity.dimension)
        if records.get(Kind.BEGUN, 0, fresh=True) is None:
            records.put(Kind.BEGUN, 0, plan.begun())
        if records.get(Kind.COMPLETE, 0, fresh=True) is None:
            Worker(server, name, plan, embedder, progress).run()
        waiting = publish(server, name, published, inputs)
        ledger = ledger_of(records, shard if waiting else None)
        passages = passages_of(records, shard if waiting else None)
        return Built(BuildResult(Path(name), passages, ledger), name, waiting)


def begin_again(server: Server, name: str, published: str, shard: Shard) -> str:
    """The name of a generation of the same input that holds nothing yet."""
    if shard != WHOLE:
        raise BadInput(
            "--rebuild and --shard exclude each other: workers could not agree where to begin",
            "--rebuild 与 --shard 不能同时使用",
        )
    number = 2
    while name == published:
        name, number = f"{name.rpartition('_')[0] if number > 2 else name}_{number}", number + 1
    for collection in (name, name + layout.RECORDS):
        server.call("drop_collection", collection)
    return name


class Worker:
    """Writes one shard of a generation."""

    def __init__(
        self, server: Server, name: str, plan: Plan, embedder: Embedder, progress: Progress
    ) -> None:
        self._server = server
        self._name = name
        self._records = Records(server, name + layout.RECORDS)
        self._embedder = embedder
        self._progress = progress
        self._shard = plan.shard
        self._mine = [(n, s) for n, s in enumerate(plan.sources) if plan.shard.holds(s)]

    def run(self) -> None:
        """Write all batches that are not written yet, then say that the shard is done."""
        first = self._shard.number << SHARD_BITS
        done = dict(self._records.all_of(Kind.BATCH, first, first + (1 << SHARD_BITS)))
        known = [Known(*report[2:5]) for record in done.values() for report in record["reports"]]
        averages = [totals for record in done.values() if (totals := totals_of(record)).passages]
        for number, batch in enumerate(self._batches(), first):
            if number not in done:
                record = self._write(number - first, batch, known, averages)
                known += [Known(*report[2:5]) for report in record["reports"]]
                averages += [totals] if (totals := totals_of(record)).passages else []
                self._records.put(Kind.BATCH, number, record)
        self._records.put(Kind.SHARD, self._shard.number, {"files": len(self._mine)})

    def _batches(self) -> Iterator[Sequence[tuple[int, Source]]]:
        for start in range(0, len(self._mine), FILES):
            yield self._mine[start : start + FILES]

    def _write(
        self,
        number: int,
        batch: Sequence[tuple[int, Source]],
        known: Sequence[Known],
        averages: Sequence[Totals],
    ) -> dict[str, Any]:
        """Read, embed and write a batch; what is to be recorded of it."""

        def told(stage: str, done: int, total: int) -> None:
            before = number * FILES if stage == "read" else 0
            self._progress(stage, before + done, len(self._mine) if stage == "read" else total)

        sources = [source for _, source in batch]
        reports, ledger = read_reports(sources, told, before=known)
        place_of = {id(source): place for place, source in batch}
        places = [place_of[id(report.source)] for report in reports]
        entries = list(lexical_entries(reports))
        totals, words = counted(entries)
        rows: list[int] = []
        if reports:
            earlier = Earlier(None, self._embedder.identity)
            vectors = embed_reports(reports, self._embedder, earlier, Nowhere(), told)
            made = list(rows_of(places, reports, entries, vectors, (*averages, totals)[0]))
            rows = [row["row"] for row in made]
            self._server.upsert(self._name, made)
            stored = {p: report_record(r) for p, r in zip(places, reports, strict=True)}
            self._records.put_many(Kind.REPORT, stored)
        return {
            "totals": [totals.passages, *totals.words],
            "words": words,
            "reports": [
                (
                    place,
                    json.dumps(asdict(r.meta), ensure_ascii=False),
                    r.meta.id,
                    r.text_sha256,
                    r.source.name,
                )
                for place, r in zip(places, reports, strict=True)
            ],
            "rows": rows,
            "ledger": [(p, ledger_to_json(e)) for (p, _), e in zip(batch, ledger, strict=True)],
        }


def totals_of(record: dict[str, Any]) -> Totals:
    """The counts that a batch recorded."""
    passages, body, heading, title = record["totals"]
    return Totals(passages, (body, heading, title))
