"""What may stand behind a step's colon."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.errors import ConfigError
from preprocessing.step_parameters import MAXIMUM_SIDE, LevelParameter, NoParameter, SizeParameter

LEVEL = LevelParameter(minimum=2, maximum=10, default=4)
SIZE = SizeParameter(default=(224, 200))


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


def test_nothing_means_the_default() -> None:
    """No value: level 4, the size that was set, none."""
    assert (LEVEL.read(None), SIZE.read(None), NoParameter().read(None)) == (4, (224, 200), None)
    assert NoParameter().text(None) == ""


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


@pytest.mark.parametrize("value", ["", "4", 0])
def test_a_value_for_a_step_without_one_is_refused(value: object) -> None:
    """Even an empty text after a colon is a value."""
    with pytest.raises(ConfigError, match="no value"):
        NoParameter().read(value)
