"""A small picture of a file, for pages and sheets that people look at."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.kept_frames import kept_frames
from imaging.pictures import read_picture_or_instance
from imaging.settings import ReadSettings


def preview(content: bytes, *, size: int) -> NDArray[np.uint8]:
    """Return a file's first frame, rendered and fitted into a square.

    Args:
        content: a DICOM file's or a picture's bytes.
        size: side of the square in pixels.

    Returns:
        uint8, height x width or height x width x 3, the longer side `size`.

    Raises:
        ImagingError: the file gives no picture.
    """
    instance = read_picture_or_instance(content, settings=ReadSettings(key=bytes(32)))
    picture, _ = next(kept_frames(instance)).render("window")
    return fit_picture(picture, size=size)


def fit_picture(picture: NDArray[Any], *, size: int) -> NDArray[np.uint8]:
    """Return a picture in 8 bits, fitted into a square; proportions stay.

    Args:
        picture: height x width or height x width x 3, uint8 or uint16.
        size: side of the square in pixels.

    Example:
        >>> fit_picture(np.full((40, 20), 65535, np.uint16), size=8).shape
        (8, 4)
    """
    scale = size / max(picture.shape[:2])
    shape = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    # Averages when it shrinks; repeats pixels when it grows, so that each can be seen.
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_NEAREST
    fitted: NDArray[Any] = np.asarray(cv2.resize(picture, shape, interpolation=interpolation))
    return (fitted if fitted.dtype == np.uint8 else fitted >> 8).astype(np.uint8, copy=False)
