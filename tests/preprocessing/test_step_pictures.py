"""What steps share: checks, luminance, tables."""

from __future__ import annotations

import numpy as np
import pytest

from foundation.errors import PreprocessingError
from preprocessing.step_pictures import (
    MOST_PIXELS,
    apply_table,
    check_picture,
    check_size,
    count_levels,
    grey_of,
    on_luminance,
    white_of,
)


def random_picture(*shape: int, dtype: type = np.uint8) -> np.ndarray:
    return np.random.default_rng(3).integers(0, np.iinfo(dtype).max + 1, shape, dtype=dtype)


def test_luminance_equals_pillow() -> None:
    """The integer luma is Pillow's L conversion, byte for byte."""
    pillow = pytest.importorskip("PIL.Image")
    image = random_picture(64, 64, 3)
    assert np.array_equal(grey_of(image), np.asarray(pillow.fromarray(image).convert("L")))


def test_luminance_of_16_bits_follows_the_same_weights() -> None:
    """Without overflow: white stays white, and 257 times a picture has 257 times its luminance, rounded."""
    white = np.full((1, 1, 3), 65535, np.uint16)
    assert grey_of(white).tolist() == [[65535]]
    image = random_picture(20, 20, 3, dtype=np.uint16)
    exact = image @ np.array([0.298996, 0.587006, 0.113998])
    assert np.abs(grey_of(image) - exact).max() < 1
    assert grey_of(image).dtype == np.uint16


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("shape", [(7, 5), (7, 5, 3)])
def test_a_table_is_applied_to_every_sample_and_kept_in_range(shape: tuple[int, ...], dtype: type) -> None:
    """Below black is black, above white is white."""
    image = random_picture(*shape, dtype=dtype)
    white = white_of(image)
    table = 3 * np.arange(white + 1) - white
    expected = np.clip(3 * image.astype(int) - white, 0, white)
    assert np.array_equal(apply_table(image, table), expected)
    assert apply_table(image, table).dtype == dtype


def test_levels_are_counted_from_black_to_white() -> None:
    """Also those that do not occur."""
    counts = count_levels(np.array([[0, 0, 65535]], np.uint16))
    assert (len(counts), counts[0], counts[-1], counts.sum()) == (65536, 2, 1, 3)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_treating_the_luminance_of_a_grey_picture_in_colour_is_treating_the_picture(dtype: type) -> None:
    """Three equal channels stay equal, and take what one channel takes."""
    grey = random_picture(6, 9, dtype=dtype)
    treated = on_luminance(np.dstack([grey] * 3), lambda values: white_of(values) - values)
    assert np.array_equal(treated, np.dstack([white_of(grey) - grey] * 3))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4), np.int16),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros(4, np.uint8),
    ],
)
def test_other_arrays_are_no_pictures(image: np.ndarray) -> None:
    """Float, signed, RGBA and one-dimensional arrays get one clear line."""
    with pytest.raises(PreprocessingError, match=r"8 or 16 bits.*Received: "):
        check_picture(image)


def test_a_size_beyond_memory_is_refused() -> None:
    """The bound is that of a frame; at the bound it is still taken."""
    check_size(1, MOST_PIXELS)
    with pytest.raises(PreprocessingError, match="1 x 134217729"):
        check_size(1, MOST_PIXELS + 1)
