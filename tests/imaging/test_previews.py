"""Small pictures for people."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from foundation.errors import ImagingError
from imaging.previews import fit_picture, preview
from imaging.samples import bundled_dicom_folder


def sample(name: str) -> bytes:
    """Return one of pydicom's files."""
    return (bundled_dicom_folder() / name).read_bytes()


@pytest.mark.parametrize("size", [1, 64, 500])
def test_the_longer_side_has_the_size(size: int) -> None:
    """Of small files and large ones, and of every shape."""
    wide = np.zeros((20, 80), np.uint8)
    for content in (sample("CT_small.dcm"), cv2.imencode(".png", wide)[1].tobytes()):
        picture = preview(content, size=size)
        assert picture.dtype == np.uint8
        assert max(picture.shape[:2]) == size
        assert min(picture.shape[:2]) >= 1


def test_proportions_are_kept() -> None:
    """A wide picture stays wide."""
    wide = cv2.imencode(".png", np.zeros((20, 80), np.uint8))[1].tobytes()
    assert preview(wide, size=40).shape == (10, 40)


def test_a_grey_file_is_rendered_and_a_colour_file_stays_colour() -> None:
    """With contrast, not as stored values."""
    grey = preview(sample("CT_small.dcm"), size=64)
    assert grey.shape == (64, 64)
    assert int(np.ptp(grey)) > 100
    assert preview(sample("SC_rgb_rle_2frame.dcm"), size=64).shape[2:] == (3,)


def test_the_first_frame_of_several_is_shown() -> None:
    """Two frames that differ: the first one comes."""
    first = preview(sample("SC_rgb_rle_2frame.dcm"), size=50)
    assert np.abs(first.astype(int) - preview(sample("SC_rgb_rle.dcm"), size=50)).mean() < 1


@pytest.mark.parametrize("content", [b"", b"no picture", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_told(content: bytes) -> None:
    """As everywhere in this room."""
    with pytest.raises(ImagingError):
        preview(content, size=10)


def test_small_pictures_grow_by_repeating_pixels() -> None:
    """So that each can be seen; a shrunken one is the average, and 16 bits become 8."""
    assert fit_picture(np.array([[0, 200]], np.uint8), size=4).tolist() == [[0, 0, 200, 200]] * 2
    checks = np.indices((8, 8)).sum(axis=0) % 2 * 65535
    assert set(np.unique(fit_picture(checks.astype(np.uint16), size=4))) <= {127, 128}
