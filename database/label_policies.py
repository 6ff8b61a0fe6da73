"""Label policies: what several readings of one picture come to.

Of each reader the newest reading of a class counts. A policy then takes the readings of all readers
to one value a class, or says that they disagree:

    single         one class a picture; readers who name two, or deny the one, disagree
    multiple       every class with its value; two values for one class disagree
    source_order:ana,ben
                   the first of the listed readers who answered: of the picture in a single-label
                   task, of each class in a multi-label one; readers who are not listed do not count
    majority       more than half of the readers who said 1 or 0; a tie disagrees
    consensus:2    all who answered say the same, and at least that many did (2 without a number)

`not_mentioned` is no answer: it overrules nobody, and stays what it is where nobody else answered.
`uncertain` and `not_assessable` are answers but no votes. None of the three ever becomes 0 by itself:
only `;uncertain=0` (U-zeros) or `;uncertain=1` (U-ones) counts uncertain readings as that, and
`;uncertain=ignore` leaves them out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from foundation.errors import ConfigError
from foundation.registries import look_up, unknown_name_message

UncertainAs = Literal["keep", "1", "0", "ignore"]
_UNCERTAIN_AS: dict[str, UncertainAs] = {"keep": "keep", "1": "1", "0": "0", "ignore": "ignore"}

_SMALLEST_CONSENSUS = 2
_UNDECIDED = ("uncertain", "not_assessable", "not_mentioned")
"""Where nobody said 1 or 0, the first of these that anybody said."""


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
        is_several: whether one reader alone names several classes where the policy wants one.
    """

    values: Mapping[str, str] = field(default_factory=dict)
    disagrees: bool = False
    is_several: bool = False


