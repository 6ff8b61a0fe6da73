"""Which picture of a record set goes to which split, and the table that says so."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from preprocessing.groups import GroupMember, count_group_labels, group_members
from preprocessing.splits import assign_splits, explain_assignment


@dataclass(frozen=True, slots=True)
class SplitTable:
    """The group and split of each picture.

    Attributes:
        groups: group by picture name; a patient key, or the picture's name where it is unknown.
        splits: split by picture name.
        patients_unknown: pictures whose patient is not known.
        warnings: what a reader of the splits must know.
    """

    groups: dict[str, str]
    splits: dict[str, str]
    patients_unknown: int
    warnings: tuple[str, ...]

    @property
    def text(self) -> str:
        """The content of `splits.csv`: name, group and split of each picture, by name."""
        text = io.StringIO(newline="")
        rows = csv.writer(text, lineterminator="\n")
        rows.writerow(("name", "group", "split"))
        rows.writerows((name, self.groups[name], split) for name, split in sorted(self.splits.items()))
        return text.getvalue()


def split_pictures(
    members: Sequence[GroupMember],
    *,
    ratios: dict[str, float],
    seed: int,
    near_duplicates: Iterable[tuple[str, str]] = (),
) -> SplitTable:
    """Return the split of each picture, groups kept whole, stratified over labels.

    Args:
        members: the pictures, in any order.
        ratios: share of each split; empty for one set.
        seed: which of the equally good assignments.
        near_duplicates: pairs of hashes that were confirmed to show the same.

    Raises:
        SplitError: there are fewer groups than splits.

    Example:
        >>> members = [GroupMember(name, "p1", name, ("Hand",)) for name in "ab"]
        >>> split_pictures(members, ratios={}, seed=0).splits
        {'a': 'all', 'b': 'all'}
    """
    groups = group_members(members, near_duplicates)
    counted = count_group_labels(members, groups)
    assigned = assign_splits(counted, ratios=ratios, seed=seed)
    unknown = sum(member.patient_key is None for member in members)
    warnings = explain_assignment(counted, assigned, ratios=ratios)
    if unknown and ratios:
        warnings.insert(
            0,
            f"The patient of {unknown} of {len(members)} pictures is unknown: each stands for itself, so "
            "pictures of one patient may lie in several splits.",
        )
    return SplitTable(
        groups=groups,
        splits={name: assigned[group] for name, group in groups.items()},
        patients_unknown=unknown,
        warnings=tuple(warnings),
    )
