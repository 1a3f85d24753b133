"""Reports -> the arrays of `indexer.formulations.table`, and these -> files.

Places are sorted and counted in parts, so that memory stays at some ten bytes a character.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.formulations.common import (
    MOST_SAMPLED,
    SHORTEST,
    bureaus_of,
    sentences_of,
    shared_formulations,
    stretch_hashes,
    whole_stretches,
)
from indexer.formulations.counts import Counts, pack
from indexer.formulations.table import FOLDER, PAD, Formulations
from indexer.formulations.text import NONE, Block, Codes, Positions, Stream, Text, stream_of
from indexer.shapes import Report, Role

PART = 4_000_000  # places sorted at once
MOST_BUREAUS = 2**16 - 1  # that are told apart in counts
ROLES = tuple(Role)


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """What is known of all characters."""

    codes: Codes
    edge: NDArray[np.uint8]
    starts: NDArray[np.int64]  # of the reports, and the end
    bureau: NDArray[np.int64]  # of the reports

    def bureau_at(self, places: Positions) -> Positions:
        """The number of the bureau of each place."""
        return self.bureau[np.searchsorted(self.starts, places, side="right") - 1]


def write_formulations(folder: Path, reports: Sequence[Report]) -> None:
    """Write the wordings of ``reports``, in the order of the index, into ``folder``.

    :raises OSError: on a full disk.
    """
    write_arrays(folder, build(map(text_of, reports)))


def write_arrays(folder: Path, built: Formulations) -> None:
    """Write the arrays into a new folder in ``folder``.

    :raises OSError: on a full disk.
    """
    home = folder / FOLDER
    home.mkdir()
    for field in fields(built):
        np.save(home / f"{field.name}.npy", getattr(built, field.name), allow_pickle=False)


def text_of(report: Report) -> Text:
    """A report's headings, without their numbers, and passages; not its title and sign-off."""
    spans = [Block(p.start, p.end, ROLES.index(p.role)) for p in report.passages]
    for section in report.sections:
        numbered = report.text.startswith(section.number, section.start)
        start = section.start + len(section.number) * numbered
        if section.end > start:
            spans.append(Block(start, section.end, ROLES.index(section.role)))
    spans.sort(key=lambda block: block.start)
    return Text(report.meta.issuer or report.meta.id, report.text, spans)


