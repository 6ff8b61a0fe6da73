"""Steps by tables, against values worked out by hand and libraries."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from preprocessing.level_steps import (
    clip_percentiles,
    correct_gamma,
    equalise_adaptively,
    equalise_histogram,
    invert_levels,
    reduce_to_8_bits,
    standardise,
)

RAMP = np.arange(256, dtype=np.uint8).reshape(16, 16)


def smooth(dtype: type = np.uint8, channels: int = 1) -> np.ndarray:
    """Return a smooth picture over a part of the range."""
    noise = np.random.default_rng(1).normal(size=(48, 64, channels))
    picture = cv2.GaussianBlur(noise, (0, 0), 4).reshape(48, 64, channels)
    white = np.iinfo(dtype).max
    picture = cv2.normalize(picture, None, 0.2 * white, 0.7 * white, cv2.NORM_MINMAX).astype(dtype)
    return picture.reshape((48, 64) if channels == 1 else (48, 64, channels))


def test_equalisation_by_hand() -> None:
    """Levels 5, 5, 6, 7: c0 = 2, n = 4, so 6 becomes 255 / 2 rounded up."""
    assert equalise_histogram(np.array([[5, 5, 6, 7]], np.uint8)).tolist() == [[0, 0, 128, 255]]
    assert equalise_histogram(np.array([[5, 5, 6, 7]], np.uint16)).tolist() == [[0, 0, 32768, 65535]]
    assert equalise_histogram(np.full((3, 3), 9, np.uint8)).tolist() == [[9] * 3] * 3


def test_equalisation_is_opencv_s_within_rounding() -> None:
    """Which rounds halves to even."""
    image = smooth()
    assert np.abs(equalise_histogram(image).astype(int) - cv2.equalizeHist(image)).max() <= 1


def test_equalisation_of_16_bits_spreads_evenly() -> None:
    """Each quarter of the range holds a quarter of the pixels."""
    counts, _ = np.histogram(equalise_histogram(smooth(np.uint16)), bins=4, range=(0, 65536))
    assert counts.max() - counts.min() <= 2


def test_adaptive_equalisation_raises_local_contrast_and_clipping_bounds_it() -> None:
    """With one tile and no effective clipping it comes near plain equalisation; a small clip changes less."""
    image = smooth()
    strong, weak = equalise_adaptively(image, 100.0, 1), equalise_adaptively(image, 1.0, 1)
    assert np.abs(strong.astype(int) - equalise_histogram(image)).mean() < 4
    assert np.ptp(image) < np.ptp(weak) < np.ptp(strong)
    colour = np.dstack([image] * 3)
    assert np.array_equal(equalise_adaptively(colour, 2.0, 8)[..., 1], equalise_adaptively(image, 2.0, 8))


@pytest.mark.parametrize("exponent", [0.3, 1.0, 2.2])
def test_gamma_follows_its_formula_on_every_level(exponent: float) -> None:
    """White * (x / white) ^ exponent, rounded half up; 1 changes nothing, black and white stay."""
    expected = [int(255 * (x / 255) ** exponent + 0.5) for x in range(256)]
    assert correct_gamma(RAMP, exponent).ravel().tolist() == expected
    assert (expected[0], expected[-1]) == (0, 255)
    deep = correct_gamma(np.array([[0, 16384, 65535]], np.uint16), exponent)
    assert deep.tolist() == [[0, int(65535 * (16384 / 65535) ** exponent + 0.5), 65535]]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_inverting_twice_changes_nothing(dtype: type) -> None:
    """And once gives white minus x."""
    image = smooth(dtype)
    assert np.array_equal(invert_levels(image), np.iinfo(dtype).max - image.astype(int))
    assert np.array_equal(invert_levels(invert_levels(image)), image)


def test_percentiles_by_hand() -> None:
    """Of 10..50 the 20 % level is 10 and the 80 % level 40: 30 lies two thirds between."""
    image = np.array([[10, 20, 30, 40, 50]], np.uint8)
    assert clip_percentiles(image, 20.0, 80.0).tolist() == [[0, 85, 170, 255, 255]]
    assert clip_percentiles(image, 20.1, 79.9).tolist() == [[0, 0, 128, 255, 255]]
    assert clip_percentiles(image, 0.0, 100.0).tolist() == [[0, 64, 128, 191, 255]]


def test_percentiles_of_nearly_one_level_change_nothing() -> None:
    """Where both percentiles are the same level there is no range to spread."""
    image = np.full((10, 10), 7, np.uint8)
    image[0, 0] = 200
    assert np.array_equal(clip_percentiles(image, 1.0, 99.0), image)


def test_percentiles_keep_the_order_of_16_bit_levels() -> None:
    """They are spread to the whole range; between the clips no two levels change places."""
    image = smooth(np.uint16)
    result = clip_percentiles(image, 1.0, 99.0)
    order = np.argsort(image, axis=None)
    assert (np.diff(result.ravel()[order].astype(int)) >= 0).all()
    assert (result.min(), result.max()) == (0, 65535)


def test_percentiles_of_colour_are_those_of_the_luminance() -> None:
    """One table for the three channels, so that greys stay grey."""
    grey = smooth()
    assert np.array_equal(
        clip_percentiles(np.dstack([grey] * 3), 1.0, 99.0), np.dstack([clip_percentiles(grey, 1.0, 99.0)] * 3)
    )


def test_z_scores_by_hand() -> None:
    """Levels 90 and 110: mean 100, sd 10, so with 2 deviations they lie a quarter from black and white."""
    assert standardise(np.array([[90, 110]], np.uint8), 2.0).tolist() == [[64, 191]]
    assert standardise(np.array([[90, 110]], np.uint16), 2.0).tolist() == [[16384, 49151]]
    assert standardise(np.array([[90, 110]], np.uint8), 0.5).tolist() == [[0, 255]]
    assert standardise(np.full((2, 2), 7, np.uint8), 3.0).tolist() == [[128, 128]] * 2


def test_z_scores_do_not_depend_on_gain_and_offset() -> None:
    """That is what they are for: half the contrast and another brightness give the same picture."""
    image = smooth().astype(int)
    one, other = (
        standardise(part.astype(np.uint8), 3.0).astype(int) for part in (image * 1, image // 2 + 60)
    )
    assert np.abs(one - other).max() <= 4


def test_8_bits_are_16_divided_by_257() -> None:
    """Every 8-bit picture survives the way to 16 bits and back."""
    assert np.array_equal(reduce_to_8_bits(RAMP.astype(np.uint16) * 257), RAMP)
    assert reduce_to_8_bits(np.array([[128, 129, 65535]], np.uint16)).tolist() == [[0, 1, 255]]
    assert np.array_equal(reduce_to_8_bits(RAMP), RAMP)
