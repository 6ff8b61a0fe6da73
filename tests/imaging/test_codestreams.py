"""Codestreams: what a frame declares, without decoding it."""

from __future__ import annotations

import struct
import time

import cv2
import jpeg_ls
import numpy as np
import openjpeg.utils
import pytest

from foundation.errors import DecodeError
from imaging.codestreams import drop_trailing_segments, has_end_marker, iterate_segments, read_codestream

NOISE = np.random.default_rng(0).integers(0, 256, (40, 36)).astype(np.uint8)
COLOUR = np.dstack([NOISE] * 3)


def test_jpeg_tells_its_size() -> None:
    """Width, height, components and precision of a JPEG, and YBR by its JFIF marker."""
    found = read_codestream(cv2.imencode(".jpg", COLOUR)[1].tobytes())
    assert found is not None
    assert (found.kind, found.width, found.height, found.num_components) == ("jpeg", 36, 40, 3)
    assert (found.precision, found.colour) == (8, "YBR_FULL")


@pytest.mark.parametrize(
    ("ids", "segment", "expected"),
    [
        (b"RGB", b"", "RGB"),
        (b"\x01\x02\x03", b"", None),
        (b"\x01\x02\x03", b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(4) + b"\x00", "RGB"),
        (b"\x01\x02\x03", b"\xff\xee\x00\x0eAdobe\x00\x64" + bytes(4) + b"\x01", "YBR_FULL"),
        (b"\x01\x02\x03", b"\xff\xe0\x00\x07JFIF\x00", "YBR_FULL"),
    ],
)
def test_jpeg_markers_prove_the_colours(ids: bytes, segment: bytes, expected: str | None) -> None:
    """Component ids, Adobe and JFIF say what the components are; without them nothing does."""
    components = b"".join(bytes([number, 0x11, 0]) for number in ids)
    frame = struct.pack(">HBHHB", 17, 8, 2, 2, 3) + components
    found = read_codestream(b"\xff\xd8" + segment + b"\xff\xff\xc0" + frame)
    assert found is not None
    assert found.colour == expected


def test_jpeg_2000_tells_its_size_sign_and_transform() -> None:
    """SIZ and COD of a codestream, bare and in a JP2 box."""
    signed = (NOISE.astype(np.int16) - 128).astype(np.int16)
    for codec_format in (0, 1):
        content = openjpeg.utils.encode_array(
            signed, bits_stored=9, photometric_interpretation=2, codec_format=codec_format
        )
        found = read_codestream(content)
        assert found is not None
        assert (found.kind, found.width, found.height, found.precision) == ("jpeg_2000", 36, 40, 9)
        assert found.signed
        assert not found.multi_component_transform
    found = read_codestream(openjpeg.utils.encode_array(COLOUR, photometric_interpretation=1, use_mct=True))
    assert found is not None
    assert found.multi_component_transform


def test_jpeg_ls_is_told_from_jpeg() -> None:
    """The frame header's marker names the family."""
    found = read_codestream(jpeg_ls.encode(NOISE).tobytes())
    assert found is not None
    assert (found.kind, found.width, found.height, found.precision) == ("jpeg_ls", 36, 40, 8)


def test_other_bytes_are_no_codestream() -> None:
    """RLE and JP2 boxes without a codestream give None."""
    assert read_codestream(b"\x01\x00\x00\x00" * 16) is None
    assert read_codestream(b"\x00\x00\x00\x0cjP  " + bytes(50)) is None


@pytest.mark.parametrize(
    "content", [b"\xff\xd8", b"\xff\xd8\xff\xc0\x00\x0b\x08", b"\xff\x4f\xff\x51\x00\x29" + bytes(9)]
)
def test_a_head_that_was_cut_is_told(content: bytes) -> None:
    """A codestream that ends inside its first segments is broken."""
    with pytest.raises(DecodeError):
        read_codestream(content)


def test_the_end_marker_may_be_followed_by_padding_only() -> None:
    """A few bytes of garbage after the end are no cut; a missing end is."""
    assert has_end_marker(b"x" * 99 + b"\xff\xd9\x20")
    assert not has_end_marker(b"\xff\xd9" + b"x" * 2000)


def test_what_stands_behind_the_last_tile_is_dropped() -> None:
    """A comment there is taken for a cut tile by OpenJPEG; everything else is left as it is."""
    content = openjpeg.utils.encode_array(NOISE, photometric_interpretation=2)
    padded = content[:-2] + b"\xff\x64\x00\x0b\x00\x01PADDING" + content[-2:]
    assert drop_trailing_segments(padded) == content
    for other in (content, content[:-40] + content[-2:], b"\xff\xd8", content[:90], b"\xff\x4f\xff\x51"):
        assert drop_trailing_segments(other) == other


def test_tiles_and_scans_are_counted() -> None:
    """Each costs a decoder time or memory, whatever the picture's size."""
    content = bytearray(openjpeg.utils.encode_array(NOISE, photometric_interpretation=2))
    content[24:32] = struct.pack(">II", 5, 7)  # XTsiz, YTsiz of 36 x 40
    found = read_codestream(bytes(content))
    assert found is not None
    assert found.num_tiles == 8 * 6
    content[24:32] = bytes(8)
    assert read_codestream(bytes(content)).num_tiles == 1  # type: ignore[union-attr]
    progressive = cv2.imencode(".jpg", COLOUR, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])[1].tobytes()
    found = read_codestream(progressive)
    assert found is not None
    assert found.num_scans > 3
    assert read_codestream(cv2.imencode(".jpg", COLOUR)[1].tobytes()).num_scans == 1  # type: ignore[union-attr]


def test_segments_are_found_behind_any_number_of_fill_bytes() -> None:
    """And in no more time than reading takes: T.81 B.1.1.2 allows millions of them."""
    head = b"\xff\xd8" + b"\xff" * 5_000_000 + b"\xc0\x00\x04ab" + b"\xff\xda\x00\x02"
    start = time.perf_counter()
    found = [(marker, payload) for marker, payload, _ in iterate_segments(head)]
    assert found == [(0xC0, b"ab"), (0xDA, b"")]
    assert time.perf_counter() - start < 1.0
