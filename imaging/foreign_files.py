"""What a file is that is no picture: named from its first bytes, so that a rejection says it."""

from __future__ import annotations

import codecs

_TEXT_BYTES = 512
_MAGIC_NUMBERS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"%PDF-", "a PDF document"),
    (0, b"GIF8", "a GIF picture"),
    (0, b"PK\x03\x04", "a ZIP archive or an office document"),
    (0, b"Rar!", "a RAR archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"\x1f\x8b", "a gzip archive"),
    (0, b"BZh", "a bzip2 archive"),
    (0, b"\xfd7zXZ\x00", "an xz archive"),
    (0, b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (257, b"ustar", "a tar archive"),
    (0, b"\x00\x00\x00\x0cjP  ", "a bare JPEG 2000 picture"),
    (0, b"\xff\x4f\xff\x51", "a bare JPEG 2000 codestream"),
    (8, b"WEBP", "a WebP picture"),
    (4, b"ftyp", "a video or HEIF picture"),
    (0, b"\x1a\x45\xdf\xa3", "a Matroska video"),
    (344, b"n+1\x00", "a NIfTI volume"),
    (344, b"ni1\x00", "a NIfTI header"),
    (0, b"NRRD", "an NRRD volume"),
    (0, b"\x89HDF", "an HDF5 file"),
    (0, b"\x93NUMPY", "a NumPy array"),
    (0, b"SQLite format 3", "an SQLite database"),
    (0, b"MZ", "a Windows program"),
    (0, b"\x7fELF", "a program"),
)
_MARKUP: tuple[tuple[bytes, str], ...] = (
    (b"<!doctype html", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"<?xml", "an XML document"),
    (b"<svg", "an SVG drawing"),
    (b"{", "JSON or other text"),
    (b"[", "JSON or other text"),
    (b"version https://git-lfs", "a pointer of Git LFS, in place of the file itself"),
)


def name_foreign_file(content: bytes) -> str | None:
    """Return what a file that is no picture is, with its article, or None where that is not known.

    Args:
        content: its bytes, or the first thousand of them.

    Example:
        >>> name_foreign_file(b"<!DOCTYPE html><title>Log in</title>")
        'an HTML page'
        >>> name_foreign_file(bytes(400))
        'nothing but zeros'
    """
    for position, magic, name in _MAGIC_NUMBERS:
        if content.startswith(magic, position):
            return name
    start = content[:_TEXT_BYTES]
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for first, name in _MARKUP:
        if text.startswith(first):
            return name
    if start and not any(start):
        return "nothing but zeros"
    return "text" if _is_text(start) else None


def describe_foreign_file(content: bytes) -> str:
    """Return the sentence that a rejection says.

    Example:
        >>> describe_foreign_file(b"GIF89a")
        'The content is a GIF picture; expected DICOM, PNG, JPEG, TIFF or BMP.'
    """
    name = name_foreign_file(content)
    if name is None:
        return "The content is neither DICOM nor PNG, JPEG, TIFF or BMP."
    return f"The content is {name}; expected DICOM, PNG, JPEG, TIFF or BMP."


def _is_text(start: bytes) -> bool:
    """Say whether bytes are lines of ASCII or UTF-8; a last character may be cut off."""
    if not start or any(byte < 0x20 and byte not in b"\t\n\r\x0c" for byte in start):
        return False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(start)
    except UnicodeDecodeError:
        return False
    return True
