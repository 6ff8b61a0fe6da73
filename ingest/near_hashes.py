"""Hashes of 64 bits that differ in few of them: found without comparing each with each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

BITS = 64

Hashes = NDArray[np.uint64]
Positions = NDArray[np.intp]


def near_pairs(hashes: Hashes, distance: int) -> Iterator[tuple[Positions, Positions, NDArray[np.int64]]]:
    """Yield the pairs of hashes that differ in at most `distance` bits, each once, in pieces.

    Of `distance + 1` bands of bits, two such hashes have at least one in common: only hashes with a band
    in common are compared (A. Gionis, P. Indyk, R. Motwani, Similarity Search in High Dimensions via
    Hashing, VLDB 1999, with the bands of M. Norouzi et al., Fast Search in Hamming Space with Multi-Index
    Hashing, CVPR 2012).

    Args:
        hashes: distinct.
        distance: from 0; the smaller, the wider the bands and the fewer comparisons.

    Yields:
        Positions of the first ones, of the second ones, and in how many bits they differ.

    Example:
        >>> hashes = np.array([0b0000, 0b0011, 0b1111], np.uint64)
        >>> [(i.tolist(), j.tolist(), d.tolist()) for i, j, d in near_pairs(hashes, 2)]
        [([0, 1], [1, 2], [2, 2])]
    """
    bands = _bands(distance + 1)
    for number, (shift, mask) in enumerate(bands):
        keys = (hashes >> shift) & mask
        order = np.argsort(keys, kind="stable")
        yield from _within_buckets(hashes[order], keys[order], order, bands[:number], distance)


def _bands(count: int) -> list[tuple[np.uint64, np.uint64]]:
    """Return shift and mask of each of so many bands of nearly equal width."""
    edges = [BITS * number // count for number in range(count + 1)]
    return [(np.uint64(low), np.uint64((1 << (high - low)) - 1)) for low, high in itertools.pairwise(edges)]


def _within_buckets(
    hashes: Hashes,
    keys: Hashes,
    order: Positions,
    earlier: list[tuple[np.uint64, np.uint64]],
    distance: int,
) -> Iterator[tuple[Positions, Positions, NDArray[np.int64]]]:
    """Yield the near pairs among sorted hashes of one key: each with the next, the next but one, and on."""
    left = np.arange(len(hashes) - 1)
    step = 1
    while left.size:
        left = left[: np.searchsorted(left, len(hashes) - step)]
        left = left[keys[left] == keys[left + step]]
        differing = hashes[left] ^ hashes[left + step]
        counts = np.bitwise_count(differing)
        near = counts <= distance
        for shift, mask in earlier:  # a pair that shares an earlier band was found there
            near[near] &= ((differing[near] >> shift) & mask) != 0
        if near.any():
            one, other = order[left[near]], order[left[near] + step]
            yield np.minimum(one, other), np.maximum(one, other), counts[near].astype(np.int64)
        step += 1
