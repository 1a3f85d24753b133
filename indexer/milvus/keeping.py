"""Records in a collection: JSON of any length, packed and cut into what a field can hold.

A record is known by its kind and number. Every part says of how many it is, so that a record
that was not written to its end is not there.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from typing import Any

from indexer.milvus.client import Server

PART = 45_000  # bytes of a packed record in one row: 60,000 as text, of 65,535 possible
NUMBERS, PARTS = 40, 16  # bits
FIELDS = ("key", "body")


class Kind(IntEnum):
    """What a record is about, and what its number counts."""

    BEGUN = 1  # 0: what the generation is made from and by
    BATCH = 2  # shard << 20 | batch: what a finished batch of files gave
    SHARD = 3  # a finished shard
    REPORT = 4  # its place among the input files: text and sections
    METAS = 5  # 0: metadata of all reports
    LEDGER = 6  # 0: what became of every file
    WORDS = 7  # bucket: in how many passages words stand
    COMPLETE = 8  # 0: counts; written last


def key_of(kind: Kind, number: int, part: int = 0) -> int:
    """The primary key of a part of a record."""
    return (((kind << NUMBERS) + number) << PARTS) + part


class Records:
    """The records of one generation."""

    def __init__(self, server: Server, collection: str) -> None:
        self._server = server
        self.collection = collection

    def put(self, kind: Kind, number: int, value: object) -> None:
        """Write a record, over one of the same number."""
        self.put_many(kind, {number: value})

    def put_many(self, kind: Kind, values: Mapping[int, object]) -> None:
        """Write many records."""
        rows: list[dict[str, Any]] = []
        for number, value in values.items():
            data = zlib.compress(
                json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"), 6
            )
            parts = range(0, len(data), PART)
            for part, start in enumerate(parts):
                body = f"{len(parts)}|{b64encode(data[start : start + PART]).decode('ascii')}"
                rows.append({"key": key_of(kind, number, part), "body": body, "void": [0.0, 0.0]})
        self._server.upsert(self.collection, rows)

    def get(self, kind: Kind, number: int, *, fresh: bool = False) -> Any:  # noqa: ANN401 - JSON
        """A record, or None."""
        return self.get_many(kind, [number], fresh=fresh).get(number)

    def get_many(
        self, kind: Kind, numbers: Sequence[int], *, fresh: bool = False
    ) -> dict[int, Any]:
        """The records of ``numbers`` that there are; ``fresh`` sees what was just written."""
        heads = self._bodies([key_of(kind, n) for n in numbers], fresh)
        counts = {
            n: int(heads[k].partition("|")[0]) for n in numbers if (k := key_of(kind, n)) in heads
        }
        rest = [key_of(kind, n, part) for n, count in counts.items() for part in range(1, count)]
        bodies = heads | self._bodies(rest, fresh)
        keys = {n: [key_of(kind, n, part) for part in range(count)] for n, count in counts.items()}
        return {
            n: unpacked([bodies[k] for k in ks])
            for n, ks in keys.items()
            if bodies.keys() >= set(ks)
        }

    def _bodies(self, keys: Sequence[int], fresh: bool) -> dict[int, str]:
        rows = self._server.get(self.collection, keys, FIELDS, fresh=fresh)
        return {int(row["key"]): row["body"] for row in rows}

    def all_of(
        self, kind: Kind, first: int = 0, last: int = 2**NUMBERS
    ) -> Iterator[tuple[int, Any]]:
        """(number, record) of the numbers from ``first`` up to ``last``, in order."""
        within = f"key >= {key_of(kind, first)} and key < {key_of(kind, last)}"
        rows = self._server.scan(self.collection, within, FIELDS)
        found: dict[int, dict[int, str]] = {}
        for row in rows:
            number, part = divmod(int(row["key"]) - key_of(kind, 0), 2**PARTS)
            found.setdefault(number, {})[part] = row["body"]
        for number in sorted(found):
            parts = found.pop(number)
            count = int(parts[0].partition("|")[0]) if 0 in parts else -1
            if parts.keys() >= set(range(count)) and count > 0:
                yield number, unpacked([parts[n] for n in range(count)])


def unpacked(bodies: Sequence[str]) -> Any:  # noqa: ANN401 - JSON
    """The record whose parts these are."""
    data = b"".join(b64decode(body.partition("|")[2]) for body in bodies)
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))
