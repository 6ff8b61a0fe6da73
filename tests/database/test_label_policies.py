"""What several readings come to."""

from __future__ import annotations

import pytest

from database.label_policies import LABEL_POLICIES, CurrentReading, Resolution


def read(class_name: str, value: str, reader: str = "ana") -> CurrentReading:
    """Return a reading."""
    return CurrentReading(class_name, value, reader)


@pytest.mark.parametrize("policy", sorted(LABEL_POLICIES))
def test_no_readings_are_no_answer(policy: str) -> None:
    """Blank is never 0."""
    assert LABEL_POLICIES[policy]([]) == Resolution()


@pytest.mark.parametrize("policy", sorted(LABEL_POLICIES))
def test_readers_who_contradict_each_other_are_told(policy: str) -> None:
    """One reads the class as present, another as absent."""
    assert LABEL_POLICIES[policy]([read("HAND", "1"), read("HAND", "0", "ben")]).disagrees


def test_single_takes_one_present_class() -> None:
    """Agreement of readers and denials of other classes do not disturb it; two classes do."""
    single = LABEL_POLICIES["single"]
    readings = [read("HAND", "1"), read("HAND", "1", "ben"), read("FOOT", "0"), read("HEAD", "uncertain")]
    assert single(readings) == Resolution({"HAND": "1"})
    assert single([read("HAND", "0")]) == Resolution()
    assert single([read("HAND", "1"), read("FOOT", "1")]).disagrees


def test_multiple_keeps_every_value() -> None:
    """Uncertain and denied findings stay what they are."""
    values = {"Edema": "uncertain", "Mass": "1", "Nodule": "0"}
    readings = [read(name, value) for name, value in reversed(values.items())]
    assert LABEL_POLICIES["multiple"](readings).values == values
