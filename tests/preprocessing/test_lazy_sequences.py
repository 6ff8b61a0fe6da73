"""Sequences that make their items, and choices of items."""

from __future__ import annotations

import pytest

from preprocessing.lazy_sequences import Choice, LazySequence, choose


class Squares(LazySequence[int]):
    """The squares of 0 to 4."""

    def __len__(self) -> int:
        return 5

    def item(self, number: int) -> int:
        """Return a square."""
        return number**2


def test_items_are_found_from_both_ends() -> None:
    """As in any sequence, and none beyond them."""
    assert list(Squares()) == [0, 1, 4, 9, 16]
    assert (Squares()[-1], Squares()[1]) == (16, 1)
    for number in (5, -6):
        with pytest.raises(IndexError):
            Squares()[number]


def test_a_slice_is_a_view() -> None:
    """Of any step."""
    assert isinstance(Squares()[1:3], Choice)
    assert list(Squares()[::-2]) == [16, 4, 0]
    assert list(Squares()[4:2]) == []


def test_a_choice_of_a_choice_is_one_of_the_same_items() -> None:
    """So that many of them cost no more than one."""
    some = choose("abcdef", (5, 3, 1))
    again = choose(some, (2, 0))
    assert list(again) == ["b", "f"]
    assert again.items == "abcdef"
    assert list(again[1:]) == ["f"]
