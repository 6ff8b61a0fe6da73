"""Between grey and colour."""

from __future__ import annotations

import numpy as np

from preprocessing.colour_steps import make_grey, make_rgb
from preprocessing.step_pictures import grey_of

PICTURE = np.random.default_rng(0).integers(0, 256, (6, 5, 3), dtype=np.uint8)


def test_colour_becomes_luminance_and_grey_stays() -> None:
    """Red, green and blue weigh .299, .587 and .114."""
    assert np.array_equal(make_grey(PICTURE), grey_of(PICTURE))
    assert np.array_equal(make_grey(PICTURE[..., 0]), PICTURE[..., 0])
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8)
    assert make_grey(primaries).tolist() == [[76, 150, 29]]


def test_grey_becomes_three_equal_channels_and_colour_stays() -> None:
    """And back again it is the same."""
    colour = make_rgb(PICTURE[..., 0])
    assert colour.shape == (6, 5, 3)
    assert np.ptp(colour, axis=2).max() == 0
    assert np.array_equal(make_grey(colour), PICTURE[..., 0])
    assert np.array_equal(make_rgb(PICTURE), PICTURE)
