"""What is known of classes."""

from __future__ import annotations

from preprocessing.known_classes import KnownClasses, mask_of


def known_of(*members: dict[str, str]) -> list[tuple[str, ...] | None]:
    """Return what is known of each member of a cohort."""
    known = KnownClasses()
    for member in members:
        known.look(member)
    return [known.of(member) for member in members]


def test_one_class_each_is_all_that_is_known() -> None:
    """Body parts: what is not named is not there."""
    assert known_of({"CHEST": "1"}, {"HAND": "1"}) == [None, None]


def test_tags_of_which_none_is_denied_are_complete_lists() -> None:
    """Nobody writes down a hundred thousand noes a picture."""
    assert known_of({"a": "1", "b": "1"}, {"c": "1"}) == [None, None]


def test_uncertain_not_mentioned_and_unread_classes_are_unknown() -> None:
    """None of the three is a no."""
    assert known_of(
        {"Mass": "1", "Nodule": "uncertain", "Edema": "0"},
        {"Mass": "0", "Nodule": "1", "Edema": "not_mentioned"},
        {"Mass": "1", "Edema": "not_assessable", "Nodule": "0"},
        {"Nodule": "0"},
    ) == [("Edema", "Mass"), ("Mass", "Nodule"), ("Mass", "Nodule"), ("Nodule",)]


def test_a_picture_without_any_finding_is_known() -> None:
    """All its classes are denied: that is not the same as no label."""
    assert known_of({"Mass": "0", "Edema": "0"}, {"Mass": "1", "Edema": "0"}) == [("Edema", "Mass"), None]


def test_a_picture_of_which_nothing_is_known_has_no_label() -> None:
    """Whatever others say."""
    assert known_of({"Mass": "uncertain"}, {}, {"Mass": "1"}) == [None, None, None]


def test_a_label_that_was_added_by_hand_is_known() -> None:
    """Label files hold where they differ from the manifest."""
    assert mask_of(("A", "B"), ("B",), ()) == [0.0, 1.0]
    assert mask_of(("A", "B"), (), None) == [1.0, 1.0]
