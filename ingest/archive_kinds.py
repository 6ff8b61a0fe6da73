"""Which archive a file is, by its content alone: a DICOM file called `.zip` stays DICOM."""

from __future__ import annotations

from typing import Literal

from imaging.sniffing import sniff
from ingest.tar_headers import is_tar

HEAD_BYTES = 512
"""What must be read of a file to tell."""

PackedKind = Literal["zip", "tar", "gz", "bz2", "xz", "zst", "foreign"]

_MAGIC_NUMBERS: tuple[tuple[bytes, PackedKind], ...] = (
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),  # without a member
    (b"\x1f\x8b\x08", "gz"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zst"),
    (b"Rar!\x1a\x07", "foreign"),
    (b"7z\xbc\xaf\x27\x1c", "foreign"),
)


def find_packed_kind(head: bytes) -> PackedKind | None:
    r"""Return how a file is packed, by its first 512 bytes; None for a file that is no archive.

    `foreign` is an archive that is not read (RAR, 7z).

    Example:
        >>> find_packed_kind(b"PK\x03\x04...")
        'zip'
        >>> find_packed_kind(b"PK\x03\x04".ljust(128) + b"DICM") is None
        True
    """
    for magic, kind in _MAGIC_NUMBERS:
        if head.startswith(magic):
            # Any bytes may stand before DICOM's prefix, an archive's among them.
            return None if sniff(head) == "dicom" else kind
    return "tar" if is_tar(head) and sniff(head) is None else None
