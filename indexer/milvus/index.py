"""Reading: a published generation on Milvus, with the interface of `indexer.backend.Backend`."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Sequence
from threading import Lock
from typing import Any
from weakref import finalize

import numpy as np
from numpy.typing import NDArray

from indexer.backend import EVERYTHING, ROLES, Chosen, FloatArray, RowArray, Rows, refuse_other
from indexer.embedders import Identity
from indexer.lexical import Alternatives, Boosts
from indexer.milvus import layout
from indexer.milvus.address import Address, parse_address
from indexer.milvus.catalogue import Catalogue, Contents, Tally, of_another_version
from indexer.milvus.client import OPENING, READING, Server
from indexer.milvus.keeping import Kind, Records
from indexer.milvus.rows import Details, details_of
from indexer.milvus.scoring import Rarity, Sparse
from indexer.milvus.words import WordCounts
from indexer.packed import Packed
from indexer.records import StoredReport
from indexer.shapes import BadIndex, BadInput, LedgerEntry, Metadata, NotOffered, Passage

ROWS_HELD = 8192  # of some 7 KB each
MOST = 16_384  # rows that Milvus gives for one search
MOST_ROWS = 1_000_000  # that are looked at one by one


class MilvusIndex:
    """One published generation, opened for reading. A row is the primary key of a passage."""

    def __init__(self, server: Server, generation: str, complete: dict[str, Any]) -> None:
        self._server = server
        finalize(self, server.close)  # nobody closes one that another generation replaced
        records = Records(server, generation + layout.RECORDS)
        self._words = WordCounts(records, complete["buckets"])
        self._fields = layout.clause_fields(complete["embedder"]["dimension"])
        self._held: OrderedDict[int, Details] = OrderedDict()
        self._lock = Lock()
        self.generation = generation
        self.manifest = Contents.from_record(complete)
        self._catalogue = Catalogue(records, server.address)

    @classmethod
    def open(cls, where: object) -> MilvusIndex:
        """Open what the address stands for.

        :raises BadInput: if it is no address, or pymilvus is not installed.
        :raises BadIndex: if there is no index, it is of another format, or Milvus does not answer.
        """
        return cls._open(Server(parse_address(where), OPENING))

    @classmethod
    def _open(cls, server: Server) -> MilvusIndex:
        try:
            return cls(server, *published(server))
        except BaseException:
            server.close()
            raise

    @property
    def address(self) -> Address:
        """Where it is."""
        return self._server.address

    def published(self) -> str:
        """The generation that the address stands for now.

        :raises BadIndex: if Milvus does not answer.
        """
        return self._server.named(self.address.collection)

    def reopened(self) -> MilvusIndex:
        """The generation that the address stands for now.

        :raises BadIndex: as `open` does.
        """
        return self._open(Server(self.address, OPENING))

    def hold(self) -> None:
        """Read what every search needs; a search that is under way keeps its generation."""
        _ = self._catalogue.by_name, self._catalogue.places
        self._find("words", {0: 1.0}, 1, EVERYTHING)  # milvus-lite reads its lists at the first
        if self._server.patience is OPENING:
            self._server.patience = READING

    def hold_tools(self) -> None:
        """Nothing: other tools need an index on this machine."""

    def close(self) -> None:
        """Hang up."""
        self._server.close()

    def __len__(self) -> int:
        return self.manifest.passages

    @property
    def metas(self) -> tuple[Metadata, ...]:
        """Metadata of all reports."""
        return self._catalogue.metas

    @property
    def ledger(self) -> tuple[LedgerEntry, ...]:
        """What became of every input file."""
        return self._catalogue.ledger

    def named(self, names: Collection[str]) -> dict[str, list[int]]:
        """The numbers of the reports that go by each of these ``names``, or are of that year."""
        return self._catalogue.named(names)

    def check_embedder(self, identity: Identity) -> None:
        """Refuse vectors of another model than the one the index was built with.

        :raises BadIndex: saying what to do.
        """
        refuse_other(self.manifest.embedder, identity, self.address)

    def report(self, report_id: str) -> StoredReport:
        """A report with its canonical text and sections.

        :raises BadInput: if there is none of this id.
        """
        return self._catalogue.report(report_id)

    def row_of(self, passage_id: str) -> int:
        """The row of ``report_id:start-end``.

        :raises BadInput: if there is no such passage.
        """
        report_id, _, span = passage_id.rpartition(":")
        start, _, end = span.partition("-")
        place = self._catalogue.place_of.get(report_id)
        if place is not None and layout.OFFSET.fullmatch(start) and layout.OFFSET.fullmatch(end):
            low = layout.row_at(place, int(start), 0)
            rows = [low + role for role in range(len(ROLES))]
            for row in self._server.get(self.generation, rows, ("row", "end")):
                if int(row["end"]) == int(end):
                    return int(row["row"])
        raise BadInput(f"no passage “{passage_id}” in this index", f"索引中没有段落 “{passage_id}”")

    def passage(self, row: int) -> Passage:
        """The passage of a row."""
        found = self._details([row])[0]
        numbers, roles = self.facts([row])
        meta, start = self.metas[int(numbers[0])], layout.start_of(row)
        text, path = found.text, found.path
        if text is None or path is None:
            stored = self.report(meta.id)
            text, path = stored.text[start : found.end], stored.sections[found.section].path
        role = ROLES[int(roles[0])]
        return Passage(meta.id, start, found.end, text, found.section, path, role, found.page)

    def rows_of_report(self, report_id: str) -> RowArray:
        """The rows of a report's passages, in the order of its text."""
        place = self._catalogue.place_of.get(report_id, -1)
        return self._rows_where(f"report == {place}")

    def rows_of(self, chosen: Chosen) -> RowArray:
        """The rows of all passages that are chosen.

        :raises NotOffered: if there are too many to look at one by one.
        """
        if self.count(chosen) > MOST_ROWS:
            raise NotOffered(
                f"more than {MOST_ROWS:,} passages cannot be looked at one by one: choose fewer",
                f"逐段处理不能超过 {MOST_ROWS:,} 段：请缩小范围",
            )
        rows = self._rows_where(layout.expression(chosen, self._catalogue.places))
        return rows[self._allowed(rows, chosen)]

    def _rows_where(self, condition: str) -> RowArray:
        found = self._server.scan(self.generation, condition or "row >= 0", ("row",))
        return np.sort(np.array([int(row["row"]) for row in found], dtype=np.int64))

    def count(self, chosen: Chosen) -> int:
        """How many passages are chosen."""
        return int(self.tally(chosen)[2].sum())

    def tally(self, chosen: Chosen) -> Tally:
        """Numbers of reports, places in `ROLES`, and how many chosen passages there are of both."""
        return self._catalogue.tally(chosen)

    def facts(self, rows: Rows) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """The number of the report and the place in `ROLES` of each row, both (len(rows),)."""
        return self._catalogue.facts(rows)

    def nearest(self, vector: FloatArray, k: int, chosen: Chosen) -> RowArray:
        """The ``k`` chosen rows whose vectors are nearest to ``vector``, nearest first."""
        return self._find("vector", vector, k, chosen)[0]

    def vectors_of(self, rows: Rows) -> FloatArray:
        """The vectors of ``rows``, shape (len(rows), dimension)."""
        if not len(rows):
            return np.empty((0, self.manifest.embedder.dimension), dtype=np.float32)
        return np.stack([found.vector for found in self._details(rows)])

    def clause_cosines(self, vector: FloatArray, rows: Rows) -> FloatArray:
        """The highest cosine of ``vector`` with a clause of each row, shape (len(rows),)."""
        if not len(rows):
            return np.empty(0, dtype=np.float32)
        clauses = [found.clauses for found in self._details(rows)]
        edges = np.cumsum([0, *(len(part) for part in clauses[:-1])])
        cosines = Packed.joined(clauses).cosines(vector[None])[:, 0]
        nearest: FloatArray = np.maximum.reduceat(cosines, edges)
        return nearest

    def clauses_of(self, row: int) -> FloatArray:
        """The vectors of a row's clauses in text order, shape (clauses, dimension)."""
        details = self._details([row])[0]
        return details.clauses.unpacked()[:, : len(details.vector)]

    def words(
        self, groups: Sequence[Alternatives], k: int, *, boosts: Boosts, chosen: Chosen
    ) -> tuple[RowArray, NDArray[np.float64]]:
        """The best ``k`` rows for the query words ``groups``, best first, and their BM25."""
        return self._find("words", self._rarity(groups).question(groups, boosts), k, chosen)

    def ceiling(self, groups: Sequence[Alternatives], *, absent: bool = False) -> float:
        """The BM25 of a passage that holds all of ``groups`` (see `indexer.lexical`)."""
        return self._rarity(groups).ceiling(groups, absent=absent)

    def _rarity(self, groups: Sequence[Alternatives]) -> Rarity:
        words = sorted({word for group in groups for word, _ in group})
        return Rarity(len(self), self._words.of(words))

    def _find(
        self, field: str, asked: FloatArray | Sparse, k: int, chosen: Chosen
    ) -> tuple[RowArray, NDArray[np.float64]]:
        """The best ``k`` rows, best first, and their scores."""
        if k < 1 or not len(self) or not len(asked):
            return np.empty(0, np.int64), np.empty(0)
        kind = self.manifest.vectors if field == "vector" else ""
        hits = self._server.call(
            "search",
            self.generation,
            [asked],
            anns_field=field,
            limit=min(k, MOST),
            filter=layout.expression(chosen, self._catalogue.places),
            output_fields=["row"],
            search_params={"metric_type": "IP", "params": layout.search_params(kind, k)},
        )[0]
        rows = np.array([hit["row"] for hit in hits], dtype=np.int64)
        allowed = self._allowed(rows, chosen)
        return rows[allowed], np.array([hit["distance"] for hit in hits], dtype=np.float64)[allowed]

    def _allowed(self, rows: RowArray, chosen: Chosen) -> NDArray[np.bool_]:
        """Which of ``rows`` are of chosen reports."""
        if chosen.reports is None or not len(rows):
            return np.ones(len(rows), dtype=np.bool_)
        allowed: NDArray[np.bool_] = chosen.reports[self.facts(rows)[0]]
        return allowed

    def _details(self, rows: Rows) -> list[Details]:
        """What the collection says of each of ``rows``; what was read is held for a while."""
        wanted = [int(row) for row in rows]
        with self._lock:
            found = {row: self._held[row] for row in wanted if row in self._held}
        missing = list(dict.fromkeys(row for row in wanted if row not in found))
        fields = ("row", "end", "section", "page", "text", "path", *self._fields, "vector")
        for read in self._server.get(self.generation, missing, fields) if missing else ():
            found[int(read["row"])] = details_of(read, self._fields)
        with self._lock:
            for row in wanted:
                if row in found:
                    self._held[row] = found[row]
                    self._held.move_to_end(row)
            while len(self._held) > ROWS_HELD:
                self._held.popitem(last=False)
        try:
            return [found[row] for row in wanted]
        except KeyError as error:
            raise BadIndex(f"{self.address} has no row {error}: open it anew") from None


def published(server: Server) -> tuple[str, dict[str, Any]]:
    """The name of the published generation, and what it says of itself.

    :raises BadIndex: if there is none, or another version of the program made it.
    """
    address = server.address
    generation = server.named(address.collection)
    if not generation:
        raise BadIndex(
            f"no index at {address}: make one with “bureau index PATH… --index {address}”",
            f"{address} 没有索引：用 “bureau index 路径 --index {address}” 建立",
        )
    complete = Records(server, generation + layout.RECORDS).get(Kind.COMPLETE, 0)
    if not complete or complete["format"] != layout.FORMAT:
        raise of_another_version(address)
    return generation, complete
