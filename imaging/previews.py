"""A small picture of a file, for pages and sheets that people look at."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from imaging.pictures import read_picture_or_instance
from imaging.rendering import RenderingAttributes, render
from imaging.settings import ReadSettings
from imaging.stored_values import decode_stored_values


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
    frame = instance.frames[0]
    encoded = frame.encoded
    values = decode_stored_values(
        encoded.content, encoding=encoded.encoding, dtype=encoded.dtype, offset=encoded.offset
    )
    of_frame = instance.header.rendering if frame.rendering is None else frame.rendering
    attributes = RenderingAttributes.model_validate(of_frame)
    picture = render(values, attributes)
    scale = size / max(picture.shape[:2])
    shape = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, shape, interpolation=cv2.INTER_AREA), np.uint8)
