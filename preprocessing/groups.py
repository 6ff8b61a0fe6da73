"""Which pictures must stay together: those of one patient or study, and identical ones."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from preprocessing.splits import GroupLabels


@dataclass(frozen=True, slots=True)
class GroupMember:
    """One picture on its way into a group.

    Args:
        name: unique in its folder.
        patient_key: None when the patient is unknown; an unknown patient is never one patient.
        sha256: pictures with the same hash are identical.
        labels: class names of this picture.
        study_key: None when it has none, or when its patient, whose study it is, is known.
    """

    name: str
    patient_key: str | None
    sha256: str
    labels: tuple[str, ...]
    study_key: str | None = None


def follow_aliases(members: Sequence[GroupMember], aliases: Mapping[str, str]) -> list[GroupMember]:
    """Return the pictures under the patients that merge lists lead to.

    A folder says whose its pictures were when it was written; who was found to be one since then, only
    the database knows.

    Args:
        members: the pictures.
        aliases: patient key to that of the patient who it is, from `database.patients.patient_aliases`.

    Example:
        >>> follow_aliases([GroupMember("a", "p1", "s1", ())], {"p1": "p2"})[0].patient_key
        'p2'
    """
    return [
        replace(member, patient_key=aliases.get(member.patient_key or "", member.patient_key))
        for member in members
    ]


def group_members(
    members: Sequence[GroupMember], near_duplicates: Iterable[tuple[str, str]] = ()
) -> dict[str, str]:
    """Return each picture's group: the components over patient, study, identical and near-identical content.

    A group is called by its smallest patient key, or by its smallest picture name when no patient
    is known, so neither the order of the pictures nor their number changes the name.

    Args:
        members: the pictures.
        near_duplicates: pairs of hashes that were confirmed to show the same.

    Example:
        >>> pictures = [
        ...     GroupMember("a", "p1", "s1", ()),
        ...     GroupMember("b", None, "s1", ()),
        ...     GroupMember("c", None, "s2", ()),
        ... ]
        >>> group_members(pictures)
        {'a': 'p1', 'b': 'p1', 'c': 'c'}
    """
    roots = _roots(members, near_duplicates)
    names: dict[int, tuple[bool, str]] = {}
    for member, root in zip(members, roots, strict=True):
        own = (True, member.name) if member.patient_key is None else (False, member.patient_key)
        names[root] = min(own, names.get(root, own))
    return {member.name: names[root][1] for member, root in zip(members, roots, strict=True)}


def count_group_labels(members: Iterable[GroupMember], groups: dict[str, str]) -> list[GroupLabels]:
    """Return each group with its number of pictures and of pictures a label.

    Args:
        members: the pictures.
        groups: group of each picture's name, as `group_members` gives it.
    """
    num_pictures: dict[str, int] = {}
    labels: dict[str, Mapping[str, int]] = {}
    # Most groups have the labels of others, too: such groups share one mapping.
    known: dict[tuple[tuple[str, int], ...], Mapping[str, int]] = {}
    for member in members:
        group = groups[member.name]
        num_pictures[group] = num_pictures.get(group, 0) + 1
        counts = dict(labels.get(group, {}))
        for label in member.labels:
            counts[label] = counts.get(label, 0) + 1
        labels[group] = known.setdefault(tuple(sorted(counts.items())), counts)
    return [GroupLabels(group, num_pictures[group], labels[group]) for group in sorted(num_pictures)]


def _roots(members: Sequence[GroupMember], near_duplicates: Iterable[tuple[str, str]]) -> array[int]:
    """Return, for each picture, the number of the one that stands for its component."""
    roots = array("q", range(len(members)))
    hashes: dict[str | None, int] = {}
    patients: dict[str | None, int] = {}
    studies: dict[str | None, int] = {}
    for number, member in enumerate(members):
        keys = ((hashes, member.sha256), (patients, member.patient_key), (studies, member.study_key))
        for first, key in keys:
            if key is not None:
                _join(roots, first.setdefault(key, number), number)
    for one, other in near_duplicates:
        if one in hashes and other in hashes:
            _join(roots, hashes[one], hashes[other])
    for number in range(len(roots)):
        roots[number] = _root(roots, number)
    return roots


def _root(roots: array[int], number: int) -> int:
    """Return the number that stands for a component, shortening the path on the way."""
    while roots[number] != number:
        roots[number] = roots[roots[number]]
        number = roots[number]
    return number


def _join(roots: array[int], one: int, other: int) -> None:
    """Make two components one."""
    roots[_root(roots, one)] = _root(roots, other)