def build(texts: Iterable[Text]) -> Formulations:
    """The wordings of texts in their order, in memory."""
    streams: list[Stream] = []
    bureaus: list[int] = []
    blocks: list[tuple[Positions, list[int]]] = []
    names: dict[str, int] = {}
    size = 0
    for text in texts:
        stream = stream_of(text.text, text.blocks)
        bureaus.append(names.setdefault(text.bureau, len(names)))
        blocks.append(blocks_of(stream, text.blocks, size))
        streams.append(stream)
        size += len(stream)
    starts = np.cumsum([0, *map(len, streams)], dtype=np.int64)
    codes = np.concatenate([*(s.codes for s in streams), np.zeros(PAD, np.uint16)])
    edge = np.concatenate([np.empty(0, np.uint8), *(s.edge for s in streams)])
    gap_at, gap_dropped = gaps_of(streams)
    origin = np.array([stream.origin[0] if len(stream) else 0 for stream in streams], np.int32)
    streams.clear()
    corpus = Corpus(codes, edge, starts, np.array(bureaus, np.int64))
    order, cuts = sorted_places(codes, size)
    shared, shared_at = pack(bureau_counts(corpus, order, cuts), starts)
    low, high = low_and_high(order[order % 2 == 1] // 2)
    del order
    built = Formulations(
        codes=codes,
        order_low=low,
        order_high=high,
        starts=starts,
        origin=origin,
        shared=shared,
        shared_at=shared_at,
        gap_at=gap_at,
        gap_dropped=gap_dropped,
        gap_edge=edge[gap_at],
        block_at=np.concatenate([np.empty(0), *(at for at, _ in blocks)]).astype(np.uint32),
        block_role=np.array([role for _, roles in blocks for role in roles], np.uint8),
        common=np.empty((0, 2), np.int64),
        common_in=np.empty((0, 0, 0), np.uint8),
    )
    return with_common(built, corpus)


def blocks_of(stream: Stream, blocks: Sequence[Block], base: int) -> tuple[Positions, list[int]]:
    """Where the blocks that hold characters begin, counted from ``base``, and their roles."""
    ends = np.flatnonzero(stream.codes == 0)
    firsts = np.concatenate([[0], ends[:-1] + 1]).astype(np.int64)[: len(ends)]
    starts = np.array([block.start for block in blocks], np.int64)
    numbers = np.searchsorted(starts, stream.origin[firsts], side="right") - 1
    return firsts + base, [blocks[number].role for number in numbers.tolist()]


def gaps_of(streams: Sequence[Stream]) -> tuple[NDArray[np.uint32], NDArray[np.signedinteger]]:
    """The places whose offset does not follow on the one before, and by how much it is beyond.

    A block that begins where the one before ended is one offset short: -1.
    """
    at: list[Positions] = [np.empty(0, np.int64)]
    dropped: list[NDArray[np.int32]] = [np.empty(0, np.int32)]
    base = 0
    for stream in streams:
        leaps = np.diff(stream.origin, prepend=-2) != 1
        found = np.flatnonzero(leaps | (stream.edge > NONE))
        at.append(found + base)
        dropped.append(np.diff(stream.origin[found] - found, prepend=0).astype(np.int32))
        dropped[-1][:1] = 0  # a report's first offset is kept apart
        base += len(stream)
    beyond = np.concatenate(dropped)
    reach = max(int(beyond.max(initial=0)), -int(beyond.min(initial=0)) - 1)
    return np.concatenate(at).astype(np.uint32), beyond.astype(np.min_scalar_type(-reach - 1))


def sorted_places(codes: Codes, size: int) -> tuple[NDArray[np.uint32], Positions]:
    """All places, sorted by the four codes from there on, and where the first code changes."""
    order = np.argsort(codes[:size], kind="stable").astype(np.uint32)
    firsts = codes[order] if size else codes[:0]
    cuts = np.flatnonzero(np.diff(firsts)) + 1
    for start, end in parts(cuts, size):
        places = order[start:end].astype(np.int64)
        key = codes[places].astype(np.uint64)
        for step in (1, 2, 3):
            key = key << np.uint64(16) | codes[places + step]
        order[start:end] = places[np.argsort(key)]
    return order, cuts


def low_and_high(
    halves: NDArray[np.uint32],
) -> tuple[NDArray[np.uint16], NDArray[np.unsignedinteger]]:
    """The lower 16 bits and, in one byte if that is enough, those above: views."""
    numbers = halves.astype("<u4", copy=False)
    pairs = numbers.view("<u2").reshape(-1, 2)
    third = numbers.view(np.uint8).reshape(-1, 4)[:, 2]
    return pairs[:, 0], third if len(halves) <= 2**24 else pairs[:, 1]


def parts(cuts: Positions, size: int) -> Iterator[tuple[int, int]]:
    """Stretches of 0 … ``size`` of about `PART`, divided only at ``cuts``."""
    start = 0
    while start < size:
        after = np.searchsorted(cuts, start + PART)
        end = int(cuts[after]) if after < len(cuts) else size
        yield start, end
        start = end


def bureau_counts(corpus: Corpus, order: NDArray[np.uint32], cuts: Positions) -> Counts:
    """How many bureaus print the eight characters from each place on."""
    size = len(order)
    shared = np.zeros(size, np.uint16)
    sentence = sentences_of(corpus.edge)
    whole = np.zeros(size, np.bool_)
    whole[whole_stretches(sentence, corpus.codes[:size], SHORTEST)] = True
    del sentence
    for start, end in parts(cuts, size):
        places = order[start:end].astype(np.int64)
        places = places[whole[places]]
        if len(places):
            hashes = stretch_hashes(corpus.codes, places, SHORTEST)
            by_hash, first, count = bureaus_of(hashes, corpus.bureau_at(places))
            lengths = np.diff(np.append(first, len(by_hash)))
            shared[places[by_hash]] = np.repeat(np.minimum(count, MOST_BUREAUS), lengths)
    return shared


def with_common(built: Formulations, corpus: Corpus) -> Formulations:
    """``built`` with the most shared formulations and the reports that print them."""
    places = sampled(corpus.starts)
    if not len(places):
        return built
    found = shared_formulations(built.codes[places], corpus.edge[places], corpus.bureau_at(places))
    table = np.array([(places[s.at], s.length) for s in found], np.int64).reshape(-1, 2)
    return replace(built, common=table, common_in=reports_with(built, table))


def sampled(starts: NDArray[np.int64]) -> Positions:
    """The places of the reports that are mined: all, or an even sample of `MOST_SAMPLED`."""
    reports = len(starts) - 1
    step = max(1, -(-int(starts[-1]) // MOST_SAMPLED))
    chosen = [np.arange(starts[n], starts[n + 1]) for n in range(0, reports, step)]
    return np.concatenate([np.empty(0, np.int64), *chosen])


def reports_with(built: Formulations, table: NDArray[np.int64]) -> NDArray[np.uint8]:
    """For each role and formulation the reports that print it, as bits."""
    reports = len(built.starts) - 1
    bits = np.zeros((len(ROLES), len(table), -(-reports // 8)), np.uint8)
    stretches = [built.codes[place : place + length] for place, length in table.tolist()]
    for number, found in enumerate(built.occurrences_of(stretches)):
        held = np.zeros((len(ROLES), reports), np.bool_)
        held[built.role_of(found), built.report_of(found)] = True
        bits[:, number] = np.packbits(held, axis=1)
    return bits
