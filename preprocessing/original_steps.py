"""The original's four steps, with its formulas, ranges and default; and its segmentation as a masked picture.

8 bits only: their formulas count in 256 levels. What the original lost by writing JPEG files in
between is not copied.
"""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from preprocessing.quantization import quantize_colours
from preprocessing.step_pictures import Picture, apply_table, grey_of

_THRESHOLD_BLOCK = 51
_THRESHOLD_CONSTANT = 2
_SMALLEST_SHARE = 15
_FULL_CONNECTIVITY = 8


def downsample_bits(image: Picture, bits: int) -> Picture:
    """Keep the top bits of each sample: x - x mod (256 >> bits), without re-centring.

    Args:
        image: uint8.
        bits: 1 to 8.

    Example:
        >>> downsample_bits(np.array([[3, 130, 255]], np.uint8), 1).tolist()
        [[0, 128, 128]]
    """
    spacing = 256 >> bits
    levels = np.arange(256)
    return apply_table(image, levels - levels % spacing)


def enhance_contrast(image: Picture, factor: int) -> Picture:
    """Spread the samples around the mean: clip(trunc(m + factor * (x - m)), 0, 255).

    m is the rounded mean luminance; in colour pictures the same m serves all channels.

    Args:
        image: uint8.
        factor: 1 to 10.

    Example:
        >>> enhance_contrast(np.array([[90, 100, 110]], np.uint8), 4).tolist()
        [[60, 100, 140]]
    """
    luminance = grey_of(image)
    count = luminance.size
    mean = (2 * int(luminance.sum(dtype=np.int64)) + count) // (2 * count)  # floor(mean + 0.5)
    return apply_table(image, mean + factor * (np.arange(256) - mean))


def quantize_picture(image: Picture, colours: int) -> Picture:
    """Reduce the picture to at most so many colours, found by k-means in colour space.

    A grey picture is clustered as three equal channels and stays grey, since every centre is grey.

    Args:
        image: uint8.
        colours: 2 to 10.

    Example:
        >>> quantize_picture(np.array([[0, 1, 200, 202]], np.uint8), 2).tolist()
        [[0, 0, 201, 201]]
    """
    return cast("Picture", quantize_colours(image.astype(np.uint8, copy=False), colours))


def segment_target(image: Picture, factor: int) -> Picture:
    """Return the mask (0 or 255) of the large dark structures of the contrast-enhanced picture.

    A pixel is set when it lies at least 2 below the mean of the 51 x 51 pixels around it; a connected
    component (diagonals count) stays when its height exceeds a fifteenth of the picture's height or
    its width a fifteenth of the width.

    Args:
        image: uint8.
        factor: of the contrast, 1 to 10.

    Returns:
        uint8, height x width, also for a colour picture.

    Example:
        >>> image = np.full((60, 60), 200, np.uint8)
        >>> image[20:30, 20:30], image[50, 50] = 20, 20
        >>> int((segment_target(image, 1) > 0).sum())
        100
    """
    grey = grey_of(enhance_contrast(image, factor))
    marked = cv2.adaptiveThreshold(
        grey,
        255,
        cv2.ADAPTIVE_THRESH_MEAN_C,
        cv2.THRESH_BINARY_INV,
        _THRESHOLD_BLOCK,
        _THRESHOLD_CONSTANT,
    )
    _, components, boxes, _ = cv2.connectedComponentsWithStats(marked, connectivity=_FULL_CONNECTIVITY)
    height, width = grey.shape
    kept = (boxes[:, cv2.CC_STAT_HEIGHT] * _SMALLEST_SHARE > height) | (
        boxes[:, cv2.CC_STAT_WIDTH] * _SMALLEST_SHARE > width
    )
    kept[0] = False  # component 0 is the background
    return cast("Picture", np.where(kept, 255, 0).astype(np.uint8)[components])


def mask_target(image: Picture, factor: int) -> Picture:
    """Keep the picture where `segment_target` sets its mask, and make the rest black.

    Args:
        image: uint8; colours are kept.
        factor: of the contrast, 1 to 10.

    Example:
        >>> image = np.full((60, 60), 200, np.uint8)
        >>> image[20:30, 20:30] = 20
        >>> np.unique(mask_target(image, 1), return_counts=True)[1].tolist()
        [3500, 100]
    """
    mask = segment_target(image, factor)
    return image & (mask if image.ndim == mask.ndim else mask[..., np.newaxis])
