"""Which frames of a multi-frame instance."""

from __future__ import annotations

import pytest

from foundation.errors import ConfigError
from preprocessing.frame_choices import FrameChoice


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("first", [1]),
        ("middle", [3]),
        ("all", [1, 2, 3, 4, 5]),
        ("every:1", [1, 2, 3, 4, 5]),
        ("every:2", [1, 3, 5]),
        ("every:4", [1, 5]),
        ("every:9", [1]),
    ],
)
def test_a_choice_of_five_frames(text: str, expected: list[int]) -> None:
    """First, the one in the middle, all, or every n-th from the first on."""
    assert list(FrameChoice.parse(text).numbers(5)) == expected


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_every_choice_takes_at_least_one_frame(count: int) -> None:
    """The middle of an even number is the first of the two."""
    for text in ("first", "middle", "all", "every:3"):
        assert FrameChoice(text).numbers(count)
    assert len(FrameChoice("middle").numbers(count)) == 1


@pytest.mark.parametrize("text", ["last", "every:0", "every:", "every:-2", "every:1.5", "", "every:9999999"])
def test_anything_else_is_refused(text: str) -> None:
    """With the forms that are known."""
    with pytest.raises(ConfigError, match="every:N"):
        FrameChoice.parse(text)
