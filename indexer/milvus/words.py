"""In how many passages words stand: kept in buckets, of which a question needs a few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock
from zlib import crc32

from indexer.milvus.keeping import Kind, Records
from indexer.milvus.scoring import Frequencies

IN_BUCKET = 256  # words, about
HELD = 4096  # buckets kept in memory


def buckets_for(words: int) -> int:
    """A number of buckets for so many words: a power of two."""
    return 1 << max(0, (words // IN_BUCKET).bit_length())


def bucket_of(word: str, buckets: int) -> int:
    """Where a word is counted."""
    return crc32(word.encode("utf-8")) % buckets


def write_counts(records: Records, frequencies: Frequencies) -> int:
    """Keep the counts of all words; returns the number of buckets."""
    buckets = buckets_for(len(frequencies))
    filled: dict[int, dict[str, Sequence[int]]] = {n: {} for n in range(buckets)}
    for word, counts in frequencies.items():
        filled[bucket_of(word, buckets)][word] = counts
    records.put_many(Kind.WORDS, filled)
    return buckets


class WordCounts:
    """The counts of a published generation, read as they are asked for."""

    def __init__(self, records: Records, buckets: int) -> None:
        self._records = records
        self._buckets = buckets
        self._held: dict[int, Mapping[str, Sequence[int]]] = {}
        self._lock = Lock()

    def of(self, words: Sequence[str]) -> dict[str, tuple[int, int, int]]:
        """The counts by field of those of ``words`` that stand anywhere."""
        places = {word: bucket_of(word, self._buckets) for word in words}
        with self._lock:
            known = {n: self._held[n] for n in set(places.values()) if n in self._held}
        missing = sorted(set(places.values()) - known.keys())
        if missing:
            known |= self._records.get_many(Kind.WORDS, missing)
            with self._lock:
                if len(self._held) > HELD:
                    self._held.clear()
                self._held |= known
        found: dict[str, tuple[int, int, int]] = {}
        for word, bucket in places.items():
            if counts := known.get(bucket, {}).get(word):
                found[word] = (counts[0], counts[1], counts[2])
        return found
