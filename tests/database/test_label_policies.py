"""What several readings come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from database.label_policies import (
    LABEL_POLICIES,
    CurrentReading,
    LabelPolicy,
    Resolution,
    parse_policy,
)
from database.schema import LABEL_VALUES
from foundation.errors import ConfigError, UnknownNameError

TEXTS = ("single", "multiple", "source_order:ana,ben,cy", "majority", "consensus:2")
POLICIES = [parse_policy(text, multi_label=multi) for text in TEXTS for multi in (False, True)]


def read(class_name: str, value: str, reader: str = "ana") -> CurrentReading:
    """Return a reading."""
    return CurrentReading(class_name, value, reader)


def of_class(*values: str) -> list[CurrentReading]:
    """Return readings of one class by ana, ben, cy."""
    return [read("Mass", value, reader) for value, reader in zip(values, ("ana", "ben", "cy"), strict=False)]


READINGS = st.lists(
    st.builds(
        CurrentReading,
        st.sampled_from(["Edema", "Mass", "Nodule"]),
        st.sampled_from(LABEL_VALUES),
        st.sampled_from(["ana", "ben", "cy", "di"]),
    ),
    unique_by=lambda one: (one.class_name, one.reader),
    max_size=8,
)


@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_no_readings_are_no_answer(policy: LabelPolicy) -> None:
    """Blank is never 0."""
    assert policy.resolve([]) == Resolution()


@given(readings=READINGS, policy=st.sampled_from(POLICIES), shuffled=st.randoms(use_true_random=False))
def test_the_order_of_readings_decides_nothing(
    readings: list[CurrentReading], policy: LabelPolicy, shuffled: object
) -> None:
    """Neither values nor disagreement depend on it."""
    other = list(readings)
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    assert policy.resolve(other) == policy.resolve(readings)


@given(readings=READINGS, policy=st.sampled_from(POLICIES))
def test_no_value_appears_that_nobody_read(readings: list[CurrentReading], policy: LabelPolicy) -> None:
    """So uncertain, not mentioned and not assessable never become 0; and a dispute has no values."""
    resolved = policy.resolve(readings)
    said = {(reading.class_name, reading.value) for reading in readings}
    assert set(resolved.values.items()) <= said
    assert not (resolved.disagrees and resolved.values)
    assert list(resolved.values) == sorted(resolved.values)


@given(readings=READINGS, policy=st.sampled_from(POLICIES))
def test_a_single_label_task_has_one_class_at_most(
    readings: list[CurrentReading], policy: LabelPolicy
) -> None:
    """And that is read as present."""
    if not policy.multi_label:
        assert set(policy.resolve(readings).values.values()) <= {"1"}
        assert len(policy.resolve(readings).values) <= 1


@given(readings=READINGS)
def test_one_reader_is_taken_at_his_word(readings: list[CurrentReading]) -> None:
    """Every policy but consensus gives what a single reader said of each class."""
    alone = [reading for reading in readings if reading.reader == "ana"]
    expected = {reading.class_name: reading.value for reading in alone}
    for text in ("multiple", "source_order:ana", "majority", "consensus:1"):
        assert dict(parse_policy(text, multi_label=True).resolve(alone).values) == expected


@pytest.mark.parametrize("text", ["single", "multiple", "majority", "consensus"])
def test_readers_who_contradict_each_other_are_told(text: str) -> None:
    """One reads the class as present, another as absent."""
    assert parse_policy(text, multi_label=True).resolve(of_class("1", "0")).disagrees


def test_single_takes_one_present_class() -> None:
    """Agreement of readers and denials of other classes do not disturb it; two classes do."""
    single = parse_policy("single")
    readings = [read("HAND", "1"), read("HAND", "1", "ben"), read("FOOT", "0"), read("HEAD", "uncertain")]
    assert single.resolve(readings) == Resolution({"HAND": "1"})
    assert single.resolve([read("HAND", "0")]) == Resolution()
    assert single.resolve([read("HAND", "1"), read("FOOT", "1")]).disagrees


def test_multiple_keeps_every_value() -> None:
    """Uncertain and denied findings stay what they are."""
    values = {"Edema": "uncertain", "Mass": "1", "Nodule": "0"}
    readings = [read(name, value) for name, value in reversed(values.items())]
    assert parse_policy("multiple").resolve(readings).values == values


def test_source_order_takes_the_first_who_answered() -> None:
    """Of a picture in a single-label task, of each class in a multi-label one; not listed, not counted."""
    readings = [read("HAND", "1", "ben"), read("FOOT", "1", "ana"), read("KNEE", "1", "di")]
    assert parse_policy("source_order:ana,ben").resolve(readings).values == {"FOOT": "1"}
    assert parse_policy("source_order:ben").resolve(readings).values == {"HAND": "1"}
    assert parse_policy("source_order:eve").resolve(readings) == Resolution()
    ordered = parse_policy("source_order:ana,ben", multi_label=True)
    mixed = [
        read("Mass", "not_mentioned", "ana"),
        read("Mass", "0", "ben"),
        read("Edema", "uncertain", "ana"),
    ]
    assert ordered.resolve(mixed).values == {"Edema": "uncertain", "Mass": "0"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (("1", "1", "0"), "1"),
        (("0", "0", "1"), "0"),
        (("1", "uncertain", "not_assessable"), "1"),
        (("uncertain", "not_mentioned", "not_assessable"), "uncertain"),
        (("not_mentioned", "not_mentioned"), "not_mentioned"),
        (("1", "0"), None),
    ],
)
def test_majority_counts_votes(values: tuple[str, ...], expected: str | None) -> None:
    """Only 1 and 0 are votes; a tie disagrees."""
    resolved = parse_policy("majority", multi_label=True).resolve(of_class(*values))
    assert resolved.disagrees is (expected is None)
    assert resolved.values.get("Mass") == expected


def test_majority_of_one_class_needs_more_than_half() -> None:
    """Two of three readers do; two of four with two other classes do not."""
    majority = parse_policy("majority")
    readings = [read("HAND", "1", "ana"), read("HAND", "1", "ben"), read("FOOT", "1", "cy")]
    assert majority.resolve(readings).values == {"HAND": "1"}
    assert majority.resolve([*readings, read("KNEE", "1", "di")]).disagrees
    assert majority.resolve([read("HAND", "0")]) == Resolution()


@pytest.mark.parametrize(
    ("values", "expected", "disagrees"),
    [
        (("1", "1", "not_mentioned"), "1", False),
        (("uncertain", "uncertain"), "uncertain", False),
        (("1", "uncertain"), None, True),
        (("1",), None, False),
        (("not_mentioned", "not_mentioned"), "not_mentioned", False),
    ],
)
def test_consensus_wants_all_and_enough(
    values: tuple[str, ...], expected: str | None, disagrees: bool
) -> None:
    """Who mentions a class has to agree with the others; too few readers are no answer."""
    resolved = parse_policy("consensus", multi_label=True).resolve(of_class(*values))
    assert (resolved.values.get("Mass"), resolved.disagrees) == (expected, disagrees)


def test_consensus_on_one_class() -> None:
    """Two readers name it; an uncertain third one disagrees."""
    consensus = parse_policy("consensus:2")
    agreed = [read("HAND", "1", "ana"), read("HAND", "1", "ben")]
    assert consensus.resolve(agreed).values == {"HAND": "1"}
    assert consensus.resolve(agreed[:1]) == Resolution()
    assert consensus.resolve([*agreed, read("HAND", "uncertain", "cy")]).disagrees


@pytest.mark.parametrize(
    ("word", "expected"), [("keep", "uncertain"), ("1", "1"), ("0", "0"), ("ignore", None)]
)
def test_uncertain_counts_as_what_the_user_says(word: str, expected: str | None) -> None:
    """U-ones, U-zeros and U-ignore are named options, never the default."""
    policy = parse_policy(f"majority;uncertain={word}", multi_label=True)
    assert policy.resolve(of_class("uncertain")).values.get("Mass") == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("single", {"name": "single", "multi_label": False}),
        ("multiple", {"name": "multiple", "multi_label": True}),
        (
            "source_order: ana , ben; uncertain=1",
            {"name": "source_order", "multi_label": False, "readers": ["ana", "ben"], "uncertain": "1"},
        ),
        ("consensus:3", {"name": "consensus", "multi_label": False, "at_least": 3}),
    ],
)
def test_a_policy_is_recorded_with_its_parameters(text: str, told: dict[str, object]) -> None:
    """So that a cohort says how its labels came to be."""
    assert parse_policy(text).to_json() == told


@pytest.mark.parametrize(
    "text",
    [
        "source_order",
        "source_order:ana,ana",
        "consensus:none",
        "consensus:0",
        "majority:3",
        "single;uncertain=2",
        "single;certain=1",
    ],
)
def test_wrong_parameters_are_refused(text: str) -> None:
    """The message says what was expected."""
    with pytest.raises(ConfigError):
        parse_policy(text)


def test_an_unknown_policy_is_named() -> None:
    """With the known ones, in order."""
    with pytest.raises(UnknownNameError, match="majority, multiple"):
        parse_policy("most")
    assert list(LABEL_POLICIES) == sorted(LABEL_POLICIES)
