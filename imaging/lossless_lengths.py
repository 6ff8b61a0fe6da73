"""Proof that a lossless JPEG was decoded to its end: its bits, counted again from the pixels.

A lossless JPEG (ITU-T T.81 Annex H) codes each sample as its difference to a prediction from its
neighbours. The pixels give the differences, the Huffman tables give the length of each, and the sum
must be the length of the scan. A decoder that ran out of data, or lost its place, gives pixels that
do not add up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from imaging.codestreams import iterate_segments
from imaging.encoded_frames import EncodedFrame, RawFrame

_SOF3, _DHT, _SOS, _DRI = 0xC3, 0xC4, 0xDA, 0xDD
_RESTARTS = [bytes((0xFF, 0xD0 + number)) for number in range(8)]
_NO_RESTART = 1 << 20
_STRIP_SAMPLES = 1 << 16
_SPARE_BYTES = 1  # some writers pad the scan to an even length


@dataclass(frozen=True)
class _Scan:
    """What T.81 B.2 says about a lossless frame of one scan.

    Args:
        precision: bits of a sample.
        predictor: 1 to 7 (Table H.1).
        point_transform: by how many bits the samples were shifted down.
        lengths: for each component, the bits of every difference as an unsigned 16-bit number.
        restart_rows: rows between restarts, 0 without.
        num_bytes: of the scan's entropy-coded data, without stuffing and restart markers.
    """

    precision: int
    predictor: int
    point_transform: int
    lengths: tuple[NDArray[np.uint8], ...]
    restart_rows: int
    num_bytes: int


def is_whole_lossless_jpeg(raw: RawFrame, frame: EncodedFrame) -> bool:
    """Return whether the pixels are all that the scan holds.

    False also where that cannot be told: several scans, subsampled components, restarts within a row.

    Args:
        raw: height x width, or height x width x 3, as decoded.
        frame: what it was decoded from.
    """
    values = raw.values if raw.values.ndim == 3 else raw.values[..., np.newaxis]
    try:
        scan = _read_scan(frame.content, width=values.shape[1])
    except (struct.error, IndexError, KeyError):
        return False
    if scan is None or len(scan.lengths) != values.shape[2]:
        return False
    row_bits = _count_row_bits(values, scan)
    rows = scan.restart_rows or len(row_bits)
    counted = sum(
        -(-int(row_bits[first : first + rows].sum()) // 8) for first in range(0, len(row_bits), rows)
    )
    return 0 <= scan.num_bytes - counted <= _SPARE_BYTES


def _count_row_bits(values: NDArray[Any], scan: _Scan) -> NDArray[np.int64]:
    """Return the bits that each row of pixels takes, counted in strips that stay in the cache."""
    height, width = values.shape[:2]
    strip_rows = max(1, _STRIP_SAMPLES // width)
    row_bits = np.zeros(height, np.int64)
    for index, table in enumerate(scan.lengths):
        component = values[..., index]
        for first in range(0, height, strip_rows):
            start = max(0, first - 1)  # the row above is needed for the prediction
            samples = component[start : first + strip_rows].astype(np.uint16)
            samples >>= np.uint16(scan.point_transform)
            differences = _differences(samples, scan, first_row=start)[first - start :]
            row_bits[first : first + strip_rows] += table.take(differences).sum(axis=1, dtype=np.int64)
    return row_bits


def _differences(samples: NDArray[np.uint16], scan: _Scan, *, first_row: int) -> NDArray[np.uint16]:
    """Return each sample less its prediction, modulo 2^16 (T.81 H.1.2.1)."""
    differences = np.empty_like(samples)
    left = samples[:, :-1]
    # The first row, and each after a restart, is predicted from the left, the first column from above.
    differences[:, 1:] = samples[:, 1:] - left
    differences[1:, 0] = samples[1:, 0] - samples[:-1, 0]
    if scan.predictor != 1:
        predicted = _predict(left[1:], samples[:-1, 1:], samples[:-1, :-1], scan.predictor)
        is_first = (
            np.arange(first_row + 1, first_row + len(samples)) % (scan.restart_rows or _NO_RESTART) == 0
        )
        np.subtract(samples[1:, 1:], predicted, out=differences[1:, 1:], where=~is_first[:, np.newaxis])
    restarts = slice(-first_row % (scan.restart_rows or _NO_RESTART), None, scan.restart_rows or _NO_RESTART)
    middle = np.uint16(1 << (scan.precision - scan.point_transform - 1))
    differences[restarts, 0] = samples[restarts, 0] - middle
    return differences


def _predict(
    left: NDArray[np.uint16], above: NDArray[np.uint16], corner: NDArray[np.uint16], predictor: int
) -> NDArray[np.uint16]:
    """Return the prediction of T.81 Table H.1."""
    if predictor in (2, 3):
        return above if predictor == 2 else corner
    a, b, c = (part.astype(np.int32) for part in (left, above, corner))
    if predictor == 4:
        predicted = a + b - c
    elif predictor == 5:
        predicted = a + ((b - c) >> 1)
    else:
        predicted = b + ((a - c) >> 1) if predictor == 6 else (a + b) >> 1
    return predicted.astype(np.uint16)


def _read_scan(content: bytes, *, width: int) -> _Scan | None:
    """Return the facts of the only scan, or None where it is of an unusual kind."""
    tables: dict[int, NDArray[np.uint8]] = {}
    precision, samplings, interval = 0, b"", 0
    for marker, payload, end in iterate_segments(content):
        if marker == _SOF3:
            precision, samplings = payload[0], payload[7::3]
        elif marker == _DHT:
            tables |= _read_tables(payload)
        elif marker == _DRI:
            (interval,) = struct.unpack_from(">H", payload)
        elif marker == _SOS:
            coded = content[end : content.rfind(b"\xff\xd9")]
            num_components = payload[0]
            if (
                num_components != len(samplings)
                or set(samplings) != {0x11}
                or interval % width
                or b"\xff\xda" in coded
                or not 1 <= payload[1 + 2 * num_components] <= 7
            ):
                return None
            return _Scan(
                precision=precision,
                predictor=payload[1 + 2 * num_components],
                point_transform=payload[3 + 2 * num_components] & 0x0F,
                lengths=tuple(tables[payload[2 + 2 * index] >> 4] for index in range(num_components)),
                restart_rows=interval // width,
                num_bytes=_count_bytes(coded, has_restarts=interval > 0),
            )
    return None


def _count_bytes(coded: bytes, *, has_restarts: bool) -> int:
    """Return the bytes that hold code: without stuffing (T.81 B.1.1.5) and restart markers."""
    num_restarts = sum(coded.count(marker) for marker in _RESTARTS) if has_restarts else 0
    return len(coded) - coded.count(b"\xff\x00") - 2 * num_restarts


def _read_tables(payload: bytes) -> dict[int, NDArray[np.uint8]]:
    """Return, by table number, the bits that each difference takes (T.81 B.2.4.2, H.1.2.2)."""
    found: dict[int, NDArray[np.uint8]] = {}
    position = 0
    while position + 17 <= len(payload):
        counts = payload[position + 1 : position + 17]
        num_codes = sum(counts)
        code_lengths = [length for length, count in enumerate(counts, start=1) for _ in range(count)]
        bits_of = np.zeros(17, np.uint8)
        for category, length in zip(payload[position + 17 :], code_lengths, strict=False):
            # Category 16 is one difference, 32768, and needs no further bits.
            bits_of[category] = length + (category if category < 16 else 0)
        found[payload[position] & 0x0F] = bits_of[_CATEGORIES]
        position += 17 + num_codes
    return found


def _categories() -> NDArray[np.uint8]:
    """Return the category, the bits of its magnitude, of each difference as an unsigned number."""
    magnitudes = np.abs(np.arange(1 << 16, dtype=np.int32).astype(np.uint16).view(np.int16).astype(np.int32))
    categories: NDArray[np.uint8] = np.ceil(np.log2(magnitudes + 1)).astype(np.uint8)
    return categories


_CATEGORIES = _categories()
