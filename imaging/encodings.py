"""How a data set is really encoded, seen from its bytes rather than from what the file says."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pydicom import config
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)
from pydicom.valuerep import VR

_VR_CODES = frozenset(str(vr).encode() for vr in VR if len(str(vr)) == 2)

_SYNTAX_ROOT = "1.2.840.10008.1.2."
GE_PRIVATE_BIG_ENDIAN = "1.2.840.113619.5.2"

_CODESTREAM_SYNTAXES = (
    (b"\xff\x4f\xff\x51", "1.2.840.10008.1.2.4.91"),  # JPEG 2000, lossless or not
    (b"\x00\x00\x00\x0cjP  ", "1.2.840.10008.1.2.4.91"),  # JPEG 2000 in a JP2 box
)

# ISO/IEC 10918-1 B.1.1.3 and 14495-1 C.1.1: the start-of-frame marker names the process.
_FRAME_MARKERS = {
    0xC0: "1.2.840.10008.1.2.4.50",
    0xC1: "1.2.840.10008.1.2.4.51",
    0xC3: "1.2.840.10008.1.2.4.57",
    0xF7: "1.2.840.10008.1.2.4.81",
}


@dataclass(frozen=True)
class Encoding:
    """VR encoding and byte order of a data set."""

    is_implicit: bool
    is_little_endian: bool

    @property
    def native_syntax(self) -> str:
        """Transfer syntax UID of uncompressed data in this encoding."""
        if self.is_implicit:
            return str(ImplicitVRLittleEndian)
        return str(ExplicitVRLittleEndian if self.is_little_endian else ExplicitVRBigEndian)


def find_encoding(first_bytes: bytes) -> Encoding:
    r"""Return the encoding that the first element of a data set is written in.

    Args:
        first_bytes: at least the first 6 bytes: tag and, in explicit VR, the VR.

    Example:
        >>> find_encoding(b"\x08\x00\x05\x00CS\x0a\x00").native_syntax
        '1.2.840.10008.1.2.1'
    """
    if len(first_bytes) < 6:
        return Encoding(is_implicit=True, is_little_endian=True)
    (little,) = struct.unpack_from("<H", first_bytes)
    (big,) = struct.unpack_from(">H", first_bytes)
    is_implicit = first_bytes[4:6] not in _VR_CODES
    # PS3.5 A.1 to A.3: big endian is explicit only. A first group is a small number.
    return Encoding(is_implicit=is_implicit, is_little_endian=is_implicit or little <= big)


def is_transfer_syntax(uid: str | None) -> bool:
    """Return whether the UID is a registered transfer syntax, or GE's private one.

    Example:
        >>> is_transfer_syntax("1.2.840.10008.1.2.4.70"), is_transfer_syntax("1.2.840.10008.1.1")
        (True, False)
    """
    if uid is None:
        return False
    kind = registered_kind(uid)
    # What stands below the root and is not in pydicom's table is newer than it.
    return (
        kind == "Transfer Syntax"
        or uid == GE_PRIVATE_BIG_ENDIAN
        or (not kind and uid.startswith(_SYNTAX_ROOT))
    )


def registered_kind(uid: str) -> str:
    """Return what DICOM registers a UID as ("SOP Class", "Transfer Syntax", ...), blank for any other.

    Example:
        >>> registered_kind("1.2.840.10008.1.1"), registered_kind("1.2.3")
        ('SOP Class', '')
    """
    return UID(uid, validation_mode=config.IGNORE).type


def agrees(uid: str, encoding: Encoding) -> bool:
    """Return whether a transfer syntax UID says what the bytes are.

    Example:
        >>> agrees("1.2.840.10008.1.2", Encoding(is_implicit=False, is_little_endian=True))
        False
    """
    if uid in {ImplicitVRLittleEndian, GE_PRIVATE_BIG_ENDIAN}:
        return encoding.is_implicit
    if uid == ExplicitVRBigEndian:
        return not encoding.is_implicit and not encoding.is_little_endian
    # PS3.5 A.4: everything else, encapsulated or deflated, is explicit little endian inside.
    return not encoding.is_implicit and encoding.is_little_endian


def is_deflated(uid: str | None) -> bool:
    """Return whether the transfer syntax deflates the data set."""
    return uid == DeflatedExplicitVRLittleEndian


def is_native(uid: str) -> bool:
    """Return whether the transfer syntax leaves pixel data uncompressed."""
    return uid in {ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian}


def find_codestream_syntax(encapsulated: bytes) -> str | None:
    r"""Return the transfer syntax that the first fragment of encapsulated pixel data is written in.

    Example:
        >>> find_codestream_syntax(b"\xfe\xff\x00\xe0" + bytes(4) + b"\xfe\xff\x00\xe0" + b"none")
    """
    # The codestream starts after the basic offset table and the item's tag and length (PS3.5 A.4).
    window = encapsulated[: 1 << 16]
    if len(window) < 8:
        return None
    (table_bytes,) = struct.unpack_from("<I", window, 4)
    start = encapsulated[table_bytes + 16 : table_bytes + 16 + (1 << 16)]
    for magic, uid in _CODESTREAM_SYNTAXES:
        if start.startswith(magic):
            return uid
    return _find_frame_marker(start) if start.startswith(b"\xff\xd8") else None


def _find_frame_marker(codestream: bytes) -> str | None:
    position = 2
    while position + 4 <= len(codestream) and codestream[position] == 0xFF:
        marker = codestream[position + 1]
        if marker in _FRAME_MARKERS:
            return _FRAME_MARKERS[marker]
        (length,) = struct.unpack_from(">H", codestream, position + 2)
        position += 2 + max(length, 2)
    return None
