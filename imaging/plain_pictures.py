"""Plain pictures: the bytes of a PNG, JPEG, TIFF or BMP as grey or RGB values.

By content, never by name. Orientation in EXIF is applied. A palette becomes RGB, one bit becomes 0
and 255, grey stays one channel. An alpha channel is dropped and the colours stay as they were
stored; only of a TIFF, whose library multiplies them first, they come out laid on black.
Of a TIFF with several pages the first is read. Sizes are read by our own few lines and checked
before anything is decoded.
"""

from __future__ import annotations

import struct

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from foundation.errors import DecodeError, ImagingError, RejectedFileError
from imaging.codestreams import MOST_SCANS, read_codestream
from imaging.limits import Limits
from imaging.opencv_reading import read_by_opencv
from imaging.sniffing import sniff

_PNG_GREY_ALPHA = 4
_BMP_CORE_HEADER = 12
_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_PHOTOMETRIC = 256, 257, 262
_TIFF_WHITE_IS_ZERO = 0


def read_plain_picture(content: bytes, *, limits: Limits | None = None) -> NDArray[np.uint8 | np.uint16]:
    """Return the picture in a file's bytes.

    Args:
        content: the whole file.
        limits: most pixels; the defaults without it.

    Returns:
        uint8 or uint16: height x width for grey, height x width x 3 for RGB.

    Raises:
        RejectedFileError: the bytes are no PNG, JPEG, TIFF or BMP, or hold values a picture has not.
        DecodeError: the picture is too large, cut or broken.

    Example:
        >>> from imaging.png import encode_png
        >>> read_plain_picture(encode_png(np.array([[0, 255]], np.uint8))).tolist()
        [[0, 255]]
    """
    kind = sniff(content)
    if kind not in _CHECKS:
        raise RejectedFileError("not_a_picture", "The file is no PNG, JPEG, TIFF or BMP.")
    try:
        width, height = _CHECKS[kind](content)
    except ImagingError:
        raise
    except (struct.error, IndexError, ValueError) as error:
        raise DecodeError("broken_picture", "The picture's header is cut or broken.") from error
    limits = limits or Limits()
    if width <= 0 or height <= 0:
        raise DecodeError("broken_picture", "The picture's header declares no pixels.")
    if width * height > limits.frame_pixels:
        raise DecodeError(
            "too_many_pixels",
            f"A picture of {height} x {width} is over the limit of {limits.frame_pixels} pixels.",
        )
    pixels = width * height
    if limits.is_suspicious_ratio(num_pixels=pixels, num_samples=pixels, num_bytes=len(content)):
        raise DecodeError(
            "suspicious_ratio", f"{len(content)} bytes for {pixels} pixels are too few to be a picture."
        )
    return _as_grey_or_rgb(_decode(content), content, kind)


def _decode(content: bytes) -> NDArray[np.uint8 | np.uint16]:
    # These two flags keep depth and grey, apply EXIF orientation and drop alpha.
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_ANYCOLOR
    decoded = read_by_opencv(content, flags)
    if decoded.dtype not in (np.uint8, np.uint16):
        raise RejectedFileError(
            "unsupported_picture", "The picture holds floats or 32-bit numbers; expected 8 or 16 bits."
        )
    return decoded


def _as_grey_or_rgb(
    decoded: NDArray[np.uint8 | np.uint16], content: bytes, kind: str
) -> NDArray[np.uint8 | np.uint16]:
    if decoded.ndim == 2:
        if kind == "tiff" and decoded.dtype == np.uint16:
            # OpenCV turns TIFFs whose zero is white up to 8 bits only.
            photometric = _read_tiff_fields(content).get(_TIFF_PHOTOMETRIC)
            return np.invert(decoded) if photometric == _TIFF_WHITE_IS_ZERO else decoded
        return decoded
    is_grey_alpha = kind == "png" and content[25] == _PNG_GREY_ALPHA
    if is_grey_alpha or decoded.shape[2] == 1:
        return np.ascontiguousarray(decoded[..., 0])
    return np.ascontiguousarray(decoded[..., 2::-1])  # OpenCV's order is blue, green, red


def _check_png(content: bytes) -> tuple[int, int]:
    """Return width and height after every chunk's checksum was found right."""
    width, height = struct.unpack_from(">II", content, 16)
    position = 8
    view = memoryview(content)
    while position + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, position)
        end = position + 8 + length
        if end + 4 > len(content):
            break
        (check,) = struct.unpack_from(">I", content, end)
        if isal_zlib.crc32(view[position + 4 : end]) != check:
            raise DecodeError("broken_picture", "A checksum in the PNG does not fit; it was damaged.")
        if content[position + 4 : position + 8] == b"IEND":
            return width, height
        position = end + 4
    raise DecodeError("truncated_picture", "The PNG ends before its last chunk; it was cut.")


def _check_jpeg(content: bytes) -> tuple[int, int]:
    codestream = read_codestream(content)
    if codestream is None or codestream.kind != "jpeg":
        raise RejectedFileError("unsupported_picture", "The file is a JPEG of a kind that no picture has.")
    if codestream.num_scans > MOST_SCANS:
        raise DecodeError("broken_picture", "The JPEG declares more scans than make sense.")
    # A thumbnail inside has an end marker of its own, but before the scan.
    if content.rfind(b"\xff\xd9") < content.rfind(b"\xff\xda"):
        raise DecodeError("truncated_picture", "The JPEG ends without its end marker; it was cut.")
    return codestream.width, codestream.height


def _check_bmp(content: bytes) -> tuple[int, int]:
    pixel_offset, header_size = struct.unpack_from("<II", content, 10)
    if header_size == _BMP_CORE_HEADER:
        width, height, _, bits = struct.unpack_from("<HHHH", content, 18)
        compression = 0
    else:
        width, height, _, bits, compression = struct.unpack_from("<iiHHI", content, 18)
    row_bytes = (width * bits + 31) // 32 * 4
    if compression == 0 and pixel_offset + row_bytes * abs(height) > len(content):
        raise DecodeError("truncated_picture", "The BMP holds fewer bytes than its size needs; it was cut.")
    return width, abs(height)


def _check_tiff(content: bytes) -> tuple[int, int]:
    fields = _read_tiff_fields(content)
    return fields.get(_TIFF_WIDTH, 0), fields.get(_TIFF_HEIGHT, 0)


def _read_tiff_fields(content: bytes) -> dict[int, int]:
    """Return those of the first page's fields that are asked for here, each one number."""
    order = "<" if content[:2] == b"II" else ">"
    version, directory = struct.unpack_from(f"{order}HI", content, 2)
    if version != 42:
        raise RejectedFileError("unsupported_picture", "The file is a BigTIFF; expected a classic TIFF.")
    (num_fields,) = struct.unpack_from(f"{order}H", content, directory)
    fields: dict[int, int] = {}
    for position in range(directory + 2, directory + 2 + 12 * num_fields, 12):
        tag, field_type = struct.unpack_from(f"{order}HH", content, position)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT, _TIFF_PHOTOMETRIC):
            letter = "H" if field_type == 3 else "I"
            (fields[tag],) = struct.unpack_from(f"{order}{letter}", content, position + 8)
    return fields


_CHECKS = {"bmp": _check_bmp, "jpeg": _check_jpeg, "png": _check_png, "tiff": _check_tiff}
