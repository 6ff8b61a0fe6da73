"""TIFF of our own: exact, and readable by OpenCV."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from isal import isal_zlib

from foundation.errors import DecodeError
from imaging.png import DEFLATE_LEVEL
from imaging.tiff import decode_tiff, encode_tiff


@pytest.mark.parametrize("dtype", ["u4", "i4", "f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 5), (2, 4, 3)])
def test_opencv_reads_what_we_write(dtype: str, shape: tuple[int, ...]) -> None:
    """Each dtype and shape comes back the same from our reader and from OpenCV's."""
    values = (np.random.default_rng(0).normal(0, 1e5, shape)).astype(dtype)
    content = encode_tiff(values)
    assert np.array_equal(decode_tiff(content), values)
    theirs = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(theirs if theirs.ndim == 2 else theirs[..., ::-1], values)


def test_floats_are_exact_to_the_bit() -> None:
    """NaN with its payload, -0.0, infinities and subnormals keep their bits."""
    bits = np.array([[0x7FF8000000000001, 0x8000000000000000, 0x7FF0000000000000, 1]], np.uint64)
    assert np.array_equal(decode_tiff(encode_tiff(bits.view(np.float64))).view(np.uint64), bits)


def test_the_bytes_do_not_depend_on_the_process() -> None:
    """Both formats are deflated at the level that gives the same bytes in every process; 1 and 2 do not."""
    values = np.arange(12, dtype=np.float32).reshape(3, 4)
    assert isal_zlib.compress(values.tobytes(), DEFLATE_LEVEL) in encode_tiff(values)
    assert DEFLATE_LEVEL == 3


@pytest.mark.parametrize("cut", [3, 7, 20, -9, -30])
def test_damage_is_told(cut: int) -> None:
    """A cut TIFF is a reason."""
    with pytest.raises(DecodeError):
        decode_tiff(encode_tiff(np.arange(40, dtype=np.float32).reshape(5, 8))[:cut])


def test_a_size_that_lies_is_told() -> None:
    """A directory that promises more pixels than the strip holds is refused."""
    content = bytearray(encode_tiff(np.zeros((4, 4), np.float32)))
    width = content.index(b"\x00\x01\x04\x00\x01\x00\x00\x00\x04\x00")
    content[width + 8] = 9
    with pytest.raises(DecodeError, match="expected 144"):
        decode_tiff(bytes(content))
