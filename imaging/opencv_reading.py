"""OpenCV's picture decoder without its words: it logs to standard error whatever it stumbles on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import DecodeError


def read_by_opencv(content: bytes, flags: int) -> NDArray[Any]:
    """Return what OpenCV decodes, channels in its own order (blue, green, red).

    Args:
        content: a whole picture file.
        flags: OpenCV's IMREAD flags.

    Raises:
        DecodeError: nothing could be decoded.

    Example:
        >>> from imaging.png import encode_png
        >>> read_by_opencv(encode_png(np.array([[7]], np.uint8)), cv2.IMREAD_UNCHANGED).tolist()
        [[7]]
    """
    level = cv2.utils.logging.getLogLevel()
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error as error:
        raise DecodeError("broken_picture", "The picture is broken or too large to be decoded.") from error
    finally:
        cv2.utils.logging.setLogLevel(level)
    if decoded is None:
        raise DecodeError("broken_picture", "The picture is cut, broken or of an unusual kind.")
    return np.asarray(decoded)
