"""Plain pictures: by content, the right way up, grey or RGB, or a reason."""

from __future__ import annotations

import io
import struct
from typing import Any

import cv2
import numpy as np
import pytest

from foundation.errors import DecodeError, ImagingError, RejectedFileError
from imaging.limits import Limits
from imaging.plain_pictures import read_plain_picture
from imaging.png import encode_png
from imaging.tiff import encode_tiff

GREY = np.arange(0, 240, 10, dtype=np.uint8).reshape(4, 6)
RGB = np.random.default_rng(0).integers(0, 256, (4, 6, 3)).astype(np.uint8)


def by_opencv(suffix: str, picture: np.ndarray[Any, Any]) -> bytes:
    """Return a picture as OpenCV writes it."""
    bgr = picture if picture.ndim == 2 else picture[..., [2, 1, 0, 3][: picture.shape[2]]]
    return bytes(cv2.imencode(suffix, bgr)[1].tobytes())


@pytest.mark.parametrize("suffix", [".png", ".tiff", ".bmp"])
@pytest.mark.parametrize("picture", [GREY, RGB], ids=["grey", "rgb"])
def test_lossless_formats_come_back_exactly(suffix: str, picture: Any) -> None:
    """Grey stays one channel and colour is RGB."""
    assert np.array_equal(read_plain_picture(by_opencv(suffix, picture)), picture)


@pytest.mark.parametrize("suffix", [".png", ".tiff"])
def test_sixteen_bits_stay(suffix: str) -> None:
    """Sixteen-bit grey and colour keep their depth."""
    for picture in (GREY.astype(np.uint16) * 257, RGB.astype(np.uint16) * 257):
        assert np.array_equal(read_plain_picture(by_opencv(suffix, picture)), picture)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_a_tiff_whose_zero_is_white_is_turned(dtype: str) -> None:
    """TIFF 6.0, PhotometricInterpretation 0; OpenCV turns 8 bits only."""
    values = np.array([[0, 5], [100, 255]], dtype)
    fields = [(256, 2), (257, 2), (258, 8 * values.itemsize), (259, 1), (262, 0), (273, 8), (277, 1)]
    fields += [(278, 2), (279, values.nbytes)]
    directory = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in fields)
    content = b"II*\x00" + struct.pack("<I", 8 + values.nbytes) + values.tobytes()
    content += struct.pack("<H", len(fields)) + directory + bytes(4)
    assert read_plain_picture(content).tolist() == np.invert(values).tolist()


def test_jpeg_grey_is_one_channel() -> None:
    """A grey JPEG has one channel, a colour one three."""
    assert read_plain_picture(by_opencv(".jpg", np.full((8, 8), 77, np.uint8))).tolist() == [[77] * 8] * 8
    assert read_plain_picture(by_opencv(".jpg", RGB)).shape == RGB.shape


def test_alpha_is_dropped() -> None:
    """The colours under a transparent pixel stay as they were stored."""
    rgba = np.dstack([RGB, np.full((4, 6), 3, np.uint8)])
    assert np.array_equal(read_plain_picture(by_opencv(".png", rgba)), RGB)


def test_exif_orientation_is_applied() -> None:
    """A JPEG taken with the camera turned comes upright: orientation 6 turns clockwise."""
    upright = np.zeros((16, 32), np.uint8)
    upright[:, 16:] = 255
    jpeg = by_opencv(".jpg", upright)
    tiff = b"MM\x00*" + struct.pack(">IHHHIHHI", 8, 1, 0x0112, 3, 1, 6, 0, 0)
    app1 = b"Exif\x00\x00" + tiff
    turned = read_plain_picture(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(app1) + 2) + app1 + jpeg[2:])
    assert turned.shape == (32, 16)
    assert turned[:8].max() < 60
    assert turned[-8:].min() > 200


