"""Steps against noise. Each blurs something that a reader may look for: for models, not for reading."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from preprocessing.step_pictures import Picture, white_of

# The sizes that the paper's authors use for moderate noise, and OpenCV's defaults.
_PATCH, _SEARCH = 7, 21


def blur_gaussian(image: Picture, sigma: float) -> Picture:
    """Blur by a Gaussian of that standard deviation in pixels, edges mirrored.

    Example:
        >>> blur_gaussian(np.array([[0, 0, 255, 0, 0]], np.uint8), 0.5).tolist()
        [[0, 27, 201, 27, 0]]
    """
    return cast("Picture", np.asarray(cv2.GaussianBlur(image, (0, 0), sigma)))


def take_median(image: Picture, side: int) -> Picture:
    """Replace each sample by the median of the side x side pixels around it, edges repeated.

    Args:
        image: the picture.
        side: 3 or 5.

    Example:
        >>> take_median(np.array([[0, 0, 255, 0, 0]], np.uint8), 3).tolist()
        [[0, 0, 0, 0, 0]]
    """
    return cast("Picture", np.asarray(cv2.medianBlur(image, side)))


def average_non_locally(image: Picture, strength: float) -> Picture:
    """Average each pixel with those of 21 x 21 around it whose 7 x 7 neighbourhoods look alike.

    Args:
        image: the picture.
        strength: how different two neighbourhoods may be, as a mean difference in levels of 8 bits;
            about the standard deviation of the noise.

    Source:
        A. Buades, B. Coll, J.-M. Morel, "Non-Local Means Denoising", Image Processing On Line 1 (2011),
        as OpenCV's `fastNlMeansDenoising` does it, with absolute differences (NORM_L1).

    Example:
        >>> average_non_locally(np.full((4, 4), 9, np.uint8), 10.0).max()
        np.uint8(9)
    """
    scaled = strength * (white_of(image) // 255)
    averaged = cv2.fastNlMeansDenoising(image, [scaled], None, _PATCH, _SEARCH, cv2.NORM_L1)
    return cast("Picture", np.asarray(averaged))
