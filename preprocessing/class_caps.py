"""Class caps: at most so many pictures of a class, the rare ones never touched."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from preprocessing.splits import keyed_order


def choose_capped(labels: Mapping[str, Sequence[str]], *, cap: int, seed: int) -> set[str]:
    """Return the names of the pictures that stay when no class is to have more than `cap` of them.

    A class that has no more than the cap is rare: all its pictures stay, also where another of their
    classes is full. Of the others one stays while all its classes are below the cap. The order is
    seeded and knows nothing of the order in which the pictures come.

    Args:
        labels: class names of each picture, by its name.
        cap: pictures of one class, at least 1.
        seed: which of them.

    Example:
        >>> labels = {"a": ["Mass"], "b": ["Mass"], "c": ["Mass", "Hernia"], "d": []}
        >>> sorted(choose_capped(labels, cap=1, seed=0) & {"c", "d"})
        ['c', 'd']
    """
    totals = Counter(label for own in labels.values() for label in set(own))
    rare = {label for label, count in totals.items() if count <= cap}
    kept = {name for name, own in labels.items() if not own or rare & set(own)}
    counts = Counter(label for name in kept for label in set(labels[name]))
    for name in sorted(labels.keys() - kept, key=lambda name: keyed_order(seed, name)):
        own = set(labels[name])
        if all(counts[label] < cap for label in own):
            kept.add(name)
            counts.update(own)
    return kept
