"""Making a generation the published one: adding up what the shards found, and the alias.

Every step can be done twice, by two workers at once or again after a kill: what is written
follows from what the shards recorded, and the last step is the switch of one alias.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from indexer.backend import ROLES
from indexer.build import nothing_indexed
from indexer.milvus import layout
from indexer.milvus.client import Refused, Server
from indexer.milvus.keeping import Kind, Records
from indexer.milvus.scoring import Totals
from indexer.milvus.words import write_counts
from indexer.reading import same_text, with_free_id
from indexer.records import ledger_from_json, ledger_to_json, report_from_json
from indexer.shapes import BadIndex, Fate, LedgerEntry

if TYPE_CHECKING:
    from indexer.milvus.building import Shard

TOGETHER = 4096  # reports, or ledger lines, in one record


def current(server: Server) -> str:
    """The published generation; empty if there is none.

    :raises BadIndex: if a collection has the name that the alias is to have.
    """
    address = server.address
    published = server.named(address.collection)
    if not published and address.collection in server.call("list_collections"):
        raise BadIndex(
            f"{address} is a collection of its own, not an index of this program: choose "
            "another name",
            f"{address} 是已有的其他集合，不是本程序的索引：请换一个名称",
        )
    return published


def publish(server: Server, name: str, published: str, inputs: Sequence[Path]) -> tuple[int, ...]:
    """Publish ``name`` if all its shards are done; returns the shards that are not.

    :raises BadInput: if no report could be indexed.
    :raises BadIndex: if Milvus lost some of what was written.
    """
    records = Records(server, name + layout.RECORDS)
    if records.get(Kind.COMPLETE, 0, fresh=True) is None:
        begun = records.get(Kind.BEGUN, 0, fresh=True)
        done = {number for number, _ in records.all_of(Kind.SHARD)}
        waiting = tuple(n for n in range(1, begun["shards"] + 1) if n not in done)
        if waiting:
            return waiting
        records.put(Kind.COMPLETE, 0, Sum(server, name, records).write(begun, inputs))
    switch(server, name)
    drop_old(server, name, published)
    return ()


class Sum:
    """What all shards of a generation found."""

    def __init__(self, server: Server, name: str, records: Records) -> None:
        self._server = server
        self._name = name
        self._records = records
        self._totals = Totals()
        self._words: dict[str, list[int]] = {}
        self._reports: list[tuple[int, str, str, str, str]] = []
        self._ledger: dict[int, LedgerEntry] = {}
        self._rows: list[int] = []
        for _, record in records.all_of(Kind.BATCH):
            self._take(record)
        self._reports.sort()

    def _take(self, record: dict[str, Any]) -> None:
        passages, body, heading, title = record["totals"]
        self._totals += Totals(passages, (body, heading, title))
        for word, counts in record["words"].items():
            whole = self._words.setdefault(word, [0, 0, 0])
            for field, count in enumerate(counts):
                whole[field] += count
        self._reports += [tuple(report) for report in record["reports"]]
        self._ledger |= {place: ledger_from_json(entry) for place, entry in record["ledger"]}
        self._rows += record["rows"]

    def write(self, begun: dict[str, Any], inputs: Sequence[Path]) -> dict[str, Any]:
        """Write what readers need, check what is there, and say what the generation holds."""
        if not self._reports:
            raise nothing_indexed(inputs, [self._ledger[place] for place in sorted(self._ledger)])
        self._drop_repeated()
        self._number_ids()
        kind = layout.vector_index(self._server.address, len(self._rows))
        layout.finish(self._server, self._name, kind)
        self._check_rows()
        by_role = counts_by_role(self._rows)
        metas = [(place, meta, by_role[place]) for place, meta, *_ in self._reports]
        lines = [ledger_to_json(self._ledger[place]) for place in sorted(self._ledger)]
        self._records.put_many(Kind.METAS, dict(enumerate(portions(metas))))
        self._records.put_many(Kind.LEDGER, dict(enumerate(portions(lines))))
        frequencies = {word: (c[0], c[1], c[2]) for word, c in self._words.items()}
        return {
            **begun,
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "reports": len(self._reports),
            "passages": len(self._rows),
            "words": self._totals.words,
            "buckets": write_counts(self._records, frequencies),
            "index": kind,
        }

    def _drop_repeated(self) -> None:
        """Pass over reports whose text a report of another shard has; the first one stays."""
        first: dict[str, str] = {}
        kept, dropped = [], set()
        for report in self._reports:
            place, _, _, text, file = report
            if text not in first:
                first[text] = file
                kept.append(report)
                continue
            dropped.add(place)
            en, zh = same_text(first[text])
            self._ledger[place] = LedgerEntry(file, Fate.SKIPPED, en, reason_zh=zh)
        if dropped:
            shift = layout.START_BITS + layout.ROLE_BITS
            self._reports = kept
            self._rows = [row for row in self._rows if row >> shift not in dropped]

    def _number_ids(self) -> None:
        """Tell reports apart that two shards gave the same id: the later ones get -2, -3 …"""
        taken: set[str] = set()
        for at, (place, meta, old, *rest) in enumerate(self._reports):
            found = report_from_json(meta)
            base = old.rpartition("-")[0]
            if old in taken and base in taken and old.rpartition("-")[2].isdigit():
                found = replace(found, id=base)
            found = with_free_id(found, taken)
            taken.add(found.id)
            if found.id != old:
                text = json.dumps(asdict(found), ensure_ascii=False)
                self._reports[at] = (place, text, found.id, rest[0], rest[1])
                self._ledger[place] = replace(self._ledger[place], report_id=found.id)
                stored = self._records.get(Kind.REPORT, place, fresh=True)
                self._records.put(Kind.REPORT, place, [text, *stored[1:]])

    def _check_rows(self) -> None:
        """See that Milvus holds the rows that were recorded, and no others.

        A batch that was killed may have left rows which its second reading did not give; they go.
        """
        if self._server.count(self._name) == len(self._rows):
            return
        wanted = set(self._rows)
        there = {int(r["row"]) for r in self._server.scan(self._name, "row >= 0", ("row",))}
        if lost := len(wanted - there):
            raise BadIndex(
                f"Milvus has lost {lost} of {len(wanted)} passages of {self._name}: index again "
                "with --rebuild",
                f"Milvus 丢失了 {self._name} 的 {lost} 段（共 {len(wanted)} 段）："
                "请用 --rebuild 重建",
            )
        self._server.delete(self._name, sorted(there - wanted))


def counts_by_role(rows: Sequence[int]) -> dict[int, list[int]]:
    """How many passages of each of `ROLES` there are of the file at each place."""
    found: dict[int, list[int]] = {}
    known = np.array(rows, dtype=np.int64)
    for place, role in zip(
        layout.places_of(known).tolist(), layout.roles_of(known).tolist(), strict=True
    ):
        found.setdefault(place, [0] * len(ROLES))[role] += 1
    return found


def portions(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    """``values`` in records of `TOGETHER`."""
    for start in range(0, len(values), TOGETHER):
        yield values[start : start + TOGETHER]


def switch(server: Server, name: str) -> None:
    """Let the alias stand for ``name``."""
    alias = server.address.collection
    published = server.named(alias)
    if published == name:
        return
    if not published:
        with suppress(Refused):  # another worker may have made it meanwhile
            server.call("create_alias", name, alias)
            return
    server.call("alter_alias", name, alias)


def drop_old(server: Server, name: str, before: str) -> None:
    """Remove the generations begun before ``name``, but for the one published until now."""
    pattern = layout.generation_pattern(server.address)
    created = _created(server, name)
    for old in server.call("list_collections"):
        if pattern.fullmatch(old) and old not in (name, before) and _created(server, old) < created:
            for collection in (old, old + layout.RECORDS):
                server.call("drop_collection", collection)


def _created(server: Server, name: str) -> str:
    """When a generation was begun; empty where that is not known."""
    with suppress(Refused):
        begun = Records(server, name + layout.RECORDS).get(Kind.BEGUN, 0, fresh=True)
        return str(begun["created"]) if begun else ""
    return ""


def ledger_of(records: Records, shard: Shard | None) -> tuple[LedgerEntry, ...]:
    """What became of every file; with ``shard``, of those of this one."""
    if shard is None:
        return tuple(ledger_from_json(e) for _, part in records.all_of(Kind.LEDGER) for e in part)
    return tuple(
        ledger_from_json(entry) for r in batches_of(records, shard) for _, entry in r["ledger"]
    )


def passages_of(records: Records, shard: Shard | None) -> int:
    """How many passages there are; with ``shard``, in this one."""
    if shard is None:
        return int(records.get(Kind.COMPLETE, 0, fresh=True)["passages"])
    return sum(len(record["rows"]) for record in batches_of(records, shard))


def batches_of(records: Records, shard: Shard) -> Iterator[dict[str, Any]]:
    """What a shard's batches recorded."""
    for _, record in records.all_of(Kind.BATCH, shard.number << 20, (shard.number + 1) << 20):
        yield record
