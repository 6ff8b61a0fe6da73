"""PNG: exact, readable by everybody, refused when damaged."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from foundation.errors import DecodeError
from imaging.png import SIGNATURE, decode_png, encode_png

SHAPES = st.one_of(
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=70),
    hnp.array_shapes(min_dims=2, max_dims=2, max_side=20).map(lambda shape: (*shape, 3)),
)


@settings(max_examples=60, deadline=None)
@given(picture=hnp.arrays(st.sampled_from([np.uint8, np.uint16]), SHAPES))
def test_round_trip_is_exact_and_opencv_agrees(picture: Any) -> None:
    """Every picture of both depths comes back as it was, from our reader and from OpenCV's."""
    content = encode_png(picture)
    assert np.array_equal(decode_png(content), picture)
    theirs = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(theirs if theirs.ndim == 2 else theirs[..., ::-1], picture)
    assert theirs.dtype == picture.dtype


def test_pillow_reads_it_too() -> None:
    """Pillow, where installed, sees the same picture."""
    images = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    picture = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    with images.open(__import__("io").BytesIO(encode_png(picture))) as opened:
        assert np.array_equal(np.asarray(opened), picture)


def test_strips_join_without_a_seam() -> None:
    """A picture of many strips is one stream, filtered across their borders."""
    picture = np.random.default_rng(0).integers(0, 65536, (700, 900)).astype(np.uint16)
    assert np.array_equal(decode_png(encode_png(picture)), picture)
    assert np.array_equal(decode_png(encode_png(picture[::2, ::3])), picture[::2, ::3])
    wide = np.arange(300_000, dtype=np.uint32).astype(np.uint8)[None]
    assert np.array_equal(decode_png(encode_png(wide)), wide)


def test_equal_pictures_are_equal_bytes() -> None:
    """The encoding depends on the values alone, not on memory order or time."""
    picture = np.arange(600, dtype=np.uint16).reshape(20, 30)
    assert encode_png(picture) == encode_png(np.asfortranarray(picture))
    assert encode_png(picture) == encode_png(picture.astype(">u2"))


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_pngs_of_others_are_read_unchanged(channels: int) -> None:
    """What OpenCV wrote, filtered in its own way, comes back in RGB order, alpha kept."""
    picture = np.random.default_rng(1).integers(0, 256, (9, 11, channels)).astype(np.uint8)
    order = {1: [0], 3: [2, 1, 0], 4: [2, 1, 0, 3]}[channels]
    content = cv2.imencode(".png", picture[..., order])[1].tobytes()
    assert np.array_equal(decode_png(content), picture[..., 0] if channels == 1 else picture)


def test_rows_without_filter_are_read() -> None:
    """Filter None is undone beside Up; other filters go to OpenCV."""

    def png(first_filter: int) -> bytes:
        rows = zlib.compress(bytes([first_filter, 5, 5, 2, 1, 1]))
        chunks = [(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b"")]
        return SIGNATURE + b"".join(
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
            for kind, content in chunks
        )

    assert decode_png(png(0)).tolist() == [[5, 5], [6, 6]]
    assert decode_png(png(1)).tolist() == [[5, 10], [6, 11]]


def test_damage_is_told() -> None:
    """A cut or a flipped bit is a reason, not another picture."""
    content = encode_png(np.arange(400, dtype=np.uint8).reshape(20, 20))
    flipped = bytearray(content)
    flipped[60] ^= 4
    for broken in (content[:50], bytes(flipped), b"", b"\x89PNG\r\n\x1a\n"):
        with pytest.raises(DecodeError):
            decode_png(broken)
    lying = bytearray(content)
    lying[16:24] = struct.pack(">II", 20, 21)
    with pytest.raises(DecodeError, match="expected 441"):
        decode_png(bytes(lying))


@pytest.mark.parametrize("shape_dtype", [((2, 2), "i2"), ((2, 2, 4), "u1"), ((4,), "u1"), ((0, 2), "u1")])
def test_what_is_no_picture_is_refused(shape_dtype: tuple[tuple[int, ...], str]) -> None:
    """Other dtypes and shapes are the caller's mistake."""
    with pytest.raises(ValueError, match="A PNG holds"):
        encode_png(np.zeros(*shape_dtype))


def test_signed_values_are_stored_in_their_order() -> None:
    """The highest bit inverted makes the least value 0, in 8 and 16 bits."""
    for dtype in (np.int8, np.int16):
        values = np.array([[np.iinfo(dtype).min, -1, 0, np.iinfo(dtype).max]], dtype)
        content = encode_png(values.view(f"u{values.itemsize}"), flips_highest_bit=True)
        middle = 1 << (8 * values.itemsize - 1)
        assert decode_png(content).tolist() == [[0, middle - 1, middle, 2 * middle - 1]]
