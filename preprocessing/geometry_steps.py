"""Steps that change height and width. None mirrors or turns a picture: that would change its side."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from preprocessing.step_parameters import Size
from preprocessing.step_pictures import Picture, check_size, white_of


def resize_picture(image: Picture, size: Size) -> Picture:
    """Resize to height x width, without keeping the aspect: by area when shrinking, else bilinear.

    Example:
        >>> resize_picture(np.array([[0, 100], [100, 200]], np.uint8), (1, 1)).tolist()
        [[100]]
    """
    height, width = size
    check_size(height, width)
    shrinks = height <= image.shape[0] and width <= image.shape[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cast("Picture", np.asarray(cv2.resize(image, (width, height), interpolation=method)))


def letterbox(image: Picture, size: Size, pad: int) -> Picture:
    """Resize as far as the picture fits into height x width, keep its aspect, and pad what is left.

    The picture lies in the middle; where the padding is odd, the larger part lies below and to the right.

    Args:
        image: the picture.
        size: of the result.
        pad: level of the padding from 0 (black) to 255 (white); in 16 bits 257 times as much.

    Example:
        >>> letterbox(np.full((1, 2), 9, np.uint8), (4, 2), 0).tolist()
        [[0, 0], [9, 9], [0, 0], [0, 0]]
    """
    height, width = size
    scale = min(height / image.shape[0], width / image.shape[1])
    fitted = (
        min(height, max(1, round(image.shape[0] * scale))),
        min(width, max(1, round(image.shape[1] * scale))),
    )
    return _pad(resize_picture(image, fitted), size, pad)


def pad_to_square(image: Picture, pad: int) -> Picture:
    """Pad the shorter side until it is as long as the other; the picture lies in the middle.

    Args:
        image: the picture.
        pad: level of the padding from 0 (black) to 255 (white); in 16 bits 257 times as much.

    Example:
        >>> pad_to_square(np.full((1, 3), 9, np.uint8), 0).tolist()
        [[0, 0, 0], [9, 9, 9], [0, 0, 0]]
    """
    side = max(image.shape[:2])
    return _pad(image, (side, side), pad)


def _pad(image: Picture, size: Size, pad: int) -> Picture:
    """Return the picture in the middle of a larger one."""
    check_size(*size)
    height, width = image.shape[:2]
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    padded = np.full((*size, *image.shape[2:]), pad * (white_of(image) // 255), image.dtype)
    padded[top : top + height, left : left + width] = image
    return cast("Picture", padded)
