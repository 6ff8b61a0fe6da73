"""A picture on its way into a record: kept byte for byte, or encoded anew as PNG.

Training decodes records with TensorFlow, which reads JPEG and PNG. A JPEG of 8 bits in grey or YCbCr
without a rotation note, and a PNG of 8 bits in grey or RGB, go in untouched; all else (palette, alpha,
16 bits, CMYK, EXIF rotation, TIFF, BMP) is read once and written as PNG without loss.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from foundation.errors import FolderError, ImagingError
from foundation.fingerprints import sha256_of_bytes
from imaging.plain_pictures import read_plain_picture
from imaging.png import encode_png
from preprocessing.left_out import LeftOut
from preprocessing.picture_reading import read_picture

_RECORD_FORMATS = {"jpeg": "JPEG", "png": "PNG"}
_PNG_SIGNATURE_BYTES = 8
_PNG_PLAIN_COLOUR = frozenset({0, 2})  # PNG 11.2.2: greyscale, truecolour
# PNG 11.3.2.1 and 11.3.2.8: transparency, and an Exif note that may ask for rotation.
_PNG_CHANGING_CHUNKS = frozenset({b"tRNS", b"eXIf"})
# ITU-T T.81 table B.1: start-of-frame markers of the Huffman-coded baseline, extended and progressive.
_JPEG_FRAME_MARKERS = frozenset({0xC0, 0xC1, 0xC2})
_JPEG_SCAN, _JPEG_APP1 = 0xDA, 0xE1
_JPEG_PLAIN_COMPONENTS = frozenset({1, 3})
_EXIF_ORIENTATION = 0x0112


@dataclass(frozen=True, slots=True)
class ExaminedPicture:
    """What is known of a picture file after one look.

    Attributes:
        image: its path within the folder.
        height: after rotation.
        width: after rotation.
        channels: 1 or 3.
        format: "JPEG" or "PNG", as it will stand in the record.
        is_kept: whether the file's bytes go in untouched.
        sha256: of the file.
    """

    image: str
    height: int
    width: int
    channels: int
    format: str
    is_kept: bool
    sha256: str


def examine_pictures(pictures: Sequence[tuple[str, Path]]) -> list[ExaminedPicture | LeftOut]:
    """Read and decode each picture once; one that cannot be used comes back with its reason.

    Args:
        pictures: path within the folder, and path to open, of each. Runs in a worker process.
    """
    return [_examine_picture(image, path) for image, path in pictures]


def read_for_records(pictures: Sequence[tuple[Path, bool]]) -> list[bytes]:
    """Return what goes into the record of each examined picture.

    Args:
        pictures: path of each, and whether its bytes are kept. Runs in a worker process.

    Raises:
        FolderError: a picture that could be read before cannot any more.
    """
    try:
        contents = [path.read_bytes() for path, _ in pictures]
        return [
            content if is_kept else encode_png(read_plain_picture(content))
            for content, (_, is_kept) in zip(contents, pictures, strict=True)
        ]
    except (OSError, ImagingError) as error:
        raise FolderError(
            "A picture changed or went away while the folder was packed. Pack again when nothing "
            "writes to it."
        ) from error


def can_be_kept(content: bytes, kind: str) -> bool:
    """Return whether a sound picture file may go into a record as it is.

    Args:
        content: the file's bytes.
        kind: as `imaging.sniffing.sniff` says.

    Example:
        >>> can_be_kept(b"BM", "bmp")
        False
    """
    try:
        if kind == "png":
            return _is_plain_png(content)
        return kind == "jpeg" and _is_plain_jpeg(content)
    except (IndexError, struct.error):
        return False


def _examine_picture(image: str, path: Path) -> ExaminedPicture | LeftOut:
    """Return what is known of one file, or why it is left out."""
    read = read_picture(image, path)
    if isinstance(read, LeftOut):
        return read
    values = read.values
    is_kept = can_be_kept(read.content, read.kind)
    return ExaminedPicture(
        image=image,
        height=values.shape[0],
        width=values.shape[1],
        channels=1 if values.ndim == 2 else values.shape[2],
        format=_RECORD_FORMATS[read.kind] if is_kept else "PNG",
        is_kept=is_kept,
        sha256=sha256_of_bytes(read.content),
    )


def _is_plain_png(content: bytes) -> bool:
    """Return whether a PNG has 8 bits, grey or RGB, and nothing that changes its samples."""
    chunks = _png_chunks(content)
    _, header = next(chunks)
    bit_depth, colour = header[8], header[9]
    return (
        bit_depth == 8
        and colour in _PNG_PLAIN_COLOUR
        and not any(name in _PNG_CHANGING_CHUNKS for name, _ in chunks)
    )


def _png_chunks(content: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield type and content of each chunk (PNG 5.3)."""
    view = memoryview(content)
    position = _PNG_SIGNATURE_BYTES
    while position + 8 <= len(view):
        length, name = struct.unpack_from(">I4s", view, position)
        yield name, view[position + 8 : position + 8 + length]
        position += length + 12


def _is_plain_jpeg(content: bytes) -> bool:
    """Return whether a JPEG has 8 bits, one or three components, and is not to be rotated."""
    is_plain = False
    for marker, segment in _jpeg_segments(content):
        if marker in _JPEG_FRAME_MARKERS:
            is_plain = segment[0] == 8 and segment[5] in _JPEG_PLAIN_COMPONENTS
        elif marker == _JPEG_APP1 and _exif_orientation(bytes(segment)) != 1:
            return False
    return is_plain


def _jpeg_segments(content: bytes) -> Iterator[tuple[int, memoryview]]:
    """Yield marker and content of each segment before the first scan (ITU-T T.81 B.1.1)."""
    view = memoryview(content)
    position = 2
    while position + 4 <= len(view):
        if view[position] != 0xFF:
            return
        marker = view[position + 1]
        if marker == 0xFF:  # T.81 B.1.1.2: any marker may be preceded by fill bytes
            position += 1
            continue
        if marker == _JPEG_SCAN:
            return
        length = struct.unpack_from(">H", view, position + 2)[0]
        yield marker, view[position + 4 : position + 2 + length]
        position += 2 + length


def _exif_orientation(segment: bytes) -> int:
    """Return the orientation of an Exif segment; 1 (upright) where it says none."""
    if not segment.startswith(b"Exif\0\0"):
        return 1
    tiff = segment[6:]
    order = "<" if tiff[:2] == b"II" else ">"
    directory = struct.unpack_from(f"{order}I", tiff, 4)[0]
    for number in range(struct.unpack_from(f"{order}H", tiff, directory)[0]):
        entry = directory + 2 + 12 * number
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, entry)
        if tag == _EXIF_ORIENTATION:
            # Exif 2.32, 4.6.4: a SHORT, left-justified in the value field.
            return int(value) if kind == 3 else 1
    return 1
