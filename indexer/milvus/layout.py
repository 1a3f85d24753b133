"""The two collections of a generation, and the numbers by which their rows are known.

    NAME_0123456789ab           passages: vectors, words, text, tags to filter by
    NAME_0123456789ab_records   reports, ledger, word counts (see `indexer.milvus.keeping`)

NAME, an alias, stands for the published generation's passages. A passage's row is made from
where it stands, so that writing it twice changes nothing: the place of its file among all input
files, the offset of its first character, and its role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.backend import ROLES, Chosen, RowArray
from indexer.milvus.address import Address
from indexer.milvus.client import Server

FORMAT = 1
RECORDS = "_records"
OFFSET = re.compile("[0-9]{1,8}")  # of a character in a report
LONGEST = 65_535  # bytes of a text field
SHORT = 8_192  # bytes of a passage or its headings; a longer one is read from its report
ROLE_BITS, START_BITS = 3, 29  # the place of the file has the 31 above them
TAGS = 16
Fields = Sequence[tuple[str, str, dict[str, Any]]]
LISTED = 10_000  # reports named in a filter; for more, their tags
EXACT_UP_TO = 50_000  # passages; beyond, a graph of rounded vectors
BUILD: dict[str, dict[str, Any]] = {  # parameters of each kind of vector index
    "FLAT": {},
    "HNSW": {"M": 16, "efConstruction": 200},
    "HNSW_SQ": {"M": 16, "efConstruction": 200, "sq_type": "SQ8"},
    "IVF_SQ8": {"nlist": 4096},
    "DISKANN": {},
}
CLAUSES_OF_A_PASSAGE = 24  # at most: of 15 characters, of 350


def row_at(place: int, start: int, role: int) -> int:
    """The row of a passage."""
    return (place << START_BITS | start) << ROLE_BITS | role


def places_of(rows: RowArray) -> RowArray:
    """The places of the files that ``rows`` are from."""
    places: RowArray = rows >> (START_BITS + ROLE_BITS)
    return places


def start_of(row: int) -> int:
    """The offset of a row's first character."""
    return row >> ROLE_BITS & (1 << START_BITS) - 1


def roles_of(rows: RowArray) -> NDArray[np.int32]:
    """The places in `ROLES` of the sections of ``rows``."""
    return (rows & (1 << ROLE_BITS) - 1).astype(np.int32)


def tag_number(tag: str) -> int:
    """A tag as a number: nothing of a report's text stands in a filter expression."""
    return int.from_bytes(blake2b(tag.encode("utf-8"), digest_size=8).digest(), "big") >> 1


def expression(chosen: Chosen, places: RowArray) -> str:
    """``chosen`` as a filter of Milvus, given the ``places`` of all reports.

    Where more than `LISTED` reports are chosen and more are not, it may let others pass.
    """
    parts = []
    if chosen.reports is not None:
        named, others = places[chosen.reports], places[~chosen.reports]
        if len(named) <= LISTED:
            parts.append(f"report in [{_listed(named)}]")
        elif len(others) <= LISTED:
            parts.append(f"report not in [{_listed(others)}]")
        else:
            numbers = ([tag_number(tag) for tag in options] for options in chosen.tags)
            parts += [f"ARRAY_CONTAINS_ANY(tags, [{_listed(ns)}])" for ns in numbers]
    if chosen.roles:
        parts.append(f"role in [{_listed([ROLES.index(role) for role in chosen.roles])}]")
    return " and ".join(parts)


def _listed(numbers: Sequence[int] | RowArray) -> str:
    return ", ".join(str(int(number)) for number in numbers)


def clause_fields(dimension: int) -> list[str]:
    """The fields that the clauses of one passage need, as text of base 64."""
    data = CLAUSES_OF_A_PASSAGE * (2 + dimension // 2)
    needed = -(-data * 4 // 3 // (LONGEST - 4))
    return ["clauses", *(f"clauses{n}" for n in range(1, needed))]


def generation_pattern(address: Address) -> re.Pattern[str]:
    """What the passages' collections of an address are called."""
    return re.compile(rf"{re.escape(address.collection)}_[0-9a-f]{{12}}(_[0-9]{{1,6}})?")


def create(server: Server, name: str, dimension: int) -> None:
    """Make the two empty collections of a generation where they are not there yet.

    A worker may find that of the records before the one that made it has indexed it, or after
    that one was killed.
    """
    fields: Fields
    if not server.call("has_collection", name + RECORDS):
        fields = (
            ("key", "INT64", {"is_primary": True}),
            ("body", "VARCHAR", {"max_length": LONGEST}),
            ("void", "FLOAT_VECTOR", {"dim": 2}),  # Milvus wants a vector in every collection
        )
        server.create(name + RECORDS, fields)
    server.index(name + RECORDS, [("void", "FLAT", {"metric_type": "L2"})])
    server.call("load_collection", name + RECORDS)
    if not server.call("has_collection", name):
        on_disk = {"mmap_enabled": True}
        fields = (
            ("row", "INT64", {"is_primary": True}),
            ("report", "INT32", {}),  # the place of its file
            ("role", "INT8", {}),
            ("end", "INT32", {}),
            ("section", "INT32", {}),
            ("page", "INT32", {}),
            ("text", "VARCHAR", {"max_length": SHORT, **on_disk}),
            ("path", "VARCHAR", {"max_length": SHORT, **on_disk}),
            ("tags", "ARRAY", {"element_type": "INT64", "max_capacity": TAGS}),
            *((f, "VARCHAR", {"max_length": LONGEST, **on_disk}) for f in clause_fields(dimension)),
            ("vector", "FLOAT_VECTOR", {"dim": dimension}),
            ("words", "SPARSE_FLOAT_VECTOR", {}),
        )
        server.create(name, fields)


def finish(server: Server, name: str, kind: str) -> None:
    """Index what was written and get it ready to be searched."""
    indexes: list[tuple[str, str, dict[str, Any]]] = [
        ("vector", kind, {"metric_type": "IP", "params": BUILD[kind]}),
        ("words", "SPARSE_INVERTED_INDEX", {"metric_type": "IP"}),
        ("report", "INVERTED", {}),
        ("role", "INVERTED", {}),
    ]
    server.call("flush", name)
    server.index(name, indexes)
    server.call("load_collection", name)


def vector_index(address: Address, passages: int) -> str:
    """The kind of index for so many vectors."""
    return address.vectors or ("FLAT" if passages <= EXACT_UP_TO else "HNSW_SQ")


def search_params(kind: str, k: int) -> dict[str, Any]:
    """How far an index of this kind looks for the ``k`` nearest."""
    wide = {
        "HNSW": {"ef": max(400, 2 * k)},
        "HNSW_SQ": {"ef": max(400, 2 * k)},
        "IVF_SQ8": {"nprobe": 128},
        "DISKANN": {"search_list": max(400, 2 * k)},
    }
    return wide.get(kind, {})
