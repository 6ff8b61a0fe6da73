"""Lossless lengths: pixels of a lossless JPEG are counted against its bits."""

from __future__ import annotations

import itertools
import struct
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom import dcmread
from pydicom.encaps import generate_frames

from imaging.codestreams import read_codestream
from imaging.encoded_frames import EncodedFrame, RawFrame
from imaging.frame_layout import FrameLayout, read_frame_layout
from imaging.isolation import decode_in_isolation
from imaging.limits import Limits
from imaging.lossless_lengths import is_whole_lossless_jpeg
from imaging.samples import bundled_dicom_folder

LOSSLESS = "1.2.840.10008.1.2.4.57"


def predicted(values: Any, row: int, column: int, predictor: int, *, restart_rows: int, middle: int) -> int:
    """Return the prediction of one sample, one by one as T.81 H.1.1 says it."""
    is_first_row = row % restart_rows == 0
    if column == 0:
        return middle if is_first_row else int(values[row - 1, 0])
    a = int(values[row, column - 1])
    if is_first_row:
        return a
    b, c = int(values[row - 1, column]), int(values[row - 1, column - 1])
    return {
        1: a,
        2: b,
        3: c,
        4: a + b - c,
        5: a + ((b - c) >> 1),
        6: b + ((a - c) >> 1),
        7: (a + b) >> 1,
    }[predictor]


