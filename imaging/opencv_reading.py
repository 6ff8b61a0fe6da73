"""OpenCV's picture decoder without its words: it logs to standard error whatever it stumbles on."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from foundation.errors import DecodeError
from imaging.native_words import hear_native_words, tells_damage


def read_by_opencv(content: bytes, flags: int) -> NDArray[Any]:
    """Return what OpenCV decodes, channels in its own order (blue, green, red).

    Args:
        content: a whole picture file.
        flags: OpenCV's IMREAD flags.

    Raises:
        DecodeError: nothing could be decoded, or the library below said that something was missing.

    Example:
        >>> from imaging.png import encode_png
        >>> read_by_opencv(encode_png(np.array([[7]], np.uint8)), cv2.IMREAD_UNCHANGED).tolist()
        [[7]]
    """
    with hear_native_words() as words:
        decoded = decode_by_imdecode(content, flags, says_errors=True)
    if decoded is None:
        raise DecodeError("broken_picture", "The picture is cut, broken, too large or of an unusual kind.")
    if tells_damage(words.text):
        raise DecodeError("broken_picture", "The picture is damaged: not all of it could be decoded.")
    return decoded


def decode_by_imdecode(content: bytes, flags: int, *, says_errors: bool = False) -> NDArray[Any] | None:
    """Return what OpenCV decodes, or None; what libjpeg and libpng write to standard error is left alone.

    Args:
        content: a whole picture file.
        flags: OpenCV's IMREAD flags.
        says_errors: whether OpenCV may write errors to standard error: of a TIFF it returns what could be
            read, and only says that the rest could not.

    Example:
        >>> decode_by_imdecode(b"no picture", cv2.IMREAD_UNCHANGED) is None
        True
    """
    level = cv2.utils.logging.getLogLevel()
    levels = cv2.utils.logging
    cv2.utils.logging.setLogLevel(levels.LOG_LEVEL_ERROR if says_errors else levels.LOG_LEVEL_SILENT)
    try:
        decoded = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:  # too large for its own limits, or a header it does not believe
        return None
    finally:
        cv2.utils.logging.setLogLevel(level)
    return None if decoded is None else np.asarray(decoded)
