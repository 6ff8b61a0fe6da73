"""How a plan divides."""

from __future__ import annotations

import pytest

from foundation.errors import SplitError
from preprocessing.split_scheme import PlanScheme, fold_roles


def test_shares_come_from_ratios_counts_or_folds() -> None:
    """Counts leave the rest to train, whatever the number of pictures."""
    assert PlanScheme(ratios=(0.7, 0.1, 0.2)).ratios_for(9) == {"train": 0.7, "validation": 0.1, "test": 0.2}
    assert PlanScheme(counts=(10, 30)).ratios_for(100) == {"train": 0.6, "validation": 0.1, "test": 0.3}
    assert PlanScheme(folds=4).ratios_for(9) == {f"fold-{n}": 0.25 for n in (1, 2, 3, 4)}


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"split": "None"}, "makes no splits"),
        ({"ratios": (0.5, 0.5)}, "takes 3 ratios"),
        ({"ratios": (0.8, 0.1, 0.1), "counts": (1, 1)}, "not both"),
        ({"counts": (5,)}, "takes 2 count"),
        ({"counts": (5, 0)}, "above 0"),
        ({"repeats": 3}, "Only folds"),
        ({"folds": 3, "ratios": (0.8, 0.1, 0.1)}, "Folds are of equal size"),
        ({"assign": {"exam": "1 = 1"}}, "Received: exam"),
        ({"split": "tt_split", "assign": {"train": "1", "test": "0"}}, "Leave one without"),
        ({"together": ("patient_key",)}, "Received: patient_key"),
    ],
)
def test_contradictions_are_refused(asked: dict[str, object], says: str) -> None:
    """With what was expected."""
    with pytest.raises(SplitError, match=says):
        PlanScheme.model_validate(asked)


def test_more_pictures_wanted_than_there_are_is_refused() -> None:
    """Once their number is known."""
    with pytest.raises(SplitError, match="leaves none for train"):
        PlanScheme(counts=(10, 30)).ratios_for(40)


def test_each_fold_is_the_test_set_once_and_validates_once() -> None:
    """With two folds there is none left to validate."""
    roles = [fold_roles(5, fold) for fold in range(1, 6)]
    assert all(sorted(role.values()) == ["test", "train", "train", "train", "validation"] for role in roles)
    for split in ("test", "validation"):
        assert len({name for role in roles for name, split_name in role.items() if split_name == split}) == 5
    assert fold_roles(2, 1) == {"fold-1": "test", "fold-2": "train"}
    with pytest.raises(SplitError, match="folds 1 to 2"):
        fold_roles(2, 3)


def test_only_what_was_asked_for_can_differ() -> None:
    """A stored scheme goes on when nothing else is asked."""
    stored = PlanScheme(ratios=(0.7, 0.1, 0.2), seed=5).model_dump(mode="json")
    assert PlanScheme().differences(stored, asked=set()) == []
    assert PlanScheme(seed=6).differences(stored, asked={"seed"}) == ["seed"]
    assert PlanScheme(ratios=(0.7, 0.1, 0.2)).differences(stored, asked={"ratios"}) == []


def test_repeats_have_seeds_of_their_own() -> None:
    """The first one has the plan's."""
    scheme = PlanScheme(folds=3, repeats=3, seed=11)
    assert scheme.seed_of(1) == 11
    assert len({scheme.seed_of(number) for number in (1, 2, 3)}) == 3