def encode(
    components: list[Any], *, precision: int, predictor: int = 1, restart_rows: int = 0, shift: int = 0
) -> bytes:
    """Return a lossless JPEG: a plain writer of our own, with codes of five bits for all categories."""
    height, width = components[0].shape
    rows = restart_rows or height
    middle = 1 << (precision - shift - 1)
    scans, bits = [], ""
    for row, column in itertools.product(range(height), range(width)):
        if row and column == 0 and row % rows == 0:
            scans.append(bits)
            bits = ""
        for component in components:
            values = component >> shift
            expected = predicted(values, row, column, predictor, restart_rows=rows, middle=middle)
            bits += _code((int(values[row, column]) - expected) % 65536)
    scans.append(bits)
    body = b""
    for number, scan in enumerate(scans):
        padded = scan + "1" * (-len(scan) % 8)
        packed = int(padded, 2).to_bytes(len(padded) // 8, "big").replace(b"\xff", b"\xff\x00")
        body += packed + (bytes((0xFF, 0xD0 + number % 8)) if number < len(scans) - 1 else b"")
    count = len(components)
    frame = struct.pack(">BHHB", precision, height, width, count)
    frame += b"".join(bytes((index + 1, 0x11, 0)) for index in range(count))
    table = bytes((0,)) + bytes(4) + bytes((17,)) + bytes(11) + bytes(range(17))
    start = bytes((count,)) + b"".join(bytes((index + 1, 0)) for index in range(count))
    start += bytes((predictor, 0, shift))
    segments = [(0xC3, frame), (0xC4, table), (0xDD, struct.pack(">H", restart_rows * width)), (0xDA, start)]
    head = b"".join(struct.pack(">BBH", 0xFF, mark, len(part) + 2) + part for mark, part in segments)
    return b"\xff\xd8" + head + body + b"\xff\xd9"


def _code(difference: int) -> str:
    signed = difference - 65536 if difference > 32768 else difference
    category = abs(signed).bit_length()
    code = f"{category:05b}"
    if category in (0, 16):
        return code
    low = signed if signed > 0 else signed + (1 << category) - 1
    return code + f"{low:0{category}b}"


def frame_of(content: bytes, values: Any, *, precision: int) -> EncodedFrame:
    """Return an encoded frame of the content."""
    samples = 3 if values.ndim == 3 else 1
    layout = FrameLayout(
        *values.shape[:2], 1, samples, 16, precision, precision - 1, False, False, "RGB", False, "PixelData"
    )
    return EncodedFrame(content, layout, read_codestream(content), LOSSLESS)


@given(
    values=st.integers(0, 2**32).map(
        lambda seed: np.random.default_rng(seed).integers(0, 65536, (6, 5)).astype(np.uint16)
    ),
    predictor=st.integers(1, 7),
    restart_rows=st.integers(0, 4),
    shift=st.integers(0, 3),
)
def test_what_was_coded_is_whole(values: Any, predictor: int, restart_rows: int, shift: int) -> None:
    """Every predictor, restarts and point transforms: the counted bits are the scan's."""
    values = values >> shift << shift
    content = encode([values], precision=16, predictor=predictor, restart_rows=restart_rows, shift=shift)
    frame = frame_of(content, values, precision=16)
    assert is_whole_lossless_jpeg(RawFrame(values), frame)
    longer = values.copy()
    longer[2:] = (np.arange(longer[2:].size) * 30_011 % 65_536).reshape(longer[2:].shape) >> shift << shift
    if not np.array_equal(longer, values):
        told = is_whole_lossless_jpeg(RawFrame(longer), frame)
        recoded = encode([longer], precision=16, predictor=predictor, restart_rows=restart_rows, shift=shift)
        assert told == (0 <= len(_scan(content)) - len(_scan(recoded)) <= 1)


def _scan(content: bytes) -> bytes:
    return content[content.index(b"\xff\xda") :].replace(b"\xff\x00", b"\xff")


def test_colour_in_one_scan() -> None:
    """Components take turns sample by sample, each predicted from its own kind."""
    values = np.random.default_rng(0).integers(0, 256, (7, 9, 3)).astype(np.uint8)
    wide = values.astype(np.uint16)
    content = encode([wide[..., index] for index in range(3)], precision=8)
    assert is_whole_lossless_jpeg(RawFrame(values), frame_of(content, values, precision=8))


def test_our_writer_writes_what_others_read() -> None:
    """The streams of these tests are lossless JPEG: GDCM and dicomsdl give the same values."""
    values = np.random.default_rng(0).integers(0, 4096, (17, 13)).astype(np.uint16)
    for predictor in range(1, 8):
        frame = frame_of(encode([values], precision=12, predictor=predictor), values, precision=12)
        frame = replace(frame, layout=replace(frame.layout, photometric_interpretation="MONOCHROME2"))
        for name in ("dicomsdl", "gdcm"):
            assert np.array_equal(decode_in_isolation(name, frame, seconds=5).values, values), (
                name,
                predictor,
            )


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[: len(content) // 2] + b"\xff\xd9",
        lambda content: content[:-40] + b"\xff\xd9",
        lambda content: content[: len(content) // 2] + content[len(content) // 2 + 300 :],
        lambda content: content[: len(content) // 2] + b"\xa5" * 300 + content[len(content) // 2 + 300 :],
    ],
    ids=["half", "tail", "hole", "overwritten"],
)
def test_what_dicomsdl_fills_up_is_found_out(damage: Any) -> None:
    """It returns a whole picture for half a stream without a word."""
    ds = dcmread(bundled_dicom_folder() / "SC_rgb_jpeg_gdcm.dcm")
    layout = read_frame_layout(ds, limits=Limits())
    content = next(generate_frames(ds.PixelData, number_of_frames=1))
    for stream, is_whole in ((content, True), (damage(content), False)):
        frame = EncodedFrame(stream, layout, read_codestream(stream), LOSSLESS)
        raw = decode_in_isolation("dicomsdl", frame, seconds=5)
        assert is_whole_lossless_jpeg(raw, frame) is is_whole


def test_what_cannot_be_told_is_not_believed() -> None:
    """Subsampled components, a predictor that is none, a scan that is not there."""
    values = np.zeros((2, 2), np.uint16)
    content = encode([values], precision=8)
    start = content.index(b"\xff\xc3")
    for broken in (
        content[: start + 11] + b"\x22" + content[start + 12 :],
        encode([values], precision=8).replace(b"\x01\x01\x00\x01\x00\x00", b"\x01\x01\x00\x09\x00\x00"),
        content[: start + 6],
        b"\xff\xd8\xff\xd9",
    ):
        frame = replace(frame_of(content, values, precision=8), content=broken)
        assert not is_whole_lossless_jpeg(RawFrame(values), frame)
