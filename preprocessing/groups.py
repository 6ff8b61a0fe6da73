"""Which pictures must stay together: those of one patient, and identical ones."""

from __future__ import annotations

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
    """

    name: str
    patient_key: str | None
    sha256: str
    labels: tuple[str, ...]


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


def group_members(members: Sequence[GroupMember]) -> dict[str, str]:
    """Return each picture's group: the components over patient key and identical content.

    A group is called by its smallest patient key, or by its smallest picture name when no patient
    is known, so neither the order of the pictures nor their number changes the name.

    Example:
        >>> pictures = [
        ...     GroupMember("a", "p1", "s1", ()),
        ...     GroupMember("b", None, "s1", ()),
        ...     GroupMember("c", None, "s2", ()),
        ... ]
        >>> group_members(pictures)
        {'a': 'p1', 'b': 'p1', 'c': 'c'}
    """
    parents: dict[tuple[str, str], tuple[str, str]] = {}
    for member in members:
        content = ("sha256", member.sha256)
        if member.patient_key is not None:
            _join(parents, content, ("patient", member.patient_key))
        _join(parents, content, ("name", member.name))
    names: dict[tuple[str, str], str] = {}
    for kind in ("patient", "name"):
        for node in sorted(node for node in parents if node[0] == kind):
            names.setdefault(_root(parents, node), node[1])
    return {member.name: names[_root(parents, ("name", member.name))] for member in members}


def count_group_labels(members: Iterable[GroupMember], groups: dict[str, str]) -> list[GroupLabels]:
    """Return each group with its number of pictures and of pictures a label.

    Args:
        members: the pictures.
        groups: group of each picture's name, as `group_members` gives it.
    """
    num_pictures: dict[str, int] = {}
    labels: dict[str, dict[str, int]] = {}
    for member in members:
        group = groups[member.name]
        num_pictures[group] = num_pictures.get(group, 0) + 1
        counts = labels.setdefault(group, {})
        for label in member.labels:
            counts[label] = counts.get(label, 0) + 1
    return [GroupLabels(group, num_pictures[group], labels[group]) for group in sorted(num_pictures)]


def _root(parents: dict[tuple[str, str], tuple[str, str]], node: tuple[str, str]) -> tuple[str, str]:
    """Return the component's root, shortening the path on the way."""
    parents.setdefault(node, node)
    while parents[node] != node:
        parents[node] = parents[parents[node]]
        node = parents[node]
    return node


def _join(
    parents: dict[tuple[str, str], tuple[str, str]], one: tuple[str, str], other: tuple[str, str]
) -> None:
    """Make two nodes one component."""
    parents[_root(parents, one)] = _root(parents, other)
