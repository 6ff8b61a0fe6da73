"""The assignment of a plan: whole groups, nothing settled moves, what would leak is left out."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import SplitError
from preprocessing.plan_assignment import (
    JOINS_TWO_SPLITS,
    NEAR_DUPLICATE_ACROSS,
    PlanOutcome,
    PlanPicture,
    assign_pictures,
)

RATIOS = {"train": 0.6, "validation": 0.2, "test": 0.2}


def picture(name: str, patient: str | None, *pixels: str, study: str | None = None) -> PlanPicture:
    """Return a picture; its pixels are its own unless named."""
    return PlanPicture(name, patient, study, pixels or (f"pixels of {name}",), ("Mass",))


PICTURES = st.lists(
    st.tuples(
        st.one_of(st.none(), st.integers(0, 15)),
        st.integers(0, 30),
        st.integers(0, 20),
        st.sampled_from("ABC"),
    ),
    min_size=12,
    max_size=60,
).map(
    lambda drawn: [
        PlanPicture(
            f"picture{number}",
            None if patient is None else f"patient{patient}",
            f"study{study}-of-{patient}",
            (f"pixels{pixels}-{number // 3}",),
            (label,),
        )
        for number, (patient, pixels, study, label) in enumerate(drawn)
    ]
)


def leaks(pictures: list[PlanPicture], outcome: PlanOutcome) -> list[object]:
    """Return every patient, study and picture that lies in two splits."""
    splits = defaultdict(set)
    for one in pictures:
        if one.name in outcome.splits:
            for node in one.nodes:
                splits[node].add(outcome.splits[one.name])
    return [node for node, found in splits.items() if len(found) > 1]


def assign(pictures: list[PlanPicture], **how: object) -> PlanOutcome:
    """Assign, or say that there are too few groups for three splits."""
    return assign_pictures(pictures, ratios=RATIOS, seed=0, **how)  # type: ignore[arg-type]


@settings(max_examples=80, deadline=None)
@given(PICTURES, st.integers(0, 5))
def test_nothing_is_in_two_splits_whatever_the_order(pictures: list[PlanPicture], seed: int) -> None:
    """Every picture has one split or one reason, and shuffled pictures get the same."""
    try:
        outcome = assign(pictures)
    except SplitError:
        return
    assert leaks(pictures, outcome) == []
    assert outcome.splits.keys() | outcome.left_out.keys() == {one.name for one in pictures}
    assert outcome.left_out == {}
    shuffled = list(pictures)
    random.Random(seed).shuffle(shuffled)
    assert assign(shuffled) == outcome


@settings(max_examples=80, deadline=None)
@given(PICTURES, st.integers(6, 11))
def test_growth_moves_nobody(pictures: list[PlanPicture], num_first: int) -> None:
    """What had a split keeps it, or is the same picture as before; new ones follow or are left out."""
    try:
        first = assign(pictures[:num_first])
    except SplitError:
        return
    grown = assign(pictures, held=first.settled)
    assert first.splits.items() <= grown.splits.items()
    assert leaks(pictures, grown) == []
    assert set(grown.left_out.values()) <= {JOINS_TWO_SPLITS}
    again = assign(pictures, held={**first.settled, **grown.settled})
    assert again.splits == grown.splits


def test_a_picture_that_joins_two_splits_is_left_out() -> None:
    """It shows pixels of a training patient and names a test patient; both stay where they are."""
    held = {("patient", "a"): "train", ("pixels", "1"): "train", ("patient", "b"): "test"}
    outcome = assign([picture("x", "b", "1"), picture("y", "a", "1"), picture("z", "b", "2")], held=held)
    assert outcome.left_out == {"x": JOINS_TWO_SPLITS}
    assert outcome.splits == {"y": "train", "z": "test"}


def test_a_merge_after_the_split_leaves_out_what_it_joins() -> None:
    """Two ids in two splits turn out to be one patient: the pictures under the old id leave."""
    pictures = [picture(f"{n}", f"p{n}") for n in range(9)]
    first = assign(pictures)
    one = next(name for name, split in first.splits.items() if split == "train")
    other = next(name for name, split in first.splits.items() if split == "test")
    merged = [picture(p.name, f"p{other}" if p.name == one else p.patient_key) for p in pictures]
    grown = assign(merged, held=first.settled)
    assert grown.left_out == {one: JOINS_TWO_SPLITS}
    assert {name: split for name, split in first.splits.items() if name != one} == grown.splits


def test_confirmed_near_duplicates_stay_together() -> None:
    """And where both were settled apart, the second one's pictures are left out."""
    pictures = [picture(f"{n}", f"p{n}", f"s{n}") for n in range(12)]
    together = assign(pictures, near_duplicates=[("s0", "s1"), ("s1", "s2")])
    assert len({together.splits[name] for name in "012"}) == 1
    first = assign(pictures)
    train = next(n for n in range(12) if first.splits[str(n)] == "train")
    test = next(n for n in range(12) if first.splits[str(n)] == "test")
    later = assign(pictures, held=first.settled, near_duplicates=[(f"s{train}", f"s{test}")])
    assert later.left_out == {str(test): NEAR_DUPLICATE_ACROSS}


def test_what_may_go_to_some_splits_only_is_shared_out_among_them() -> None:
    """An official list names the test pictures; the others go to train and validation."""
    pool = frozenset({"train", "validation"})
    pictures = [
        PlanPicture(f"{n}", f"p{n}", None, (f"s{n}",), ("A",), allowed=pool if n % 5 else frozenset({"test"}))
        for n in range(100)
    ]
    outcome = assign(pictures)
    assert {name for name, split in outcome.splits.items() if split == "test"} == {
        f"{n}" for n in range(0, 100, 5)
    }
    assert Counter(outcome.splits.values()) == {"train": 60, "validation": 20, "test": 20}


def test_the_first_in_place_decides_for_its_patient() -> None:
    """A patient seen before and after the year of the test set stays in training, later pictures leave."""
    pictures = [
        PlanPicture(f"{n}-{year}", f"p{n}", None, (f"s{n}-{year}",), ("A",), allowed=allowed, place=(year,))
        for n in range(10)
        for year, allowed in (
            (2018, frozenset({"train", "validation"})),
            (2019, frozenset({"test"})),
        )
        if n < 8 or year == 2019
    ]
    outcome = assign(pictures)
    assert set(outcome.left_out) == {f"{n}-2019" for n in range(8)}
    assert {name for name, split in outcome.splits.items() if split == "test"} == {"8-2019", "9-2019"}


def test_unknown_patients_are_counted() -> None:
    """They stand for themselves, joined by study and pixels only."""
    pictures = [picture(f"{n}", None) for n in range(9)] + [picture("same", None, "pixels of 0")]
    outcome = assign(pictures)
    assert outcome.patients_unknown == 10
    assert outcome.splits["same"] == outcome.splits["0"]


def test_fewer_groups_than_splits_is_told() -> None:
    """Unless they only follow what is settled."""
    with pytest.raises(SplitError, match="at least 3 groups"):
        assign([picture("a", "p"), picture("b", "p")])
    followed = assign([picture("a", "p")], held={("patient", "p"): "test"})
    assert followed.splits == {"a": "test"}


def test_another_seed_divides_otherwise() -> None:
    """Repeated folds are worth something."""
    pictures = [picture(f"{n}", f"p{n}") for n in range(60)]
    assert (
        len(
            {
                tuple(sorted(assign_pictures(pictures, ratios=RATIOS, seed=seed).splits.items()))
                for seed in range(4)
            }
        )
        == 4
    )
