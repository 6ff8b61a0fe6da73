"""Which pictures an export writes."""

from __future__ import annotations

import random

import pytest

from database.cohort_pictures import CohortPicture
from preprocessing.export_plans import plan_export, wanted_frames
from preprocessing.frame_choices import FrameChoice

MEMBERS = [
    CohortPicture(number, f"2.25.{number}", 1, 1 + number % 3, None, {"AB"[number % 2]: "1", "C": "0"})
    for number in range(1, 61)
]


def chosen(members: list[CohortPicture], *, frames: str = "first", sample: int | None, seed: int = 0) -> list:
    """Return instance and frame of the pictures that are wanted."""
    plan = plan_export(members, frames=FrameChoice(frames), sample=sample, seed=seed)
    wanted = list(wanted_frames(members, plan, task="body_part"))
    assert len(wanted) == plan.num_pictures
    return [(one.instance, one.frame_number) for one in wanted]


def test_without_a_sample_every_chosen_frame_is_wanted() -> None:
    """With the number of them and the classes that are present."""
    plan = plan_export(MEMBERS, frames=FrameChoice("all"), sample=None, seed=0)
    assert (plan.num_pictures, plan.num_available) == (120, 120)
    assert plan.classes == ("A", "B")
    assert len(chosen(MEMBERS, frames="all", sample=None)) == 120


@pytest.mark.parametrize("frames", ["first", "all"])
def test_a_sample_does_not_depend_on_the_order_of_rows(frames: str) -> None:
    """Nor on row ids: instance and frame decide, and the seed."""
    shuffled = random.Random(1).sample(MEMBERS, len(MEMBERS))
    sample = set(chosen(MEMBERS, frames=frames, sample=9, seed=3))
    assert set(chosen(shuffled, frames=frames, sample=9, seed=3)) == sample
    assert set(chosen(MEMBERS, frames=frames, sample=9, seed=4)) != sample
    assert sample < set(chosen(MEMBERS, frames=frames, sample=20, seed=3))


def test_members_that_left_take_nobody_else_with_them() -> None:
    """What is left of a sample stays in it."""
    before = set(chosen(MEMBERS, sample=10))
    gone = {uid for uid, _ in sorted(before)[:3]}
    after = set(chosen([one for one in MEMBERS if one.sop_instance_uid not in gone], sample=10))
    assert {one for one in before if one[0] not in gone} < after


def test_a_sample_larger_than_the_cohort_is_all_of_it() -> None:
    """And none of it is drawn."""
    plan = plan_export(MEMBERS, frames=FrameChoice("first"), sample=60, seed=0)
    assert (plan.last_chosen, plan.num_pictures) == (None, 60)
    assert plan_export([], frames=FrameChoice("first"), sample=3, seed=0).num_pictures == 0
