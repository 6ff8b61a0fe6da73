"""From the hashes of all pictures to pairs that look alike; and what is a crowd rather than pairs."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from database.near_duplicates import FoundPair, HashedFrame
from imaging.perceptual_hash import FLAT
from ingest.near_hashes import near_pairs

LARGEST_SHARE = 0.01
"""More of the set than this in one component is an artefact: a blank, a test picture, a common projection."""
HANDFUL = 10
MOST_TOGETHER = 1000
_MOST_PAIRS = 1_000_000

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pictures:
    """All distinct pictures that have a structure, as parallel arrays.

    Attributes:
        pixels_ids: row ids, ascending.
        hashes: perceptual ones.
        patients: row id of the one known patient that a picture is of, else 0.
        instances: row id of the one instance that shows it, else 0.
        num_flat: pictures without any structure, left out.
    """

    pixels_ids: Numbers
    hashes: NDArray[np.uint64]
    patients: Numbers
    instances: Numbers
    num_flat: int

    def __len__(self) -> int:
        return len(self.pixels_ids)


@dataclass(frozen=True, slots=True)
class LookAlikes:
    """What was found.

    Attributes:
        pairs: candidates.
        crowds: sizes of components too large to be duplicates, the largest first; none of their pairs is
            in `pairs`.
        num_within_patients: pairs of one known patient, or of one instance, left out: nothing parts them.
    """

    pairs: tuple[FoundPair, ...]
    crowds: tuple[int, ...]
    num_within_patients: int


def collect_pictures(frames: Iterable[HashedFrame]) -> Pictures:
    """Return the distinct pictures among frames, in arrays that take 32 bytes a frame."""
    columns = [array("q") for _ in range(4)]
    for frame in frames:
        row = (frame.pixels_id, frame.perceptual_hash, frame.patient_id or 0, frame.instance_id)
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    pixels, hashes, patients, instances = (np.frombuffer(column, np.int64) for column in columns)
    order = np.argsort(pixels, kind="stable")
    starts = np.flatnonzero(np.diff(pixels[order], prepend=-1))
    kept = hashes[order][starts] != FLAT
    return Pictures(
        pixels_ids=pixels[order][starts][kept],
        hashes=hashes[order][starts][kept].view(np.uint64),
        patients=_only(patients[order], starts)[kept],
        instances=_only(instances[order], starts)[kept],
        num_flat=int((~kept).sum()),
    )


def largest_component(num_pictures: int) -> int:
    """Return how many pictures may look alike before that is an artefact.

    Example:
        >>> largest_component(200), largest_component(5_000), largest_component(10**7)
        (10, 50, 1000)
    """
    return min(max(HANDFUL, int(LARGEST_SHARE * num_pictures)), MOST_TOGETHER)


def find_look_alikes(pictures: Pictures, distance: int) -> LookAlikes:
    """Return the pairs of pictures whose hashes differ in at most `distance` bits, crowds left out."""
    if not len(pictures):
        return LookAlikes((), (), 0)
    expanded = _Expanded(pictures, distance)
    first, second, differing = expanded.pairs
    apart = ~(
        _equal_known(pictures.patients, first, second) | _equal_known(pictures.instances, first, second)
    )
    num_within = int((~apart).sum()) + expanded.num_within
    first, second = np.minimum(first, second)[apart], np.maximum(first, second)[apart]
    differing = differing[apart]
    labels, sizes = _components(len(pictures), first, second)
    is_crowd = sizes > largest_component(len(pictures))
    kept = ~is_crowd[labels[first]] if len(first) else np.zeros(0, bool)
    ids = pictures.pixels_ids
    found = zip(ids[first[kept]].tolist(), ids[second[kept]].tolist(), differing[kept].tolist(), strict=True)
    crowds = sorted([*sizes[is_crowd].tolist(), *expanded.crowds], reverse=True)
    return LookAlikes(tuple(FoundPair(*pair) for pair in sorted(found)), tuple(crowds), num_within)


class _Expanded:
    """Near hashes, turned into pairs of the pictures that have them.

    Where thousands of pictures have nearly one hash, the pairs are only counted.

    Attributes:
        pairs: positions of first and second pictures, and in how many bits they differ.
        crowds: sizes of what was only counted.
        num_within: pairs that were only counted, of one patient.
    """

    def __init__(self, pictures: Pictures, distance: int) -> None:
        values, self._of_value, self._counts = np.unique(
            pictures.hashes, return_inverse=True, return_counts=True
        )
        self._order = np.argsort(self._of_value, kind="stable")
        self._starts = np.concatenate(([0], np.cumsum(self._counts)))
        first, second, differing = _joined(near_pairs(values, distance))
        labels, _ = _components(len(values), first, second)
        potential = np.bincount(labels, self._counts * (self._counts - 1) / 2)
        if len(first):
            potential += np.bincount(
                labels[first], self._counts[first] * self._counts[second], minlength=len(potential)
            )
        self.crowds: list[int] = []
        self.num_within = 0
        too_many = potential > _MOST_PAIRS
        for label in np.flatnonzero(too_many):
            self._count_only(pictures, np.flatnonzero(labels == label), int(potential[label]))
        kept = ~too_many[labels[first]] if len(first) else np.zeros(0, bool)
        same = np.flatnonzero((self._counts > 1) & ~too_many[labels])
        near = self._across(first[kept], second[kept], differing[kept])
        self.pairs = _joined([*self._within(same), *near])

    def _count_only(self, pictures: Pictures, values: Numbers, num_pairs: int) -> None:
        members = np.flatnonzero(np.isin(self._of_value, values))
        patients = np.unique(pictures.patients[members])
        if len(patients) == 1 and patients[0]:
            self.num_within += num_pairs
        else:
            self.crowds.append(len(members))

    def _members(self, value: int) -> Numbers:
        return self._order[self._starts[value] : self._starts[value + 1]]

    def _within(self, values: Numbers) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        for value in values.tolist():
            members = self._members(value)
            one, other = np.triu_indices(len(members), 1)
            yield members[one], members[other], np.zeros(len(one), np.int64)

    def _across(
        self, first: Numbers, second: Numbers, differing: Numbers
    ) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
        single = (self._counts[first] == 1) & (self._counts[second] == 1)
        starts = self._starts
        yield self._order[starts[first[single]]], self._order[starts[second[single]]], differing[single]
        for one, other, bits in zip(
            first[~single].tolist(), second[~single].tolist(), differing[~single].tolist(), strict=True
        ):
            ones, others = self._members(one), self._members(other)
            pairs = len(ones) * len(others)
            yield np.repeat(ones, len(others)), np.tile(others, len(ones)), np.full(pairs, bits, np.int64)


def _only(values: Numbers, starts: Numbers) -> Numbers:
    """Return the one value of each run, 0 where a run has several."""
    if not len(values):
        return values
    least, most = np.minimum.reduceat(values, starts), np.maximum.reduceat(values, starts)
    return np.asarray(np.where(least == most, least, 0))


def _equal_known(owners: Numbers, first: Numbers, second: Numbers) -> NDArray[np.bool_]:
    return np.asarray((owners[first] == owners[second]) & (owners[first] != 0))


def _joined(pieces: Iterable[tuple[Numbers, Numbers, Numbers]]) -> tuple[Numbers, Numbers, Numbers]:
    columns = tuple(zip(*pieces, strict=True)) or ((), (), ())
    empty = np.zeros(0, np.int64)
    first, second, differing = (np.concatenate([empty, *column]) for column in columns)
    return first, second, differing


def _components(count: int, first: Numbers, second: Numbers) -> tuple[Numbers, Numbers]:
    """Return the component of each of so many nodes, and the size of each component.

    Each node takes the smallest number that it can see, until none changes.
    """
    labels = np.arange(count)
    while True:
        seen = labels.copy()
        least = np.minimum(labels[first], labels[second])
        np.minimum.at(seen, labels[first], least)
        np.minimum.at(seen, labels[second], least)
        while not np.array_equal(further := seen[seen], seen):
            seen = further
        if np.array_equal(seen, labels):
            break
        labels = seen
    _, numbered, sizes = np.unique(labels, return_inverse=True, return_counts=True)
    return numbered, sizes
