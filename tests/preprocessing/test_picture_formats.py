"""Formats of exported pictures."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foundation.errors import ConfigError, PreprocessingError, UnknownNameError
from preprocessing.picture_formats import PictureFormat, encode_jpeg

COLOUR = np.dstack([np.full((16, 16), level, np.uint8) for level in (200, 100, 50)])


@pytest.mark.parametrize(
    ("text", "canonical"),
    [("png", "png"), ("PNG", "png"), ("jpg", "jpg:95"), ("jpeg:7", "jpg:7"), ("jpg:100", "jpg:100")],
)
def test_a_format_reads_its_text(text: str, canonical: str) -> None:
    """And its own canonical text gives it back."""
    assert PictureFormat.parse(text).text == canonical
    assert PictureFormat.parse(canonical) == PictureFormat.parse(text)


@pytest.mark.parametrize("text", ["png:90", "png:", "jpg:0", "jpg:101", "jpg:", "jpg:best", "jpg:9.5"])
def test_a_quality_that_makes_no_sense_is_refused(text: str) -> None:
    """Also one for a PNG, which loses nothing."""
    with pytest.raises(ConfigError, match="quality"):
        PictureFormat.parse(text)


def test_an_unknown_format_is_told_with_the_known_ones() -> None:
    """The near one is suggested."""
    with pytest.raises(UnknownNameError, match='Did you mean "png"'):
        PictureFormat.parse("pngg")


def test_both_formats_keep_the_order_of_colours() -> None:
    """Any reader sees red where red was."""
    for picture_format in (PictureFormat.parse("png"), PictureFormat.parse("jpg:100")):
        content = np.frombuffer(picture_format.encode(COLOUR), np.uint8)
        red_last = cv2.imdecode(content, cv2.IMREAD_COLOR)
        assert np.abs(red_last[..., ::-1].astype(int) - COLOUR).max() <= 3


def test_a_jpeg_holds_8_bits() -> None:
    """Sixteen are refused, not cut."""
    with pytest.raises(PreprocessingError, match="png"):
        encode_jpeg(np.zeros((4, 4), np.uint16), 90)
