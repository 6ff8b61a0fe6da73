"""Renderings as their authors made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from imaging.published_renderings import chexpert, medicalcv, mimic_cxr_jpg
from imaging.rendering_attributes import RenderingAttributes

UPRIGHT = RenderingAttributes()
INVERTED = RenderingAttributes(photometric_interpretation="MONOCHROME1")


@pytest.mark.parametrize("dtype", ["u2", "i2", "i4", "f4"])
def test_medicalcv_is_the_original_program(dtype: str) -> None:
    """Each line as the original has it: floats, negatives to 0, by the maximum, times 255, truncated."""
    rng = np.random.default_rng(5)
    values = rng.integers(0 if dtype == "u2" else -300, 3000, (20, 30)).astype(dtype)
    floats = values.astype(float)
    expected = np.uint8(np.maximum(floats, 0) / floats.max() * 255.0)
    assert np.array_equal(medicalcv(values, INVERTED), expected)


@pytest.mark.parametrize("recipe", [chexpert, mimic_cxr_jpg])
def test_levels_of_equal_weight_are_spread_evenly(recipe: Callable[..., Any]) -> None:
    """Four levels become 0, 85, 170, 255, whichever way up."""
    values = np.array([[10, 20, 30, 40]], np.uint16)
    assert recipe(values, UPRIGHT).tolist() == [[0, 85, 170, 255]]
    assert recipe(values, INVERTED).tolist() == [[255, 170, 85, 0]]


def test_the_minimum_counts_for_one_and_not_for_the_other() -> None:
    """1000 and 1001 are apart by minimum to maximum, and one level by the maximum alone."""
    values = np.array([[1000, 1001, 1002, 1003]], np.uint16)
    assert len(np.unique(mimic_cxr_jpg(values, UPRIGHT))) == 4
    assert len(np.unique(chexpert(values, UPRIGHT))) == 2


@pytest.mark.parametrize("recipe", [chexpert, medicalcv, mimic_cxr_jpg])
def test_a_blank_frame_is_black_and_no_error(recipe: Callable[..., Any]) -> None:
    """The original divided by zero."""
    assert not recipe(np.zeros((2, 2), np.uint16), UPRIGHT).any()
    assert recipe(np.full((1, 2), np.nan), UPRIGHT).tolist() == [[0, 0]]
