"""Sizes, aspects and padding."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation.errors import PreprocessingError
from preprocessing.geometry_steps import letterbox, pad_to_square, resize_picture


def test_resize_gives_height_by_width() -> None:
    """32x48 is 32 high and 48 wide; a flat picture stays flat."""
    image = np.full((100, 50, 3), 77, np.uint8)
    assert resize_picture(image, (32, 48)).shape == (32, 48, 3)
    assert resize_picture(image[..., 0], (3, 200)).shape == (3, 200)
    assert set(np.unique(resize_picture(image, (16, 200)))) == {77}


def test_resize_shrinks_by_area() -> None:
    """Halving averages each 2 x 2 block, in 16 bits, too."""
    image = np.array([[0, 4, 10, 10], [4, 8, 10, 30]])
    assert resize_picture(image.astype(np.uint8), (1, 2)).tolist() == [[4, 15]]
    assert resize_picture((image * 1000).astype(np.uint16), (1, 2)).tolist() == [[4000, 15000]]


def test_letterbox_by_hand() -> None:
    """A picture twice as wide as high fills the width and lies in the middle of the height."""
    image = np.full((10, 20), 9, np.uint8)
    result = letterbox(image, (20, 20), 255)
    assert (result[:5] == 255).all()
    assert (result[5:15] == 9).all()
    assert (result[15:] == 255).all()
    deep = letterbox(image.astype(np.uint16), (20, 10), 255)
    assert (deep[0, 0], deep[10, 5]) == (65535, 9)


@settings(max_examples=80, deadline=None)
@given(*[st.integers(1, 60)] * 4)
def test_letterbox_keeps_the_aspect_within_a_pixel(
    height: int, width: int, to_height: int, to_width: int
) -> None:
    """The picture touches two opposite sides, and its aspect is what rounding leaves of it."""
    result = letterbox(np.full((height, width), 200, np.uint8), (to_height, to_width), 0)
    assert result.shape == (to_height, to_width)
    rows, columns = (np.flatnonzero((result > 0).any(axis=axis)) for axis in (1, 0))
    assert len(rows) == to_height or len(columns) == to_width
    scale = min(to_height / height, to_width / width)
    assert abs(len(rows) - max(1, height * scale)) <= 0.5 + 1e-9
    assert abs(len(columns) - max(1, width * scale)) <= 0.5 + 1e-9
    assert abs((to_height - 1 - rows[-1]) - rows[0]) <= 1


def test_padding_to_a_square_changes_no_pixel() -> None:
    """The picture stands in the middle; a square stays as it is."""
    image = np.random.default_rng(0).integers(0, 256, (3, 8, 3), dtype=np.uint8)
    result = pad_to_square(image, 5)
    assert result.shape == (8, 8, 3)
    assert np.array_equal(result[2:5], image)
    assert (result[:2] == 5).all()
    assert (result[5:] == 5).all()
    assert np.array_equal(pad_to_square(result, 0), result)


def test_a_picture_beyond_memory_is_refused_before_it_is_made() -> None:
    """A line of a million pixels has no square that fits."""
    with pytest.raises(PreprocessingError, match="1000000 x 1000000"):
        pad_to_square(np.zeros((1, 1_000_000), np.uint8), 0)
    with pytest.raises(PreprocessingError, match="16384 x 16384"):
        resize_picture(np.zeros((1, 1), np.uint8), (16384, 16384))
