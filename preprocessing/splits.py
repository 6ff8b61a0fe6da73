"""Splits: whole groups to train, validation and test, stratified over one or several labels.

The assignment is greedy in the manner of iterative stratification (Sechidis, Tsoumakas, Vlahavas:
On the Stratification of Multi-Label Data, 2011), taken from pictures to groups: rarest label first,
large groups first, each to the split that it brings nearest to its share. A group is a patient, or
one picture where the patient is unknown, and is never divided.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from foundation.errors import SplitError

SplitScheme = Literal["None", "tt_split", "tvt_split"]

# The splits of each scheme with their default shares. "None" writes one set, called "all".
SCHEMES: dict[str, dict[str, float]] = {
    "None": {},
    "tt_split": {"train": 0.9, "test": 0.1},
    "tvt_split": {"train": 0.8, "validation": 0.1, "test": 0.1},
}
NO_SPLIT = "all"

_SHARE_TOLERANCE = 0.02
_POLISHING_ROUNDS = 2


@dataclass(frozen=True, slots=True)
class GroupLabels:
    """One group: its key, how many pictures it has, and how many of them carry each label."""

    key: str
    num_pictures: int
    num_labels: Mapping[str, int]


def resolve_ratios(scheme: SplitScheme, ratios: Sequence[float] | None) -> dict[str, float]:
    """Return the share of each split, given ones held against the scheme.

    Args:
        scheme: which splits there are.
        ratios: one share a split, in the order train, validation, test; None for the default.

    Raises:
        SplitError: a wrong number of shares, one that is not above 0, or a sum that is not 1.

    Example:
        >>> resolve_ratios("tt_split", [0.75, 0.25])
        {'train': 0.75, 'test': 0.25}
    """
    defaults = SCHEMES[scheme]
    if ratios is None:
        return dict(defaults)
    asked = ", ".join(f"{ratio:g}" for ratio in ratios) or "none"
    if not defaults:
        raise SplitError(f'The scheme "None" makes no splits and takes no ratios. Received: {asked}.')
    if len(ratios) != len(defaults):
        raise SplitError(f"{scheme} takes {len(defaults)} ratios ({', '.join(defaults)}). Received: {asked}.")
    if not all(0 < ratio < 1 for ratio in ratios) or not math.isclose(sum(ratios), 1, abs_tol=1e-6):
        raise SplitError(
            f"Ratios must lie between 0 and 1 and sum to 1, such as "
            f"{','.join(f'{ratio:g}' for ratio in defaults.values())}. Received: {asked}."
        )
    return dict(zip(defaults, ratios, strict=True))


def assign_splits(
    groups: Sequence[GroupLabels],
    *,
    ratios: Mapping[str, float],
    seed: int,
    allowed: Mapping[str, frozenset[str]] | None = None,
) -> dict[str, str]:
    """Return the split of each group.

    The same groups, ratios and seed give the same assignment, in whatever order the groups come.

    Args:
        groups: each key once.
        ratios: split to its share of the pictures; empty for one set, "all".
        seed: which of the equally good assignments.
        allowed: the splits that a group may go to, for groups that may not go to all; one with a
            single split counts there before any other is placed.

    Raises:
        SplitError: there are fewer groups than splits.

    Example:
        >>> groups = [GroupLabels(f"p{number}", 1, {"Hand": 1}) for number in range(10)]
        >>> assigned = assign_splits(groups, ratios={"train": 0.8, "test": 0.2}, seed=0)
        >>> sorted(assigned.values()).count("test")
        2
    """
    allowed = allowed or {}
    if not ratios:
        return {group.key: NO_SPLIT for group in groups}
    if len(groups) < len(ratios) and not allowed:
        raise SplitError(
            f"Cannot make the splits {', '.join(ratios)}: expected at least {len(ratios)} groups (patients, "
            "or pictures where the patient is unknown), since a group is never divided. "
            f"Add pictures, or ask for fewer splits. Received: {len(groups)}."
        )
    shares = _Shares(groups, ratios)
    settled = {key for key, splits in allowed.items() if len(splits) == 1}
    ordered = _order_groups(groups, seed)
    assigned = {
        group.key: shares.add(group, allowed.get(group.key))
        for group in sorted(ordered, key=lambda group: group.key not in settled)
    }
    movable = [group for group in ordered if group.key not in allowed]
    for _ in range(_POLISHING_ROUNDS):
        # What was placed first was placed blindly: each group may think again, the last ones first.
        for group in reversed(movable):
            assigned[group.key] = shares.move(group, assigned[group.key])
    _fill_empty_splits(assigned, movable, tuple(ratios))
    return assigned


def explain_assignment(
    groups: Sequence[GroupLabels], assigned: Mapping[str, str], *, ratios: Mapping[str, float]
) -> list[str]:
    """Return what a reader of the splits must know: missing labels and shares that could not be met.

    Args:
        groups: as given to `assign_splits`.
        assigned: what it returned.
        ratios: the shares asked for.
    """
    if not ratios:
        return []
    pictures: Counter[str] = Counter()
    labelled: Counter[tuple[str, str]] = Counter()
    groups_with: Counter[str] = Counter()
    for group in groups:
        split = assigned[group.key]
        pictures[split] += group.num_pictures
        for label, count in group.num_labels.items():
            labelled[label, split] += count
            groups_with[label] += 1
    warnings = []
    for label in sorted(groups_with):
        missing = [split for split in ratios if not labelled[label, split]]
        if missing:
            warnings.append(
                f'The label "{label}" occurs in few groups ({groups_with[label]}): '
                f"none of it is in {' and '.join(missing)}."
            )
    for split, ratio in ratios.items():
        share = pictures[split] / pictures.total()
        if abs(share - ratio) > _SHARE_TOLERANCE:
            warnings.append(
                f"{split} holds {share:.1%} of the pictures where {ratio:.1%} was asked for: "
                "groups are kept whole."
            )
    return warnings


def keyed_order(seed: int, key: str) -> bytes:
    """Return what to sort by for a seeded order that knows nothing of the order before.

    Example:
        >>> keyed_order(0, "a") == keyed_order(0, "a") != keyed_order(1, "a")
        True
    """
    return hashlib.blake2b(f"{seed}\0{key}".encode(), digest_size=16).digest()


def _order_groups(groups: Sequence[GroupLabels], seed: int) -> list[GroupLabels]:
    """Order the groups: rarest label first, then large before small, then by keyed hash."""
    frequency = Counter(label for group in groups for label in group.num_labels)
    rank = {label: place for place, label in enumerate(sorted(frequency, key=lambda it: (frequency[it], it)))}

    def place(group: GroupLabels) -> tuple[int, int, bytes, str]:
        rarest = min((rank[label] for label in group.num_labels), default=len(rank))
        # Sizes count by powers of two, so that the seed still decides among groups of like size.
        return rarest, -group.num_pictures.bit_length(), keyed_order(seed, group.key), group.key

    return sorted(groups, key=place)


class _Shares:
    """How far each split is from its share of the pictures and of every label.

    The measure is chi-square: the squared distance from the expected count, over that count. Its
    growth by one more group is all that the choice needs. Plain Python numbers: exact in order, and
    faster than small arrays.
    """

    def __init__(self, groups: Sequence[GroupLabels], ratios: Mapping[str, float]) -> None:
        """Sum up what there is to share."""
        self.splits = tuple(ratios)
        self._ratios = tuple(ratios.values())
        totals: Counter[str] = Counter()
        for group in groups:
            totals.update(group.num_labels)
        self._totals = totals
        self._num_pictures = sum(group.num_pictures for group in groups)
        self._pictures = [0] * len(ratios)
        self._labelled = {label: [0] * len(ratios) for label in totals}

    def add(self, group: GroupLabels, allowed: frozenset[str] | None = None) -> str:
        """Put the group where it costs least of the splits allowed, and return that split."""
        rows = self._rows(group)
        costs = [
            sum(
                count * (count + 2 * (held[place] - ratio * total)) / (ratio * total)
                for held, count, total in rows
            )
            for place, ratio in enumerate(self._ratios)
        ]
        places = [place for place, split in enumerate(self.splits) if allowed is None or split in allowed]
        chosen = min(places, key=lambda place: costs[place])
        for held, count, _ in rows:
            held[chosen] += count
        return self.splits[chosen]

    def move(self, group: GroupLabels, split: str) -> str:
        """Take the group out of its split, put it where it costs least now, and return that split."""
        place = self.splits.index(split)
        for held, count, _ in self._rows(group):
            held[place] -= count
        return self.add(group)

    def _rows(self, group: GroupLabels) -> list[tuple[list[int], int, int]]:
        """Return, for pictures and each label: what splits hold, what the group brings, what there is."""
        rows = [(self._pictures, group.num_pictures, self._num_pictures)]
        for label, count in sorted(group.num_labels.items()):
            if count:
                rows.append((self._labelled[label], count, self._totals[label]))
        return rows


def _fill_empty_splits(
    assigned: dict[str, str], ordered: Sequence[GroupLabels], splits: tuple[str, ...]
) -> None:
    """Give each empty split the smallest movable group of the split that has the most of them."""
    for split in splits:
        if split in assigned.values():
            continue
        num_groups = Counter(assigned[group.key] for group in ordered)
        fullest = max(splits, key=lambda name: num_groups[name])
        if num_groups[fullest] < 2:
            continue
        smallest = min(
            (group for group in ordered if assigned[group.key] == fullest),
            key=lambda group: group.num_pictures,
        )
        assigned[smallest.key] = split
