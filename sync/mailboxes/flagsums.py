"""Which flags changed since the last full listing, without remembering them all.

Every flagged message adds a number to one of 256 sums, chosen by its uid. Where a sum differs from last time, some flag
in that bucket changed: only about one in 256 messages has to be told to the store for a change.
"""

from __future__ import annotations

from collections.abc import Iterable
from zlib import crc32

_BUCKETS = 256


def bucket_of(uid: str) -> int:
    return crc32(uid.encode()) % _BUCKETS


def sum_flags(flagged: Iterable[tuple[str, bytes]]) -> list[int]:
    """The sums over uids with their flags in any fixed spelling; messages without flags add nothing."""
    sums = [0] * _BUCKETS
    for uid, flags in flagged:
        code = crc32(uid.encode())
        bucket = code % _BUCKETS
        sums[bucket] = (sums[bucket] + crc32(flags, code)) & 0xFFFFFFFF
    return sums


def changed_buckets(before: object, now: list[int]) -> set[int]:
    """The buckets that differ; all of them if `before` is no list of sums."""
    if not isinstance(before, list) or len(before) != _BUCKETS:
        return set(range(_BUCKETS))
    return {bucket for bucket in range(_BUCKETS) if before[bucket] != now[bucket]}
