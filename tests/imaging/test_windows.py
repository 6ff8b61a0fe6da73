"""Windows: the lines of PS3.3 C.11.2.1.2 and C.11.2.1.3."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.windows import WINDOW_PRESETS, VoiLutFunction, Window, apply_window


def test_linear_is_the_standards_pseudo_code() -> None:
    """C 2048, W 4096 is the standard's own note: 0 to 0, 4095 to 255, with all between."""
    values = np.array([0.0, 2047.5, 4095.0])
    made = apply_window(values, Window(center=2048, width=4096), "LINEAR", largest=255)
    assert made.tolist() == [0.0, 127.5, 255.0]


def test_linear_c_0_w_100() -> None:
    """The standard's note: C 0, W 100 is black up to -50 and white above 49."""
    values = np.array([-51.0, -50.0, -0.5, 49.0, 49.5])
    made = apply_window(values, Window(center=0, width=100), "LINEAR", largest=255)
    assert made.tolist() == [0.0, 0.0, 127.5, 255.0, 255.0]


def test_linear_exact_c_0_w_100() -> None:
    """The exact function spans -50 to 50."""
    values = np.array([-50.0, 0.0, 50.0])
    made = apply_window(values, Window(center=0, width=100), "LINEAR_EXACT", largest=255)
    assert made.tolist() == [0.0, 127.5, 255.0]


@given(
    value=st.integers(-3000, 3000),
    center=st.integers(-1000, 1000),
    width=st.integers(2, 5000),
    function=st.sampled_from(["LINEAR", "LINEAR_EXACT"]),
)
def test_whole_numbers_give_the_nearest_double(
    value: int, center: int, width: int, function: VoiLutFunction
) -> None:
    """The standard's fraction, worked out exactly, is what comes out, so that its halves are halves."""
    shift, span = (Fraction(1, 2), width - 1) if function == "LINEAR" else (Fraction(0), width)
    exact = (Fraction(value) - (center - shift)) / span + Fraction(1, 2)
    expected = float(min(max(exact, Fraction(0)), Fraction(1)) * 255)
    window = Window(center=center, width=width)
    assert apply_window(np.array([float(value)]), window, function, largest=255).tolist() == [expected]


def test_sigmoid_far_from_its_centre_does_not_overflow() -> None:
    """A tiny width gives 0 and the largest value, without a warning."""
    values = np.array([-1e9, 0.0, 1e9])
    made = apply_window(values, Window(center=0, width=1e-6), "SIGMOID", largest=255)
    assert made == pytest.approx([0.0, 127.5, 255.0])


def test_presets_are_legal() -> None:
    """Each preset is a window that LINEAR allows."""
    assert all(window.is_legal("LINEAR") for window in WINDOW_PRESETS.values())
    assert sorted(WINDOW_PRESETS) == list(WINDOW_PRESETS)
