"""What a step works on: a grey or RGB picture of 8 or 16 bits, its luminance and its levels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import PreprocessingError

Picture: TypeAlias = NDArray[np.uint8 | np.uint16]
"""Height x width (grey) or height x width x 3 (RGB)."""

MOST_PIXELS = 1 << 27
"""As many as a frame may have when it is read: no step makes a larger picture."""

_COLOUR_DIMENSIONS = 3


def check_picture(image: NDArray[Any]) -> None:
    """Refuse what is no grey or RGB picture of 8 or 16 bits.

    Raises:
        PreprocessingError: wrong type, shape or no pixels.
    """
    shaped = image.ndim == len(("height", "width")) or (
        image.ndim == _COLOUR_DIMENSIONS and image.shape[2] == len("RGB")
    )
    if image.dtype not in (np.uint8, np.uint16) or not shaped or not image.size:
        raise PreprocessingError(
            "A step takes a picture of 8 or 16 bits, height x width or height x width x 3. "
            f"Received: {image.dtype} of shape {image.shape}. Render it first."
        )


def check_size(height: int, width: int) -> None:
    """Refuse a size that would not fit into memory.

    Raises:
        PreprocessingError: more pixels than a frame may have.
    """
    if height * width > MOST_PIXELS:
        raise PreprocessingError(
            f"A step would make a picture of {height} x {width} pixels. Expected at most {MOST_PIXELS}."
        )


def white_of(image: Picture) -> int:
    """Return the highest level of a picture's type.

    Example:
        >>> white_of(np.zeros((1, 1), np.uint16))
        65535
    """
    return int(np.iinfo(image.dtype).max)


def grey_of(image: Picture) -> Picture:
    """Return the luminance by the integer form of ITU-R BT.601-2; a grey picture is returned itself.

    Example:
        >>> grey_of(np.array([[[0, 255, 0]]], np.uint8)).tolist()
        [[150]]
    """
    if image.ndim != _COLOUR_DIMENSIONS:
        return image
    red, green, blue = (image[..., channel].astype(np.uint32) for channel in range(3))
    # ITU-R BT.601-2 luma, weights .299, .587 and .114 in 65536ths, rounding half up.
    luminance = (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16
    return cast("Picture", luminance.astype(image.dtype))


def count_levels(image: Picture) -> NDArray[np.int64]:
    """Return how many pixels of the luminance have each level, 0 to white.

    Example:
        >>> count_levels(np.array([[1, 1, 3]], np.uint8))[:4].tolist()
        [0, 2, 0, 1]
    """
    counts: NDArray[np.int64] = np.bincount(grey_of(image).ravel(), minlength=white_of(image) + 1)
    return counts


def apply_table(image: Picture, table: NDArray[Any]) -> Picture:
    """Return the picture with each sample replaced by its level's entry.

    Args:
        image: the picture.
        table: one entry a level, from 0 to white; moved into that range and cut to whole numbers.

    Example:
        >>> apply_table(np.array([[0, 255]], np.uint8), np.arange(256) + 0.9).tolist()
        [[0, 255]]
    """
    levels = np.clip(table, 0, white_of(image)).astype(image.dtype)
    if image.dtype == np.uint8:
        return cast("Picture", np.asarray(cv2.LUT(image, levels)))  # several times faster than indexing
    return cast("Picture", levels[image])


def on_luminance(image: Picture, function: Callable[[Picture], Picture]) -> Picture:
    """Return the picture with its luminance treated and its colours (Cr and Cb) left as they were.

    Args:
        image: grey pictures go to the function as they are; the luminance of RGB is OpenCV's Y.
        function: of a grey picture to one of the same shape and type.
    """
    if image.ndim != _COLOUR_DIMENSIONS:
        return function(image)
    converted = np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2YCrCb))
    converted[..., 0] = function(np.ascontiguousarray(converted[..., 0]))
    return cast("Picture", np.asarray(cv2.cvtColor(converted, cv2.COLOR_YCrCb2RGB)))
