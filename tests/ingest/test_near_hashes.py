"""Near hashes without comparing each with each."""

from __future__ import annotations

import numpy as np
import pytest

from ingest.near_hashes import Hashes, near_pairs


def clustered(count: int, *, flips: int, seed: int = 0) -> Hashes:
    """Return distinct hashes around a few centres."""
    rng = np.random.default_rng(seed)
    hashes = rng.integers(0, 1 << 63, 20, dtype=np.uint64)[rng.integers(0, 20, count)]
    for _ in range(flips):
        hashes = hashes ^ (np.uint64(1) << rng.integers(0, 64, count).astype(np.uint64))
    return np.unique(hashes)


@pytest.mark.parametrize("distance", [0, 1, 2, 4, 7, 10, 16])
def test_exactly_the_near_pairs_are_found_once_each(distance: int) -> None:
    """As comparing each with each finds them."""
    hashes = clustered(400, flips=4)
    expected = {
        (i, j, int(bits))
        for i in range(len(hashes))
        for j in range(i + 1, len(hashes))
        if (bits := np.bitwise_count(hashes[i] ^ hashes[j])) <= distance
    }
    found = [
        pair
        for piece in near_pairs(hashes, distance)
        for pair in zip(*(column.tolist() for column in piece), strict=True)
    ]
    assert len(found) == len(set(found))
    assert set(found) == expected
    assert distance < 2 or expected


@pytest.mark.parametrize("hashes", [[], [5], [0, (1 << 64) - 1]])
def test_few_hashes_are_no_trouble(hashes: list[int]) -> None:
    """None, one, and two that differ in every bit."""
    assert list(near_pairs(np.array(hashes, np.uint64), 4)) == []


def test_a_hundred_thousand_hashes_need_no_square() -> None:
    """Five thousand million comparisons would not end in the time of a test."""
    hashes = np.unique(np.random.default_rng(1).integers(0, 1 << 63, 100_000, dtype=np.uint64))
    twins = np.unique(np.concatenate([hashes, hashes[:500] ^ np.uint64(0b1011)]))
    assert sum(len(first) for first, _, _ in near_pairs(twins, 4)) >= 500
