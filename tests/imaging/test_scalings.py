"""From modality values to display values (whole pictures by hand: test_golden_pictures)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from imaging.rendering_attributes import RenderingAttributes
from imaging.scalings import by_header, by_percentiles, by_range, by_window, to_display
from imaging.windows import Window


@given(
    tenths=st.lists(st.integers(0, 2000), min_size=1, max_size=20),
    center=st.integers(0, 1000),
    width=st.integers(1, 500),
)
def test_decimal_slopes_round_as_on_paper(tenths: list[int], center: int, width: int) -> None:
    """With a slope of 0.1 every level is that of whole-number arithmetic, halves up."""
    attributes = RenderingAttributes(
        rescale_slope=0.1, windows=(Window(center=center, width=width),), voi_lut_function="LINEAR_EXACT"
    )
    frame = np.array([tenths], np.uint16)
    made = to_display(frame, attributes, by_header(frame, attributes), bits=8)[0].tolist()
    # ((x / 10 - c) / w + 1/2) * 255 + 1/2, all over 20 w
    expected = [
        min(max(((2 * x - 20 * center + 10 * width) * 255 + 10 * width) // (20 * width), 0), 255)
        for x in tenths
    ]
    assert made == expected


def test_infinities_and_doubles_near_the_limit_give_a_picture() -> None:
    """Black, white and no warning."""
    values = np.array([[-np.inf, -1e308, 0.0, 1e308, np.inf, np.nan]])
    attributes = RenderingAttributes()
    made = to_display(values, attributes, by_window(Window(center=0, width=100), why="asked for"), bits=8)
    assert made.tolist() == [[0, 0, 129, 255, 255, 0]]
    # -1e308, 0 and 1e308 are evenly spaced
    made = to_display(values, attributes, by_range(values, attributes), bits=8)
    assert made.tolist() == [[0, 0, 128, 255, 255, 0]]


@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", ">i2", "i4", "f4", "f8"])
@pytest.mark.parametrize(("slope", "padding"), [(1.0, None), (0.1, 7.0), (-2.5, 7.0)])
def test_percentiles_are_those_of_numpy(dtype: str, slope: float, padding: float | None) -> None:
    """Counted for small integers, of sorted values for the others; padding left out."""
    random = np.random.default_rng(5)
    attributes = RenderingAttributes(rescale_slope=slope, rescale_intercept=-1024, padding_value=padding)
    for size in (1, 2, 3, 39, 40, 200, 1001):
        frame = random.integers(8, 120, (1, size)).astype(dtype)
        expected = np.percentile(frame.astype(np.float64) * slope - 1024, [0.5, 99.5])
        if padding is not None:
            frame = np.concatenate([frame, np.full((3, size), 7, dtype)])
        scaling = by_percentiles(frame, attributes)
        assert (scaling.low, scaling.high) == tuple(expected)


def test_a_frame_of_nothing_but_padding_has_no_range() -> None:
    """By range and by percentiles it is black."""
    attributes = RenderingAttributes(padding_value=3)
    values = np.array([[3, 3]], np.uint16)
    for choose in (by_range, by_percentiles):
        assert to_display(values, attributes, choose(values, attributes), bits=16).tolist() == [[0, 0]]
