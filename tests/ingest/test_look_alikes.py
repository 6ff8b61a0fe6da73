"""Pairs that look alike, and crowds."""

from __future__ import annotations

import numpy as np
import pytest

import ingest.look_alikes as module
from database.near_duplicates import FoundPair, HashedFrame
from ingest.look_alikes import LookAlikes, collect_pictures, find_look_alikes, largest_component


def far_hashes(count: int) -> list[int]:
    """Return hashes that are far from each other."""
    return np.random.default_rng(3).integers(-(1 << 63), 1 << 63, count).tolist()


def looked(*frames: tuple[int, int, int | None], distance: int = 4, others: int = 0) -> LookAlikes:
    """Look among pictures (hash, instance, patient), and others that are like nothing."""
    hashed = [HashedFrame(number, *frame) for number, frame in enumerate(frames, start=1)]
    hashed += [
        HashedFrame(1000 + number, value, 10_000 + number, None)
        for number, value in enumerate(far_hashes(others))
    ]
    return find_look_alikes(collect_pictures(hashed), distance)


def test_near_pictures_are_pairs_with_their_distance() -> None:
    """Equal hashes of other pixels included."""
    found = looked((0b0, 1, None), (0b11, 2, None), (0b11, 3, None), (~0, 4, None), others=50)
    # A hash of zero is that of a blank picture.
    assert found.pairs == (FoundPair(2, 3, 0),)
    found = looked((0b111, 1, None), (0b1, 2, None), (0b1, 3, None), (~0, 4, None), others=50)
    assert found.pairs == (FoundPair(1, 2, 2), FoundPair(1, 3, 2), FoundPair(2, 3, 0))
    assert found.crowds == ()


def test_pairs_of_one_patient_or_instance_are_left_out() -> None:
    """Nothing parts them; unknown patients are not one patient."""
    found = looked((0b1, 1, 7), (0b11, 2, 7), (0b111, 3, 8), (~0, 4, None), (~1, 4, None), (~2, 5, None))
    assert {(pair.first_id, pair.second_id) for pair in found.pairs} == {(1, 3), (2, 3), (4, 6), (5, 6)}
    assert found.num_within_patients == 2


def test_a_picture_of_several_patients_is_of_none() -> None:
    """It is held against all."""
    frames = [HashedFrame(1, 0b1, 1, 7), HashedFrame(1, 0b1, 2, 8), HashedFrame(2, 0b11, 3, 7)]
    pictures = collect_pictures(frames)
    assert (pictures.pixels_ids.tolist(), pictures.patients.tolist()) == ([1, 2], [0, 7])
    assert find_look_alikes(pictures, 4).pairs == (FoundPair(1, 2, 1),)


def test_blank_pictures_are_counted_and_left_out() -> None:
    """They look alike, and that says nothing."""
    pictures = collect_pictures([HashedFrame(1, 0, 1, None), HashedFrame(2, 0, 2, None)])
    assert (len(pictures), pictures.num_flat) == (0, 2)
    assert find_look_alikes(pictures, 4) == LookAlikes((), (), 0)


@pytest.mark.parametrize(("size", "is_crowd"), [(10, False), (11, True)])
def test_more_than_a_handful_in_a_small_set_is_a_crowd(size: int, is_crowd: bool) -> None:
    """It is told by its size, and none of its pairs is kept; another pair is."""
    chain = [((1 << number) - 1 << 1 | 1, number + 1, None) for number in range(size)]
    found = looked(*chain, (-2, 90, None), (-3, 91, None), distance=1, others=100)
    assert found.crowds == ((size,) if is_crowd else ())
    kept = {(pair.first_id, pair.second_id) for pair in found.pairs}
    assert ((1, 2) in kept) is not is_crowd
    assert len(kept) == (0 if is_crowd else size - 1)


def test_a_hundredth_of_a_large_set_is_no_crowd() -> None:
    """Bounds grow with the set, to a thousand."""
    assert [largest_component(count) for count in (0, 1000, 1100, 50_000, 10**6)] == [10, 10, 11, 500, 1000]


def test_a_series_of_one_patient_is_no_crowd() -> None:
    """However alike its slices are, they are one patient's."""
    frames = [(0b1 << number % 3, number + 1, 7) for number in range(60)]
    found = looked(*frames, (~0, 99, 8), others=10)
    assert (found.pairs, found.crowds) == ((), ())
    assert found.num_within_patients == 60 * 59 // 2


def test_thousands_of_one_hash_are_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their pairs would not fit any memory: a crowd, or pairs of one patient."""
    monkeypatch.setattr(module, "_MOST_PAIRS", 100)
    crowd = [(0b1 << number % 3, number + 1, None) for number in range(60)]
    series = [(-0b10 << number % 3, number + 100, 7) for number in range(40)]
    found = looked(*crowd, *series, distance=2, others=10)
    assert found.crowds == (60,)
    assert found.pairs == ()
    assert found.num_within_patients == 40 * 39 // 2
