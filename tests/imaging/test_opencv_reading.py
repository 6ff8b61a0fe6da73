"""OpenCV's reader: silent, and its failures are ours."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foundation.errors import DecodeError
from imaging.opencv_reading import read_by_opencv


def test_pictures_are_read_and_the_log_level_comes_back() -> None:
    """The level of OpenCV's log is left as it was found."""
    level = cv2.utils.logging.getLogLevel()
    content = cv2.imencode(".bmp", np.full((2, 2), 9, np.uint8))[1].tobytes()
    assert read_by_opencv(content, cv2.IMREAD_UNCHANGED).tolist() == [[9, 9], [9, 9]]
    assert cv2.utils.logging.getLogLevel() == level


@pytest.mark.parametrize("content", [b"", b"II*\x00" + bytes(30)])
def test_failures_are_silent_decode_errors(content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    """Nothing reaches standard error, and the reason is ours."""
    with pytest.raises(DecodeError) as caught:
        read_by_opencv(content, cv2.IMREAD_UNCHANGED)
    assert caught.value.reason_code == "broken_picture"
    assert capfd.readouterr().err == ""
