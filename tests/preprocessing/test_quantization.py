"""k-means over distinct colours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from preprocessing.quantization import quantize_colours

PICTURES = arrays.arrays(np.uint8, st.tuples(st.integers(1, 6), st.integers(1, 6), st.just(3)))


@settings(max_examples=50, deadline=None)
@given(PICTURES, st.integers(1, 10))
def test_each_result_holds_at_most_k_colours_inside_the_range_of_the_picture(
    image: np.ndarray, num_colours: int
) -> None:
    """Few, repeated or many colours: never more than K, never outside what came in."""
    result = quantize_colours(image, num_colours)
    assert len(np.unique(result.reshape(-1, 3), axis=0)) <= num_colours
    assert (result >= image.min(axis=(0, 1))).all()
    assert (result <= image.max(axis=(0, 1))).all()


@settings(max_examples=50, deadline=None)
@given(PICTURES)
def test_the_order_of_the_pixels_does_not_matter(image: np.ndarray) -> None:
    """Turning the picture over turns the result over."""
    assert np.array_equal(quantize_colours(image[::-1], 3), quantize_colours(image, 3)[::-1])


@settings(max_examples=50, deadline=None)
@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 8), st.integers(1, 8))), st.integers(2, 10))
def test_grey_is_three_equal_channels(image: np.ndarray, num_colours: int) -> None:
    """A grey picture gives what its three-channel form gives."""
    colour = quantize_colours(np.repeat(image[..., None], 3, axis=2), num_colours)
    assert np.array_equal(quantize_colours(image, num_colours), colour[..., 0])
    assert np.ptp(colour, axis=2).max() == 0


def test_one_colour_is_the_truncated_mean() -> None:
    """K = 1 is the mean of all pixels, each counted as often as it occurs."""
    image = np.array([[[0, 0, 0], [0, 0, 0], [10, 20, 30]]], np.uint8)
    assert quantize_colours(image, 1)[0, 0].tolist() == [3, 6, 10]


@pytest.mark.parametrize("num_colours", [4, 7, 10])
def test_clusters_are_as_tight_as_those_of_the_library_that_the_original_called(num_colours: int) -> None:
    """Also with many clusters on a grey picture, where most random centres lie far from every grey."""
    image = np.random.default_rng(1).integers(0, 256, (97, 131), np.uint8)
    samples = np.float32(np.repeat(image.reshape(-1, 1), 3, axis=1))
    until = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 10, 1.0)
    cv2.setRNGSeed(1)
    _, labels, centres = cv2.kmeans(samples, num_colours, None, until, 10, cv2.KMEANS_RANDOM_CENTERS)
    theirs = np.uint8(centres)[labels.ravel(), 0].reshape(image.shape)
    ours = quantize_colours(image, num_colours)
    assert len(np.unique(ours)) == num_colours
    assert _squares(ours, image) <= 1.05 * _squares(theirs, image)


def _squares(result: np.ndarray, image: np.ndarray) -> float:
    return float(((result.astype(float) - image) ** 2).sum())