@dataclass(frozen=True, slots=True)
class LabelPolicy:
    """A policy with its parameters, made of text by `parse_policy`.

    Attributes:
        name: a name in `LABEL_POLICIES`.
        multi_label: a picture may have several classes.
        readers: for `source_order`, the most trusted first.
        at_least: for `consensus`, how many readers must agree.
        uncertain: what an uncertain reading counts as.
    """

    name: str
    multi_label: bool = False
    readers: tuple[str, ...] = ()
    at_least: int = _SMALLEST_CONSENSUS
    uncertain: UncertainAs = "keep"

    def resolve(self, readings: Sequence[CurrentReading]) -> Resolution:
        """Return what the current readings of one picture come to, whatever their order."""
        counted = [reading for each in readings if (reading := self._counted(each)) is not None]
        return LABEL_POLICIES[self.name](counted, self)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as it is recorded with a cohort: what its name does not say, too."""
        told: dict[str, Any] = {"name": self.name, "multi_label": self.multi_label}
        if self.name == "source_order":
            told["readers"] = list(self.readers)
        if self.name == "consensus":
            told["at_least"] = self.at_least
        return told if self.uncertain == "keep" else told | {"uncertain": self.uncertain}

    def _counted(self, reading: CurrentReading) -> CurrentReading | None:
        if reading.value != "uncertain" or self.uncertain == "keep":
            return reading
        return None if self.uncertain == "ignore" else replace(reading, value=self.uncertain)


def parse_policy(text: str, *, multi_label: bool = False) -> LabelPolicy:
    """Return the policy that a text names.

    Args:
        text: `NAME`, `NAME:PARAMETER` or either with `;uncertain=keep|1|0|ignore` behind.
        multi_label: a picture may have several classes; for `multiple` it always may.

    Raises:
        UnknownNameError: no such policy.
        ConfigError: a parameter that is missing, or that the policy does not have.

    Example:
        >>> parse_policy("source_order:ana,ben;uncertain=ignore").readers
        ('ana', 'ben')
    """
    head, *options = (part.strip() for part in text.split(";"))
    name, _, parameter = (part.strip() for part in head.partition(":"))
    look_up(LABEL_POLICIES, name, kind="label policy")
    policy = LabelPolicy(
        name=name,
        multi_label=multi_label or name == "multiple",
        readers=_readers(name, parameter),
        at_least=_at_least(name, parameter),
    )
    for option in options:
        policy = replace(policy, uncertain=_uncertain_as(option))
    return policy


def one_class(readings: Sequence[CurrentReading], policy: LabelPolicy | None = None) -> Resolution:
    """Take the one class that is read as present; two of them, or a denied one, disagree.

    Example:
        >>> one_class([CurrentReading("HAND", "1", "ana")]).values
        {'HAND': '1'}
        >>> one_class([CurrentReading("HAND", "1", "ana"), CurrentReading("FOOT", "1", "ben")]).disagrees
        True
    """
    del policy
    present = {reading.class_name for reading in readings if reading.value == "1"}
    denied = {reading.class_name for reading in readings if reading.value == "0"}
    if len(present) > 1 or present & denied:
        return _dispute(readings)
    return Resolution(dict.fromkeys(sorted(present), "1"))


def each_class(readings: Sequence[CurrentReading], policy: LabelPolicy | None = None) -> Resolution:
    """Take every class with its value; two values for one class disagree.

    Example:
        >>> each_class([CurrentReading("Mass", "1", "ana"), CurrentReading("Nodule", "0", "ana")]).values
        {'Mass': '1', 'Nodule': '0'}
    """
    del policy
    values: dict[str, str] = {}
    for reading in readings:
        if values.setdefault(reading.class_name, reading.value) != reading.value:
            return Resolution(disagrees=True)
    return Resolution(dict(sorted(values.items())))


def first_reader(readings: Sequence[CurrentReading], policy: LabelPolicy) -> Resolution:
    """Take what the first listed reader says who answered."""
    ranks = {reader: rank for rank, reader in enumerate(policy.readers)}
    listed = [reading for reading in readings if reading.reader in ranks]
    groups = _by_class(listed).values() if policy.multi_label else [listed] if listed else []
    taken: list[CurrentReading] = []
    for group in groups:
        answered = [reading for reading in group if reading.value != "not_mentioned"] or group
        first = min(ranks[reading.reader] for reading in answered)
        taken += [reading for reading in group if ranks[reading.reader] == first]
    return each_class(taken) if policy.multi_label else one_class(taken)


def most_readers(readings: Sequence[CurrentReading], policy: LabelPolicy) -> Resolution:
    """Take what more than half of the readers say who voted; a tie disagrees."""
    if policy.multi_label:
        return _each(readings, _majority_value)
    voters = {reading.reader for reading in readings if reading.value in {"0", "1"}}
    votes = Counter(reading.class_name for reading in readings if reading.value == "1")
    chosen = sorted(name for name, count in votes.items() if 2 * count > len(voters))
    if len(chosen) != 1:
        return _dispute(readings) if votes else Resolution()
    return Resolution({chosen[0]: "1"})


def all_readers(readings: Sequence[CurrentReading], policy: LabelPolicy) -> Resolution:
    """Take what all readers say who answered, if there are enough of them."""
    if policy.multi_label:
        return _each(readings, lambda of_class: _agreed_value(of_class, policy.at_least))
    answered = [reading for reading in readings if reading.value != "not_mentioned"]
    agreed = one_class(answered)
    of_class = [reading for reading in answered if reading.class_name in agreed.values]
    if agreed.disagrees or any(reading.value != "1" for reading in of_class):
        return _dispute(answered)
    return agreed if len({reading.reader for reading in of_class}) >= policy.at_least else Resolution()


def _dispute(readings: Sequence[CurrentReading]) -> Resolution:
    """Return that readings come to no one class, and whether one reader alone brings that about."""
    named = Counter(reading.reader for reading in readings if reading.value == "1")
    return Resolution(disagrees=True, is_several=max(named.values(), default=0) > 1)


LABEL_POLICIES: dict[str, Callable[[Sequence[CurrentReading], LabelPolicy], Resolution]] = {
    "consensus": all_readers,
    "majority": most_readers,
    "multiple": each_class,
    "single": one_class,
    "source_order": first_reader,
}
"""Policy by name: what it makes of the current readings of one picture."""


def _by_class(readings: Sequence[CurrentReading]) -> dict[str, list[CurrentReading]]:
    groups: dict[str, list[CurrentReading]] = {}
    for reading in sorted(readings, key=lambda one: (one.class_name, one.reader)):
        groups.setdefault(reading.class_name, []).append(reading)
    return groups


def _each(
    readings: Sequence[CurrentReading],
    value_of: Callable[[Sequence[CurrentReading]], str | None],
) -> Resolution:
    """Give every class its value; one that readers disagree on (`disagree`) makes the picture disputed."""
    values: dict[str, str] = {}
    for name, of_class in _by_class(readings).items():
        value = value_of(of_class)
        if value == "disagree":
            return Resolution(disagrees=True)
        if value is not None:
            values[name] = value
    return Resolution(values)


def _majority_value(of_class: Sequence[CurrentReading]) -> str:
    votes = Counter(reading.value for reading in of_class)
    if votes["1"] == votes["0"]:
        if votes["1"]:
            return "disagree"
        return next(value for value in _UNDECIDED if votes[value])
    return "1" if votes["1"] > votes["0"] else "0"


def _agreed_value(of_class: Sequence[CurrentReading], at_least: int) -> str | None:
    answered = [reading.value for reading in of_class if reading.value != "not_mentioned"]
    if len(set(answered)) > 1:
        return "disagree"
    if not answered:
        return "not_mentioned"
    return answered[0] if len(answered) >= at_least else None


def _readers(name: str, parameter: str) -> tuple[str, ...]:
    if name != "source_order":
        if parameter and name != "consensus":
            raise ConfigError(f'The label policy "{name}" takes no parameter. Received: "{parameter}".')
        return ()
    readers = tuple(part.strip() for part in parameter.split(",") if part.strip())
    if not readers or len(set(readers)) != len(readers):
        raise ConfigError(
            "The label policy source_order lists readers, the most trusted first and each once: "
            f'"source_order:ana,ben". Received: "{parameter}".'
        )
    return readers


def _at_least(name: str, parameter: str) -> int:
    if name != "consensus" or not parameter:
        return _SMALLEST_CONSENSUS
    if not parameter.isdecimal() or int(parameter) < 1:
        raise ConfigError(
            "The label policy consensus says how many readers must agree, at least 1: "
            f'"consensus:2". Received: "{parameter}".'
        )
    return int(parameter)


def _uncertain_as(option: str) -> UncertainAs:
    name, _, value = (part.strip() for part in option.partition("="))
    if name != "uncertain":
        raise ConfigError(unknown_name_message(["uncertain"], name, kind="option of a label policy"))
    if value not in _UNCERTAIN_AS:
        raise ConfigError(
            f'uncertain is one of {", ".join(_UNCERTAIN_AS)} in a label policy. Received: "{value}".'
        )
    return _UNCERTAIN_AS[value]
