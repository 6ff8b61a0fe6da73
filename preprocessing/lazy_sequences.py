"""Sequences whose items are made when they are asked for, and choices of items: little memory for many."""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from typing import TypeVar, overload

Item = TypeVar("Item")


class LazySequence(Sequence[Item]):
    """A sequence that says how many items it has and makes one by its number; a slice of it is a view."""

    @abstractmethod
    def item(self, number: int) -> Item:
        """Return an item.

        Args:
            number: from 0, below the length.
        """

    @overload
    def __getitem__(self, number: int) -> Item: ...
    @overload
    def __getitem__(self, number: slice) -> Sequence[Item]: ...
    def __getitem__(self, number: int | slice) -> Item | Sequence[Item]:
        """Return an item, or some as a view."""
        if isinstance(number, slice):
            return choose(self, range(*number.indices(len(self))))
        return self.item(range(len(self))[number])


class Choice(LazySequence[Item]):
    """Some items of a sequence by their numbers, 8 bytes each; the items stay where they are.

    Args:
        items: of which some were chosen.
        numbers: in the order wanted.
    """

    def __init__(self, items: Sequence[Item], numbers: array[int]) -> None:
        self.items = items
        self.numbers = numbers

    def __len__(self) -> int:
        """Return how many were chosen."""
        return len(self.numbers)

    def item(self, number: int) -> Item:
        """Return an item from where it is."""
        return self.items[self.numbers[number]]


def choose(items: Sequence[Item], numbers: Iterable[int]) -> Choice[Item]:
    """Return the items of those numbers as a view; a choice of a choice is one of the same items.

    Example:
        >>> some = choose("abcd", (3, 1, 0))
        >>> list(some), list(choose(some, (2, 0)))
        (['d', 'b', 'a'], ['a', 'd'])
    """
    if isinstance(items, Choice):
        return Choice(items.items, array("q", (items.numbers[number] for number in numbers)))
    return Choice(items, array("q", numbers))
