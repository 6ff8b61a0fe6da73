"""Label policies: what several readings of one picture come to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class CurrentReading:
    """The newest reading of one class by one reader."""

    class_name: str
    value: str
    reader: str


@dataclass(frozen=True, slots=True)
class Resolution:
    """What the readings of one picture come to.

    Attributes:
        values: classes with their values; empty where no reading answers the task.
        disagrees: whether readers contradict each other under the policy.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    disagrees: bool = False


def one_class(readings: Sequence[CurrentReading]) -> Resolution:
    """Take the one class that is read as present; two of them, or a denied one, disagree.

    Example:
        >>> one_class([CurrentReading("HAND", "1", "ana")]).values
        {'HAND': '1'}
        >>> one_class([CurrentReading("HAND", "1", "ana"), CurrentReading("FOOT", "1", "ben")]).disagrees
        True
    """
    present = {reading.class_name for reading in readings if reading.value == "1"}
    denied = {reading.class_name for reading in readings if reading.value == "0"}
    if len(present) > 1 or present & denied:
        return Resolution(disagrees=True)
    return Resolution(dict.fromkeys(sorted(present), "1"))


def each_class(readings: Sequence[CurrentReading]) -> Resolution:
    """Take every class with its value; two values for one class disagree.

    Example:
        >>> each_class([CurrentReading("Mass", "1", "ana"), CurrentReading("Nodule", "0", "ana")]).values
        {'Mass': '1', 'Nodule': '0'}
    """
    values: dict[str, str] = {}
    for reading in readings:
        if values.setdefault(reading.class_name, reading.value) != reading.value:
            return Resolution(disagrees=True)
    return Resolution(dict(sorted(values.items())))


LABEL_POLICIES: dict[str, Callable[[Sequence[CurrentReading]], Resolution]] = {
    "multiple": each_class,
    "single": one_class,
}
"""Policy by name: `single` for tasks with one class a picture, `multiple` for findings."""
