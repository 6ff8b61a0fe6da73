"""What kind of file some bytes are, by their content alone."""

from __future__ import annotations

import struct

_MAGIC_NUMBERS = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"II+\x00", "tiff"),
    (b"MM\x00+", "tiff"),
)

# PS3.10 7.1: 128 bytes of preamble, then the prefix.
_PREFIX_START, _PREFIX_END = 128, 132

# Groups that a data set without a preamble starts with: command set, file meta, DICOMDIR, identifying.
_FIRST_GROUPS = frozenset({0x0000, 0x0002, 0x0004, 0x0008})
_LARGEST_FIRST_LENGTH = 1 << 12


def sniff(content: bytes) -> str | None:
    """Return "dicom", "png", "jpeg", "tiff" or "bmp", or None for anything else.

    A DICOM file may carry another format in its preamble, so it is looked for first; one without
    preamble is known by a first element that makes sense.

    Example:
        >>> sniff(bytes(128) + b"DICM")
        'dicom'
        >>> sniff(b"<html>") is None
        True
    """
    if content[_PREFIX_START:_PREFIX_END] == b"DICM":
        return "dicom"
    for magic, kind in _MAGIC_NUMBERS:
        if content.startswith(magic):
            return kind
    if _is_bitmap(content):
        return "bmp"
    return "dicom" if _starts_with_element(content) else None


def _is_bitmap(content: bytes) -> bool:
    if len(content) < 26 or not content.startswith(b"BM"):
        return False
    # "BM" also starts many a text: the size of the second header must be one of the known ones.
    return struct.unpack_from("<I", content, 14)[0] in {12, 40, 52, 56, 64, 108, 124}


def _starts_with_element(content: bytes) -> bool:
    if content.startswith(b"DICM"):
        return True
    if len(content) < 12:
        return False
    for order in "<>":
        group, _, vr, short_length = struct.unpack_from(f"{order}HH2sH", content)
        if group not in _FIRST_GROUPS:
            continue
        if vr.isalpha() and vr.isupper():
            return bool(short_length <= _LARGEST_FIRST_LENGTH)
        # Implicit VR: a length of four bytes. Only little endian has it (PS3.5 A.1).
        (length,) = struct.unpack_from("<I", content, 4)
        if order == "<" and length <= min(_LARGEST_FIRST_LENGTH, len(content)) and any(content[:8]):
            return True
    return False
