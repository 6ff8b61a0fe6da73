"""TFRecord framing: records one after the other, each with its length and two checksums.

A record is the length (8 bytes, little-endian), the masked CRC-32C of the length (4), the payload,
and the masked CRC-32C of the payload (4). Source: the format notes of `tf.io` ("TFRecord and
tf.train.Example", section "TFRecords format details"); held against TensorFlow in the tests.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import google_crc32c

from foundation.errors import RecordError

_HEADER = struct.Struct("<QI")
_FOOTER = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8
_UINT32 = 0xFFFFFFFF
_ADVICE = "Write the records again with `dicomill pack`, or restore the file from a copy."


class ByteSink(Protocol):
    """Anything that bytes can be written to."""

    def write(self, content: bytes, /) -> object:
        """Take the bytes."""


def masked_crc32c(content: bytes) -> int:
    """Return the CRC-32C of the bytes, rotated right by 15 bits and shifted by a constant.

    The mask keeps a checksum of bytes that hold checksums themselves from degenerating.

    Example:
        >>> hex(masked_crc32c(b"123456789"))
        '0xc78ab0e5'
    """
    crc = int(google_crc32c.value(content))
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & _UINT32


def frame_record(payload: bytes) -> bytes:
    """Return the payload with its length and checksums around it.

    Example:
        >>> len(frame_record(b"payload")) - len(b"payload")
        16
    """
    length = struct.pack("<Q", len(payload))
    return b"".join(
        (length, _FOOTER.pack(masked_crc32c(length)), payload, _FOOTER.pack(masked_crc32c(payload)))
    )


def write_records(stream: ByteSink, payloads: Iterable[bytes]) -> int:
    """Write each payload as one record and return how many there were.

    Args:
        stream: a file open for writing bytes, or what stands for one.
        payloads: taken lazily; memory holds one at a time.
    """
    count = 0
    for payload in payloads:
        stream.write(frame_record(payload))
        count += 1
    return count


def read_records(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield the offset and the payload of each record, checksums held.

    Args:
        path: a file as TensorFlow or `write_records` write it, not compressed.

    Raises:
        RecordError: the file cannot be read, is cut, or a checksum does not hold. The message
            names the file, the record (counted from 0) and its offset in bytes.
    """
    try:
        with path.open("rb") as stream:
            yield from _read_stream(stream, path.name, path.stat().st_size)
    except OSError as error:
        raise RecordError(f"Cannot read the record file {path.name}: {error.strerror}.") from error


def _read_stream(stream: BinaryIO, name: str, num_bytes: int) -> Iterator[tuple[int, bytes]]:
    """Yield the records of an open file of known size."""
    number = offset = 0
    while offset < num_bytes:
        header = stream.read(_HEADER.size)
        place = f"{name}: record {number} at offset {offset}"
        if len(header) < _HEADER.size:
            raise RecordError(f"{place} is cut: the file ends within its length. {_ADVICE}")
        length, length_crc = _HEADER.unpack(header)
        if masked_crc32c(header[:8]) != length_crc:
            raise RecordError(f"{place} is damaged: the checksum of its length does not hold. {_ADVICE}")
        end = offset + _HEADER.size + length + _FOOTER.size
        if end > num_bytes:
            raise RecordError(
                f"{place} is cut: expected {end - offset} bytes, {num_bytes - offset} are there. {_ADVICE}"
            )
        payload = stream.read(length)
        footer = stream.read(_FOOTER.size)
        if len(footer) < _FOOTER.size or masked_crc32c(payload) != _FOOTER.unpack(footer)[0]:
            raise RecordError(f"{place} is damaged: the checksum of its content does not hold. {_ADVICE}")
        yield offset, payload
        number, offset = number + 1, end
