"""Intervals around proportions."""

from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.intervals import wilson_interval
from foundation.errors import EvaluationError


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (24, 26, 0.7586, 0.9786),
        # R. G. Newcombe 1998, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (29, 29, 0.8830, 1.0000),
    ],
)
def test_the_interval_equals_published_values(successes: int, trials: int, low: float, high: float) -> None:
    """Wilson's interval agrees with hand values and with Newcombe's table to four digits."""
    found = wilson_interval(successes, trials)
    assert (round(found.low, 4), round(found.high, 4)) == (low, high)


@given(st.integers(0, 500), st.integers(0, 500))
def test_the_interval_holds_its_proportion_within_zero_and_one(successes: int, failures: int) -> None:
    """The bounds lie around the proportion and never leave 0..1."""
    found = wilson_interval(successes, successes + failures)
    if successes + failures:
        assert 0 <= found.low <= found.value <= found.high <= 1


def test_no_trials_give_no_number() -> None:
    """Nothing of nothing is not 0 and not 1."""
    found = wilson_interval(0, 0)
    assert isnan(found.value)
    assert isnan(found.low)
    assert isnan(found.high)


def test_a_greater_confidence_gives_a_wider_interval() -> None:
    """99 % contains 95 %."""
    wide, narrow = wilson_interval(24, 26, confidence=0.99), wilson_interval(24, 26)
    assert wide.low < narrow.low
    assert wide.high > narrow.high


@pytest.mark.parametrize(("successes", "trials"), [(3, 2), (-1, 2)])
def test_impossible_counts_are_refused(successes: int, trials: int) -> None:
    """More successes than trials are a mistake of the caller's."""
    with pytest.raises(EvaluationError, match=f"Received: {successes} of {trials}"):
        wilson_interval(successes, trials)


@pytest.mark.parametrize("confidence", [0.0, 1.0, 95.0])
def test_an_impossible_confidence_is_refused(confidence: float) -> None:
    """95 is not 0.95."""
    with pytest.raises(EvaluationError, match="between 0 and 1"):
        wilson_interval(1, 2, confidence=confidence)
