"""Label maps."""

from __future__ import annotations

import pytest

from database.label_maps import map_labels

MAP = {"HAND": "Extremity", "FOOT": "Extremity", "CHEST": "Trunk"}


def test_classes_become_others_and_what_has_none_is_left_out_and_told() -> None:
    """By instance, and by class with its count."""
    mapped = map_labels({1: {"HAND": "1"}, 2: {"AORTA": "1"}, 3: {"AORTA": "1"}}, MAP)
    assert mapped.values == {1: {"Extremity": "1"}}
    assert (mapped.left_out, mapped.unmapped) == ((2, 3), {"AORTA": 2})


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ({"HAND": "1", "FOOT": "0"}, {"Extremity": "1"}),
        ({"HAND": "0", "FOOT": "0"}, {"Extremity": "0"}),
        ({"HAND": "0"}, None),
        ({"HAND": "uncertain", "FOOT": "0"}, {"Extremity": "uncertain"}),
        ({"HAND": "not_assessable"}, {"Extremity": "not_assessable"}),
        ({"HAND": "not_mentioned", "FOOT": "0"}, {"Extremity": "not_mentioned"}),
        ({"CHEST": "0"}, {"Trunk": "0"}),
        ({"HAND": "1", "CHEST": "0"}, {"Extremity": "1", "Trunk": "0"}),
    ],
)
def test_several_classes_that_become_one(labels: dict[str, str], expected: dict[str, str] | None) -> None:
    """No hand is not no extremity."""
    assert map_labels({1: labels}, MAP).values == ({1: expected} if expected else {})


def test_a_star_takes_all_the_rest() -> None:
    """Nothing is left out then."""
    mapped = map_labels({1: {"HAND": "1"}, 2: {"AORTA": "1"}}, MAP | {"*": "Rest"})
    assert mapped.values == {1: {"Extremity": "1"}, 2: {"Rest": "1"}}
    assert mapped.unmapped == {}


def test_case_counts_only_where_the_map_says_so() -> None:
    """Class folders are written as people like."""
    both = MAP | {"hand": "Mine"}
    assert map_labels({1: {"HAND": "1"}, 2: {"hand": "1"}}, both).values == {
        1: {"Extremity": "1"},
        2: {"Mine": "1"},
    }
    assert map_labels({1: {"Hand": "1"}}, MAP).values == {1: {"Extremity": "1"}}