def test_palette_single_bit_and_grey_with_alpha() -> None:
    """A palette becomes RGB, one bit 0 and 255, grey with alpha one channel."""
    images = pytest.importorskip("PIL.Image", reason="Pillow is not installed")

    def by_pillow(image: Any, kind: str) -> bytes:
        stream = io.BytesIO()
        image.save(stream, kind)
        return stream.getvalue()

    indexed = images.new("P", (2, 1))
    indexed.putpalette([9, 8, 7, 1, 2, 3])
    indexed.putpixel((1, 0), 1)
    assert read_plain_picture(by_pillow(indexed, "PNG")).tolist() == [[[9, 8, 7], [1, 2, 3]]]
    single = images.new("1", (2, 1))
    single.putpixel((1, 0), 1)
    for kind in ("PNG", "TIFF", "BMP"):
        assert read_plain_picture(by_pillow(single, kind)).tolist() == [[0, 255]]
    assert read_plain_picture(by_pillow(images.new("LA", (2, 1), (50, 9)), "PNG")).tolist() == [[50, 50]]


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tiff", ".bmp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_cut_picture_is_refused(suffix: str, share: float) -> None:
    """A cut anywhere is a reason, never a picture with an empty lower half."""
    content = by_opencv(suffix, np.random.default_rng(2).integers(0, 256, (40, 40)).astype(np.uint8))
    with pytest.raises(ImagingError):
        read_plain_picture(content[: int(len(content) * share)])


def test_a_flipped_bit_in_a_png_is_told() -> None:
    """A checksum that does not fit is damage."""
    content = bytearray(encode_png(GREY))
    content[55] ^= 1
    with pytest.raises(DecodeError, match="checksum"):
        read_plain_picture(bytes(content))


def test_sizes_are_checked_before_decoding() -> None:
    """A header of 65535 x 65535 over a few bytes is over the limit, in every format."""
    huge = struct.pack(">II", 65535, 65535)
    png = bytearray(encode_png(GREY))
    png[16:24] = huge
    png[29:33] = struct.pack(">I", __import__("zlib").crc32(png[12:29]))
    jpeg = (
        b"\xff\xd8\xff\xc0" + struct.pack(">HBHHB", 11, 8, 65535, 65535, 1) + b"\x01\x11\x00\xff\xda\xff\xd9"
    )
    tiff = b"II*\x00" + struct.pack("<IHHHIIHHII", 8, 2, 256, 4, 1, 65535, 257, 4, 1, 65535)
    bmp = b"BM" + bytes(12) + struct.pack("<IiiHHI", 40, 65535, -65535, 1, 8, 1) + bytes(40)
    for content in (bytes(png), jpeg, tiff, bmp):
        with pytest.raises(DecodeError) as caught:
            read_plain_picture(content)
        assert caught.value.reason_code == "too_many_pixels"
    with pytest.raises(DecodeError, match="limit of 9 pixels"):
        read_plain_picture(encode_png(GREY), limits=Limits(frame_pixels=9))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>",
        b"II+\x00" + bytes(40),  # BigTIFF
        cv2.imencode(".tiff", np.ones((2, 2), np.float32))[1].tobytes(),
        b"\xff\xd8\xff\xc3" + struct.pack(">HBHHB", 11, 8, 4, 4, 1) + b"\x01\x11\x00\xff\xd9",
    ],
)
def test_what_is_no_such_picture_is_rejected(content: bytes) -> None:
    """Other files, BigTIFF, floats and lossless JPEG are named as what they are not."""
    with pytest.raises(RejectedFileError):
        read_plain_picture(content)


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n", b"II*\x00\xff", b"BM" + bytes(12) + b"\x28\x00\x00\x00" + bytes(9)]
)
def test_a_broken_header_is_told(content: bytes) -> None:
    """A header that ends too early, or declares nothing, is a reason."""
    with pytest.raises(ImagingError):
        read_plain_picture(content)


def test_a_picture_that_is_not_whole_is_refused(capfd: pytest.CaptureFixture[str]) -> None:
    """OpenCV returns half a JPEG, or a TIFF with black strips; only its words tell, and nobody sees them."""
    picture = np.random.default_rng(0).integers(0, 256, (64, 64)).astype(np.uint8)
    jpeg = cv2.imencode(".jpg", picture)[1].tobytes()
    tiff = bytearray(encode_tiff(picture))
    tiff[1000:1100] = bytes(100)
    for content in (jpeg[: len(jpeg) // 2] + b"\xff\xd9", bytes(tiff)):
        with pytest.raises(DecodeError) as caught:
            read_plain_picture(content)
        assert caught.value.reason_code == "broken_picture"
    assert capfd.readouterr().err == ""
