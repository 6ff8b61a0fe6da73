"""Steps against noise."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from preprocessing.denoising import average_non_locally, blur_gaussian, take_median

CLEAN = np.full((60, 80), 60, np.uint8)
CLEAN[:, 40:] = 180


def noisy(dtype: type = np.uint8, sigma: float = 6.0) -> np.ndarray:
    """Return an edge with noise, in levels of 8 bits times what the depth asks for."""
    values = np.clip(CLEAN + np.random.default_rng(0).normal(0, sigma, CLEAN.shape), 0, 255)
    return (values * (np.iinfo(dtype).max // 255)).astype(dtype)


def error(image: np.ndarray) -> float:
    """Return the mean distance from the clean edge, in levels of 8 bits."""
    return float(np.abs(image / (np.iinfo(image.dtype).max // 255) - CLEAN).mean())


def test_a_median_removes_single_pixels_and_keeps_edges() -> None:
    """Salt and pepper go without a trace."""
    image = CLEAN.copy()
    image[10::7, 5::9] = 255
    image[12::7, 8::9] = 0
    assert np.array_equal(take_median(image, 3), CLEAN)
    assert np.array_equal(take_median(image.astype(np.uint16) * 257, 5), CLEAN.astype(np.uint16) * 257)


def test_a_median_by_hand() -> None:
    """The middle of the nine around the centre."""
    image = np.array([[9, 1, 8], [2, 200, 7], [3, 6, 5]], np.uint8)
    assert take_median(image, 3)[1, 1] == 6


def test_a_gaussian_keeps_the_mean_and_follows_its_formula() -> None:
    """A single bright pixel becomes the bell; sigma is in pixels."""
    image = np.zeros((21, 21), np.uint16)
    image[10, 10] = 60_000
    blurred = blur_gaussian(image, 2.0).astype(float)
    assert blurred[10, 10] == pytest.approx(60_000 / (2 * np.pi * 4), rel=0.01)
    assert blurred[10, 12] / blurred[10, 10] == pytest.approx(np.exp(-0.5), rel=0.01)
    assert np.array_equal(blur_gaussian(np.full((5, 5), 9, np.uint8), 3.0), np.full((5, 5), 9))


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_non_local_means_halve_the_noise_and_keep_the_edge(dtype: type) -> None:
    """The strength means the same in both depths."""
    image = noisy(dtype)
    result = average_non_locally(image, 6.0)
    assert error(result) < 0.5 * error(image)
    steps = np.diff(result.astype(float).mean(axis=0)) / (np.iinfo(dtype).max // 255)
    assert steps[39] > 100


def test_non_local_means_do_not_depend_on_the_number_of_threads() -> None:
    """Nor do the other two."""
    image = noisy()
    threads = cv2.getNumThreads()
    results = []
    try:
        for count in (1, 4):
            cv2.setNumThreads(count)
            results.append(
                (average_non_locally(image, 5.0), blur_gaussian(image, 1.5), take_median(image, 5))
            )
    finally:
        cv2.setNumThreads(threads)
    assert all(np.array_equal(one, other) for one, other in zip(*results, strict=True))
