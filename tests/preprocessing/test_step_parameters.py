"""What may stand behind a step's colon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError
from preprocessing.step_parameters import (
    MAXIMUM_SIDE,
    LevelParameter,
    NumberParameter,
    SizeParameter,
    WholeParameter,
)

LEVEL = LevelParameter(minimum=2, maximum=10, default=4)
SIZE = SizeParameter(default=(224, 200))
NUMBER = NumberParameter(minimum=0.1, maximum=1e6, default=1)
ODD = WholeParameter(minimum=3, maximum=5, default=3, spacing=2)


@given(st.integers(-(10**9) + 1, 10**9 - 1))
def test_a_level_is_moved_into_its_range(value: int) -> None:
    """Number and text alike act as the nearest bound."""
    expected = min(max(value, 2), 10)
    assert LEVEL.read(value) == LEVEL.read(f" {value} ") == expected


@given(st.integers(1, MAXIMUM_SIDE), st.integers(1, MAXIMUM_SIDE))
def test_a_size_survives_its_text(height: int, width: int) -> None:
    """Pair to text and back."""
    assert SIZE.read(SIZE.text((height, width))) == (height, width)
    assert SIZE.read([height, width]) == (height, width)


@given(st.floats(0.1, 1e6))
def test_a_number_survives_its_text(value: float) -> None:
    """Written as short as it can be, and read as the same number."""
    assert NUMBER.read(NUMBER.text(value)) == NUMBER.read(value) == value


@pytest.mark.parametrize(
    ("given_text", "text"), [("2", "2"), ("2.50", "2.5"), ("1E1", "10"), (" .5 ", "0.5")]
)
def test_a_number_has_one_canonical_text(given_text: str, text: str) -> None:
    """However it was written."""
    assert NUMBER.text(NUMBER.read(given_text)) == text


@pytest.mark.parametrize(
    "value", ["", "x", "0x2", "1_0", "nan", "inf", "0.01", 1e7, True, None, [1], float("nan"), "1e999", "2,5"]
)
def test_a_number_out_of_range_or_none_at_all_is_refused(value: object) -> None:
    """Never moved into its range."""
    with pytest.raises(ConfigError, match=r"a number from 0.1 to 1000000\. Received: "):
        NUMBER.read(value)


@pytest.mark.parametrize("value", [2, 4, 6, "4", 3.0, True, None, "3.0"])
def test_a_whole_number_between_the_allowed_ones_is_refused(value: object) -> None:
    """The message lists them."""
    assert ODD.read("5") == 5
    with pytest.raises(ConfigError, match=r"one of 3, 5\. Received: "):
        ODD.read(value)


@pytest.mark.parametrize("value", ["", "four", "4.5", 4.5, True, "4x4", [4], "1e3"])
def test_a_level_that_is_no_whole_number_is_refused(value: object) -> None:
    """The message gives the range and what came."""
    with pytest.raises(ConfigError, match=r"a whole number from 2 to 10\. Received: "):
        LEVEL.read(value)


@pytest.mark.parametrize(
    "value", ["", "x", "4x", "x4", "4x4x4", "-4", 0, -1, "0x4", (4,), (4, 4.0), True, MAXIMUM_SIDE + 1]
)
def test_a_size_out_of_range_is_refused_not_moved(value: object) -> None:
    """A picture of no or absurd size is a mistake, never a guess."""
    with pytest.raises(ConfigError, match=r"HEIGHTxWIDTH.*Received: "):
        SIZE.read(value)
