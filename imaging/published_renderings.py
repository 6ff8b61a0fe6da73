"""Renderings of published sets and programs, each as its authors made it, not as the standard asks.

They work on stored values: rescale, VOI, windows and padding of the header are ignored on purpose.
"""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.rendering_attributes import RenderingAttributes
from imaging.value_tables import every_value, has_table, iterate_strips, look_up_frame


def medicalcv(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """Return the picture of the original MedicalCV formula: negatives to 0, by the maximum, truncated.

    Example:
        >>> medicalcv(np.array([[-5, 50, 100]]), RenderingAttributes()).tolist()
        [[0, 127, 255]]
    """
    del attributes
    return _truncated(stored_values, 0.0, _finite_extremes(stored_values)[1])


def chexpert(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """Return the picture as CheXpert: scaled by the maximum, inverted where needed, equalised.

    Source: Irvin et al. 2019, CheXpert; the recipe as the project describes it.
    """
    return _equalised(_truncated(stored_values, 0.0, _finite_extremes(stored_values)[1]), attributes)


def mimic_cxr_jpg(stored_values: NDArray[Any], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    """Return the picture as MIMIC-CXR-JPG: minimum to maximum, inverted where needed, equalised.

    Source: Johnson et al. 2019, MIMIC-CXR-JPG; the recipe as the project describes it.
    """
    return _equalised(_truncated(stored_values, *_finite_extremes(stored_values)), attributes)


def _truncated(stored_values: NDArray[Any], low: float, high: float) -> NDArray[np.uint8]:
    """Return (value - low) / (high - low) * 255 cut to whole numbers, values below low as 0."""

    def scale(values: NDArray[Any]) -> NDArray[np.uint8]:
        if not high > low:
            return np.zeros(values.shape, dtype=np.uint8)
        shifted = np.clip(values.astype(np.float64) - low, 0.0, high - low)
        # In this order, as the original divides before it multiplies.
        return np.nan_to_num(shifted / (high - low) * 255.0).astype(np.uint8)

    dtype = stored_values.dtype.newbyteorder("=")
    if not has_table(dtype):
        picture = np.empty(stored_values.shape, np.uint8)
        for strip in iterate_strips(stored_values):
            picture[strip] = scale(stored_values[strip])
        return picture
    return look_up_frame(stored_values, scale(every_value(dtype)))


def _equalised(picture: NDArray[np.uint8], attributes: RenderingAttributes) -> NDArray[np.uint8]:
    upright = 255 - picture if attributes.is_inverted else picture
    return np.asarray(cv2.equalizeHist(upright), dtype=np.uint8)


def _finite_extremes(stored_values: NDArray[Any]) -> tuple[float, float]:
    kept = stored_values[np.isfinite(stored_values)] if stored_values.dtype.kind == "f" else stored_values
    return (float(kept.min()), float(kept.max())) if kept.size else (0.0, 0.0)
