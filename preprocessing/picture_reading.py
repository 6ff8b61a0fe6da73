"""One picture file of a folder: read, decoded and found whole, or left out with its reason."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.errors import ImagingError, RejectedFileError
from imaging.plain_pictures import read_plain_picture
from imaging.sniffing import sniff
from ingest.source_files import Member
from preprocessing.folder_trees import read_file, unreadable_reason
from preprocessing.left_out import LeftOut

PICTURE_KINDS = frozenset({"bmp", "jpeg", "png", "tiff"})

# ITU-T T.81 B.1.1.2 and B.1.1.5: within a scan, 0xFF is followed by 0 (a stuffed byte), a restart
# marker, or a fill byte; anything else is a marker that starts a segment or ends the picture.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# What may follow a scan: another one, tables, number of lines, restart interval, comment, application.
_BETWEEN_SCANS = frozenset({_START_OF_SCAN, 0xC4, 0xCC, 0xDB, 0xDC, 0xDD, 0xFE, *range(0xE0, 0xF0)})


@dataclass(frozen=True, slots=True, eq=False)
class ReadPicture:
    """A picture file that was read: its bytes, what kind they are, and the decoded values.

    The values are height x width (grey) or height x width x 3 (RGB), uint8 or uint16.
    """

    content: bytes
    kind: str
    values: NDArray[np.uint8 | np.uint16]


def read_picture(image: str, path: Path, member: Member | None = None) -> ReadPicture | LeftOut:
    """Return a picture file's content and values, or why it cannot be used.

    Args:
        image: its path within the folder, which names it when it is left out.
        path: the same, ready to open; or the archive that holds it.
        member: where it lies in the archive.
    """
    try:
        content = read_file(path, member)
    except (OSError, RejectedFileError) as error:
        return LeftOut(image, unreadable_reason(error))
    kind = sniff(content)
    if kind is None or kind not in PICTURE_KINDS:
        return LeftOut(image, "not_a_picture")
    try:
        values = read_plain_picture(content)
    except ImagingError as error:
        return LeftOut(image, error.reason_code)
    if kind == "jpeg" and not is_whole_jpeg(content):
        return LeftOut(image, "broken_picture")
    return ReadPicture(content, kind, values)


def is_whole_jpeg(content: bytes) -> bool:
    """Return whether the scans of a JPEG run to its end marker without a foreign one between.

    A damaged byte often turns into a marker. OpenCV then shows the rest as grey and says nothing, while
    TensorFlow refuses the picture in the middle of a training.

    Example:
        >>> is_whole_jpeg(bytes.fromhex("ffd8 ffda0002 1234ff00 ffd9"))
        True
        >>> is_whole_jpeg(bytes.fromhex("ffd8 ffda0002 1234fff6 ffd9"))
        False
    """
    position, has_scan, in_scan = 2, False, False
    while found := _MARKER.search(content, position):
        marker = found[1][0]
        if marker == _END_OF_IMAGE:
            return has_scan
        # After a scan only known segments may follow, one right after the other.
        if has_scan and (marker not in _BETWEEN_SCANS or not (in_scan or found.start() == position)):
            return False
        length = int.from_bytes(content[found.end() : found.end() + 2], "big")
        position = found.end() + max(length, 2)
        in_scan = marker == _START_OF_SCAN
        has_scan = has_scan or in_scan
    return False
