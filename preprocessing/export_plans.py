"""Which pictures one export of a cohort writes: frames, a seeded sample, and what can be told beforehand."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from database.cohort_pictures import CohortPicture
from preprocessing.frame_choices import FrameChoice
from preprocessing.known_classes import KnownClasses
from preprocessing.rendering_batch import WantedFrame, wanted_frame
from preprocessing.splits import keyed_order


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What one export writes.

    Attributes:
        frames: of multi-frame instances.
        seed: of the sample.
        last_chosen: the greatest key in the sample; None for all pictures.
        num_pictures: how many are wanted.
        num_available: how many the sample was drawn from.
        classes: every label of the cohort's members, sorted.
        known: what the members say of classes.
    """

    frames: FrameChoice
    seed: int
    last_chosen: bytes | None
    num_pictures: int
    num_available: int
    classes: tuple[str, ...]
    known: KnownClasses = field(default_factory=KnownClasses, compare=False)

    def is_wanted(self, instance: str, frame_number: int) -> bool:
        """Say whether a chosen frame is in the sample."""
        return self.last_chosen is None or _key(self.seed, instance, frame_number) <= self.last_chosen


def plan_export(
    members: Iterable[CohortPicture], *, frames: FrameChoice, sample: int | None, seed: int
) -> ExportPlan:
    """Return what is written of members; each is looked at once and none is kept.

    A sample is drawn by a keyed hash of instance and frame: so it does not depend on the order or the
    ids of rows, and where members are gone the others of the sample stay in it.

    Args:
        members: of a cohort.
        frames: of multi-frame instances.
        sample: how many pictures; None for all.
        seed: of the sample.
    """
    classes: set[str] = set()
    known = KnownClasses()
    smallest = _Smallest(sample or 0)
    num_available = 0
    for member in members:
        classes.update(member.labels)
        known.look(member.label_values)
        numbers = frames.numbers(member.number_of_frames)
        num_available += len(numbers)
        for number in numbers if sample is not None else ():
            smallest.add(_key(seed, member.sop_instance_uid, number))
    is_part = sample is not None and sample < num_available
    return ExportPlan(
        frames=frames,
        seed=seed,
        last_chosen=smallest.greatest if is_part else None,
        num_pictures=sample if sample is not None and is_part else num_available,
        num_available=num_available,
        classes=tuple(sorted(classes)),
        known=known,
    )


def wanted_frames(members: Iterable[CohortPicture], plan: ExportPlan, *, task: str) -> Iterator[WantedFrame]:
    """Yield the pictures of an export in the order of the members, by frame.

    Args:
        members: of a cohort.
        plan: made of the same members.
        task: of the cohort.
    """
    for member in members:
        for number in plan.frames.numbers(member.number_of_frames):
            if plan.is_wanted(member.sop_instance_uid, number):
                yield wanted_frame(member, number, task=task, known=plan.known)


class _Smallest:
    """Keeps the so many smallest keys of a stream."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._inverted: list[int] = []

    def add(self, key: bytes) -> None:
        """Look at one key."""
        inverted = -int.from_bytes(key, "big")  # heapq keeps the smallest in front
        if len(self._inverted) < self._count:
            heapq.heappush(self._inverted, inverted)
        else:
            heapq.heappushpop(self._inverted, inverted)

    @property
    def greatest(self) -> bytes:
        """The greatest of those that are kept."""
        return (-self._inverted[0]).to_bytes(16, "big")


def _key(seed: int, instance: str, frame_number: int) -> bytes:
    return keyed_order(seed, f"{instance}/{frame_number}")
