"""From a picture of any size to a network's square input, as the old pipelines did it for evaluation.

Only the geometry: values stay 0..255, and the model's input treatment does the rest. The upstream
pipelines and what MedicalCV made of them are both here, under their names. What they drew at random
in training is augmentation and stays out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from foundation.registries import look_up

Picture = NDArray[np.float32]

_CENTRAL_FRACTION = 0.875
# The short side before the crop, for inputs up to that side; larger ones keep its ratio to 224.
_SHORT_SIDE = 256
_USUAL_SIDE = 224


def resize_tf1(picture: NDArray[Any], *, height: int, width: int) -> Picture:
    """Resize bilinearly as TensorFlow 1 did: no half-pixel centres, no antialiasing.

    Row i of the result looks at row i * (rows before / rows after) of the picture, so that everything
    shifts up and left by up to half a pixel against what TensorFlow 2 does.

    Args:
        picture: height x width x channels, any real dtype.
        height: wanted, in pixels.
        width: wanted, in pixels.

    Source: TensorFlow 1's resize_bilinear with align_corners and half_pixel_centers off.

    Example:
        >>> resize_tf1(np.array([[[0.0], [10.0]]]), height=1, width=4)[0, :, 0].tolist()
        [0.0, 5.0, 10.0, 10.0]
    """
    values = np.asarray(picture, np.float32)
    top, bottom, down = _neighbours(values.shape[0], height)
    left, right, across = _neighbours(values.shape[1], width)
    down, across = down[:, np.newaxis, np.newaxis], across[np.newaxis, :, np.newaxis]
    upper, lower = values[top], values[bottom]
    above = upper[:, left] + (upper[:, right] - upper[:, left]) * across
    below = lower[:, left] + (lower[:, right] - lower[:, left]) * across
    return np.asarray(above + (below - above) * down, np.float32)


def _neighbours(before: int, after: int) -> tuple[NDArray[np.int64], NDArray[np.int64], Picture]:
    """Return for each new place the two places it lies between, and how far on it is."""
    places = np.arange(after, dtype=np.float32) * np.float32(before / after)
    first = np.minimum(np.floor(places).astype(np.int64), before - 1)
    return first, np.minimum(first + 1, before - 1), places - first.astype(np.float32)


def whole(picture: NDArray[Any], side: int) -> Picture:
    """Squeeze the whole picture into a square; its aspect is lost.

    Source: MedicalCV, in its native and inception pipelines.
    """
    return resize_tf1(picture, height=side, width=side)


def central_part(picture: NDArray[Any], side: int) -> Picture:
    """Squeeze the central 87.5 % of height and width into a square.

    Source: TF-slim's inception_preprocessing, for evaluation.
    """
    height, width = picture.shape[:2]
    top = int((height - height * _CENTRAL_FRACTION) / 2)
    left = int((width - width * _CENTRAL_FRACTION) / 2)
    return resize_tf1(picture[top : height - top, left : width - left], height=side, width=side)


def central_crop_rounded(picture: NDArray[Any], side: int) -> Picture:
    """Shrink to a short side of 256, the other one rounded, and cut out the middle.

    Source: TF-slim's vgg_preprocessing, for evaluation.
    """
    return _crop_middle(picture, side, lambda length: int(np.rint(length)))


def central_crop_truncated(picture: NDArray[Any], side: int) -> Picture:
    """Shrink to a short side of 256, the other one truncated, and cut out the middle.

    Source: the official ResNet's imagenet_preprocessing, for evaluation.
    """
    return _crop_middle(picture, side, int)


def _crop_middle(picture: NDArray[Any], side: int, to_pixels: Callable[[np.float32], int]) -> Picture:
    height, width = picture.shape[:2]
    short = _SHORT_SIDE if side <= _SHORT_SIDE else -(-side * _SHORT_SIDE // _USUAL_SIDE)
    scale = np.float32(short) / np.float32(min(height, width))
    rows, columns = (to_pixels(np.float32(length) * scale) for length in (height, width))
    resized = resize_tf1(picture, height=rows, width=columns)
    top, left = (rows - side) // 2, (columns - side) // 2
    return resized[top : top + side, left : left + side]


SQUARES: dict[str, Callable[[NDArray[Any], int], Picture]] = {
    "inception": central_part,
    "inception_medicalcv": whole,
    "native": central_crop_truncated,
    "native_medicalcv": whole,
    "vgg": central_crop_rounded,
}


def make_square(picture: NDArray[Any], *, name: str, side: int) -> Picture:
    """Return a picture as an old pipeline gave it to its network, before the input treatment.

    Args:
        picture: height x width x channels, of 0..255.
        name: a key of SQUARES.
        side: of the network's input, in pixels.

    Returns:
        float32, side x side x channels, of 0..255.

    Raises:
        UnknownNameError: no such square.

    Example:
        >>> make_square(np.zeros((300, 400, 3)), name="vgg", side=224).shape
        (224, 224, 3)
    """
    return look_up(SQUARES, name, kind="square")(picture, side)
