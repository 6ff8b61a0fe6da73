"""The bytes inside a compressed file, read forward only, and never more of them than is allowed."""

from __future__ import annotations

import bz2
import io
import lzma
import os
import zlib
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

import zstandard
from isal import igzip, igzip_lib

from foundation.errors import RejectedFileError
from imaging.limits import Limits
from ingest.archive_kinds import PackedKind

_STEP = 1 << 20
_MOST_WINDOW_BYTES = 256 << 20
"""What a decompressor may keep of the bytes behind it."""

# ISA-L has an error of its own, which its types call something else.
ZLIB_ERRORS = (zlib.error, cast("type[Exception]", igzip_lib.IsalError))


class ByteStream(Protocol):
    """Bytes read forward; a position in them; and a way on."""

    position: int

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end."""

    def skip_to(self, position: int) -> None:
        """Go on to a position; at the end at most."""


class PlainStream:
    """A file as it lies on disk.

    Args:
        file: open for reading; it stays the caller's.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._end = os.fstat(file.fileno()).st_size
        self.position = 0
        file.seek(0)

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end."""
        content = self._file.read(min(count, self._end - self.position))
        self.position += len(content)
        return content

    def skip_to(self, position: int) -> None:
        """Go on to a position; at the end at most."""
        self.position = min(position, self._end)
        self._file.seek(self.position)


class UnpackedStream:
    """The bytes inside a compressed file.

    Args:
        file: open for reading; it stays the caller's.
        kind: how it is compressed.
        limits: `inflated_bytes` are always allowed, `inflated_ratio` times what was read of the file too.
    """

    def __init__(self, file: BinaryIO, kind: PackedKind, limits: Limits) -> None:
        file.seek(0)
        self._file = file
        self._limits = limits
        self._unpacked = _open(file, kind)
        self.position = 0

    def read(self, count: int) -> bytes:
        """Return so many bytes, fewer only at the end.

        Raises:
            RejectedFileError: the file is cut or damaged, or becomes larger than is allowed.
        """
        pieces: list[bytes] = []
        missing = count
        while missing:
            piece = self._read_some(min(missing, _STEP))
            if not piece:
                break
            pieces.append(piece)
            missing -= len(piece)
        return b"".join(pieces)

    def skip_to(self, position: int) -> None:
        """Go on to a position; at the end at most. The bytes between are unpacked and dropped.

        Raises:
            RejectedFileError: as `read`.
        """
        while self.position < position and self._read_some(min(position - self.position, _STEP)):
            pass

    def _read_some(self, count: int) -> bytes:
        try:
            piece = self._unpacked.read(count)
        except (EOFError, OSError, *ZLIB_ERRORS, lzma.LZMAError, zstandard.ZstdError) as error:
            cut = isinstance(error, EOFError)
            raise RejectedFileError(
                "archive_truncated" if cut else "archive_damaged",
                f"The compressed archive is {'cut' if cut else 'damaged'}; the members before that were "
                "read, those behind it were not.",
            ) from error
        self.position += len(piece)
        allowed = max(self._limits.inflated_bytes, self._limits.inflated_ratio * self._file.tell())
        if self.position > allowed:
            raise RejectedFileError(
                "archive_bomb",
                f"The archive unpacks to more than {self._limits.inflated_ratio} times its size; it is a "
                "trap, or needs --set limits={inflated_ratio: N}. What came before was read, the rest not.",
            )
        return piece


def _open(file: BinaryIO, kind: PackedKind) -> BinaryIO:
    if kind == "gz":
        return cast("BinaryIO", igzip.IGzipFile(fileobj=file, mode="rb"))  # type: ignore[no-untyped-call]
    if kind == "bz2":
        return cast("BinaryIO", bz2.BZ2File(file))
    if kind == "xz":
        return cast("BinaryIO", io.BufferedReader(_XzStream(file)))
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MOST_WINDOW_BYTES)
    return cast("BinaryIO", decompressor.stream_reader(file, read_across_frames=True, closefd=False))


class _XzStream(io.RawIOBase):
    """As `lzma.LZMAFile`, but with a bound for the memory that a stream may ask for."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._decompressor = self._fresh()
        self._rest = b""

    @staticmethod
    def _fresh() -> lzma.LZMADecompressor:
        return lzma.LZMADecompressor(format=lzma.FORMAT_XZ, memlimit=_MOST_WINDOW_BYTES)

    def readable(self) -> bool:
        """Say that it can be read from."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Fill a buffer, possibly in part."""
        view = memoryview(buffer)
        while True:
            if self._decompressor.eof:
                self._rest = (self._decompressor.unused_data or self._file.read(_STEP)).lstrip(b"\x00")
                if not self._rest:
                    return 0
                self._decompressor = self._fresh()
            elif self._decompressor.needs_input and not self._rest:
                self._rest = self._file.read(_STEP)
                if not self._rest:
                    raise EOFError
            piece = self._decompressor.decompress(self._rest, max_length=len(view))
            self._rest = b""
            if piece:
                view[: len(piece)] = piece
                return len(piece)


def open_stream(path: Path, kind: PackedKind, limits: Limits) -> tuple[BinaryIO, ByteStream]:
    """Open an archive; return its file, for the caller to close, and the bytes inside it.

    Raises:
        OSError: it cannot be opened.
    """
    file = path.open("rb")
    return file, PlainStream(file) if kind == "tar" else UnpackedStream(file, kind, limits)
