"""Steps that give each level another one: equalisation, gamma, inversion, clipping, depth.

Each computes a table from the luminance's histogram and sends every sample through it, so the three
channels of a colour picture keep their order. `white` is 255 or 65,535; halves are rounded up.
"""

from __future__ import annotations

import math
from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.step_pictures import Picture, apply_table, count_levels, on_luminance, white_of


def equalise_adaptively(image: Picture, clip: float, tiles: int) -> Picture:
    """Equalise the histogram of each tile, its peaks clipped, blended between tiles (CLAHE).

    Args:
        image: uint8; in colour, the luminance is treated.
        clip: a level's count is cut at so many times the tile's mean count.
        tiles: the picture is cut into tiles x tiles.

    Source:
        K. Zuiderveld, "Contrast Limited Adaptive Histogram Equalization", Graphics Gems IV (1994),
        VIII.5, as OpenCV's `createCLAHE` does it.

    Example:
        >>> equalise_adaptively(np.full((8, 8), 7, np.uint8), 2.0, 2).shape
        (8, 8)
    """
    equaliser = cv2.createCLAHE(clipLimit=clip, tileGridSize=(tiles, tiles))
    return on_luminance(image, lambda grey: cast("Picture", np.asarray(equaliser.apply(grey))))


def equalise_histogram(image: Picture) -> Picture:
    """Spread the levels by how often they occur: white * (c(x) - c0) / (n - c0).

    c(x) is the number of pixels up to level x, c0 that of the lowest level that occurs, n that of all.
    A picture of one level stays as it is. In colour, the luminance is treated.

    Example:
        >>> equalise_histogram(np.array([[5, 5, 6, 7]], np.uint8)).tolist()
        [[0, 0, 128, 255]]
    """
    return on_luminance(image, _equalise_grey)


def correct_gamma(image: Picture, exponent: float) -> Picture:
    """Bend the levels: white * (x / white) ^ exponent; below 1 the dark parts get brighter.

    Example:
        >>> correct_gamma(np.array([[0, 64, 255]], np.uint8), 0.5).tolist()
        [[0, 128, 255]]
    """
    white = white_of(image)
    levels = np.arange(white + 1) / white
    return apply_table(image, white * levels**exponent + 0.5)


def invert_levels(image: Picture) -> Picture:
    """Turn black into white: white - x.

    Example:
        >>> invert_levels(np.array([[0, 255]], np.uint8)).tolist()
        [[255, 0]]
    """
    return np.iinfo(image.dtype).max - image


def clip_percentiles(image: Picture, low: float, high: float) -> Picture:
    """Clip the levels at two percentiles of the luminance and spread the rest from black to white.

    The percentile p is the lowest level that at least p % of the pixels do not exceed (nearest rank).
    Where both are the same level the picture stays as it is.

    Args:
        image: the picture.
        low: in percent; what lies below becomes black.
        high: in percent; what lies above becomes white.

    Example:
        >>> clip_percentiles(np.array([[10, 20, 30, 40, 50]], np.uint8), 20, 80).tolist()
        [[0, 85, 170, 255, 255]]
    """
    reached = np.cumsum(count_levels(image)) * 100.0
    bottom, top = (int(np.searchsorted(reached, share * reached[-1] / 100)) for share in (low, high))
    bottom = max(bottom, int(np.flatnonzero(reached)[0]))
    if bottom == top:
        return image.copy()
    white = white_of(image)
    levels = np.clip(np.arange(white + 1, dtype=np.int64), bottom, top) - bottom
    return apply_table(image, _divided(levels * white, top - bottom))


def standardise(image: Picture, deviations: float) -> Picture:
    """Put the mean at mid grey and so many standard deviations at black and white, clipping beyond.

    out = floor(white / 2 * (1 + (x - mean) / (deviations * sd)) + 0.5), mean and sd of the luminance;
    a picture of one level becomes mid grey.

    Example:
        >>> standardise(np.array([[90, 110]], np.uint8), 2.0).tolist()
        [[64, 191]]
    """
    white = white_of(image)
    counts, levels = count_levels(image), np.arange(white + 1, dtype=np.int64)
    # Exact sums of whole numbers (at most 2^27 pixels of 2^16 levels), so that no order moves the result.
    total, first, second = (int((counts * levels**power).sum()) for power in range(3))
    variance = (total * second - first * first) / total**2
    scores = (levels - first / total) / (deviations * math.sqrt(variance)) if variance else levels * 0.0
    return apply_table(image, np.floor(white / 2 * (1 + scores) + 0.5))


def reduce_to_8_bits(image: Picture) -> Picture:
    """Return the picture in 8 bits: x / 257, rounded; one of 8 bits stays as it is.

    Example:
        >>> reduce_to_8_bits(np.array([[0, 32896, 65535]], np.uint16)).tolist()
        [[0, 128, 255]]
    """
    if image.dtype == np.uint8:
        return image.copy()
    return cast("Picture", ((image.astype(np.uint32) + 128) // 257).astype(np.uint8))


def _equalise_grey(grey: Picture) -> Picture:
    """Equalise one channel."""
    reached = np.cumsum(np.bincount(grey.ravel(), minlength=white_of(grey) + 1))
    lowest = int(reached[reached > 0][0])
    rest = grey.size - lowest
    return apply_table(grey, _divided((reached - lowest) * white_of(grey), rest)) if rest else grey.copy()


def _divided(values: NDArray[Any], divisor: int) -> NDArray[Any]:
    """Return whole numbers divided, halves rounded up; negative ones only need to stay below 1."""
    return np.asarray((2 * values + divisor) // (2 * divisor))
