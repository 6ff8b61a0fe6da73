"""Label maps: the classes that readings name, taken to the classes that a cohort is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

OTHERWISE = "*"
"""As a class of the map: stands for every class that the map does not name."""

_WEIGHT = ("1", "uncertain", "not_assessable")


@dataclass(frozen=True, slots=True)
class MappedLabels:
    """What a label map makes of the labels of a selection.

    Attributes:
        values: instance to its classes with their values; instances without any are left out.
        left_out: instances that have labels, but none with a class of the map.
        unmapped: class that the map does not name to the number of instances it was present in.
    """

    values: Mapping[int, Mapping[str, str]]
    left_out: tuple[int, ...]
    unmapped: Mapping[str, int]


def map_labels(values: Mapping[int, Mapping[str, str]], label_map: Mapping[str, str]) -> MappedLabels:
    """Return labels under the classes of a map.

    Several classes may lead to one: it is present where one of them is, else uncertain or not assessable
    where one of them is. It is absent (0) only where every class of the map that leads to it was denied,
    for a picture without a hand may show a foot.

    Args:
        values: instance to its resolved classes with their values.
        label_map: class to class; `OTHERWISE` for all that have no line. Case counts only where two lines
            differ in nothing else.

    Example:
        >>> map_labels({1: {"HAND": "1"}, 2: {"AORTA": "1"}}, {"HAND": "Musculoskeletal"}).values
        {1: {'Musculoskeletal': '1'}}
    """
    folded = {name.casefold(): target for name, target in sorted(label_map.items())}
    mapped: dict[int, dict[str, str]] = {}
    left_out: list[int] = []
    unmapped: Counter[str] = Counter()
    for instance_id, labels in values.items():
        targets: dict[str, dict[str, str]] = {}
        for name, value in labels.items():
            target = label_map.get(name, folded.get(name.casefold(), label_map.get(OTHERWISE)))
            if target is not None:
                targets.setdefault(target, {})[name] = value
            elif value == "1":
                unmapped[name] += 1
        found = {target: _value_of(target, given, label_map) for target, given in sorted(targets.items())}
        known = {target: value for target, value in found.items() if value is not None}
        if known:
            mapped[instance_id] = known
        else:
            left_out.append(instance_id)
    return MappedLabels(mapped, tuple(left_out), dict(sorted(unmapped.items())))


def _value_of(target: str, given: Mapping[str, str], label_map: Mapping[str, str]) -> str | None:
    said = set(given.values())
    strongest = next((value for value in _WEIGHT if value in said), None)
    if strongest is not None:
        return strongest
    leading = {name.casefold() for name, to in label_map.items() if to == target}
    denied = {name.casefold() for name, value in given.items() if value == "0"}
    if leading <= denied:
        return "0"
    return "not_mentioned" if "not_mentioned" in said else None
